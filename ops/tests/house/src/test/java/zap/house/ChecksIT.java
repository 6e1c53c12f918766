package zap.house;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The canary: are the checks of the build really on?
 *
 * <p>A check that has been switched off by accident looks exactly like one that is content. So a little project with
 * the same parent as the real modules is built, and every mistake in it must be refused by the check that is there for
 * it.
 */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class ChecksIT {

    private static String output = "";

    @BeforeAll
    static void buildTheCanaries() throws IOException, InterruptedException {
        Path folder = House.emptyFolder("canaries");
        module(folder, "unformatted", "main", "Unformatted", """
                package zap.canary;
                class Unformatted { String greeting( ) { return "hello"; } }
                """);
        module(folder, "mistakes", "main", "Mistakes", """
                package zap.canary;

                class Mistakes {
                    String greeting() {
                        return null;
                    }

                    void refuse() {
                        new IllegalStateException("created, and never thrown");
                    }

                    String port(int port) {
                        return "%d".formatted(port);
                    }
                }
                """);
        module(folder, "warning", "main", "Warning", """
                package zap.canary;

                import java.util.List;

                class Warning {
                    Object unchecked(Object names) {
                        return (List<String>) names;
                    }
                }
                """);
        module(folder, "tests", "main", "Fine", """
                package zap.canary;

                class Fine {
                    String greeting() {
                        return "hello";
                    }
                }
                """);
        module(folder, "tests", "test", "Bug", """
                package zap.canary;

                class Bug {
                    void refuse() {
                        new IllegalStateException("created, and never thrown");
                    }
                }
                """);
        Files.writeString(folder.resolve("pom.xml"), pom("canaries", 4, """
                <packaging>pom</packaging>
                <modules>
                  <module>unformatted</module><module>mistakes</module><module>warning</module><module>tests</module>
                </modules>"""));
        output = maven(folder, "test-compile");
    }

    @Test
    void badFormattingIsRefused() {
        assertThat(output).containsPattern("spotless.*check.* on project canary-unformatted");
    }

    @Test
    void nullWhereNoneIsPromisedIsRefused() {
        assertThat(output).containsPattern("ERROR.*Mistakes.java:\\[5,.*\\[NullAway]");
    }

    @Test
    void whatErrorProneKnowsToBeABugIsRefused() {
        assertThat(output).containsPattern("ERROR.*Mistakes.java:\\[9,.*\\[DeadException]");
    }

    @Test
    void digitsThatDependOnWhereTheMachineStandsAreRefused() {
        assertThat(output).containsPattern("ERROR.*Mistakes.java:\\[13,.*\\[DefaultLocale]");
    }

    @Test
    void aWarningOfTheCompilerIsRefused() {
        assertThat(output)
                .containsPattern("WARNING.*Warning.java:\\[7,.*\\[unchecked]")
                .contains("warnings found and -Werror specified");
    }

    @Test
    void aBugInATestIsRefusedAndWhatIsFineIsNot() {
        assertThat(output)
                .containsPattern("ERROR.*src/test/java/zap/canary/Bug.java:\\[5,.*\\[DeadException]")
                .containsPattern("testCompile.* on project canary-tests")
                .doesNotContain("Fine.java:");
    }

    private static void module(Path folder, String name, String tree, String type, String source) throws IOException {
        Path java = Files.createDirectories(folder.resolve(name).resolve("src/" + tree + "/java/zap/canary"));
        Files.writeString(java.resolve(type + ".java"), source);
        Files.writeString(folder.resolve(name).resolve("pom.xml"), pom(name, 5, ""));
    }

    private static String pom(String name, int deep, String more) {
        return """
                <project xmlns="http://maven.apache.org/POM/4.0.0">
                  <modelVersion>4.0.0</modelVersion>
                  <parent>
                    <groupId>zap</groupId><artifactId>zap</artifactId><version>%s</version>
                    <relativePath>%s</relativePath>
                  </parent>
                  <artifactId>canary-%s</artifactId>
                  %s
                </project>
                """.formatted(House.version(), "../".repeat(deep) + "pom.xml", name, more);
    }

    private static String maven(Path folder, String goal) throws IOException, InterruptedException {
        var command = List.of(
                House.maven(),
                "-B",
                "-ntp",
                "--fail-at-end",
                "-f",
                folder.resolve("pom.xml").toString(),
                goal);
        var builder = new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true);
        builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
        Process process = builder.start();
        process.getOutputStream().close();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        process.waitFor();
        return said;
    }
}
