package zap.house;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/** The repository as a tree of files, without what builds, editors and running servers leave in it. */
final class House {

    private static final Set<String> NOT_OURS =
            Set.of("target", "var", "node_modules", "venv", ".git", ".idea", ".vscode", ".settings");

    private static final Path ROOT = findRoot();

    private House() {}

    static Path root() {
        return ROOT;
    }

    /** The version of everything here, as the parent pom has it. */
    static String version() {
        var version = Pattern.compile("<artifactId>zap</artifactId>\\s*<version>([^<]+)</version>")
                .matcher(read(ROOT.resolve("pom.xml")));
        if (!version.find()) {
            throw new IllegalStateException("no version of zap in the parent pom");
        }
        return version.group(1);
    }

    /** The Maven that runs this test, or the one on the PATH. */
    static String maven() {
        String home = System.getProperty("zap.maven.home");
        return home != null ? Path.of(home, "bin", "mvn").toString() : "mvn";
    }

    /** A folder of this name in which a test may build something; it stays there to be looked at until the next run. */
    static Path emptyFolder(String name) {
        Path folder = ROOT.resolve("ops/tests/house/target").resolve(name);
        try {
            if (Files.exists(folder)) {
                try (var below = Files.walk(folder)) {
                    for (Path path : below.sorted(Comparator.reverseOrder()).toList()) {
                        Files.delete(path);
                    }
                }
            }
            return Files.createDirectories(folder);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** All files whose name passes, sorted, so that a failure reads the same everywhere. */
    static List<Path> files(Predicate<String> name) {
        var found = new ArrayList<Path>();
        try {
            Files.walkFileTree(ROOT, new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes) {
                    return NOT_OURS.contains(directory.getFileName().toString())
                            ? FileVisitResult.SKIP_SUBTREE
                            : FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                    if (attributes.isRegularFile()
                            && name.test(file.getFileName().toString())) {
                        found.add(file);
                    }
                    return FileVisitResult.CONTINUE;
                }
            });
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        found.sort(null);
        return found;
    }

    static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + file, e);
        }
    }

    /** Maven tells where the root is; an editor that runs one test does not, so then it is looked for upwards. */
    private static Path findRoot() {
        String told = System.getProperty("zap.root");
        Path at = Path.of(told != null ? told : "").toAbsolutePath().normalize();
        while (!Files.isRegularFile(at.resolve("ops/tests/house/pom.xml"))) {
            at = at.getParent();
            if (at == null) {
                throw new IllegalStateException("no ops/tests/house/pom.xml here or above: "
                        + Path.of("").toAbsolutePath());
            }
        }
        return at;
    }
}
