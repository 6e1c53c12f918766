package zap.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Replays in every build, without the fuzzer, the inputs that it has found or that are worth keeping. */
class FuzzTest {

    private static final Path SEEDS = Path.of("src/test/resources/fuzz");
    private static final Path SOURCES = Path.of("src/test/java");

    static List<Path> seeds() throws IOException {
        try (Stream<Path> files = Files.walk(SEEDS)) {
            return files.filter(Files::isRegularFile).sorted().toList();
        }
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void whatWasFoundOnceIsNotFoundAgain(Path seed) throws Throwable {
        String name = SEEDS.relativize(seed).getName(0).toString();
        Path source = targets().stream()
                .filter(target -> nameOf(target).equals(name))
                .findFirst()
                .orElseThrow();
        String type = SOURCES.relativize(source)
                .toString()
                .replaceFirst("\\.java$", "")
                .replaceAll("[/\\\\]", ".");
        try {
            Class.forName(type).getMethod("fuzzerTestOneInput", byte[].class).invoke(null, (Object)
                    Files.readAllBytes(seed));
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }

    @Test
    void everyTargetHasSeeds() throws IOException {
        assertThat(targets())
                .isNotEmpty()
                .allSatisfy(target ->
                        assertThat(SEEDS.resolve(nameOf(target))).isDirectory().isNotEmptyDirectory());
    }

    private static List<Path> targets() throws IOException {
        try (Stream<Path> sources = Files.walk(SOURCES)) {
            return sources.filter(file -> file.toString().endsWith("Fuzz.java")).toList();
        }
    }

    private static String nameOf(Path target) {
        return target.getFileName().toString().replace(".java", "");
    }
}
