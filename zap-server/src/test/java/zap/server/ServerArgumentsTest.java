package zap.server;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ServerArgumentsTest {

    @Test
    void settingsAreAccepted() {
        assertThat(ServerArguments.fault()).isEmpty();
        assertThat(ServerArguments.fault(
                        "--zap.gateway.port=9000", "--spring.datasource.password=", "--logging.level.zap=debug"))
                .isEmpty();
        assertThat(ServerArguments.fault("--debug")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"9000", "--port", "--port=9000", "-p", "--zap.gateway.port", "--", "zap.gateway.port=9000"})
    void whatSpringWouldIgnoreIsNamed(String word) {
        assertThat(ServerArguments.fault("--zap.gateway.recv-port=0", word, "--x"))
                .hasValueSatisfying(fault -> assertThat(fault)
                        .startsWith("\"" + word + "\" is not a setting.")
                        .contains("--zap.gateway.port=9000", "docs/configuration.md"));
    }
}
