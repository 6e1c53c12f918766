package zap.watch;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Properties;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import zap.protocol.MalformedFrameException.Fault;

/**
 * The texts of {@code ./zap watch}: both languages have the same keys and placeholders, and nothing is without words.
 */
class WatchTextsTest {

    private static Properties read(String name) throws IOException {
        var properties = new Properties();
        try (InputStream in = WatchProgram.class.getResourceAsStream(name)) {
            properties.load(new InputStreamReader(in, StandardCharsets.UTF_8));
        }
        return properties;
    }

    @Test
    void bothLanguagesHaveTheSameKeysAndPlaceholders() throws IOException {
        Properties english = read("messages.properties");
        Properties portuguese = read("messages_pt.properties");
        assertThat(new TreeSet<>(portuguese.stringPropertyNames()))
                .isEqualTo(new TreeSet<>(english.stringPropertyNames()));
        for (String key : english.stringPropertyNames()) {
            assertThat(placeholders(portuguese.getProperty(key)))
                    .as(key)
                    .isEqualTo(placeholders(english.getProperty(key)));
        }
    }

    private static List<String> placeholders(String text) {
        return Pattern.compile("\\{[0-9]}")
                .matcher(text)
                .results()
                .map(MatchResult::group)
                .distinct()
                .sorted()
                .toList();
    }

    @Test
    void everyFaultHasWords() throws IOException {
        Properties english = read("messages.properties");
        for (Fault fault : Fault.values()) {
            boolean isInCode = fault == Fault.NO_CODE_BEGINS_SO;
            assertThat(english.getProperty("fault." + (isInCode ? "no-code" : Explanation.key(fault))))
                    .as("%s", fault)
                    .isNotBlank();
        }
    }
}
