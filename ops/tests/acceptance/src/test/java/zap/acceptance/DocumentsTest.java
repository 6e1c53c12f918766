package zap.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import zap.acceptance.Script.Who;

/** Compares the documents of the client with the tests that play them. */
class DocumentsTest {

    private static final Pattern PROMPT_LINE = Pattern.compile("(?m)^.* ❯ (.+)$");

    @ParameterizedTest
    @EnumSource
    void theConversationOfTheReadmeIsTheOneThatIsPlayed(Readme readme) {
        for (Who who : Readme.shown()) {
            String window = readme.windowOf(who);
            int at = 0;
            for (String line : readme.script().linesOf(who)) {
                var found = Script.patternOf(line).matcher(window);
                assertThat(found.find(at))
                        .as("%s: \"%s\" in\n%s", readme, line, window.substring(at))
                        .isTrue();
                at = found.end();
            }
            assertThat(PROMPT_LINE.matcher(window).results().map(line -> line.group(1)))
                    .as("%s: commands that nobody plays", readme)
                    .isNotEmpty()
                    .allMatch(typed -> readme.script().linesOf(who).stream()
                            .anyMatch(line ->
                                    Script.patternOf(line).matcher(typed).matches()));
        }
    }

    @Test
    void everyDocumentedExitCodeIsReached() throws IOException {
        Set<Integer> documented = Pattern.compile("(?m)^\\| (\\d+) \\|")
                .matcher(Files.readString(Checkout.root().resolve("docs/client.md")))
                .results()
                .map(row -> Integer.parseInt(row.group(1)))
                .collect(Collectors.toCollection(TreeSet::new));
        Set<Integer> reached = Stream.concat(
                        Stream.of(0, TypingIT.INTERRUPTED),
                        Trouble.CALLS.stream().map(Trouble::exitCode))
                .collect(Collectors.toCollection(TreeSet::new));
        assertThat(reached).isEqualTo(documented);
    }
}
