package zap.server.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import zap.server.testing.TranscriptPlayer;

/**
 * The protocol as transcripts: each file in {@code src/test/resources/transcripts} is played against the real server.
 * Their format is described in {@code zap.protocol.transcript.Transcript}. To run one of them alone: {@code
 * -Dzap.transcript=part-of-its-name}.
 */
class TranscriptsIT {

    private static final Path STORIES = Path.of("src", "test", "resources", "transcripts");

    @TestFactory
    Stream<DynamicTest> everyStoryHappensAsItIsTold() throws IOException {
        String wanted = System.getProperty("zap.transcript", "");
        try (Stream<Path> files = Files.walk(STORIES)) {
            List<Path> stories = files.filter(file -> file.toString().endsWith(".txt"))
                    .filter(file -> file.toString().contains(wanted))
                    .sorted()
                    .toList();
            assertThat(stories).isNotEmpty();
            return stories.stream().map(TranscriptsIT::test);
        }
    }

    private static DynamicTest test(Path story) {
        URI source = story.toUri();
        String name = STORIES.relativize(story).toString().replaceFirst("\\.txt$", "");
        return DynamicTest.dynamicTest(name, source, () -> TranscriptPlayer.play(read(story)));
    }

    private static String read(Path story) {
        try {
            return Files.readString(story);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
