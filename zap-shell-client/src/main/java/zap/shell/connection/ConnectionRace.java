package zap.shell.connection;

import java.io.Closeable;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A race that connects to the first of several addresses that answers (RFC 8305, section 5).
 *
 * <p>Attempts begin in the order of the list. The next one begins when the one before has failed, or has not answered
 * for a moment. Earlier attempts go on meanwhile. The first connection wins, and the others are closed.
 */
final class ConnectionRace<C extends Closeable> {

    private static final Logger log = LoggerFactory.getLogger(ConnectionRace.class);

    /** The Connection Attempt Delay that RFC 8305 recommends. */
    static final Duration ATTEMPT_DELAY = Duration.ofMillis(250);

    /** Connects to one address. An interrupt ends the attempt. */
    @FunctionalInterface
    interface Connector<C> {
        C connect(InetSocketAddress address, Duration patience) throws IOException;
    }

    /**
     * The outcome of one attempt.
     *
     * @param connection null when it failed
     * @param failure null when it succeeded
     */
    private record Outcome<C>(
            @Nullable C connection, @Nullable IOException failure) {}

    private final Connector<C> connector;
    private final Duration attemptDelay;

    ConnectionRace(Connector<C> connector, Duration attemptDelay) {
        this.connector = connector;
        this.attemptDelay = attemptDelay;
    }

    /**
     * Connects.
     *
     * @param addresses at least one
     * @param patience the timeout of all attempts together
     * @throws IOException the most telling failure when no address answers; the others are suppressed in it
     */
    C connect(List<InetSocketAddress> addresses, Duration patience) throws IOException {
        if (addresses.size() == 1) {
            return connector.connect(addresses.getFirst(), patience);
        }
        long end = System.nanoTime() + patience.toNanos();
        var outcomes = new LinkedBlockingQueue<Outcome<C>>();
        var over = new AtomicBoolean();
        var attempts = new ArrayList<Thread>();
        var failures = new ArrayList<IOException>();
        try {
            while (failures.size() < addresses.size()) {
                long left = end - System.nanoTime();
                if (left <= 0) {
                    failures.add(new SocketTimeoutException("no answer from " + addresses));
                    break;
                }
                boolean isMore = attempts.size() < addresses.size();
                if (isMore) {
                    attempts.add(attempt(addresses.get(attempts.size()), Duration.ofNanos(left), outcomes, over));
                    isMore = attempts.size() < addresses.size();
                }
                long wait = isMore ? Math.min(left, attemptDelay.toNanos()) : left;
                @Nullable Outcome<C> outcome = outcomes.poll(wait, TimeUnit.NANOSECONDS);
                if (outcome == null) {
                    continue;
                }
                @Nullable C connection = outcome.connection();
                if (connection != null) {
                    return connection;
                }
                @Nullable IOException failure = outcome.failure();
                if (failure != null) {
                    failures.add(failure);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            failures.add(new IOException("interrupted", e));
        } finally {
            end(outcomes, over, attempts);
        }
        throw mostTelling(failures);
    }

    private Thread attempt(
            InetSocketAddress address, Duration patience, BlockingQueue<Outcome<C>> outcomes, AtomicBoolean over) {
        // Virtual, because an interrupt then ends a connect that hangs.
        return Thread.ofVirtual().name("zap-dial").start(() -> {
            Outcome<C> outcome;
            try {
                outcome = new Outcome<>(connector.connect(address, patience), null);
            } catch (IOException e) {
                log.info("No connection to {}: {}", address, String.valueOf(e));
                outcome = new Outcome<>(null, e);
            } catch (RuntimeException e) {
                log.error("An attempt to connect to {} failed", address, e);
                outcome = new Outcome<>(null, new IOException(e));
            }
            synchronized (over) {
                if (!over.get()) {
                    outcomes.add(outcome);
                    return;
                }
            }
            close(outcome);
        });
    }

    private static <C extends Closeable> void end(
            BlockingQueue<Outcome<C>> outcomes, AtomicBoolean over, List<Thread> attempts) {
        synchronized (over) {
            over.set(true);
        }
        attempts.forEach(Thread::interrupt);
        outcomes.forEach(ConnectionRace::close);
    }

    private static <C extends Closeable> void close(Outcome<C> outcome) {
        @Nullable C connection = outcome.connection();
        if (connection != null) {
            try {
                connection.close();
            } catch (IOException e) {
                // The connection lost the race.
            }
        }
    }

    /**
     * Returns the failure that says most: a refusal before a timeout, and a timeout before the rest. An address of a
     * family that this computer lacks always fails.
     */
    private static IOException mostTelling(List<IOException> failures) {
        List<IOException> byRank = failures.stream()
                .sorted(Comparator.comparingInt(ConnectionRace::rank))
                .toList();
        IOException most = byRank.getFirst();
        byRank.stream().skip(1).forEach(most::addSuppressed);
        return most;
    }

    private static int rank(IOException failure) {
        return switch (failure) {
            case ConnectException refused -> 0;
            case SocketTimeoutException silent -> 1;
            default -> 2;
        };
    }
}
