package zap.server.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ClusterPropertiesTest {

    private static final int FREE = 45_678;

    @ParameterizedTest
    @CsvSource({
        ",                  0,    ,         0,    45678",
        ",                  7781, ,         7781, 7781",
        "one,               0,    one,      0,    45678",
        "one,               7781, one,      7781, 7781",
        "one:17781,         0,    one,      17781, 17781",
        "one:17781,         7781, one,      7781, 17781",
        "192.0.2.1:17781,   7781, 192.0.2.1, 7781, 17781",
        "[2001:db8::1]:17781, 0,  2001:db8::1, 17781, 17781",
        "[2001:db8::1],     7781, 2001:db8::1, 7781, 7781"
    })
    void thePortThatIsOpenedMayDifferFromTheOneThatIsTold(String address, int port, String host, int opened, int told) {
        Duration second = Duration.ofSeconds(1);
        var properties = new ClusterProperties(second, second.multipliedBy(10), second, second, address, port);
        assertThat(properties.linkHost()).isEqualTo(host);
        assertThat(properties.portToOpen()).isEqualTo(opened);
        assertThat(properties.portToTell(opened == 0 ? FREE : opened)).isEqualTo(told);
    }
}
