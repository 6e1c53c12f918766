package zap.shell.connection;

import java.io.Closeable;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A race that connects to the first of several addresses that answers (RFC 8305, section 5).
 *
 * <p>Attempts begin in the order of the list. The next one begins when the one before has failed, or has not answered
 * for a moment. Earlier attempts go on meanwhile. The first connection wins, and the others are closed. An interrupt
 * ends the race, and all attempts.
 */
final class ConnectionRace<C extends Closeable> {

    private static final Logger log = LoggerFactory.getLogger(ConnectionRace.class);

    /** The Connection Attempt Delay that RFC 8305 recommends. */
    static final Duration ATTEMPT_DELAY = Duration.ofMillis(250);

    /** Makes connections. */
    interface Connector<C> {

        /** Returns a connection that is not connected. Closing it ends an attempt to connect it. */
        C open() throws IOException;

        void connect(C connection, InetSocketAddress address, Duration patience) throws IOException;
    }

    /** The connection that has won, and its address. */
    record Winner<C>(C connection, ServerAddress address) {}

    /**
     * The outcome of one attempt.
     *
     * @param connection null when it failed
     * @param failure null when it succeeded
     */
    private record Outcome<C extends Closeable>(
            Attempt<C> attempt,
            @Nullable C connection,
            @Nullable IOException failure) {}

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
     * @throws NoConnectionException when no address answers
     * @throws InterruptedIOException when the thread is interrupted; it stays so
     */
    Winner<C> connect(List<ServerAddress> addresses, Duration patience) throws IOException {
        long end = System.nanoTime() + patience.toNanos();
        var outcomes = new LinkedBlockingQueue<Outcome<C>>();
        var attempts = new ArrayList<Attempt<C>>();
        var failures = new ArrayList<NoConnectionException.Failure>();
        try {
            while (failures.size() < addresses.size()) {
                long left = end - System.nanoTime();
                if (left <= 0) {
                    failures.addAll(unanswered(attempts, failures));
                    break;
                }
                boolean isMore = attempts.size() < addresses.size();
                if (isMore) {
                    var attempt =
                            new Attempt<>(connector, addresses.get(attempts.size()), Duration.ofNanos(left), outcomes);
                    attempts.add(attempt);
                    Thread.ofPlatform().daemon().name("zap-dial").start(attempt);
                    isMore = attempts.size() < addresses.size();
                }
                long wait = isMore ? Math.min(left, attemptDelay.toNanos()) : left;
                @Nullable Outcome<C> outcome = outcomes.poll(wait, TimeUnit.NANOSECONDS);
                if (outcome == null) {
                    continue;
                }
                @Nullable C connection = outcome.connection();
                if (connection != null) {
                    attempts.remove(outcome.attempt());
                    return new Winner<>(connection, outcome.attempt().address());
                }
                @Nullable IOException failure = outcome.failure();
                if (failure != null) {
                    failures.add(
                            new NoConnectionException.Failure(outcome.attempt().address(), failure));
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw (InterruptedIOException) new InterruptedIOException("interrupted").initCause(e);
        } finally {
            attempts.forEach(Attempt::end);
        }
        throw new NoConnectionException(failures);
    }

    private static <C extends Closeable> List<NoConnectionException.Failure> unanswered(
            List<Attempt<C>> attempts, List<NoConnectionException.Failure> failures) {
        return attempts.stream()
                .map(Attempt::address)
                .filter(address ->
                        failures.stream().noneMatch(failure -> failure.address().equals(address)))
                .map(address -> new NoConnectionException.Failure(address, new SocketTimeoutException("no answer")))
                .toList();
    }

    /** An attempt to connect to one address, in a thread of its own. */
    private static final class Attempt<C extends Closeable> implements Runnable {

        private final Connector<C> connector;
        private final ServerAddress address;
        private final Duration patience;
        private final BlockingQueue<Outcome<C>> outcomes;
        private @Nullable C connection;
        private boolean over;

        Attempt(Connector<C> connector, ServerAddress address, Duration patience, BlockingQueue<Outcome<C>> outcomes) {
            this.connector = connector;
            this.address = address;
            this.patience = patience;
            this.outcomes = outcomes;
        }

        ServerAddress address() {
            return address;
        }

        @Override
        public void run() {
            try {
                C opened = connector.open();
                if (takes(opened)) {
                    connector.connect(opened, address.socket(), patience);
                    outcomes.add(new Outcome<>(this, opened, null));
                }
            } catch (IOException e) {
                failed(e);
            } catch (RuntimeException e) {
                log.error("An attempt to connect to {} failed", address.socket(), e);
                failed(new IOException(e));
            }
        }

        private synchronized boolean takes(C opened) throws IOException {
            if (over) {
                opened.close();
                return false;
            }
            connection = opened;
            return true;
        }

        private void failed(IOException failure) {
            if (!isOver()) {
                log.info("No connection to {}: {}", address.socket(), String.valueOf(failure));
            }
            end();
            outcomes.add(new Outcome<>(this, null, failure));
        }

        private synchronized boolean isOver() {
            return over;
        }

        /** Ends the attempt, and closes its connection. */
        synchronized void end() {
            over = true;
            if (connection != null) {
                try {
                    connection.close();
                } catch (IOException e) {
                    // The connection lost the race.
                }
            }
        }
    }
}
