package zap.server.database;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import org.junit.jupiter.api.Test;

class LoopbackTest {

    @Test
    void aServerIsReachedWhereItListens() {
        assertThat(Loopback.reaching(InetAddress.ofLiteral("192.0.2.5"))).isEqualTo("192.0.2.5");
        assertThat(Loopback.reaching(InetAddress.ofLiteral("127.0.0.3"))).isEqualTo("127.0.0.3");
        assertThat(Loopback.reaching(InetAddress.ofLiteral("::1"))).isEqualTo("::1");
    }

    @Test
    void aServerThatListensOnAllAddressesIsReachedOnThisMachine() {
        String here = Loopback.address().orElseThrow();
        assertThat(Loopback.reaching(null)).isEqualTo(here);
        assertThat(Loopback.reaching(InetAddress.ofLiteral("0.0.0.0"))).isEqualTo(here);
        assertThat(Loopback.reaching(InetAddress.ofLiteral("::"))).isEqualTo(here);
    }

    @Test
    void inAUrlAnIpv6AddressHasBrackets() {
        assertThat(Loopback.inUrl("::1")).isEqualTo("[::1]");
        assertThat(Loopback.inUrl("127.0.0.1")).isEqualTo("127.0.0.1");
    }
}
