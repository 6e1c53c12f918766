package zap.check;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import zap.check.client.Act;
import zap.check.client.ClientCatalogue;
import zap.check.client.ClientCheck;
import zap.check.report.Check;
import zap.check.report.CheckTexts;
import zap.check.server.Catalogue;
import zap.check.server.ServerCheck;
import zap.kit.TextBundles;

/** The texts of the suite: both languages have the same keys and placeholders, and each check has its sentences. */
class CheckTextsTest {

    @Test
    void bothLanguagesHaveTheSameKeysAndPlaceholders() throws IOException {
        TextBundles.assertTranslated(CheckProgram.class);
    }

    @Test
    void eachCheckHasASentenceASourceAndAHint() {
        for (Locale locale : List.of(Locale.ROOT, Locale.forLanguageTag("pt-BR"))) {
            var texts = new CheckTexts(locale);
            for (Check check : all()) {
                assertThat(texts.say(check.sentence())).isNotBlank();
                assertThat(texts.say(check.source())).isNotBlank().doesNotContain("{");
                assertThat(texts.say(check.lookAt())).isNotBlank();
                assertThat(texts.say(check.heading().title())).isNotBlank();
                assertThat(texts.say("level." + check.level().key())).isNotBlank();
            }
        }
    }

    private static List<Check> all() {
        var all = new ArrayList<Check>(Catalogue.all());
        all.addAll(ClientCatalogue.all());
        return all;
    }

    @Test
    void eachStepOfAClientHasItsWords() {
        for (Locale locale : List.of(Locale.ROOT, Locale.forLanguageTag("pt-BR"))) {
            var texts = new CheckTexts(locale);
            for (Act act : Act.values()) {
                assertThat(texts.say("client-step." + act.key())).isNotBlank();
            }
        }
    }

    @Test
    void everySentenceBelongsToACheck() throws IOException {
        List<String> keys = all().stream().map(check -> check.sentence().key()).toList();
        assertThat(TextBundles.english(CheckProgram.class).stringPropertyNames().stream()
                        .filter(key -> key.startsWith("check.") || key.startsWith("client-check.")))
                .containsExactlyInAnyOrderElementsOf(keys);
    }

    @Test
    void numbersAreUniqueAndNeedsComeWithoutACircle() {
        List<ServerCheck> all = Catalogue.all();
        assertThat(all).extracting(ServerCheck::number).doesNotHaveDuplicates();
        var settled = new java.util.HashSet<String>();
        boolean moved = true;
        while (moved) {
            moved = false;
            for (ServerCheck check : all) {
                if (settled.containsAll(check.needs()) && settled.add(check.number())) {
                    moved = true;
                }
            }
        }
        assertThat(all).extracting(ServerCheck::number).allMatch(settled::contains);
    }

    @Test
    void numbersOfClientsAreUniqueAndNeedsNameChecks() {
        List<String> numbers =
                ClientCatalogue.all().stream().map(ClientCheck::number).toList();
        assertThat(numbers).doesNotHaveDuplicates();
        assertThat(ClientCatalogue.all())
                .allSatisfy(check -> assertThat(numbers).containsAll(check.needs()));
    }
}
