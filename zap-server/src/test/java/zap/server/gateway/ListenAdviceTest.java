package zap.server.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ListenAdviceTest {

    private static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();
    /** For documents (RFC 5737): no machine has it. */
    private static final InetAddress NOBODYS = InetAddress.ofLiteral("192.0.2.7");

    @Test
    void whatIsInUseIsToBeStopped() {
        for (@Nullable InetAddress address : new InetAddress[] {null, LOOPBACK}) {
            assertThat(advice(7777, address, "Address already in use"))
                    .contains("Stop the program that listens on port 7777", "--zap.gateway.port=…");
        }
    }

    @Test
    void anAddressThatThisMachineDoesNotHaveIsSaidToBeTheCause() {
        assertThat(advice(7777, NOBODYS, "Cannot assign requested address"))
                .contains("no address 192.0.2.7", "zap.gateway.address")
                .doesNotContain("Stop whatever");
    }

    /** The system says it in the language of the user. */
    @Test
    void theCauseIsKnownInAnyLanguage() {
        assertThat(advice(7777, NOBODYS, "Não é possível atribuir endereço requisitado"))
                .contains("no address 192.0.2.7");
        assertThat(advice(80, null, "Permissão negada")).contains("Ports below 1024", "CAP_NET_BIND_SERVICE");
    }

    @Test
    void aPortThatIsNotForEverybodyIsSaidToBeTheCause() {
        assertThat(advice(80, LOOPBACK, "Permission denied"))
                .contains("Ports below 1024", "CAP_NET_BIND_SERVICE", "ip_unprivileged_port_start=80")
                .doesNotContain("Stop whatever");
    }

    private static String advice(int port, @Nullable InetAddress address, String failure) {
        return ListenAdvice.advice(port, address, "zap.gateway.address", "--zap.gateway.port=…", failure);
    }
}
