package zap.acceptance;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.CRC32;

/**
 * A little checkout of its own, whose zap script is the real one and whose jars are those that were just built: what is
 * tested is what users start. Only Maven pretends there, as everything has been built.
 */
final class Checkout {

    private static final Path ROOT =
            Path.of(System.getProperty("zap.root", "../../..")).toAbsolutePath().normalize();
    private static final Path FOLDER = Path.of("target", "checkout").toAbsolutePath();

    /** Limit of the first call, which takes ten seconds on a quiet machine. */
    private static final Duration PREPARED_WITHIN = Duration.ofMinutes(5);

    private static final String PRETENDED_MAVEN = """
            #!/usr/bin/env bash
            # All jars are there already.
            if [ "$1" = -version ]; then echo "Apache Maven 3.9.9"; else echo "[INFO] BUILD SUCCESS"; fi
            """;

    private Checkout() {}

    /** The repository. */
    static Path root() {
        return ROOT;
    }

    /** The script. */
    static Path zap() {
        return Made.ZAP;
    }

    /** Returns the environment of a user, without what happens to be set where the tests run. */
    static Map<String, String> environment() {
        var environment = new TreeMap<String, String>();
        environment.put("PATH", FOLDER.resolve("bin") + ":" + System.getenv("PATH"));
        environment.put("HOME", FOLDER.toString());
        environment.put("LANG", "C.UTF-8");
        environment.put("ZAP_JAVA_HOME", System.getProperty("java.home"));
        return environment;
    }

    /** Made by whoever asks first. */
    private static final class Made {

        static final Path ZAP = make();

        private static Path make() {
            try {
                Path zap = FOLDER.resolve("zap");
                Files.createDirectories(FOLDER);
                Files.copy(ROOT.resolve("zap"), zap, StandardCopyOption.REPLACE_EXISTING);
                Path maven = Files.createDirectories(FOLDER.resolve("bin")).resolve("mvn");
                Files.writeString(maven, PRETENDED_MAVEN);
                if (!maven.toFile().setExecutable(true)) {
                    throw new IllegalStateException("cannot make " + maven + " executable");
                }
                Files.writeString(FOLDER.resolve("pom.xml"), "<project/>\n");
                Files.copy(
                        ROOT.resolve("ops/tools/Certs.java"),
                        Files.createDirectories(FOLDER.resolve("ops/tools")).resolve("Certs.java"),
                        StandardCopyOption.REPLACE_EXISTING);
                Path build = Files.createDirectories(FOLDER.resolve("ops/tools/build"));
                try (var parts = Files.list(ROOT.resolve("ops/tools/build"))) {
                    for (Path part : parts.toList()) {
                        Files.copy(part, build.resolve(part.getFileName()), StandardCopyOption.REPLACE_EXISTING);
                    }
                }
                copyJar("zap-server");
                copyJar("zap-shell-client");
                // The first call puts the client into place and records a start, once for all.
                Outcome first = Outcome.of(
                        List.of(zap.toString(), "shell", "--version"), environment(), new byte[0], PREPARED_WITHIN);
                if (first.status() != 0) {
                    throw new AssertionError("The client does not start: " + first);
                }
                return zap;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        /** The script builds anew what has changed, and goes by sources: here the jar's sum is the only one. */
        private static void copyJar(String module) throws IOException {
            Path jar = bootJar(ROOT.resolve(module).resolve("target"), module);
            byte[] bytes = Files.readAllBytes(jar);
            var sum = new CRC32();
            sum.update(bytes);
            Files.writeString(
                    Files.createDirectories(FOLDER.resolve(module).resolve("src/main"))
                            .resolve("jar"),
                    Long.toHexString(sum.getValue()) + "\n");
            Path target = FOLDER.resolve(module).resolve("target");
            if (Files.exists(target)) {
                try (var old = Files.list(target)) {
                    for (Path file : old.toList()) {
                        Files.delete(file);
                    }
                }
            }
            Files.write(Files.createDirectories(target).resolve(jar.getFileName()), bytes);
        }

        /** The jar that can be started: there is a plain one too. */
        private static Path bootJar(Path target, String module) throws IOException {
            try (var files = Files.list(target)) {
                return files.filter(file -> file.getFileName().toString().matches(module + "-[0-9].*-boot\\.jar"))
                        .findFirst()
                        .orElseThrow(() -> new IllegalStateException("no jar of " + module + ": mvn verify makes it"));
            }
        }
    }
}
