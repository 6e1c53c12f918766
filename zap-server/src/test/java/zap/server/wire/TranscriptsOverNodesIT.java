package zap.server.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;
import zap.server.cluster.Nodes;
import zap.server.testing.BesideOthers;
import zap.server.testing.RunningServer;
import zap.server.testing.TestPostgres;
import zap.server.testing.TestedServer;
import zap.server.testing.TranscriptPlayer;
import zap.server.wire.TranscriptsIT.Story;

/**
 * The transcripts of one server, played over two nodes: the first peer of a story connects to one node, the second to
 * the other, and so on. So clients that know nothing of nodes hear the same, on the main port and on the recv port.
 */
@BesideOthers
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TranscriptsOverNodesIT {

    private static final String OPERATOR = "zap.admin.token=the-token-of-the-stories";
    private static final String OFTEN = "zap.cluster.look-every=50ms";

    /** The folders whose stories are played: all kinds of frames. What is refused is the same on every node. */
    private static final Set<String> PLAYED = Set.of("1-everyday", "2-groups", "5-sessions", "6-recv");

    /**
     * A base session that has read a frame, and goes to another node before its own one has stored that, may get the
     * frame again.
     */
    private static final String MOVES_AT_ONCE = "5-sessions/newest-wins-over-both-listeners";

    private RunningServer one;
    private RunningServer other;

    @BeforeAll
    void startTwo() {
        TestPostgres.Database database = TestPostgres.newDatabase();
        one = RunningServer.startOn(database, OPERATOR, OFTEN);
        other = RunningServer.startOn(database, OPERATOR, OFTEN);
        TestedServer.await(
                "the first to see the second", () -> !one.bean(Nodes.class).isAlone());
    }

    @AfterAll
    void stopBoth() {
        one.close();
        other.close();
    }

    @TestFactory
    Stream<DynamicTest> everyStoryHappensAsItIsToldForOneServer() throws IOException {
        List<Story> stories = TranscriptsIT.stories().stream()
                .filter(TranscriptsOverNodesIT::suits)
                .toList();
        assertThat(stories).isNotEmpty();
        return stories.stream()
                .map(story -> DynamicTest.dynamicTest(
                        story.name(),
                        story.file().toUri(),
                        () -> TranscriptPlayer.play(story.transcript(), List.of(one, other))));
    }

    private static boolean suits(Story story) {
        return PLAYED.contains(story.name().replaceFirst("/.*", ""))
                && Set.of(OPERATOR).containsAll(story.properties())
                && !story.transcript().restartsServer()
                && !story.name().equals(MOVES_AT_ONCE);
    }
}
