package zap.shell.connection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Tests the order in which addresses are tried: RFC 8305, section 4. */
class AddressListTest {

    private static final Map<String, List<String>> NAMES = Map.of(
            "six.example", List.of("2001:db8::1", "2001:db8::2", "192.0.2.1", "192.0.2.2"),
            "four.example", List.of("192.0.2.1", "192.0.2.2", "192.0.2.3", "2001:db8::1"),
            "one.example", List.of("192.0.2.9"));

    private static List<InetAddress> resolve(String host) throws UnknownHostException {
        if (!NAMES.containsKey(host)) {
            throw new UnknownHostException(host);
        }
        var addresses = new ArrayList<InetAddress>();
        for (String address : NAMES.get(host)) {
            addresses.add(InetAddress.ofLiteral(address));
        }
        return addresses;
    }

    private static List<InetSocketAddress> of(String... hosts) throws IOException {
        return List.copyOf(mapOf(hosts).keySet());
    }

    private static SequencedMap<InetSocketAddress, Endpoint> mapOf(String... hosts) throws IOException {
        return AddressList.of(
                Stream.of(hosts).map(host -> new Endpoint(host, 7777)).toList(), AddressListTest::resolve);
    }

    private static List<InetSocketAddress> at(String... addresses) {
        return Stream.of(addresses)
                .map(address -> new InetSocketAddress(InetAddress.ofLiteral(address), 7777))
                .toList();
    }

    @Test
    void theFamiliesTakeTurnsBeginningWithTheOneThatTheSystemPrefers() throws Exception {
        assertThat(of("six.example")).isEqualTo(at("2001:db8::1", "192.0.2.1", "2001:db8::2", "192.0.2.2"));
        assertThat(of("four.example")).isEqualTo(at("192.0.2.1", "2001:db8::1", "192.0.2.2", "192.0.2.3"));
    }

    @Test
    void aSecondServerIsTriedBehindAllAddressesOfTheFirst() throws Exception {
        assertThat(of("four.example", "one.example"))
                .isEqualTo(at("192.0.2.1", "2001:db8::1", "192.0.2.2", "192.0.2.3", "192.0.2.9"));
    }

    @Test
    void anAddressBelongsToTheFirstEndpointThatHasIt() throws Exception {
        SequencedMap<InetSocketAddress, Endpoint> addresses = mapOf("one.example", "six.example", "four.example");
        assertThat(addresses.get(at("192.0.2.9").getFirst())).isEqualTo(new Endpoint("one.example", 7777));
        assertThat(addresses.get(at("192.0.2.1").getFirst())).isEqualTo(new Endpoint("six.example", 7777));
        assertThat(addresses.get(at("192.0.2.3").getFirst())).isEqualTo(new Endpoint("four.example", 7777));
    }

    @Test
    void aNameWithoutAnAddressIsTroubleOnlyWhenThereIsNoOther() throws Exception {
        assertThat(of("nowhere.example", "one.example")).isEqualTo(at("192.0.2.9"));
        assertThatThrownBy(() -> of("nowhere.example", "neither.example"))
                .isInstanceOf(UnknownHostException.class)
                .hasMessage("nowhere.example, neither.example");
    }
}
