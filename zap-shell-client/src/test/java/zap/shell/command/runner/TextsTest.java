package zap.shell.command.runner;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Properties;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.springframework.shell.core.command.annotation.Command;
import org.springframework.shell.core.command.annotation.Option;
import zap.shell.command.HelpCommands;
import zap.shell.command.context.Texts;

class TextsTest {

    private static Properties load(String name) throws IOException {
        var properties = new Properties();
        try (var in = new InputStreamReader(
                TextsTest.class.getResourceAsStream("/zap/shell/command/" + name), StandardCharsets.UTF_8)) {
            properties.load(in);
        }
        return properties;
    }

    private static List<String> places(String text) {
        return Pattern.compile("\\{\\d}")
                .matcher(text)
                .results()
                .map(MatchResult::group)
                .distinct()
                .sorted()
                .toList();
    }

    @Test
    void bothLanguagesSayTheSameThingsWithTheSameGaps() throws IOException {
        Properties english = load("messages.properties");
        Properties portuguese = load("messages_pt.properties");
        assertThat(new TreeSet<>(portuguese.keySet())).isEqualTo(new TreeSet<>(english.keySet()));
        english.forEach((key, text) -> assertThat(places(portuguese.getProperty(key.toString())))
                .as(key.toString())
                .isEqualTo(places(text.toString())));
    }

    @Test
    void theLanguageGoesByTheLocale() {
        assertThat(new Texts(Locale.forLanguageTag("pt-BR")).say("view.you")).isEqualTo("você");
        assertThat(new Texts(Locale.forLanguageTag("pt")).say("view.you")).isEqualTo("você");
        assertThat(new Texts(Locale.GERMAN).say("view.you")).isEqualTo("you");
    }

    @Test
    void everyCommandHasAUseALineAndAnExample() {
        Texts texts = new Texts(Locale.ENGLISH);
        ShellConfiguration.commandMethods()
                .map(m -> String.join(" ", m.getAnnotation(Command.class).name()))
                .filter(name -> !name.equals("rehearse"))
                .forEach(name -> {
                    assertThat(texts.has(HelpCommands.key(name) + ".usage"))
                            .as(name)
                            .isTrue();
                    assertThat(texts.has(HelpCommands.key(name) + ".about"))
                            .as(name)
                            .isTrue();
                    assertThat(texts.has(HelpCommands.key(name) + ".example"))
                            .as(name)
                            .isTrue();
                    assertThat(HelpCommands.CHAPTERS.values().stream().flatMap(List::stream))
                            .as("the help")
                            .contains(name);
                });
    }

    @Test
    void everyOptionIsExplained() {
        Texts texts = new Texts(Locale.ENGLISH);
        ShellConfiguration.commandMethods()
                .flatMap(m -> Arrays.stream(m.getParameters()))
                .filter(p -> p.isAnnotationPresent(Option.class))
                .forEach(p -> assertThat(texts.has(
                                "option." + p.getAnnotation(Option.class).longName()))
                        .isTrue());
    }

    @Test
    void aCompletionThatIsNamedIsThere() {
        // Spring Shell ignores a wrong name.
        List<String> beans = Arrays.stream(ShellConfiguration.class.getDeclaredMethods())
                .filter(m -> m.getReturnType().getSimpleName().equals("CompletionProvider"))
                .map(Method::getName)
                .toList();
        ShellConfiguration.commandMethods()
                .map(m -> m.getAnnotation(Command.class).completionProvider())
                .filter(name -> !name.isEmpty())
                .forEach(name -> assertThat(beans).contains(name));
    }
}
