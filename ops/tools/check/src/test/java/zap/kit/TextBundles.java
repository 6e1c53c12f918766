package zap.kit;

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

/** The bundles of texts of a program: {@code messages.properties} and {@code messages_pt.properties} of its package. */
public final class TextBundles {

    private TextBundles() {}

    /** Returns the English texts of the program with this class. */
    public static Properties english(Class<?> program) throws IOException {
        return read(program, "messages.properties");
    }

    /** Checks that both languages have the same keys, and each text the same placeholders. */
    public static void assertTranslated(Class<?> program) throws IOException {
        Properties english = english(program);
        Properties portuguese = read(program, "messages_pt.properties");
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

    private static Properties read(Class<?> program, String name) throws IOException {
        var properties = new Properties();
        try (InputStream in = program.getResourceAsStream(name)) {
            properties.load(new InputStreamReader(in, StandardCharsets.UTF_8));
        }
        return properties;
    }
}
