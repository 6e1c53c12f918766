package zap.shell;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static java.util.Map.entry;
import static java.util.function.Predicate.not;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The dependencies between the client's packages, as docs/architecture.md lists them. */
class ClientModulesTest {

    /**
     * Each package of the client, and the others that it may use. A name stands for that package alone and not for
     * those below it. The root package puts them together and may use all.
     */
    private static final Map<String, List<String>> MAY_USE = Map.ofEntries(
            entry(
                    "command.runner",
                    List.of(
                            "command",
                            "command.view",
                            "command.context",
                            "command.terminal",
                            "chat",
                            "store",
                            "identity",
                            "text")),
            entry(
                    "command",
                    List.of(
                            "command.view",
                            "command.context",
                            "command.terminal",
                            "chat",
                            "connection",
                            "move",
                            "store",
                            "identity",
                            "text")),
            entry(
                    "command.view",
                    List.of("command.context", "command.terminal", "chat", "connection", "store", "text")),
            entry("command.context", List.of("chat", "connection", "store", "text")),
            entry("command.terminal", List.of("text")),
            entry("chat", List.of("connection", "store", "identity", "text")),
            entry("connection", List.of("identity")),
            entry("move", List.of("store", "identity")),
            entry("store", List.of("identity", "text")),
            entry("identity", List.of()),
            entry("log", List.of("store")),
            entry("text", List.of()));

    /** Rows of the page's table: the package, and what it may use. */
    private static final Pattern ROW = Pattern.compile("(?m)^\\| `([a-z.]+)` \\| ([a-z., ]*)\\| [^|]+ \\|$");

    private static JavaClasses zap;

    @BeforeAll
    static void readTheClasses() {
        zap = new ClassFileImporter()
                .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
                .importPackages("zap.shell");
    }

    static Set<String> packages() {
        return new TreeSet<>(MAY_USE.keySet());
    }

    @Test
    void everyPackageHasItsPlaceInTheTable() {
        Set<String> there = zap.that(resideInAPackage("zap.shell.*..")).stream()
                .map(type -> type.getPackageName().substring("zap.shell.".length()))
                .collect(Collectors.toSet());
        assertThat(packages()).isEqualTo(new TreeSet<>(there));
    }

    @ParameterizedTest
    @MethodSource("packages")
    void aPackageUsesOnlyWhatItMay(String name) {
        var others = new TreeSet<>(packages());
        others.remove(name);
        others.removeAll(MAY_USE.get(name));
        noClasses()
                .that()
                .resideInAPackage("zap.shell." + name)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        others.stream().map(other -> "zap.shell." + other).toArray(String[]::new))
                .check(zap);
    }

    @Test
    void noPackagesGoRoundInACircle() {
        slices().matching("zap.shell.(**)").should().beFreeOfCycles().check(zap);
    }

    @Test
    void onlyTheRootMayUseTheRoot() {
        noClasses()
                .that()
                .resideInAPackage("zap.shell.*..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("zap.shell")
                .check(zap);
    }

    @Test
    void thePageListsThePackagesAndWhatTheyMayUse() throws IOException {
        String page = Files.readString(Path.of("../docs/architecture.md"));
        String section = page.substring(page.indexOf("\n## The client's packages"), page.indexOf("\n## Words"));
        var listed = new TreeMap<String, Set<String>>();
        ROW.matcher(section).results().forEach(row -> listed.put(row.group(1), names(row.group(2))));

        var expected = new TreeMap<String, Set<String>>();
        MAY_USE.forEach((name, others) -> expected.put(name, new TreeSet<>(others)));
        assertThat(listed).isEqualTo(expected);
    }

    private static Set<String> names(String cell) {
        return Arrays.stream(cell.split(","))
                .map(String::strip)
                .filter(not(String::isEmpty))
                .collect(Collectors.toCollection(TreeSet::new));
    }
}
