package zap.server.testing;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import zap.protocol.transcript.Transcript;

/** Tests that false stories fail. */
@ZapServerTest
class TranscriptPlayerIT {

    @Autowired
    private TestedServer server;

    private static final String ANA_AND_BOB = """
            # A story.
            A> 01
            A< 02 {ana}
            B> 01
            B< 02 {bob}
            """;

    @Test
    void aTrueStoryPasses() {
        play(ANA_AND_BOB + """
                A> 05 {ana} {bob} 1795372031 |hello|
                A> 05 {ana} {bob} 1795372032 |again|
                B< 06 {ana} {bob} 1795372031 |hello|
                B< 06 {ana} {bob} 1795372032 |again|
                A< 07… {bob} 1795372032
                A> 01
                refused ALREADY_CONNECTED
                """, WireClient.PATIENCE);
    }

    @Test
    void anotherText() {
        fails("""
                A> 05 {ana} {bob} 1795372031 |hello|
                B< 06 {ana} {bob} 1795372031 |hullo|
                """, "line 7: B< 06", "hello", "hullo");
    }

    @Test
    void anotherFrame() {
        fails("""
                A> 05 {ana} {bob} 1795372031 |hello|
                A< 09 {bob} 1795372031
                """, "line 7: A< 09");
    }

    @Test
    void aFrameThatDoesNotCome() {
        fails("B< 07 {ana} 1795372031", "line 6: B< 07", "waited too long");
    }

    @Test
    void aFrameThatTheStoryDoesNotTell() {
        fails("""
                A> 05 {ana} {bob} 1795372031 |hello|
                B< 06 {ana} {bob} 1795372031 |hello|
                """, "after the last line", "|07");
    }

    @Test
    void aFrameOfAnotherPeerThatTheStoryDoesNotTell() {
        fails("A> 08 {bob} 1795372031", "after the last line", "|09");
    }

    @Test
    void aRefusalThatTheStoryDoesNotTell() {
        fails("A> 01", "after the last line", "ALREADY_CONNECTED");
    }

    @Test
    void aRefusalThatDoesNotHappen() {
        fails("refused SPOOFED", "line 6: refused SPOOFED");
    }

    @Test
    void aRefusalForAnotherReason() {
        fails("""
                A> 05 {bob} {ana} 1795372031 |I am Bob|
                refused UNKNOWN_CLIENT
                """, "line 7: refused UNKNOWN_CLIENT");
    }

    @Test
    void somebodyIsNotClosedAfterAll() {
        fails("A is closed", "line 6: A is closed", "was not closed");
    }

    @Test
    void somebodyIsClosedWhomTheStoryLetsLive() {
        fails("""
                A>> 99
                refused MALFORMED
                """, "after the last line", "closed");
    }

    @Test
    void aNameThatMeansSomethingElseTheSecondTime() {
        fails("""
                C> 01
                C< 02 {ana}
                """, "line 7: C< 02");
    }

    @Test
    void theWrongOneOfTwoInAnyOrder() {
        fails("""
                A> 05 {ana} {bob} 1795372031 |one|
                A> 05 {ana} {bob} 1795372032 |two|
                B< in any order
                   06 {ana} {bob} 1795372031 |one|
                   06 {ana} {bob} 1795372031 |one|
                """, "line 8: B< in any order", "two");
    }

    @Test
    void aReceiptBeyondTheOneThatTheStoryTells() {
        fails("""
                A> 05 {ana} {bob} 1795372033 |one|
                B< 06 {ana} {bob} 1795372033 |one|
                A< 07… {bob} 1795372032
                """, "line 8: A< 07…", "1795372033");
    }

    private void fails(String story, String... words) {
        // The last line is the false one: its time runs out.
        assertThatThrownBy(() -> play(ANA_AND_BOB + story, Duration.ofSeconds(3)))
                .isInstanceOf(AssertionError.class)
                .hasMessageContainingAll(words);
    }

    private void play(String story, Duration atTheEnd) {
        TranscriptPlayer.play(Transcript.parse(story), List.of(server), atTheEnd);
    }
}
