package zap.house;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The zap script, in a little checkout of its own whose path has blanks, with a java and an mvn that only pretend.
 *
 * <p>Its PATH holds the everyday tools and nothing else, so that it does not matter what this machine has installed.
 */
class ZapScriptIT {

    private static final List<String> TOOLS = List.of(
            "awk",
            "bash",
            "cat",
            "cksum",
            "cp",
            "date",
            "dirname",
            "env",
            "find",
            "git",
            "grep",
            "gzip",
            "head",
            "ls",
            "mkdir",
            "mktemp",
            "mv",
            "ps",
            "readlink",
            "rm",
            "sed",
            "sha256sum",
            "sleep",
            "sort",
            "tail",
            "tar",
            "tee",
            "touch",
            "tr",
            "uname",
            "xargs");

    /** The Java programs of the script, compiled once: most tests do not have to wait for that. */
    @TempDir
    private static Path programs = Path.of("");

    private final Map<String, String> environment = new TreeMap<>();
    private Path folder = Path.of("");
    private Path checkout = Path.of("");

    private record Said(int status, String out, String err) {}

    @BeforeAll
    static void theScriptsProgramsCompileWithoutWarnings() throws IOException {
        var command = new ArrayList<>(List.of("-Xlint:all,-path", "-Werror", "-d", programs.toString()));
        try (var sources = Files.list(House.root().resolve("ops/tools/build"))) {
            sources.map(Path::toString).filter(name -> name.endsWith(".java")).forEach(command::add);
        }
        assertThat(ToolProvider.getSystemJavaCompiler().run(null, null, null, command.toArray(String[]::new)))
                .isZero();
    }

    @BeforeEach
    void aCheckoutInAPathWithBlanks(@TempDir Path temporary) throws IOException {
        folder = temporary.toRealPath();
        checkout = Files.createDirectories(folder.resolve("my projects/zap checkout"));
        Files.copy(House.root().resolve("zap"), checkout.resolve("zap"));
        Path parts = Files.createDirectories(checkout.resolve("ops/tools/build"));
        try (var all = Files.list(House.root().resolve("ops/tools/build"))) {
            for (Path part : all.toList()) {
                Files.copy(part, parts.resolve(part.getFileName()));
            }
        }
        Files.writeString(checkout.resolve("pom.xml"), "<project/>");
        Files.writeString(
                Files.createDirectories(checkout.resolve("zap-server/src/main/java"))
                        .resolve("Server.java"),
                "class Server {}");

        Path tools = Files.createDirectories(folder.resolve("tools"));
        for (String tool : TOOLS) {
            Files.createSymbolicLink(tools.resolve(tool), onThePath(tool));
        }
        environment.put("PATH", tools.toString());
        environment.put("HOME", folder.toString());
        environment.put("ZAP_JDK_FOLDERS", folder.resolve("jdks").toString());
    }

    @Test
    void withoutAWordItHelps() {
        Said said = zap();
        assertThat(said.status()).isZero();
        assertThat(said.out())
                .contains("Usage: ./zap COMMAND", "server [--any.spring.property=value …]", "test [fast]");
        for (String word : List.of("help", "-h", "--help")) {
            assertThat(zap(word)).isEqualTo(said);
        }
    }

    /** The other commands have a help of their own. */
    @ParameterizedTest
    @ValueSource(strings = {"server", "build", "record", "dist", "test", "format", "fuzz"})
    void aCommandIsExplainedAndNotRun(String command) {
        for (String word : List.of("help", "-h", "--help")) {
            Said said = zap(command, word);
            assertThat(said.status()).as(said.toString()).isZero();
            assertThat(said.out().lines().filter(line -> !line.startsWith(" ")))
                    .singleElement()
                    .asString()
                    .startsWith("Usage: ./zap " + command);
            assertThat(said.out().lines()).hasSizeGreaterThan(1);
        }
    }

    @Test
    void aWordItDoesNotKnowIsAMistakeOfUse() {
        Said said = zap("srever");
        assertThat(said.status()).isEqualTo(64);
        assertThat(said.err())
                .startsWith("zap: there is no command \"srever\".")
                .contains("Usage:");
        assertThat(zap("need_jdk").status()).isEqualTo(64);
        assertThat(zap("build", "now").status()).isEqualTo(64);
    }

    @Test
    void withoutAJdkItSaysWhatToInstall() {
        jdk("jdks/jdk-17", "17.0.2");
        Said said = zap("server");
        assertThat(said.status()).isEqualTo(69);
        assertThat(said.err()).contains("zap needs a JDK 25", "To install one: ", "ZAP_JAVA_HOME=/path/to/jdk-25");
    }

    @Test
    void aJdkThatWasNamedAndIsNoneIsNotPassedOver() {
        jdk("jdks/jdk-25", "25.0.1");
        environment.put("ZAP_JAVA_HOME", jdk("elsewhere/jdk-21", "21").toString());
        Said said = zap("server");
        assertThat(said.status()).isEqualTo(69);
        assertThat(said.err()).contains("ZAP_JAVA_HOME is " + folder.resolve("elsewhere/jdk-21"));
    }

    @Test
    void itFindsAJdkWhereverOneMayBe() throws IOException {
        maven("3.9.9");
        Path usual = jdk("jdks/jdk 25 of mine", "25.0.1");
        assertThat(zap("server").out()).contains("java of " + usual + "\n");

        // Without a release file it is asked.
        Files.delete(usual.resolve("release"));
        assertThat(zap("server").out()).contains("java of " + usual + "\n");

        Path onThePath = jdk("opt/java", "25");
        Files.createSymbolicLink(folder.resolve("tools/java"), Path.of("../opt/java/bin/java"));
        assertThat(zap("server").out()).contains("java of " + onThePath + "\n");

        Path home = jdk("home/java", "25");
        environment.put("JAVA_HOME", home.toString());
        assertThat(zap("server").out()).contains("java of " + home + "\n");

        environment.put("JAVA_HOME", jdk("home/java17", "17").toString());
        assertThat(zap("server").out()).contains("java of " + onThePath + "\n");

        Path named = jdk("named/java", "25");
        environment.put("ZAP_JAVA_HOME", named.toString());
        assertThat(zap("server").out()).contains("java of " + named + "\n");
    }

    @Test
    void withoutMavenItSaysWhatToInstall() {
        jdk("jdks/25", "25");
        Said said = zap("server");
        assertThat(said.status()).isEqualTo(69);
        assertThat(said.err()).contains("there is no mvn on the PATH", "To install it: ");
    }

    @Test
    void anOldMavenIsRefused() {
        jdk("jdks/25", "25");
        maven("3.6.3");
        Said said = zap("build");
        assertThat(said.status()).isEqualTo(69);
        assertThat(said.err()).contains("Maven 3.8 or newer", "is 3.6.", "To install a newer one: ");
    }

    @Test
    void itRunsThroughASymbolicLinkFromAnotherFolderWithEveryWordAsItWas() throws IOException {
        jdk("jdks/25", "25");
        maven("4.0.0");
        Path bin = Files.createDirectories(folder.resolve("bin"));
        Files.createSymbolicLink(bin.resolve("zap"), Path.of("../my projects/zap checkout/zap"));
        Files.createSymbolicLink(bin.resolve("messenger"), bin.resolve("zap"));

        Said said = run(folder, List.of(bin.resolve("messenger").toString(), "server", "--a=b c", "", "*"));

        assertThat(said.status()).isEqualTo(7);
        assertThat(said.out()).contains("/target/images/server-", "/zap-server.jar]", "[--a=b c][][*]\n");
        assertThat(said.out()).contains("ZAP_DATA=" + checkout + "/var\n");
        assertThat(said.err()).contains("Building zap. The first time takes a few minutes", "protocol ✓ server ✓ (");
    }

    @Test
    void itBuildsOnlyWhatHasChanged() throws IOException {
        jdk("jdks/25", "25");
        maven("3.8.7");
        zap("server");
        Said again = zap("server");
        assertThat(again.err()).isEmpty();
        assertThat(buildsOfServer()).hasSize(1);

        Files.writeString(checkout.resolve("zap-server/src/main/java/Server.java"), "class Server { int changed; }");
        Files.createDirectories(checkout.resolve("zap-server/src/test/java"));
        zap("server");
        assertThat(buildsOfServer()).hasSize(2);

        Files.writeString(checkout.resolve("zap-server/src/test/java/ServerTest.java"), "class ServerTest {}");
        zap("build");
        assertThat(buildsOfServer()).hasSize(2);
        assertThat(buildsOfServer().getFirst())
                .isEqualTo("-B package -pl zap-server -am -Dmaven.test.skip=true -Dspotless.check.skip=true");
    }

    @Test
    void aBuildThatFailsSaysWhyAndWhereToReadMore() throws IOException {
        jdk("jdks/25", "25");
        maven("3.8.7");
        environment.put("FAKE_BUILD", "fails");
        Said said = zap("server");
        assertThat(said.status()).isEqualTo(70);
        assertThat(said.out()).isEmpty();
        assertThat(said.err())
                .contains(
                        "protocol ✓ server ✗",
                        "[ERROR] Server.java:[1,1] no such thing",
                        checkout + "/target/zap-build.log")
                .doesNotContain("[Help 1]");

        environment.remove("FAKE_BUILD");
        assertThat(zap("server").status()).isEqualTo(7);
    }

    @Test
    void itBuildsWithNothingButSourcesAndAJdk() {
        jdk("jdks/25", "25");
        maven("3.8.7");
        environment.put("FROM_SOURCES", "yes");
        Said said = zap("server");
        assertThat(said.status()).as(said.toString()).isEqualTo(7);
        assertThat(said.err()).contains("protocol ✓ server ✓ (");
    }

    /** The lock is the operating system's: nothing is left to be in the way, whatever ends a build. */
    @Test
    void aBuildThatIsKilledHoldsNobodyUp() throws IOException, InterruptedException {
        jdk("jdks/25", "25");
        maven("3.8.7");
        environment.put("FAKE_BUILD", "slow");
        Process process = start(checkout, List.of("./zap", "build"));
        Path lock = checkout.resolve("target/zap.lock");
        for (int i = 0; i < 600 && builds().isEmpty(); i++) {
            Thread.sleep(50); // until Maven runs, which nothing else tells
        }
        assertThat(lock).exists();
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly().waitFor();
        environment.remove("FAKE_BUILD");
        assertThat(zap("build").status()).isZero();
        assertThat(lock).doesNotExist();
    }

    @Test
    void twoAtOnceBuildOnce() throws IOException, InterruptedException {
        jdk("jdks/25", "25");
        maven("3.8.7");
        environment.put("FAKE_BUILD", "slow");
        var running = new ArrayList<Process>();
        for (int i = 0; i < 3; i++) {
            running.add(start(checkout, List.of("./zap", "build")));
        }
        for (Process process : running) {
            assertThat(process.waitFor())
                    .as(() -> House.read(folder.resolve("err-" + process.pid())))
                    .isZero();
        }
        assertThat(buildsOfServer()).hasSize(1);
        assertThat(checkout.resolve("target/zap.lock")).doesNotExist();
    }

    @Test
    void aLockWhoseOwnerIsDeadHoldsNobodyUp() throws IOException, InterruptedException {
        jdk("jdks/25", "25");
        maven("3.8.7");
        Process dead = new ProcessBuilder("true").start();
        dead.waitFor();
        Files.writeString(Files.createDirectories(checkout.resolve("target")).resolve("zap.lock"), dead.pid() + "\n");
        assertThat(zap("build").status()).isZero();
    }

    /** As a full disk leaves it, a power failure, or a zap whose number another process has by now. */
    @Test
    void aLockThatHasNoOwnerHoldsNobodyUp() throws IOException, InterruptedException {
        jdk("jdks/25", "25");
        maven("3.8.7");
        Path lock = Files.createDirectories(checkout.resolve("target")).resolve("zap.lock");
        Files.writeString(lock, "");
        assertThat(zap("build").status()).isZero();

        delete(checkout.resolve("target/images"));
        Files.writeString(lock, "\0\0\0\n");
        assertThat(zap("build").status()).isZero();

        delete(checkout.resolve("target/images"));
        Process other = new ProcessBuilder("sleep", "600").start();
        try {
            Files.writeString(lock, other.pid() + "\n");
            Files.setLastModifiedTime(lock, FileTime.from(Instant.now().minus(Duration.ofDays(2))));
            Said said = zap("build");
            assertThat(said.status()).as(said.toString()).isZero();
            assertThat(said.err()).doesNotContain("waiting");
            assertThat(lock).doesNotExist();
        } finally {
            other.destroyForcibly();
        }
    }

    @Test
    void whereItCannotWriteItSaysSoAndDoesNotWait() throws IOException {
        jdk("jdks/25", "25");
        maven("3.8.7");
        Files.writeString(checkout.resolve("target"), "a file, which nobody can write into as into a folder");
        Said said = zap("build");
        assertThat(said.status()).isEqualTo(69);
        assertThat(said.err()).contains("zap has to write to " + checkout + "/target, and cannot: ");
    }

    @Test
    void theCallersSettingsOfTheShellDoNotMatter() {
        jdk("jdks/25", "25");
        maven("3.8.7");
        environment.put("CDPATH", folder.toString());
        environment.put("SHELLOPTS", "noclobber:noglob");
        Said said = run(
                folder,
                List.of(onThePath("bash").toString(), "-c", "CDPATH=.:/ exec 'my projects/zap checkout/zap' server"));
        assertThat(said.status()).as(said.toString()).isEqualTo(7);
        assertThat(said.out())
                .contains("[-jar][" + checkout + "/target/images/server-")
                .contains("ZAP_DATA=" + checkout + "/var\n");
    }

    @Test
    void withoutAHomeItFindsAJdkAndThePlaceOfTheUser() {
        jdk("jdks/25", "25");
        maven("3.8.7");
        environment.remove("HOME");
        Said said = zap("server");
        assertThat(said.status()).as(said.toString()).isEqualTo(7);
        assertThat(said.out()).contains("HOME=" + System.getProperty("user.home") + "\n");
    }

    @Test
    void theServerIsTheProcessThatWasStartedAndMayOpenManyFiles() throws IOException, InterruptedException {
        jdk("jdks/25", "25");
        maven("3.8.7");
        environment.put("ZAP_JAVA_OPTS", "-Xmx3g -Da=b");
        environment.put("ZAP_DATA", "data of mine");
        zap("build");
        Process process = start(checkout, List.of("./zap", "server"));
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        process.waitFor();
        assertThat(out).contains("process " + process.pid() + "\n", "[-Xmx3g][-Da=b][-jar]");
        assertThat(out).contains("ZAP_DATA=" + checkout + "/data of mine\n");
        assertThat(out).containsPattern("files (\\w+) of \\1\n");
    }

    @Test
    void aBuildRecordsAStartAndTheServerUsesItAsLongAsTheJdkIsTheSame() throws IOException {
        Path jdk = jdk("jdks/25", "25");
        maven("3.8.7");
        assertThat(zap("server").out()).doesNotContain("-XX:AOTCache");

        assertThat(zap("build").err()).contains("recording a start, so that later ones take half the time … ✓ (");
        assertThat(zap("build").err()).startsWith("Built: ");
        assertThat(zap("server").out())
                .containsPattern("\\[-XX:AOTCache=[^]]*/target/images/server-[0-9]+/start-[0-9]+\\.aot]");

        Files.writeString(jdk.resolve("release"), "JAVA_VERSION=\"25.0.9\"\n");
        assertThat(zap("server").out()).doesNotContain("-XX:AOTCache");
    }

    /** A JVM ends or crashes when the recording does not fit to its memory, limits and options, or is damaged. */
    @Test
    void aRecordingThatIsOfNoUseCostsTimeAndNeverTheStart() throws IOException {
        Path jdk = jdk("jdks/25", "25");
        maven("3.8.7");
        zap("build");
        assertThat(zap("server").out()).contains("[-XX:AOTCache=");

        environment.put("JAVA_TOOL_OPTIONS", "-XX:+UseZGC");
        Said said = zap("server");
        assertThat(said.status()).isEqualTo(7);
        assertThat(said.out()).contains("-jar").doesNotContain("-XX:AOTCache");
        assertThat(said.err()).contains("this start takes longer: Unable to use AOT cache.", "./zap record");
        said = zap("server");
        assertThat(said.out()).doesNotContain("-XX:AOTCache");
        assertThat(said.err()).as("said once").isEmpty();

        environment.remove("JAVA_TOOL_OPTIONS");
        assertThat(zap("server").out()).contains("[-XX:AOTCache=");
        assertThat(Files.readAllLines(jdk.resolve("tried")))
                .as("tried once in the same circumstances")
                .hasSize(2); // fit, and of no use

        damage(recordings());
        said = zap("server");
        assertThat(said.out()).contains("-jar").doesNotContain("-XX:AOTCache");
        assertThat(said.err()).contains("this start takes longer: ");
    }

    @Test
    void recordMakesAnewWhatIsOfNoUseAndSaysWhenItCannot() throws IOException {
        jdk("jdks/25", "25");
        maven("3.8.7");
        zap("build");
        Said said = zap("record");
        assertThat(said.status()).isZero();
        assertThat(said.err()).contains("Recorded: ").doesNotContain("recording a start");

        damage(recordings());
        said = zap("record");
        assertThat(said.status()).as(said.toString()).isZero();
        assertThat(said.err()).contains("recording a start, so that later ones take half the time … ✓ (", "Recorded: ");
        assertThat(recordings()).hasSize(2).allSatisfy(made -> assertThat(made).hasContent("recorded"));

        damage(recordings());
        environment.put("FAKE_RECORDING", "cut");
        said = zap("record");
        assertThat(said.status()).isEqualTo(69);
        assertThat(said.err())
                .contains("No start of zap-server.jar could be recorded: Unable to use AOT cache.")
                .doesNotContain("Recorded");
    }

    @Test
    void aCollectorThatTheUserHasNamedIsTheOnlyOne() {
        jdk("jdks/25", "25");
        maven("3.8.7");
        for (String command : List.of("shell", "admin", "backup", "bench")) {
            environment.remove("JAVA_TOOL_OPTIONS");
            assertThat(zap(command).out()).as(command).contains("[-XX:+UseSerialGC]");
            environment.put("JAVA_TOOL_OPTIONS", "-Da=b -XX:+UseParallelGC");
            assertThat(zap(command).out()).as(command).contains("java of").doesNotContain("UseSerialGC");
        }
    }

    /** Returns the recorded starts of the build. */
    private List<Path> recordings() throws IOException {
        try (var images = Files.walk(checkout.resolve("target/images"))) {
            return images.filter(path -> path.getFileName().toString().matches("start-[0-9]+\\.aot"))
                    .toList();
        }
    }

    /** As a disk that was full leaves them. */
    private static void damage(List<Path> recordings) throws IOException {
        assertThat(recordings).isNotEmpty();
        for (Path recording : recordings) {
            Files.writeString(recording, "cut");
            // Later than it was tried, whatever the file system's clock can tell apart.
            Files.setLastModifiedTime(recording, FileTime.from(Instant.now().plusSeconds(60)));
        }
    }

    private static void delete(Path folder) throws IOException {
        try (var below = Files.walk(folder)) {
            for (Path path : below.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }

    @Test
    void theLoadGeneratorRunsFromTheJarsThatMavenPutTogether() {
        jdk("jdks/25", "25");
        maven("3.8.7");
        environment.put("ZAP_BENCH_JAVA_OPTS", "-Xmx2g -Xint");
        Said said = zap("bench", "latency", "--rate", "two words");
        assertThat(said.status()).isEqualTo(7);
        assertThat(said.out())
                .contains("[-Xmx2g][-Xint]", "[-Dzap.root=" + checkout + "]", "[latency][--rate][two words]")
                .containsPattern("\\[-jar]\\[[^]]*/target/images/bench-[0-9]+/zap-bench\\.jar]");
        assertThat(builds()).singleElement().asString().contains(" -pl ops/tools/bench ");
        try (var images = Files.walk(checkout.resolve("target/images"))) {
            assertThat(images.map(path -> path.getFileName().toString())).contains("lib", "histogram.jar");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        zap("bench");
        assertThat(builds()).hasSize(1);
    }

    @Test
    void testShowsTheResultsAndNotTheHousehold() {
        jdk("jdks/25", "25");
        maven("3.8.7");
        Said said = zap("test", "-pl", "zap-server");
        assertThat(said.status()).isZero();
        assertThat(said.out())
                .contains("[INFO] Building zap-server", "[INFO] Tests run: 5, Failures: 0", "[INFO] BUILD SUCCESS")
                .doesNotContain("Scanning", "Running", "[INFO] \n");
        zap("test", "fast");
        assertThat(builds())
                .containsExactly("-B -ntp --fail-at-end -T 3 verify -pl zap-server", "-B -ntp --fail-at-end -T 3 test");

        environment.put("FAKE_BUILD", "fails");
        said = zap("test");
        assertThat(said.status()).isEqualTo(70);
        assertThat(said.out()).contains("[ERROR] Server.java:[1,1] no such thing");
        assertThat(said.err()).contains(checkout + "/target/zap-test.log");
    }

    @Test
    void theFuzzerIsToldWhatToTryAndForHowLong() throws IOException {
        jdk("jdks/25", "25");
        maven("3.8.7");
        String modules = "[zap-protocol][zap-server][zap-shell-client]\n";

        assertThat(zap("fuzz").out()).contains("[ops/tools/Fuzz.java]" + modules);
        assertThat(zap("fuzz", "--minutes", "0.5", "Sessions", "--seed", "7").out())
                .contains("[ops/tools/Fuzz.java][--minutes][0.5][--only][Sessions][--seed][7]" + modules);
        assertThat(builds())
                .allMatch(asked -> asked.contains("-pl zap-protocol,zap-server,zap-shell-client -am test-compile"));

        for (List<String> wrong :
                List.of(List.of("fuzz", "--runs"), List.of("fuzz", "--runs", "many"), List.of("fuzz", "--for-ever"))) {
            assertThat(zap(wrong.toArray(String[]::new)).status()).isEqualTo(64);
        }
    }

    @Test
    void aReleaseHasTheSameBytesWheneverAndWhereverItIsMade() throws IOException {
        jdk("jdks/25", "25");
        maven("3.8.7");
        commit(checkout);
        Path archive = checkout.resolve("target/dist/zap-1.2.3.tar.gz");

        Said said = zap("dist");
        assertThat(said.status()).as(said.toString()).isZero();
        assertThat(said.out()).endsWith("  zap-1.2.3.tar.gz\n");
        assertThat(said.err()).contains("Made: target/dist/zap-1.2.3.tar.gz");
        assertThat(builds()).isEmpty(); // it was built somewhere else
        assertThat(run(archive.getParent(), List.of("sha256sum", "-c", "zap-1.2.3.tar.gz.sha256"))
                        .out())
                .isEqualTo("zap-1.2.3.tar.gz: OK\n");

        // Both may be made within a second: so it is looked at, too, that nothing has the time of now.
        assertThat(run(folder, List.of("tar", "--utc", "-tvzf", archive.toString()))
                        .out()
                        .lines())
                .isNotEmpty()
                .allMatch(line -> line.contains(" 0/0 ") && line.contains(" 2026-02-03 04:05 "));

        Path other = folder.resolve("another folder");
        run(folder, List.of("git", "clone", "-q", checkout.toString(), other.toString()));
        Files.writeString(other.resolve("docs/not-committed.md"), "");
        environment.put("TZ", "America/Sao_Paulo");
        said = run(other, List.of("bash", "-c", "umask 077; exec ./zap dist"));
        assertThat(said.status()).as(said.toString()).isZero();
        assertThat(said.err()).contains("What is not committed is not in it:\n?? docs/not-committed.md\n");
        assertThat(other.resolve("target/dist/zap-1.2.3.tar.gz")).hasSameBinaryContentAs(archive);
    }

    @Test
    void aReleaseRunsWhereThereIsOnlyAJdk() throws IOException {
        Path jdk = jdk("jdks/25", "25");
        maven("3.8.7");
        commit(checkout);
        assertThat(zap("dist").status()).isZero();
        run(
                folder,
                List.of(
                        "tar",
                        "-xzf",
                        checkout.resolve("target/dist/zap-1.2.3.tar.gz").toString()));
        Files.delete(folder.resolve("tools/mvn"));
        Files.delete(folder.resolve("tools/git"));
        checkout = folder.resolve("zap-1.2.3");
        assertThat(run(checkout, List.of("sha256sum", "-c", "--quiet", "SHA256SUMS")))
                .satisfies(sums -> assertThat(sums.status()).as(sums.toString()).isZero());
        assertThat(checkout)
                .isDirectoryContaining("glob:**/{zap.cdx.json}")
                .isDirectoryContaining("glob:**/{README.md}")
                .isDirectoryContaining("glob:**/{docs}");
        assertThat(checkout.resolve("zap-server")).doesNotExist();
        assertThat(House.read(checkout.resolve("RELEASE"))).contains("version=1.2.3\n", "time=2026-02-03T04:05:06Z\n");

        Said said = zap("server", "a b");
        assertThat(said.status()).as(said.toString()).isEqualTo(7);
        assertThat(said.out())
                .contains("[-jar][" + checkout + "/server/zap-server.jar][a b]", "java of " + jdk + "\n")
                .contains("ZAP_DATA=" + folder + "/.local/share/zap\n");
        said = zap("shell", "status");
        assertThat(said.status()).as(said.toString()).isEqualTo(7);
        assertThat(said.out()).contains("[-jar][" + checkout + "/shell-client/zap-shell-client.jar][status]");

        assertThat(zap("record").status()).isZero();
        assertThat(zap("server").out()).contains("[-XX:AOTCache=" + checkout + "/cache/server/start-");

        for (String command : List.of("build", "test", "format", "fuzz", "chaos", "bench", "dist")) {
            said = zap(command);
            assertThat(said.status()).isEqualTo(69);
            assertThat(said.err())
                    .startsWith("zap " + command + " needs the sources, and this is a release: zap 1.2.3");
            assertThat(zap().out()).containsPattern("(?m)^(?=build, ).*\\b" + command + "\\b.* need the sources");
        }
    }

    @Test
    void whatIsNoCommitIsNoRelease() {
        jdk("jdks/25", "25");
        maven("3.8.7");
        // Nor is the repository that this one happens to lie in.
        environment.put("GIT_CEILING_DIRECTORIES", folder.toString());
        Said said = zap("dist");
        assertThat(said.status()).isEqualTo(69);
        assertThat(said.err()).contains("is no checkout with one");
    }

    /** Makes a repository of it, with all that a release takes from one. */
    private void commit(Path repository) throws IOException {
        Files.writeString(repository.resolve("pom.xml"), """
                <project>
                  <artifactId>zap</artifactId>
                  <version>1.2.3</version>
                </project>
                """);
        Files.writeString(repository.resolve(".gitignore"), "target/\nmvn-was-asked\n");
        Files.writeString(repository.resolve("README.md"), "# zap\n");
        for (String file : List.of(
                "CHANGELOG.md",
                "docs/protocol.md",
                "db/migration/V1__mailbox.sql",
                "ops/tools/Certs.java",
                "ops/tools/Dashboard.java",
                "ops/deploy/grafana/zap.json",
                "ops/deploy/prometheus/alerts.yml",
                "ops/deploy/systemd/zap.service")) {
            Files.createDirectories(repository.resolve(file).getParent());
            Files.writeString(repository.resolve(file), "");
        }
        environment.putAll(Map.of(
                "GIT_AUTHOR_NAME", "Ana",
                "GIT_AUTHOR_EMAIL", "ana@example.org",
                "GIT_COMMITTER_NAME", "Ana",
                "GIT_COMMITTER_EMAIL", "ana@example.org",
                "GIT_COMMITTER_DATE", "2026-02-03T04:05:06Z"));
        for (List<String> command : List.of(
                List.of("git", "init", "-q"),
                List.of("git", "add", "-A"),
                List.of("git", "commit", "-q", "-m", "all"))) {
            Said said = run(repository, command);
            assertThat(said.status()).as(said.toString()).isZero();
        }
    }

    @Test
    void adminIsAProgramInTheServersJarAndKnowsWhereTheTokenIs() {
        jdk("jdks/25", "25");
        maven("3.8.7");
        Said said = zap("admin", "client", "1000000000001");
        assertThat(said.out())
                .contains("zap-server.jar][zap.server.ops.AdminCommand][client][1000000000001]")
                .contains("ZAP_DATA=" + checkout + "/var\n");
        assertThat(House.read(House.root().resolve("zap-server/src/main/java/zap/server/ops/AdminCommand.java")))
                .contains("package zap.server.ops;");
    }

    @Test
    void backupAndRestoreAreAProgramInTheServersJarAndKnowWhereTheDataIs() {
        jdk("jdks/25", "25");
        maven("3.8.7");
        environment.put("ZAP_DATA", "data of mine");
        for (String command : List.of("backup", "restore")) {
            Said said = zap(command, "a folder");
            assertThat(said.out())
                    .contains("zap-server.jar][zap.server.database.BackupCommand][" + command + "][a folder]")
                    .contains("ZAP_DATA=" + checkout + "/data of mine\n");
        }
        assertThat(House.read(House.root().resolve("zap-server/src/main/java/zap/server/database/BackupCommand.java")))
                .contains("package zap.server.database;");
    }

    /** The cluster gets the command with which it starts servers; what is for a running one, does not need it. */
    @Test
    void aClusterIsAProgramInTheServersJarThatKnowsHowToStartServers() {
        jdk("jdks/25", "25");
        maven("3.8.7");
        environment.put("ZAP_JAVA_OPTS", "-Da=b");
        assertThat(zap("cluster", "2").out())
                .containsPattern(
                        "zap-server\\.jar]\\[zap\\.server\\.trial\\.ClusterCommand]\\[2]\\[--]\\[[^]]+/bin/java]\\["
                                + ".*]\\[-Da=b]\\[-jar]\\[[^]]+/zap-server\\.jar]\n")
                .contains("ZAP_DATA=" + checkout + "/var\n");
        assertThat(zap("cluster", "kill", "a").out()).contains("zap.server.trial.ClusterCommand][kill][a]\n");
        assertThat(House.read(House.root().resolve("zap-server/src/main/java/zap/server/trial/ClusterCommand.java")))
                .contains("package zap.server.trial;");
    }

    /** Runs the script with all descriptors on files, but those that the words close. */
    private Said zapWithDescriptors(String words) {
        return run(checkout, List.of("bash", "-c", "exec ./zap " + words));
    }

    @Test
    void aClosedInputHasNothingAndAClosedOutputCannotBeWritten() {
        jdk("jdks/25", "25");
        maven("3.8.7");
        zapWithDescriptors("build </dev/null");

        assertThat(zapWithDescriptors("server <&-").out()).contains("reads nothing\n");
        assertThat(zapWithDescriptors("server <pom.xml").out()).contains("reads something\n");
        Said noOutput = zapWithDescriptors("server </dev/null >&-");
        assertThat(noOutput.status()).isEqualTo(7);
        assertThat(noOutput.err()).contains("write error: Bad file descriptor");
        assertThat(zapWithDescriptors("help >&-").status()).isNotZero();
        assertThat(zapWithDescriptors("frobnicate 2>&-").status()).isEqualTo(64);
        assertThat(zapWithDescriptors("server <&- >&- 2>&-").status()).isEqualTo(7);
    }

    @Test
    void withoutAUtf8LocaleJavaGetsOneAndWordsThatAreNotUtf8AreRefused() {
        jdk("jdks/25", "25");
        maven("3.8.7");
        environment.put("LC_ALL", "C");
        // Written with escapes, because this JVM may have such a locale itself.
        String data = "dados-\\xc3\\xa7\\xc3\\xa3o";
        Said said = run(
                checkout,
                List.of(
                        "bash",
                        "-c",
                        "ZAP_DATA=$'" + data + "' exec ./zap server $'--ol\\xc3\\xa1=\\xf0\\x9f\\x98\\x80'"));
        assertThat(said.out()).contains("LC_ALL=C.UTF-8\n", "/dados-ção\n", "[--olá=😀]");

        for (String bytes : List.of("ol\\xe1", "\\xc0\\xaf", "\\xed\\xa0\\x80", "\\xf4\\x90\\x80\\x80", "\\xe2\\x82")) {
            Said refused = zapWithDescriptors("admin e $'" + bytes + "'");
            assertThat(refused.status()).as(bytes).isEqualTo(65);
            assertThat(refused.err()).contains("zap admin: word 2 is not UTF-8");
        }
        Said folder = run(checkout, List.of("bash", "-c", "ZAP_DATA=$'dados-\\xe7' exec ./zap server"));
        assertThat(folder.status()).isEqualTo(65);
        assertThat(folder.err()).contains("ZAP_DATA is not UTF-8");
    }

    /**
     * With a real JDK, for once: the server and the client that are told of these files are in the acceptance tests.
     */
    @Test
    void certsMakesAnAuthorityAndACertificateThatItSigns() throws Exception {
        Files.copy(
                House.root().resolve("ops/tools/Certs.java"),
                Files.createDirectories(checkout.resolve("ops/tools")).resolve("Certs.java"));
        environment.put("ZAP_JAVA_HOME", System.getProperty("java.home"));
        Path certs = checkout.resolve("var/certs");

        Said help = zap("certs", "--help");
        assertThat(help.status()).isZero();
        assertThat(help.out()).startsWith("Usage: ./zap certs [NAME …]\n");
        assertThat(certs).doesNotExist();

        Said said = zap("certs", "chat.example.org", "10.0.0.7");
        assertThat(said.status()).as(said.toString()).isZero();
        assertThat(said.out())
                .contains("./zap server '--spring.config.import=file:" + certs + "/tls.properties'\n")
                .contains("./zap shell --tls --ca '" + certs + "/ca.pem'\n");
        X509Certificate authority = certificates(certs.resolve("ca.pem")).getFirst();
        List<X509Certificate> chain = certificates(certs.resolve("server.pem"));
        chain.getFirst().verify(authority.getPublicKey());
        assertThat(chain).hasSize(2).last().isEqualTo(authority);
        assertThat(chain.getFirst().getSubjectAlternativeNames())
                .contains(List.of(2, "localhost"), List.of(7, "127.0.0.1"))
                .contains(List.of(2, "chat.example.org"), List.of(7, "10.0.0.7"));
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(certs)))
                .isEqualTo("rwx------");
        try (var files = Files.list(certs)) {
            assertThat(files.toList())
                    .hasSize(5)
                    .allSatisfy(file -> assertThat(Files.getPosixFilePermissions(file))
                            .containsOnly(PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE));
        }

        assertThat(zap("certs").status()).isZero();
        assertThat(certificates(certs.resolve("ca.pem"))).containsExactly(authority);
        X509Certificate renewed = certificates(certs.resolve("server.pem")).getFirst();
        renewed.verify(authority.getPublicKey());
        assertThat(renewed.getPublicKey()).isNotEqualTo(chain.getFirst().getPublicKey());

        assertThat(zap("certs", "not a name").status()).isEqualTo(64);
        assertThat(certificates(certs.resolve("server.pem"))).first().isEqualTo(renewed);
    }

    private static List<X509Certificate> certificates(Path pem) throws IOException, CertificateException {
        try (InputStream in = Files.newInputStream(pem)) {
            return CertificateFactory.getInstance("X.509").generateCertificates(in).stream()
                    .map(X509Certificate.class::cast)
                    .toList();
        }
    }

    /** Returns the calls of Maven, in order. */
    private List<String> builds() {
        Path asked = checkout.resolve("mvn-was-asked");
        return Files.exists(asked) ? House.read(asked).lines().toList() : List.of();
    }

    private List<String> buildsOfServer() {
        return builds().stream()
                .filter(asked -> asked.contains(" -pl zap-server "))
                .toList();
    }

    private Path jdk(String path, String version) {
        Path home = folder.resolve(path);
        script(home.resolve("bin/javac"), "exit 0");
        script(home.resolve("bin/java"), """
                home="%s"
                case "$*" in
                  *ops/tools/build/Build.java*)
                    words=()
                    for word in "$@"; do
                      case "$word" in
                        */ops/tools/build/Build.java) if [ -z "${FROM_SOURCES:-}" ]; then words+=(-cp "%s" Build); else words+=("$word"); fi ;;
                        *) words+=("$word") ;;
                      esac
                    done
                    exec "%s" "${words[@]}" ;;
                  -version) echo "openjdk version \\"%s\\" 2025-09-16" >&2; exit ;;
                  *-XX:AOTCache=*-version)
                    echo tried >>"$home/tried"
                    words="$*"
                    cache="${words#*-XX:AOTCache=}"
                    if [ "${JAVA_TOOL_OPTIONS:-}$(cat "${cache%%%%.aot*}.aot")" = recorded ]; then
                      echo "OpenJDK 64-Bit Server VM (build 25, mixed mode, sharing)"
                      exit
                    fi
                    echo "Error occurred during initialization of VM"
                    echo "Unable to use AOT cache."
                    exit 1 ;;
                  *-XX:AOTCacheOutput=*)
                    for word in "$@"; do
                      case "$word" in -XX:AOTCacheOutput=*) echo "${FAKE_RECORDING:-recorded}" >"${word#*=}" ;; esac
                    done
                    echo "zap is ready"
                    exit ;;
                  *zap-shell-client.jar" status") [ -z "${ZAP_HOME:-}" ] || exit 0 ;;
                  *-Djarmode=tools*)
                    while [ $# -gt 1 ]; do shift; done
                    mkdir -p "$1/lib" && cp zap-server/target/zap-server-1.jar "$1" 2>/dev/null || touch "$1/zap-server-1.jar"
                    exit ;;
                esac
                echo "process $$"
                echo "java of $home"
                echo "files $(ulimit -Sn) of $(ulimit -Hn)"
                echo "ZAP_DATA=$ZAP_DATA"
                echo "LC_ALL=${LC_ALL:-}"
                if [ /dev/fd/0 -ef /dev/null ]; then echo "reads nothing"; else echo "reads something"; fi
                echo "HOME=$HOME"
                printf '[%%s]' "$@"
                echo
                exit 7
                """.formatted(
                        home, programs, Path.of(System.getProperty("java.home"), "bin/java"), version));
        try {
            Files.writeString(home.resolve("release"), "IMPLEMENTOR=\"Nobody\"\nJAVA_VERSION=\"" + version + "\"\n");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return home;
    }

    private void maven(String version) {
        script(folder.resolve("tools/mvn"), """
                if [ "$1" = -version ]; then
                  printf '\\033[1mApache Maven %s\\033[m\\nJava version: 25.0.1\\n'
                  exit
                fi
                echo "$*" >>mvn-was-asked
                echo "[INFO] Scanning for projects..."
                echo "[INFO] "
                echo "[INFO] Building zap-protocol 0.1.0-SNAPSHOT                               [1/2]"
                [ "${FAKE_BUILD:-}" != slow ] || sleep 2
                echo "[INFO] Building zap-server 0.1.0-SNAPSHOT                                 [2/2]"
                echo "[INFO] Running zap.server.ServerTest"
                if [ "${FAKE_BUILD:-}" = fails ]; then
                  echo "[INFO] BUILD FAILURE"
                  echo "[ERROR] Server.java:[1,1] no such thing"
                  echo "[ERROR] -> [Help 1]"
                  exit 1
                fi
                echo "[INFO] Tests run: 5, Failures: 0, Errors: 0, Skipped: 0"
                mkdir -p zap-server/target
                touch zap-server/target/zap-server-1.jar
                mkdir -p zap-shell-client/target
                touch zap-shell-client/target/zap-shell-client-1.jar
                mkdir -p ops/tools/bench/target/lib
                touch ops/tools/bench/target/zap-bench-1.jar ops/tools/bench/target/lib/histogram.jar
                mkdir -p ops/tools/check/target/lib
                touch ops/tools/check/target/zap-check-1.jar ops/tools/check/target/lib/zap-protocol.jar
                case "$*" in
                  *:makeAggregateBom*) mkdir -p target && echo "{}" >target/bom.json ;;
                esac
                echo "[INFO] BUILD SUCCESS"
                """.formatted(version));
    }

    private static void script(Path path, String text) {
        try {
            Files.createDirectories(path.getParent());
            Files.writeString(path, "#!/usr/bin/env bash\n" + text);
            Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwxr-xr-x"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Said zap(String... words) {
        var command = new ArrayList<>(List.of("./zap"));
        command.addAll(List.of(words));
        return run(checkout, command);
    }

    private Said run(Path where, List<String> command) {
        try {
            Process process = start(where, command);
            String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            int status = process.waitFor();
            return new Said(status, out, House.read(folder.resolve("err-" + process.pid())));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException("interrupted while waiting for " + command, e);
        }
    }

    private Process start(Path where, List<String> command) throws IOException {
        // The errors go to a file, so that neither stream can fill up unread; bash knows its own number for the file's
        // name.
        var line = new ArrayList<>(List.of(
                onThePath("bash").toString(),
                "-c",
                "exec \"$@\" 2>\"$0$$\"",
                folder.resolve("err-").toString()));
        line.addAll(command);
        var builder = new ProcessBuilder(line).directory(where.toFile());
        builder.environment().clear();
        builder.environment().putAll(environment);
        Process process = builder.start();
        process.getOutputStream().close();
        return process;
    }

    private static Path onThePath(String tool) {
        for (String place : System.getenv("PATH").split(":")) {
            Path path = Path.of(place, tool);
            if (Files.isExecutable(path)) {
                return path;
            }
        }
        throw new IllegalStateException("no " + tool + " on the PATH");
    }
}
