package zap.shell.connection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.Closeable;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NoRouteToHostException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Tests that one dead address and one working address make a connection: RFC 8305, section 5. */
class ConnectionRaceTest {

    private static final Duration LONG = Duration.ofHours(1);

    private static final InetSocketAddress FIRST = at("192.0.2.1");
    private static final InetSocketAddress SECOND = at("192.0.2.2");
    private static final InetSocketAddress THIRD = at("192.0.2.3");

    private static InetSocketAddress at(String address) {
        return new InetSocketAddress(InetAddress.ofLiteral(address), 7777);
    }

    private final BlockingQueue<InetSocketAddress> tried = new LinkedBlockingQueue<>();
    private final BlockingQueue<InetSocketAddress> closed = new LinkedBlockingQueue<>();
    private final BlockingQueue<InetSocketAddress> interrupted = new LinkedBlockingQueue<>();

    private record Connection(InetSocketAddress to, BlockingQueue<InetSocketAddress> closed) implements Closeable {
        @Override
        public void close() {
            closed.add(to);
        }
    }

    /** The behaviour of an address. */
    private interface Answer {
        void come() throws IOException, InterruptedException;
    }

    private static final Answer LIVES = () -> {};

    private static Answer fails(IOException failure) {
        return () -> {
            throw failure;
        };
    }

    /** Does not answer until the attempt is interrupted. */
    private static final Answer IS_DEAD = () -> new CountDownLatch(1).await();

    private ConnectionRace<Connection> race(Duration attemptDelay, Map<InetSocketAddress, Answer> answers) {
        return new ConnectionRace<>(
                (address, patience) -> {
                    tried.add(address);
                    try {
                        answers.get(address).come();
                    } catch (InterruptedException e) {
                        interrupted.add(address);
                        throw new IOException(e);
                    }
                    return new Connection(address, closed);
                },
                attemptDelay);
    }

    @Test
    void whatAnswersAtOnceIsTheOnlyOneThatIsTried() throws Exception {
        var race = race(LONG, Map.of(FIRST, LIVES, SECOND, LIVES));
        assertThat(race.connect(List.of(FIRST, SECOND), LONG).to()).isEqualTo(FIRST);
        assertThat(tried).containsExactly(FIRST);
        assertThat(closed).isEmpty();
    }

    @Test
    void behindAnAddressThatRefusesTheNextIsTriedWithoutAPause() throws Exception {
        var race = race(LONG, Map.of(FIRST, fails(new ConnectException("refused")), SECOND, LIVES));
        assertThat(race.connect(List.of(FIRST, SECOND), LONG).to()).isEqualTo(SECOND);
        assertThat(tried).containsExactly(FIRST, SECOND);
    }

    @Test
    void behindAnAddressThatSaysNothingTheNextIsTriedAfterAPauseAndTheFirstIsGivenUp() throws Exception {
        var race = race(Duration.ofMillis(5), Map.of(FIRST, IS_DEAD, SECOND, LIVES));
        assertThat(race.connect(List.of(FIRST, SECOND), LONG).to()).isEqualTo(SECOND);
        assertThat(tried).containsExactly(FIRST, SECOND);
        assertThat(interrupted.poll(10, TimeUnit.SECONDS)).isEqualTo(FIRST);
    }

    @Test
    void aSlowAddressMayStillWinAndWhatComesAfterItIsClosed() throws Exception {
        var othersAreTried = new CountDownLatch(1);
        Answer slow = othersAreTried::await;
        Answer tooLate = () -> {
            othersAreTried.countDown();
            try {
                new CountDownLatch(1).await();
            } catch (InterruptedException e) {
                // It answers after the race is over.
            }
        };
        var race = race(Duration.ofMillis(5), Map.of(FIRST, slow, SECOND, tooLate));
        assertThat(race.connect(List.of(FIRST, SECOND), LONG).to()).isEqualTo(FIRST);
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
                .isSameAs(refused);
        assertThat(Stream.of(refused.getSuppressed()).map(Throwable::getMessage))
                .containsExactly("silence", "no IPv6 here");
    }

    @Test
    void afterAllPatienceItIsSilence() {
        var race = race(LONG, Map.of(FIRST, IS_DEAD, SECOND, IS_DEAD));
        assertThatThrownBy(() -> race.connect(List.of(FIRST, SECOND), Duration.ofMillis(20)))
                .isInstanceOf(SocketTimeoutException.class);
    }
}
