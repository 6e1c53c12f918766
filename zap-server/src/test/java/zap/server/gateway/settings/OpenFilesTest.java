package zap.server.gateway.settings;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OpenFilesTest {

    @ParameterizedTest
    @ValueSource(longs = {64, 256, 511})
    void withTooFewItDoesNotStart(long allowed) {
        assertThat(OpenFiles.tooFew(allowed))
                .hasValueSatisfying(why -> assertThat(why)
                        .contains("may open " + allowed + " files", "needs 512", "ulimit -n", "LimitNOFILE"));
    }

    @Test
    void withEnoughItStartsAndHasRoom() {
        assertThat(OpenFiles.tooFew(OpenFiles.LEAST)).isEmpty();
        assertThat(OpenFiles.LEAST).isGreaterThan(OpenFiles.FOR_OTHERS);
        assertThat(OpenFiles.tooFew()).as("of this process").isEmpty();
    }
}
