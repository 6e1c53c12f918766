package zap.shell.connection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.Closeable;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NoRouteToHostException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Tests that one dead address and one working address make a connection: RFC 8305, section 5. */
class ConnectionRaceTest {

    private static final Duration LONG = Duration.ofHours(1);

    private static final ServerAddress FIRST = at("192.0.2.1");
    private static final ServerAddress SECOND = at("192.0.2.2");
    private static final ServerAddress THIRD = at("192.0.2.3");

    private static ServerAddress at(String address) {
        return new ServerAddress(
                new Endpoint(address, 7777), new InetSocketAddress(InetAddress.ofLiteral(address), 7777), false);
    }

    private final BlockingQueue<ServerAddress> tried = new LinkedBlockingQueue<>();
    private final BlockingQueue<ServerAddress> closed = new LinkedBlockingQueue<>();

    private final class Connection implements Closeable {
        private final CountDownLatch closing = new CountDownLatch(1);
        private volatile @Nullable ServerAddress to;

        /** The race closes it, and the attempt's thread once more: only the first time counts. */
        @Override
        public synchronized void close() {
            boolean isFirst = closing.getCount() > 0;
            closing.countDown();
            if (isFirst && to != null) {
                closed.add(to);
            }
        }
    }

    /** The behaviour of an address. */
    private interface Answer {
        void come(CountDownLatch closing) throws IOException, InterruptedException;
    }

    private static final Answer LIVES = closing -> {};

    private static Answer fails(IOException failure) {
        return closing -> {
            throw failure;
        };
    }

    /** Does not answer until the attempt is ended. */
    private static final Answer IS_DEAD = closing -> {
        closing.await();
        throw new SocketException("Socket closed");
    };

    private ConnectionRace<Connection> race(Duration attemptDelay, Map<ServerAddress, Answer> answers) {
        return new ConnectionRace<>(
                new ConnectionRace.Connector<Connection>() {
                    @Override
                    public Connection open() {
                        return new Connection();
                    }

                    @Override
                    public void connect(Connection connection, InetSocketAddress socket, Duration patience)
                            throws IOException {
                        ServerAddress address = at(socket.getAddress().getHostAddress());
                        connection.to = address;
                        tried.add(address);
                        try {
                            answers.get(address).come(connection.closing);
                        } catch (InterruptedException e) {
                            throw new IOException(e);
                        }
                    }
                },
                attemptDelay);
    }

    @Test
    void whatAnswersAtOnceIsTheOnlyOneThatIsTried() throws Exception {
        var race = race(LONG, Map.of(FIRST, LIVES, SECOND, LIVES));
        assertThat(race.connect(List.of(FIRST, SECOND), LONG).address()).isEqualTo(FIRST);
        assertThat(tried).containsExactly(FIRST);
        assertThat(closed).isEmpty();
    }

    @Test
    void behindAnAddressThatRefusesTheNextIsTriedWithoutAPause() throws Exception {
        var race = race(LONG, Map.of(FIRST, fails(new ConnectException("refused")), SECOND, LIVES));
        assertThat(race.connect(List.of(FIRST, SECOND), LONG).address()).isEqualTo(SECOND);
        assertThat(tried).containsExactly(FIRST, SECOND);
    }

    @Test
    void behindAnAddressThatSaysNothingTheNextIsTriedAfterAPauseAndTheFirstIsGivenUp() throws Exception {
        var race = race(Duration.ofMillis(5), Map.of(FIRST, IS_DEAD, SECOND, LIVES));
        assertThat(race.connect(List.of(FIRST, SECOND), LONG).address()).isEqualTo(SECOND);
        assertThat(tried).containsExactly(FIRST, SECOND);
        assertThat(closed.poll(10, TimeUnit.SECONDS)).isEqualTo(FIRST);
    }

    @Test
    void aSlowAddressMayStillWinAndWhatComesAfterItIsClosed() throws Exception {
        var othersAreTried = new CountDownLatch(1);
        Answer slow = closing -> othersAreTried.await();
        Answer tooLate = closing -> {
            othersAreTried.countDown();
            closing.await(); // It answers after the race is over.
        };
        var race = race(Duration.ofMillis(5), Map.of(FIRST, slow, SECOND, tooLate));
        assertThat(race.connect(List.of(FIRST, SECOND), LONG).address()).isEqualTo(FIRST);
        assertThat(closed.poll(10, TimeUnit.SECONDS)).isEqualTo(SECOND);
        assertThat(closed).isEmpty();
    }

    @Test
    void whenNoneAnswersTheMostTellingFailureIsTold() {
        var refused = new ConnectException("refused");
        var race = race(
                LONG,
                Map.of(
                        FIRST, fails(new NoRouteToHostException("no IPv6 here")),
                        SECOND, fails(refused),
                        THIRD, fails(new SocketTimeoutException("silence"))));
        assertThatThrownBy(() -> race.connect(List.of(FIRST, SECOND, THIRD), LONG))
                .isInstanceOfSatisfying(NoConnectionException.class, none -> {
                    assertThat(none).hasCause(refused);
                    assertThat(Stream.of(none.getSuppressed()).map(Throwable::getMessage))
                            .containsExactly("no IPv6 here", "silence");
                    assertThat(ServerConnection.ConnectionProblem.of(none))
                            .isEqualTo(ServerConnection.ConnectionProblem.REFUSED);
                    assertThat(none.attempts())
                            .containsExactly(
                                    failed(FIRST, ServerConnection.ConnectionProblem.UNREACHABLE),
                                    failed(SECOND, ServerConnection.ConnectionProblem.REFUSED),
                                    failed(THIRD, ServerConnection.ConnectionProblem.NO_ANSWER));
                });
    }

    private static FailedAttempt failed(ServerAddress address, ServerConnection.ConnectionProblem problem) {
        return new FailedAttempt(address, problem, null);
    }

    @Test
    void afterAllPatienceItIsSilence() {
        var race = race(LONG, Map.of(FIRST, IS_DEAD, SECOND, IS_DEAD));
        assertThatThrownBy(() -> race.connect(List.of(FIRST, SECOND), Duration.ofMillis(20)))
                .isInstanceOfSatisfying(
                        NoConnectionException.class,
                        none -> assertThat(none.attempts())
                                .containsExactly(failed(FIRST, ServerConnection.ConnectionProblem.NO_ANSWER)));
    }

    @Test
    void anInterruptEndsTheRaceAndAllAttempts() throws Exception {
        var race = race(Duration.ofMillis(5), Map.of(FIRST, IS_DEAD, SECOND, IS_DEAD));
        var failure = new LinkedBlockingQueue<IOException>();
        Thread dialing = Thread.ofPlatform().daemon().start(() -> {
            try {
                race.connect(List.of(FIRST, SECOND), LONG);
            } catch (IOException e) {
                failure.add(e);
            }
        });
        assertThat(List.of(tried.take(), tried.take())).containsExactly(FIRST, SECOND);
        dialing.interrupt();
        assertThat(failure.poll(10, TimeUnit.SECONDS)).isInstanceOf(InterruptedIOException.class);
        assertThat(List.of(closed.take(), closed.take())).containsExactlyInAnyOrder(FIRST, SECOND);
    }
}
