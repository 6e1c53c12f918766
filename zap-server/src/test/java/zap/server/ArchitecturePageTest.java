package zap.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Compares the packages on the architecture page with {@link ModulesTest}. */
class ArchitecturePageTest {

    private static final Path PAGE = Path.of("../docs/architecture.md");
    private static final Pattern ROW = Pattern.compile("\\| `([\\w.]+)` \\| ([\\w., ]*)\\| [^|]+ \\|");
    private static final int MOST_LINES = 200;

    @Test
    void itsTableOfPackagesIsTheOneThatIsChecked() throws IOException {
        Map<String, List<String>> drawn = new TreeMap<>();
        Files.readAllLines(PAGE).stream()
                .dropWhile(line -> !line.startsWith("| package | may use |"))
                .takeWhile(line -> line.startsWith("|"))
                .map(ROW::matcher)
                .filter(row -> row.matches())
                .forEach(row -> drawn.put(row.group(1), names(row.group(2))));
        assertThat(drawn).isEqualTo(new TreeMap<>(ModulesTest.MAY_USE));
    }

    @Test
    void itIsShortEnoughToBeRead() throws IOException {
        assertThat(Files.readAllLines(PAGE)).hasSizeLessThanOrEqualTo(MOST_LINES);
    }

    private static List<String> names(String cell) {
        return Arrays.stream(cell.split(","))
                .map(String::strip)
                .filter(name -> !name.isEmpty())
                .toList();
    }
}
