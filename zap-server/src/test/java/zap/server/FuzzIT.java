package zap.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The short form of {@code ./zap fuzz}: few inputs, and always the same ones, because it begins with the seeds alone.
 */
class FuzzIT {

    @TempDir
    private Path folder;

    private record Run(int status, String said) {}

    @Test
    void nothingIsFound() throws Exception {
        Run run = fuzz("--runs", "1000");
        assertThat(run.status).as(run.said).isZero();
        assertThat(run.said).contains("| FullWidthInputFuzz |", "| RecvInputFuzz |", "| SessionsFuzz |");
    }

    private Run fuzz(String... words) throws IOException, InterruptedException {
        Path classPath = Files.createDirectories(Path.of("target/fuzz")).resolve("classpath");
        Files.writeString(classPath, System.getProperty("java.class.path"));
        var command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                Path.of(System.getProperty("zap.root"), "ops/tools/Fuzz.java").toString(),
                "--seed",
                "1",
                "--folder",
                folder.toString()));
        command.addAll(List.of(words));
        command.add(".");
        Path out = folder.resolve("said.txt");
        int status = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(out.toFile())
                .start()
                .waitFor();
        return new Run(status, Files.readString(out));
    }
}
