package zap.check.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import zap.check.wire.FrameScanner.Found;
import zap.kit.WireFrame;
import zap.protocol.Body;
import zap.protocol.ClientId;
import zap.protocol.Frame;
import zap.protocol.FrameEncoder;
import zap.protocol.FrameType;
import zap.protocol.FrameType.Sender;
import zap.protocol.GroupId;
import zap.protocol.PosixTime;
import zap.protocol.RecvEncoder;

/** The suite's own view of frames agrees with the codec where the codec accepts them, and shows what it refuses. */
class FrameScannerTest {

    private static final ClientId ANA = new ClientId(1_087_622_895_716L);
    private static final ClientId BOB = new ClientId(1_345_599_166_734L);
    private static final PosixTime TIME = new PosixTime(42);
    private static final List<Frame> FRAMES = List.of(
            new Frame.Registered(ANA),
            new Frame.Deliver(ANA, BOB.asAddress(), TIME, Body.of("ação 🦜")),
            new Frame.Delivered(BOB, TIME),
            new Frame.ReadReceipt(BOB, TIME),
            new Frame.GroupCreated(new GroupId(2_000_000_000_007L), TIME, List.of(ANA, BOB)));

    private static List<String> scan(FrameScanner scanner, boolean pause) {
        var all = new ArrayList<String>();
        Found found;
        while ((found = scanner.next(pause)) != null) {
            all.add(
                    switch (found) {
                        case Found.Whole whole -> whole.frame().type().code();
                        case Found.NoFrame none -> none.text();
                    });
        }
        return all;
    }

    @Test
    void fullWidthFramesAreFoundHoweverTheyAreCut() {
        var encoder = new FrameEncoder();
        var scanner = new FrameScanner(true, true, Sender.SERVER);
        var found = new ArrayList<String>();
        for (Frame frame : FRAMES) {
            for (byte one : encoder.encode(frame)) {
                scanner.add(new byte[] {one});
                found.addAll(scan(scanner, false));
            }
        }
        assertThat(found).containsExactly("02", "06", "07", "09", "11");
        assertThat(scanner.rest()).isEmpty();
    }

    @Test
    void aPauseEndsAShortFrame() {
        var encoder = new RecvEncoder();
        var scanner = new FrameScanner(false, true, Sender.SERVER);
        for (Frame frame : FRAMES) {
            scanner.add(encoder.encode(frame));
            boolean open = frame instanceof Frame.Deliver || frame instanceof Frame.GroupCreated;
            assertThat(scan(scanner, false)).hasSize(open ? 0 : 1);
            assertThat(scan(scanner, true)).hasSize(open ? 1 : 0);
        }
    }

    @Test
    void aShortTextEndsWhereTheNextFrameBegins() {
        var encoder = new RecvEncoder();
        var scanner = new FrameScanner(false, true, Sender.SERVER);
        scanner.add(encoder.encode(FRAMES.get(1)));
        scanner.add(encoder.encode(FRAMES.get(2)));
        assertThat(scan(scanner, false)).containsExactly("06", "07");
    }

    @Test
    void lettersInAnIdAndTextBetweenFramesAreShown() {
        var scanner = new FrameScanner(true, true, Sender.SERVER);
        scanner.add("welcome!\n02Client-000001\n".getBytes(StandardCharsets.UTF_8));
        assertThat(scan(scanner, false)).containsExactly("welcome!\n", "02");
    }

    @Test
    void theTextOfAFrameIsThatOfTheCodec() {
        byte[] ours = new Speech(true, false, false, false, Sender.SERVER, Speech.USUAL_PAUSE)
                .encode(WireFrame.of(FrameType.SEND, ANA.toString(), BOB.toString(), TIME.toString(), "ação 🦜"));
        var theirs = new Frame.Send(ANA, BOB.asAddress(), TIME, Body.of("ação 🦜"));
        assertThat(ours).isEqualTo(new FrameEncoder().encode(theirs));
    }

    @Test
    void aFrameIsShownFieldByField() {
        String text = new String(new FrameEncoder().encode(FRAMES.get(1)), StandardCharsets.UTF_8);
        assertThat(WireFrame.parse(FrameType.DELIVER, text))
                .hasToString("06 deliver  src=1087622895716  dst=1345599166734  timestamp=0000000042"
                        + "  data=\"ação 🦜\"+212␠");
    }
}
