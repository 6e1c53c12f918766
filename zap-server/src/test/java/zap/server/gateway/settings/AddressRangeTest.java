package zap.server.gateway.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.net.InetAddress;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AddressRangeTest {

    @ParameterizedTest
    @CsvSource({
        "10.0.0.5, 10.0.0.5, true",
        "10.0.0.5, 10.0.0.4, false",
        "10.0.0.0/8, 10.255.255.255, true",
        "10.0.0.0/8, 11.0.0.0, false",
        "10.0.0.77/8, 10.1.2.3, true",
        "192.168.0.128/25, 192.168.0.128, true",
        "192.168.0.128/25, 192.168.0.127, false",
        "192.168.1.0/30, 192.168.1.3, true",
        "192.168.1.0/30, 192.168.1.4, false",
        "0.0.0.0/0, 203.0.113.7, true",
        "0.0.0.0/0, ::1, false",
        "2001:db8::/32, 2001:db8:ffff::1, true",
        "2001:db8::/32, 2001:db9::1, false",
        "2001:db8::8/125, 2001:db8::f, true",
        "2001:db8::8/125, 2001:db8::10, false",
        "::1, ::1, true",
        "::ffff:10.0.0.5, 10.0.0.5, true",
    })
    void itContainsTheAddressesWithTheSameFirstBits(String range, String address, boolean contains) {
        assertThat(AddressRange.of(range).contains(InetAddress.ofLiteral(address)))
                .isEqualTo(contains);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "balancer", "10.0.0", "10.0.0.5/33", "10.0.0.5/-1", "10.0.0.5/", "10.0.0.5/x", "::/129"})
    void whatIsNeitherAddressNorNetworkIsRefused(String text) {
        assertThatIllegalArgumentException().isThrownBy(() -> AddressRange.of(text));
    }
}
