package zap.shell.connection;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class EndpointOrderTest {

    private static final Endpoint ONE = new Endpoint("one.example", 7777);
    private static final Endpoint TWO = new Endpoint("two.example", 7777);
    private static final Endpoint THREE = new Endpoint("three.example", 7777);

    private final EndpointOrder order = new EndpointOrder(List.of(ONE, TWO, THREE));

    @Test
    void itIsThatOfPreferenceUntilAConnectionFails() {
        assertThat(order.next()).containsExactly(ONE, TWO, THREE);
        order.used(TWO);
        assertThat(order.next()).containsExactly(ONE, TWO, THREE);
    }

    @Test
    void afterAFailureTheNextEndpointComesFirst() {
        order.used(ONE);
        order.failed();
        assertThat(order.next()).containsExactly(TWO, THREE, ONE);
    }

    @Test
    void theFailedEndpointIsTheOneThatWasUsed() {
        order.used(TWO); // the first one did not answer
        order.failed();
        assertThat(order.next()).containsExactly(THREE, ONE, TWO);
        order.used(THREE);
        order.failed();
        assertThat(order.next()).containsExactly(ONE, TWO, THREE);
    }

    @Test
    void aSingleEndpointIsTriedAgain() {
        var alone = new EndpointOrder(List.of(ONE));
        alone.used(ONE);
        alone.failed();
        assertThat(alone.next()).containsExactly(ONE);
    }
}
