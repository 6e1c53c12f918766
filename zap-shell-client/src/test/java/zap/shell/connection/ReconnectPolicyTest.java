package zap.shell.connection;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import zap.shell.connection.ReconnectPolicy.Attempt;
import zap.shell.connection.ServerConnection.ConnectionProblem;

/** Tests when a client dials again, and at which address. */
class ReconnectPolicyTest {

    private static final Duration FIRST = Duration.ofMillis(500);
    private static final Duration LONGEST = Duration.ofSeconds(30);
    private static final Attempt AT_ONCE_AND_THERE = new Attempt(Duration.ZERO, true);
    private static final Attempt AT_ONCE_ELSEWHERE = new Attempt(Duration.ZERO, false);

    /** A client, and what its server's addresses do. */
    private static final class Client implements Transport.Dialer {

        private Instant now = Instant.parse("2027-01-31T12:00:00Z");
        private final ReconnectPolicy policy;
        private final boolean hasOthers;
        private int worked;
        private int failed;

        Client(int seed, boolean hasOthers) {
            this.policy = ReconnectPolicy.usual(new Random(seed), () -> now);
            this.hasOthers = hasOthers;
        }

        Client wasOnlineFor(Duration time) {
            policy.online();
            now = now.plus(time);
            return this;
        }

        Attempt next(ConnectionProblem problem) {
            return policy.next(problem, this);
        }

        @Override
        public Transport dial() {
            throw new AssertionError("the policy does not dial");
        }

        @Override
        public void worked() {
            worked++;
        }

        @Override
        public boolean failed() {
            failed++;
            return hasOthers;
        }
    }

    private static Client alone(int seed) {
        return new Client(seed, false);
    }

    private static Client withOthers(int seed) {
        return new Client(seed, true);
    }

    @ParameterizedTest
    @EnumSource(names = {"CLOSED_BY_SERVER", "BROKEN", "NO_ANSWER", "SESSION_REFUSED", "NONSENSE"})
    void afterOneConnectionsLossItReturnsAtOnceToTheSameAddress(ConnectionProblem loss) {
        for (Client client : new Client[] {alone(1), withOthers(1)}) {
            client.wasOnlineFor(ReconnectPolicy.LASTING).policy.carried();
            assertThat(client.next(loss)).isEqualTo(AT_ONCE_AND_THERE);
            assertThat(client.worked).isEqualTo(1);
            assertThat(client.failed).isZero();
        }
    }

    @Test
    void afterANodesLossTenThousandClientsSpreadOverSomeSeconds() {
        int clients = 10_000;
        int[] inSecond = new int[Math.toIntExact(ReconnectPolicy.SPREAD.toSeconds())];
        for (int seed = 0; seed < clients; seed++) {
            Client client = withOthers(seed).wasOnlineFor(Duration.ofHours(1));
            client.next(ConnectionProblem.BROKEN);
            Attempt attempt = client.next(seed % 2 == 0 ? ConnectionProblem.REFUSED : ConnectionProblem.NO_ANSWER);
            assertThat(attempt.isAtSameAddress()).isFalse();
            inSecond[Math.toIntExact(attempt.pause().toSeconds())]++;
        }
        int fair = clients / inSecond.length;
        for (int count : inSecond) {
            assertThat(count).isBetween(fair * 9 / 10, fair * 11 / 10);
        }
    }

    @Test
    void aServerThatSaysThatItShutsDownIsLeftSoonWithoutAReturn() {
        for (int seed = 0; seed < 100; seed++) {
            for (Client client : new Client[] {alone(seed), withOthers(seed)}) {
                client.wasOnlineFor(Duration.ofHours(1));
                Attempt attempt = client.next(ConnectionProblem.SHUTTING_DOWN);
                assertThat(attempt.isAtSameAddress()).isFalse();
                assertThat(attempt.pause()).isLessThan(ReconnectPolicy.LEAVING_SPREAD);
                assertThat(client.failed).isEqualTo(1);
            }
        }
    }

    @Test
    void aNodeThatTakesItsClientBackForAMomentOnlyIsGone() {
        Client client = withOthers(3).wasOnlineFor(Duration.ofHours(1));
        client.next(ConnectionProblem.CLOSED_BY_SERVER);
        client.wasOnlineFor(Duration.ofMillis(10));
        Attempt attempt = client.next(ConnectionProblem.CLOSED_BY_SERVER);
        assertThat(attempt.isAtSameAddress()).isFalse();
        assertThat(attempt.pause()).isPositive().isLessThan(ReconnectPolicy.SPREAD);
    }

    @Test
    void whereOneAddressDoesNotServeTheNextIsTriedAtOnce() {
        assertThat(withOthers(1).next(ConnectionProblem.SILENT)).isEqualTo(AT_ONCE_ELSEWHERE);
        assertThat(withOthers(1).next(ConnectionProblem.SHUTTING_DOWN)).isEqualTo(AT_ONCE_ELSEWHERE);
    }

    @Test
    void aNodeThatNeverAnsweredASessionIsNotReturnedTo() {
        Client client = withOthers(1).wasOnlineFor(Duration.ofSeconds(15));
        assertThat(client.next(ConnectionProblem.NO_ANSWER)).isEqualTo(AT_ONCE_ELSEWHERE);
        assertThat(client.worked).isZero();
    }

    @Test
    void sessionsThatEndAtTheirBeginningAreNotBegunAtOnceAgainAndAgain() {
        Client client = alone(1);
        for (int attempt = 0; attempt < 10; attempt++) {
            client.wasOnlineFor(ReconnectPolicy.LASTING.minusMillis(1));
            assertThat(client.next(ConnectionProblem.CLOSED_BY_SERVER).pause())
                    .isGreaterThanOrEqualTo(FIRST.dividedBy(2));
        }
        assertThat(client.worked).isZero();
    }

    @ParameterizedTest
    @EnumSource(names = {"DISK_FULL", "STORE_DAMAGED", "OUR_FAULT", "NO_AGREEMENT", "NUMBER_NOT_TAKEN"})
    void whatNoAddressCanHelpIsNotBlamedOnOne(ConnectionProblem problem) {
        Client client = withOthers(1).wasOnlineFor(Duration.ofHours(1));
        Attempt attempt = client.next(problem);
        assertThat(attempt.pause()).isPositive();
        assertThat(attempt.isAtSameAddress()).isFalse();
        assertThat(client.failed).isZero();
    }

    @Test
    void aClockThatWasSetBackMeansAPause() {
        Client client = alone(1).wasOnlineFor(Duration.ofHours(-1));
        assertThat(client.next(ConnectionProblem.BROKEN).pause()).isPositive();
    }

    @Test
    void eachPauseIsBetweenHalfAndAllOfALengthThatDoublesUpToTheLongest() {
        for (int seed = 0; seed < 100; seed++) {
            Client client = alone(seed);
            Duration length = FIRST;
            for (int attempt = 0; attempt < 200; attempt++) {
                assertThat(client.next(ConnectionProblem.REFUSED).pause())
                        .as("seed %d, attempt %d", seed, attempt)
                        .isBetween(length.dividedBy(2), length);
                length = length.multipliedBy(2).compareTo(LONGEST) < 0 ? length.multipliedBy(2) : LONGEST;
            }
        }
    }

    @Test
    void afterAConnectionThatCarriedFramesTheFirstPauseIsNext() {
        Client client = alone(1);
        for (int attempt = 0; attempt < 10; attempt++) {
            client.next(ConnectionProblem.REFUSED);
        }
        client.policy.carried();
        assertThat(client.next(ConnectionProblem.REFUSED).pause()).isLessThanOrEqualTo(FIRST);
    }

    @Test
    void clientsOfTheOnlyServerDoNotComeBackInOneSecondEither() {
        int clients = 10_000;
        Duration away = Duration.ofSeconds(6);
        int[] inSecond = new int[60];
        for (int seed = 0; seed < clients; seed++) {
            Client client = alone(seed).wasOnlineFor(Duration.ofHours(1));
            Duration at = client.next(ConnectionProblem.BROKEN).pause();
            while (at.compareTo(away) < 0) {
                at = at.plus(client.next(ConnectionProblem.REFUSED).pause());
            }
            inSecond[Math.toIntExact(at.minus(away).toSeconds())]++;
        }
        for (int count : inSecond) {
            assertThat(count).isLessThan(clients * 2 / 5);
        }
    }
}
