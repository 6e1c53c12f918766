package zap.server.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class RegistrationsTest {

    private final int most = PlainListeners.properties(Duration.ZERO).registrationsPerMinute();
    private final Registrations registrations = new Registrations(PlainListeners.properties(Duration.ZERO));
    private final long now = System.nanoTime();

    @Test
    void anAddressHasSoManyInAMinuteAndTheNextMinuteAgain() {
        for (int i = 0; i < most; i++) {
            assertThat(registrations.oneMore("192.0.2.7", now)).isTrue();
        }
        assertThat(registrations.oneMore("192.0.2.7", now)).isFalse();
        assertThat(registrations.oneMore("2001:db8::7", now)).isTrue();

        assertThat(registrations.oneMore(
                        "192.0.2.7", now + Duration.ofSeconds(61).toNanos()))
                .isTrue();
    }

    @Test
    void thisMachinesOwnProgramsAreNotCounted() {
        for (int i = 0; i < 2 * most; i++) {
            assertThat(registrations.oneMore("127.0.0.1", now)).isTrue();
            assertThat(registrations.oneMore("::1", now)).isTrue();
        }
    }
}
