package zap.house;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * The attacker's notebook says of each thing which test shows it: the link leads to the class, and its text is the
 * method's name.
 */
class NotebookTest {

    private static final Path NOTEBOOK = House.root().resolve("docs/attackers-notebook.md");
    private static final Path ATTACKERS =
            House.root().resolve("zap-server/src/test/java/zap/server/wire/AttackersIT.java");
    private static final Pattern LINK = Pattern.compile("\\[([^]]+)]\\(([^)]+\\.java)\\)");
    private static final Pattern TEST = Pattern.compile(
            "@(?:Test|RepeatedTest|ParameterizedTest)\\b(?:(?!@Test)[^;{}]|\\{[^{}]*})*?\\bvoid (\\w+)\\(");

    @Test
    void everyTestThatItNamesIsThere() {
        var wrong = new ArrayList<String>();
        List<MatchResult> links = LINK.matcher(House.read(NOTEBOOK)).results().toList();
        for (MatchResult link : links) {
            Path file = NOTEBOOK.resolveSibling(link.group(2)).normalize();
            if (!Files.exists(file) || !tests(file).contains(link.group(1))) {
                wrong.add(link.group(1) + " is no test in " + link.group(2));
            }
        }
        assertThat(links).as("tests that it names").hasSizeGreaterThan(40);
        assertThat(wrong).isEmpty();
    }

    @Test
    void itTellsOfEveryTestThatWasWrittenForIt() {
        List<String> named = LINK.matcher(House.read(NOTEBOOK))
                .results()
                .map(link -> link.group(1))
                .toList();
        assertThat(tests(ATTACKERS)).isNotEmpty().isSubsetOf(named);
    }

    private static List<String> tests(Path file) {
        return TEST.matcher(House.read(file))
                .results()
                .map(test -> test.group(1))
                .toList();
    }
}
