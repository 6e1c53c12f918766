package zap.watch;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.Properties;
import org.junit.jupiter.api.Test;
import zap.kit.TextBundles;
import zap.protocol.MalformedFrameException.Fault;

/**
 * The texts of {@code ./zap watch}: both languages have the same keys and placeholders, and nothing is without words.
 */
class WatchTextsTest {

    @Test
    void bothLanguagesHaveTheSameKeysAndPlaceholders() throws IOException {
        TextBundles.assertTranslated(WatchProgram.class);
    }

    @Test
    void everyFaultHasWords() throws IOException {
        Properties english = TextBundles.english(WatchProgram.class);
        for (Fault fault : Fault.values()) {
            boolean isInCode = fault == Fault.NO_CODE_BEGINS_SO;
            assertThat(english.getProperty("fault." + (isInCode ? "no-code" : Explanation.key(fault))))
                    .as("%s", fault)
                    .isNotBlank();
        }
    }
}
