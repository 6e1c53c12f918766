package zap.server.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.TestFactory;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.core.annotation.MergedAnnotations;
import org.springframework.core.annotation.MergedAnnotations.SearchStrategy;
import org.springframework.test.context.TestPropertySource;
import zap.protocol.transcript.Transcript;
import zap.server.testing.RunningServer;
import zap.server.testing.TestedServer;
import zap.server.testing.TranscriptPlayer;
import zap.server.testing.ZapServerTest;

/**
 * The protocol as transcripts: each file in {@code src/test/resources/transcripts} is played against the real server.
 * Their format is described in {@code zap.protocol.transcript.Transcript}. To run one of them alone: {@code
 * -Dzap.transcript=part-of-its-name}.
 *
 * <p>A story that names properties of its server is played by the nested class with the same properties. A story that
 * restarts its server has one of its own. {@link TranscriptsOverNodesIT} plays them once more, over two nodes.
 */
@ZapServerTest
class TranscriptsIT {

    private static final Path STORIES = Path.of("src", "test", "resources", "transcripts");

    @Autowired
    private TestedServer server;

    @TestFactory
    Stream<DynamicTest> everyStoryHappensAsItIsTold() throws IOException {
        List<Story> stories = stories();
        assertThat(stories).isNotEmpty();
        var known = new HashSet<Set<String>>(Set.of(Set.of()));
        for (Class<?> nested : TranscriptsIT.class.getDeclaredClasses()) {
            known.add(propertiesOf(nested));
        }
        assertThat(stories)
                .allSatisfy(story -> assertThat(known)
                        .as("the servers of the nested classes, for %s", story.name())
                        .contains(story.properties()));
        return played(Set.of(), server);
    }

    @Nested
    @Impatient
    class OnAnImpatientServer {

        @Autowired
        private TestedServer impatient;

        @TestFactory
        Stream<DynamicTest> everyStoryHappensAsItIsTold() throws IOException {
            return played(propertiesOf(getClass()), impatient);
        }
    }

    @Nested
    @TestPropertySource(properties = {"zap.gateway.silence=2s", "zap.mailbox.max-waiting=3"})
    class WithRoomForThreeEntries {

        @Autowired
        private TestedServer small;

        @TestFactory
        Stream<DynamicTest> everyStoryHappensAsItIsTold() throws IOException {
            return played(propertiesOf(getClass()), small);
        }
    }

    @Nested
    @TestPropertySource(properties = "zap.admin.token=the-token-of-the-stories")
    class WithAnOperator {

        @Autowired
        private TestedServer operated;

        @TestFactory
        Stream<DynamicTest> everyStoryHappensAsItIsTold() throws IOException {
            return played(propertiesOf(getClass()), operated);
        }
    }

    private static Set<String> propertiesOf(Class<?> nested) {
        return MergedAnnotations.from(nested, SearchStrategy.DIRECT)
                .get(TestPropertySource.class)
                .getValue("properties", String[].class)
                .map(Set::of)
                .orElse(Set.of());
    }

    /** A transcript and its file. */
    record Story(Path file, Transcript transcript) {

        private static Story of(Path file) {
            try {
                return new Story(file, Transcript.parse(Files.readString(file)));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException(file + ", " + e.getMessage(), e);
            }
        }

        String name() {
            return STORIES.relativize(file).toString().replaceFirst("\\.txt$", "");
        }

        Set<String> properties() {
            return Set.copyOf(transcript.properties());
        }
    }

    private static Stream<DynamicTest> played(Set<String> properties, TestedServer server) throws IOException {
        return stories().stream()
                .filter(story -> story.properties().equals(properties))
                .map(story -> DynamicTest.dynamicTest(story.name(), story.file().toUri(), () -> play(story, server)));
    }

    private static void play(Story story, TestedServer server) {
        if (story.transcript().restartsServer()) {
            try (RunningServer own = RunningServer.startNew(story.properties().toArray(String[]::new))) {
                TranscriptPlayer.play(story.transcript(), own);
            }
        } else {
            TranscriptPlayer.play(story.transcript(), server);
        }
    }

    /** Returns the stories, or those that are asked for. */
    static List<Story> stories() throws IOException {
        String wanted = System.getProperty("zap.transcript", "");
        try (Stream<Path> files = Files.walk(STORIES)) {
            return files.filter(file -> file.toString().endsWith(".txt"))
                    .filter(file -> file.toString().contains(wanted))
                    .sorted()
                    .map(Story::of)
                    .toList();
        }
    }
}
