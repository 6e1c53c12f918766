package zap.shell.connection;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import org.junit.jupiter.api.Test;

class AddressOrderTest {

    private static final ServerAddress ONE = at("192.0.2.1");
    private static final ServerAddress TWO = at("192.0.2.2");
    private static final ServerAddress THREE = at("192.0.2.3");
    private static final List<ServerAddress> ALL = List.of(ONE, TWO, THREE);

    private final AddressOrder order = new AddressOrder();

    private static ServerAddress at(String address) {
        return new ServerAddress(
                new Endpoint(address, 7777), new InetSocketAddress(InetAddress.ofLiteral(address), 7777), false);
    }

    private boolean failsAt(ServerAddress address) {
        assertThat(order.next(ALL)).contains(address);
        order.connected(address);
        return order.failed();
    }

    @Test
    void itIsThatOfPreferenceAtFirst() {
        assertThat(order.next(ALL)).containsExactly(ONE, TWO, THREE);
    }

    @Test
    void theAddressThatWorksComesFirstAndThenThatOfPreference() {
        order.next(ALL);
        order.connected(TWO); // the first one did not answer
        assertThat(order.next(ALL)).containsExactly(TWO, ONE, THREE);
    }

    @Test
    void afterAFailureTheNextAddressComesFirstAndTheFailedOneHasHadItsTurn() {
        assertThat(failsAt(ONE)).isTrue();
        assertThat(order.next(ALL)).containsExactly(TWO, THREE);
    }

    @Test
    void theFailedAddressIsTheOneThatWasUsed() {
        assertThat(failsAt(TWO)).isTrue();
        assertThat(order.next(ALL)).containsExactly(THREE, ONE);
    }

    @Test
    void aRoundIsOverWhenAllHaveFailedAndTheNextOneBeginsWithTheOldestFailure() {
        assertThat(failsAt(TWO)).isTrue();
        assertThat(failsAt(THREE)).isTrue();
        assertThat(failsAt(ONE)).isFalse();
        assertThat(order.next(ALL)).containsExactly(TWO, THREE, ONE);
    }

    @Test
    void aRoundIsOverWhenNoOtherAnswers() {
        assertThat(failsAt(TWO)).isTrue();
        order.next(ALL);
        order.noneAnswered();
        assertThat(order.failed()).isFalse();
        assertThat(order.next(ALL)).containsExactly(THREE, ONE, TWO);
    }

    @Test
    void failuresFromBeforeASessionThatLastedDoNotCount() {
        failsAt(ONE);
        order.next(ALL);
        order.connected(TWO);
        order.worked();
        assertThat(order.next(ALL)).containsExactly(TWO, ONE, THREE);
        assertThat(order.failed()).isTrue();
        assertThat(order.next(ALL)).containsExactly(THREE, ONE);
    }

    @Test
    void aNameThatGivesItsAddressesInAnotherOrderEachTimeDoesNotLeadBackToAFailedOne() {
        failsAt(ONE);
        assertThat(order.next(List.of(THREE, ONE, TWO))).containsExactly(TWO, THREE);
        assertThat(order.next(List.of(ONE, THREE, TWO))).containsExactly(THREE, TWO);
    }

    @Test
    void anAddressThatIsGoneIsNotTried() {
        order.next(ALL);
        order.connected(ONE);
        assertThat(order.next(List.of(TWO))).containsExactly(TWO);
    }

    @Test
    void aSingleAddressIsTriedAgainInTheNextRound() {
        order.next(List.of(ONE));
        order.connected(ONE);
        assertThat(order.failed()).isFalse();
        assertThat(order.next(List.of(ONE))).containsExactly(ONE);
    }
}
