package zap.protocol;

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

/** What the fuzzer has once found, or found worth keeping, is tried in every build, without the fuzzer. */
class FuzzTest {

    private static final Path SEEDS = Path.of("src/test/resources/fuzz");

    static List<Path> seeds() throws IOException {
        try (Stream<Path> files = Files.walk(SEEDS)) {
            return files.filter(Files::isRegularFile).sorted().toList();
        }
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void whatWasFoundOnceIsNotFoundAgain(Path seed) throws Throwable {
        String target = SEEDS.relativize(seed).getName(0).toString();
        try {
            Class.forName(getClass().getPackageName() + "." + target)
                    .getMethod("fuzzerTestOneInput", byte[].class)
                    .invoke(null, (Object) Files.readAllBytes(seed));
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }

    @Test
    void everyTargetHasSeeds() throws IOException {
        try (Stream<Path> sources = Files.walk(Path.of("src/test/java"))) {
            assertThat(sources.map(file -> file.getFileName().toString())
                            .filter(name -> name.endsWith("Fuzz.java"))
                            .map(name -> name.replace(".java", "")))
                    .isNotEmpty()
                    .allSatisfy(target ->
                            assertThat(SEEDS.resolve(target)).isDirectory().isNotEmptyDirectory());
        }
    }
}
