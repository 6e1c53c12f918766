package zap.kit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.Locale;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import zap.check.CheckProgram;
import zap.watch.WatchProgram;

/** The texts that the programs of the kit share. */
class KitTextsTest {

    @Test
    void bothLanguagesHaveTheSameKeysAndPlaceholders() throws IOException {
        TextBundles.assertTranslated(KitTexts.class);
    }

    @ParameterizedTest
    @ValueSource(classes = {CheckProgram.class, WatchProgram.class})
    void noProgramRepeatsASharedKey(Class<?> program) throws IOException {
        Set<String> shared = TextBundles.english(KitTexts.class).stringPropertyNames();

        assertThat(shared).isNotEmpty();
        assertThat(TextBundles.english(program).stringPropertyNames()).doesNotContainAnyElementsOf(shared);
    }

    @Test
    void aSharedTextAndAProgramsOwnAreInTheUsersLanguage() {
        var texts = new KitTexts("zap.watch.messages", Locale.forLanguageTag("pt-BR"));

        assertThat(texts.say("problem.option", "--x")).isEqualTo("Não existe a opção --x.");
        assertThat(texts.say("problem.unknown-host", "nowhere")).isEqualTo("Não existe o host nowhere.");
    }
}
