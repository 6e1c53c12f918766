package zap.house;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * Compares how the client and the programs of the protocol's reference choose the user's language. They share no module
 * in which that code could stand once: {@code zap-protocol} knows bytes alone.
 */
class SameLanguageTest {

    /** The body of the method that chooses the language. */
    private static final Pattern CHOICE = Pattern.compile(
            "static Locale \\w+\\(Map<String, String> environment\\) \\{\\R(.*?\\R)    }\\R", Pattern.DOTALL);

    @Test
    void theClientAndTheKitChooseTheLanguageWithTheSameCode() {
        String client = choice("zap-shell-client/src/main/java/zap/shell/ZapShell.java");
        String kit = choice("ops/tools/check/src/main/java/zap/kit/UserLanguage.java");

        assertThat(kit).isEqualTo(client).contains("ZAP_LANG");
    }

    private static String choice(String source) {
        Matcher found = CHOICE.matcher(House.read(House.root().resolve(source)));
        assertThat(found.find()).as("the choice of the language in " + source).isTrue();
        return found.group(1);
    }
}
