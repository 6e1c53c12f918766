package zap.server.ops;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.springframework.boot.convert.DurationStyle;

/**
 * Checks that everything named in ops/deploy/systemd/zap.service exists under that name, as far as this can be checked
 * without systemd.
 */
class SystemdUnitTest {

    private static final Path ROOT = Path.of(System.getProperty("zap.root"));
    private static final Pattern VARIABLE = Pattern.compile("\\bZAP_[A-Z_]+\\b");
    private static final Pattern PROPERTY_ROW = Pattern.compile("(?m)^\\| `(zap\\.[a-z.-]+)` \\| (?:`([^`]*)`)?");

    private final String text = read("ops/deploy/systemd/zap.service");
    private final Map<String, List<String>> unit = directives();
    private final String script = read("zap");
    private final Map<String, String> properties = properties();

    @Test
    void whatIsStartedIsAFunctionOfTheScriptAndLiesWhereTheRunbookPutsIt() {
        List<String> command = List.of(one("ExecStart").split(" ", -1));
        assertThat(command).hasSize(2);
        assertThat(command.getFirst()).isEqualTo("/opt/zap/current/zap");
        assertThat(read("docs/runbook.md")).contains("/opt/zap/current", "/etc/systemd/system", one("User"));
        assertThat(script).contains("\nzap_" + command.getLast() + "() {");
        // ... and the unit itself is in the archive from which it is put there.
        assertThat(read("ops/tools/build/ReleaseArchive.java")).contains("\"ops/deploy/systemd\"");
    }

    /**
     * Checks that each name that the comment allows in zap.env is known to the script, or is a property's name in the
     * form that Spring Boot reads from the environment.
     */
    @Test
    void everyEnvironmentVariableIsKnown() {
        var known = new TreeSet<String>();
        VARIABLE.matcher(script).results().map(MatchResult::group).forEach(known::add);
        properties.keySet().forEach(name -> known.add(asVariable(name)));

        List<String> named =
                VARIABLE.matcher(text).results().map(MatchResult::group).toList();
        assertThat(named).contains("ZAP_DATA", "ZAP_JAVA_HOME", "ZAP_GATEWAY_MAXCONNECTIONS");
        assertThat(known).containsAll(named);
    }

    @Test
    void everyPropertyThatACommentNamesIsThere() {
        List<String> named = Pattern.compile("\\bzap\\.(?!service|env)[a-z-]+\\.[a-z-]+")
                .matcher(text)
                .results()
                .map(MatchResult::group)
                .toList();
        assertThat(named).contains("zap.gateway.drain");
        assertThat(properties).containsKeys(named.toArray(String[]::new));
    }

    @Test
    void theDataAreInTheOnlyFolderThatMayBeWrittenTo() {
        String state = "%S/" + one("StateDirectory");
        assertThat(unit.get("Environment")).containsExactly("ZAP_DATA=" + state);
        assertThat(one("WorkingDirectory")).isEqualTo(state);
        assertThat(one("StateDirectoryMode")).isEqualTo("0700");
        assertThat(one("ProtectSystem")).isEqualTo("strict");
        assertThat(unit).doesNotContainKeys("ReadWritePaths", "MemoryDenyWriteExecute");
    }

    @Test
    void theSettingsOfAMachineMayBeMissing() {
        assertThat(one("EnvironmentFile")).isEqualTo("-/etc/zap/zap.env");
        assertThat(read("docs/runbook.md")).contains("/etc/zap/zap.env");
    }

    @Test
    void aStopMayTakeAsLongAsTheServerWantsAndIsNoFailure() {
        Duration drain = DurationStyle.detectAndParse(Objects.requireNonNull(properties.get("zap.gateway.drain")));
        assertThat(DurationStyle.detectAndParse(one("TimeoutStopSec"))).isGreaterThan(drain.multipliedBy(4));
        // The server stops its PostgreSQL itself, after everything is stored.
        assertThat(one("KillMode")).isEqualTo("mixed");
        assertThat(one("KillSignal")).isEqualTo("SIGTERM");
        assertThat(one("SuccessExitStatus")).isEqualTo("143");
        assertThat(one("Restart")).isEqualTo("on-failure");
    }

    @Test
    void everyConnectionThatMayBeOpenCanBe() {
        assertThat(Integer.parseInt(one("LimitNOFILE")))
                .isGreaterThan(Integer.parseInt(properties.get("zap.gateway.max-connections")));
    }

    @Test
    void itHasNoMoreRightsThanNeeded() {
        assertThat(one("User")).isEqualTo("zap");
        assertThat(one("CapabilityBoundingSet")).isEmpty();
        for (String yes : List.of(
                "NoNewPrivileges",
                "ProtectHome",
                "PrivateTmp",
                "PrivateDevices",
                "ProtectKernelTunables",
                "RestrictSUIDSGID")) {
            assertThat(one(yes)).as(yes).isEqualTo("true");
        }
    }

    private static String asVariable(String property) {
        return property.replace('.', '_').replace("-", "").toUpperCase(Locale.ROOT);
    }

    /** Returns the only value of a directive. */
    private String one(String directive) {
        assertThat(unit).containsKey(directive);
        assertThat(unit.get(directive)).as(directive).hasSize(1);
        return unit.get(directive).getFirst();
    }

    private Map<String, List<String>> directives() {
        var directives = new LinkedHashMap<String, List<String>>();
        text.lines()
                .filter(line -> line.matches("[A-Za-z]+=.*"))
                .forEach(line -> directives
                        .computeIfAbsent(line.substring(0, line.indexOf('=')), _ -> new ArrayList<>())
                        .add(line.substring(line.indexOf('=') + 1)));
        return directives;
    }

    /** Returns the properties with their defaults from the page, which another test compares with the code. */
    private static Map<String, String> properties() {
        var properties = new LinkedHashMap<String, String>();
        PROPERTY_ROW
                .matcher(read("docs/configuration.md"))
                .results()
                .forEach(row -> properties.put(row.group(1), Objects.requireNonNullElse(row.group(2), "")));
        return properties;
    }

    private static String read(String file) {
        try {
            return Files.readString(ROOT.resolve(file));
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
