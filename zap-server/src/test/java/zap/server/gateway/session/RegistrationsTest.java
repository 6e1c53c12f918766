package zap.server.gateway.session;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import zap.server.gateway.settings.PlainListeners;

class RegistrationsTest {

    private final int most = PlainListeners.properties(Duration.ZERO).registrationsPerMinute();
    private final Registrations registrations = new Registrations(PlainListeners.properties(Duration.ZERO));
    private final long now = System.nanoTime();

    @Test
    void anAddressHasSoManyInAMinuteAndTheNextMinuteAgain() {
        for (int i = 0; i < most; i++) {
            assertThat(registrations.tryAcquire(origin("192.0.2.7"), now)).isTrue();
        }
        assertThat(registrations.tryAcquire(origin("192.0.2.7"), now)).isFalse();
        assertThat(registrations.tryAcquire(origin("2001:db8::7"), now)).isTrue();

        assertThat(registrations.tryAcquire(
                        origin("192.0.2.7"), now + Duration.ofSeconds(61).toNanos()))
                .isTrue();
    }

    @Test
    void thisMachinesOwnProgramsAreNotCounted() {
        for (int i = 0; i < 2 * most; i++) {
            assertThat(registrations.tryAcquire(origin("127.0.0.1"), now)).isTrue();
            assertThat(registrations.tryAcquire(origin("::1"), now)).isTrue();
        }
    }

    /** A host with one IPv6 address has 2^64 of them. */
    @Test
    void aNetworkOfIpv6CountsAsOneAddress() {
        for (int i = 0; i < most; i++) {
            assertThat(registrations.tryAcquire(origin("2001:db8:1:2::" + Integer.toHexString(i)), now))
                    .isTrue();
        }
        assertThat(registrations.tryAcquire(origin("2001:db8:1:2:ffff::7"), now))
                .isFalse();
        assertThat(registrations.tryAcquire(origin("2001:db8:1:3::7"), now)).isTrue();
        // An IPv4 address that was written as an IPv6 one is an IPv4 address.
        assertThat(origin("::ffff:192.0.2.7")).isEqualTo(origin("192.0.2.7"));
    }

    private static Origin origin(String address) {
        return Origin.of(InetAddress.ofLiteral(address));
    }
}
