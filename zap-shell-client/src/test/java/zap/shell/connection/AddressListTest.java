package zap.shell.connection;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Tests the order in which addresses are tried: RFC 8305, section 4. */
class AddressListTest {

    private static final Map<String, List<String>> NAMES = Map.of(
            "six.example", List.of("2001:db8::1", "2001:db8::2", "192.0.2.1", "192.0.2.2"),
            "four.example", List.of("192.0.2.1", "192.0.2.2", "192.0.2.3", "2001:db8::1"),
            "one.example", List.of("192.0.2.9"),
            "localhost", List.of("::1", "127.0.0.1"));

    private static List<ServerAddress> of(String... hosts) {
        var found = new LinkedHashMap<Endpoint, List<InetAddress>>();
        for (String host : hosts) {
            found.put(
                    new Endpoint(host, 7777),
                    NAMES.get(host).stream().map(InetAddress::ofLiteral).toList());
        }
        return AddressList.of(found);
    }

    private static List<InetSocketAddress> sockets(String... hosts) {
        return of(hosts).stream().map(ServerAddress::socket).toList();
    }

    private static List<InetSocketAddress> at(String... addresses) {
        return Stream.of(addresses)
                .map(address -> new InetSocketAddress(InetAddress.ofLiteral(address), 7777))
                .toList();
    }

    @Test
    void theFamiliesTakeTurnsBeginningWithTheOneThatTheSystemPrefers() {
        assertThat(sockets("six.example")).isEqualTo(at("2001:db8::1", "192.0.2.1", "2001:db8::2", "192.0.2.2"));
        assertThat(sockets("four.example")).isEqualTo(at("192.0.2.1", "2001:db8::1", "192.0.2.2", "192.0.2.3"));
    }

    @Test
    void aSecondServerIsTriedBehindAllAddressesOfTheFirst() {
        assertThat(sockets("four.example", "one.example"))
                .isEqualTo(at("192.0.2.1", "2001:db8::1", "192.0.2.2", "192.0.2.3", "192.0.2.9"));
    }

    @Test
    void anAddressBelongsToTheFirstEndpointThatHasIt() {
        assertThat(of("one.example", "six.example", "four.example").stream()
                        .map(ServerAddress::toString)
                        .toList())
                .containsExactly(
                        "one.example:7777",
                        "six.example:7777 (2001:db8:0:0:0:0:0:1)",
                        "six.example:7777 (192.0.2.1)",
                        "six.example:7777 (2001:db8:0:0:0:0:0:2)",
                        "six.example:7777 (192.0.2.2)",
                        "four.example:7777 (192.0.2.3)");
    }

    @Test
    void theAddressesOfThisComputerAreNotToldApart() {
        assertThat(of("localhost"))
                .hasSize(2)
                .allMatch(address -> address.toString().equals("localhost:7777"));
    }

    @Test
    void noMoreAreTriedThanCanBeWithinThePatience() {
        var found = new LinkedHashMap<Endpoint, List<InetAddress>>();
        for (int host = 0; host < 16; host++) {
            String network = "10.0." + host + ".";
            found.put(
                    new Endpoint("host" + host, 7777),
                    IntStream.rangeClosed(1, 20)
                            .mapToObj(i -> InetAddress.ofLiteral(network + i))
                            .toList());
        }
        List<ServerAddress> addresses = AddressList.of(found);
        assertThat(addresses).hasSize(AddressList.MAX);
        assertThat(addresses.stream().filter(a -> a.endpoint().host().equals("host0")))
                .hasSize(AddressList.MAX_OF_A_NAME);
    }
}
