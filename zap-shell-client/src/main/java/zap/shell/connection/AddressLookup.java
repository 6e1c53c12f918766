package zap.shell.connection;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The lookup of the addresses of a server's names. All names are looked up at the same time, and one whose answer does
 * not come delays the others by a moment only (RFC 8305, section 3).
 *
 * <p>The system's resolver cannot be interrupted. An abandoned lookup ends by itself, and a later query for the same
 * name waits for it: there is at most one thread for each name. Thread-safe.
 */
final class AddressLookup {

    private static final Logger log = LoggerFactory.getLogger(AddressLookup.class);

    /** Finds the addresses of a name, the best first. */
    @FunctionalInterface
    interface Resolver {
        List<InetAddress> resolve(String host) throws UnknownHostException;

        /** Uses the system's resolver. */
        Resolver SYSTEM = host -> List.of(InetAddress.getAllByName(host));
    }

    /** The answer for one name, when it has come. */
    private static final class Answer {

        /** Null until the lookup has ended; then empty when the name has no address. */
        private @Nullable List<InetAddress> addresses;
    }

    private final List<Endpoint> endpoints;
    private final Resolver resolver;
    private final Duration grace;
    private final Map<String, Answer> running = new HashMap<>();

    /** @param grace the time that the other names get when the first one is known */
    AddressLookup(List<Endpoint> endpoints, Resolver resolver, Duration grace) {
        this.endpoints = List.copyOf(endpoints);
        this.resolver = resolver;
        this.grace = grace;
    }

    /** Begins to look up all names. */
    synchronized Query query() {
        var answers = new LinkedHashMap<String, Answer>();
        for (Endpoint endpoint : endpoints) {
            answers.computeIfAbsent(endpoint.host(), this::begin);
        }
        return new Query(answers);
    }

    private Answer begin(String host) {
        Optional<InetAddress> literal = literal(host);
        if (literal.isPresent()) {
            var known = new Answer();
            known.addresses = List.of(literal.get());
            return known;
        }
        @Nullable Answer begun = running.get(host);
        if (begun != null) {
            return begun;
        }
        var answer = new Answer();
        running.put(host, answer);
        Thread.ofPlatform().daemon().name("zap-lookup").start(() -> lookUp(host, answer));
        return answer;
    }

    private static Optional<InetAddress> literal(String host) {
        try {
            return Optional.of(InetAddress.ofLiteral(host));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    private void lookUp(String host, Answer answer) {
        List<InetAddress> addresses = List.of();
        try {
            addresses = List.copyOf(resolver.resolve(host));
        } catch (UnknownHostException e) {
            log.info("No address: {}", String.valueOf(e));
        } catch (RuntimeException e) {
            log.error("The lookup of {} failed", host, e);
        }
        synchronized (this) {
            answer.addresses = addresses;
            running.remove(host);
            notifyAll();
        }
    }

    /** One query for all names. */
    final class Query {

        private final Map<String, Answer> answers;

        private Query(Map<String, Answer> answers) {
            this.answers = answers;
        }

        /**
         * Waits until addresses are known, and a moment longer for the other names.
         *
         * @param tried the addresses that do not count
         * @param end of the patience, as {@link System#nanoTime}
         * @return the other addresses; empty when there are none, or not until the end
         */
        List<ServerAddress> awaitOthersThan(Set<ServerAddress> tried, long end) throws InterruptedException {
            synchronized (AddressLookup.this) {
                while (others(tried).isEmpty() && !isComplete() && waitUntil(end)) {}
                long graceEnd = Math.min(end - System.nanoTime(), grace.toNanos()) + System.nanoTime();
                while (!isComplete() && waitUntil(graceEnd)) {}
                return others(tried);
            }
        }

        /** Returns whether the answers for all names have come. */
        boolean isComplete() {
            synchronized (AddressLookup.this) {
                return answers.values().stream().noneMatch(answer -> answer.addresses == null);
            }
        }

        /** Returns the failure of a query that has found nothing. */
        UnknownHostException failure() {
            return new UnknownHostException(String.join(", ", answers.keySet()));
        }

        private List<ServerAddress> others(Set<ServerAddress> tried) {
            var found = new LinkedHashMap<Endpoint, List<InetAddress>>();
            for (Endpoint endpoint : endpoints) {
                @Nullable Answer answer = answers.get(endpoint.host());
                if (answer != null && answer.addresses != null) {
                    found.put(endpoint, answer.addresses);
                }
            }
            return AddressList.of(found).stream()
                    .filter(address -> !tried.contains(address))
                    .toList();
        }

        /** Waits for the next answer. Returns false when the time is over. */
        private boolean waitUntil(long end) throws InterruptedException {
            long left = end - System.nanoTime();
            if (left <= 0) {
                return false;
            }
            AddressLookup.this.wait(Math.max(1, Duration.ofNanos(left).toMillis()));
            return true;
        }
    }
}
