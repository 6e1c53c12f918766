package zap.shell.connection;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import zap.protocol.Address;
import zap.protocol.Body;
import zap.protocol.ClientId;
import zap.protocol.Frame;
import zap.protocol.GroupId;
import zap.protocol.PosixTime;

class ShortFramesTest {

    private static final String ME = "1000000000001";
    private static final String ANA = "1000000000002";
    private static final String TIME = "1800000000";

    private final ShortFrames wire = new ShortFrames();
    private final ByteBuffer buffer = ByteBuffer.allocate(64 * 1024);

    @BeforeEach
    void owner() {
        wire.owner(ClientId.parse(ME));
    }

    /** Decodes one packet after the other, each followed by a pause where the description has a dot. */
    private List<Frame> comes(String text, boolean pause) {
        buffer.put(text.getBytes(StandardCharsets.UTF_8));
        buffer.flip();
        var frames = new ArrayList<>(wire.decode(buffer, false));
        if (pause) {
            frames.addAll(wire.decode(buffer, true));
        }
        buffer.compact();
        return frames;
    }

    private static Frame deliver(String text) {
        return new Frame.Deliver(ClientId.parse(ANA), Address.parse(ME), PosixTime.parse(TIME), Body.of(text));
    }

    @Test
    void aShortTextEndsAtAPause() {
        assertThat(comes("06" + ANA + ME + TIME + "olá 👋", false)).isEmpty();
        assertThat(comes("", true)).containsExactly(deliver("olá 👋"));
    }

    @Test
    void aPaddedTextEndsAtItsFullWidthWithoutAPause() {
        assertThat(comes("06" + ANA + ME + TIME + "olá" + " ".repeat(215), false))
                .containsExactly(deliver("olá"));
    }

    @Test
    void gluedFramesAreTakenApart() {
        assertThat(comes(
                        "06" + ANA + ME + TIME + "one06" + ANA + ME + TIME + "two07" + ANA + TIME + "09" + ANA + TIME,
                        true))
                .containsExactly(
                        deliver("one"),
                        deliver("two"),
                        new Frame.Delivered(ClientId.parse(ANA), PosixTime.parse(TIME)),
                        new Frame.ReadReceipt(ClientId.parse(ANA), PosixTime.parse(TIME)));
    }

    @Test
    void aGreetingBeforeTheNumberIsPassedOver() {
        assertThat(comes("Welcome to my server!\n02" + ME, true))
                .containsExactly(new Frame.Registered(ClientId.parse(ME)));
    }

    @Test
    void theNumberMayBeFollowedAtOnce() {
        assertThat(comes("02" + ME + "06" + ANA + ME + TIME + "hi", true))
                .containsExactly(new Frame.Registered(ClientId.parse(ME)), deliver("hi"));
    }

    @Test
    void anAnswerToConnectIsRead() {
        assertThat(comes("04" + ME, false)).containsExactly(new Frame.Connected(ClientId.parse(ME)));
    }

    @Test
    void anAnswerToConnectThatIsGluedToATextIsNoPartOfIt() {
        assertThat(comes("06" + ANA + ME + TIME + "one04" + ME, true))
                .containsExactly(deliver("one"), new Frame.Connected(ClientId.parse(ME)));
        assertThat(comes("06" + ANA + ME + TIME + "one04" + ME + "06" + ANA + ME + TIME + "two02" + ME, true))
                .containsExactly(
                        deliver("one"),
                        new Frame.Connected(ClientId.parse(ME)),
                        deliver("two"),
                        new Frame.Registered(ClientId.parse(ME)));
    }

    @Test
    void aGroupThatIsGluedToATextIsNoPartOfIt() {
        assertThat(comes("06" + ANA + ME + TIME + "one112000000000001" + TIME + ANA + ME + "04" + ME, true))
                .containsExactly(
                        deliver("one"),
                        new Frame.GroupCreated(
                                GroupId.parse("2000000000001"),
                                PosixTime.parse(TIME),
                                List.of(ClientId.parse(ANA), ClientId.parse(ME))),
                        new Frame.Connected(ClientId.parse(ME)));
    }

    @Test
    void messagesToAGroupAreTakenApartWhateverItsNumberBeginsWith() {
        String group = "7000000000001";
        assertThat(comes("06" + ANA + group + TIME + "one06" + ANA + group + TIME + "two", true))
                .extracting(frame -> ((Frame.Deliver) frame).body().text())
                .containsExactly("one", "two");
    }

    @Test
    void whatOnlyLooksLikeAnotherFrameIsText() {
        for (String text : List.of("my number is 04" + ANA, "04", "11" + ANA + TIME + ANA, "04" + ME.substring(1))) {
            assertThat(comes("06" + ANA + ME + TIME + text, true)).containsExactly(deliver(text));
        }
    }

    @Test
    void aGroupHasAsManyMembersAsThereAreDigits() {
        assertThat(comes("112000000000001" + TIME + ME + ANA, true))
                .containsExactly(new Frame.GroupCreated(
                        GroupId.parse("2000000000001"),
                        PosixTime.parse(TIME),
                        List.of(ClientId.parse(ME), ClientId.parse(ANA))));
    }

    @Test
    void numbersInATextAreText() {
        assertThat(comes("06" + ANA + ME + TIME + "call 06 or 0712345 at 09 o'clock 02", true))
                .containsExactly(deliver("call 06 or 0712345 at 09 o'clock 02"));
    }

    @Test
    void aFrameInTwoPacketsIsOne() {
        String frame = "06" + ANA + ME + TIME + "olá 👋";
        byte[] bytes = frame.getBytes(StandardCharsets.UTF_8);
        for (int cut = 1; cut < bytes.length; cut++) {
            buffer.clear();
            buffer.put(bytes, 0, cut).flip();
            assertThat(wire.decode(buffer, false)).isEmpty();
            buffer.compact();
            buffer.put(bytes, cut, bytes.length - cut).flip();
            var frames = new ArrayList<>(wire.decode(buffer, false));
            frames.addAll(wire.decode(buffer, true));
            assertThat(frames).as("cut at %d", cut).containsExactly(deliver("olá 👋"));
        }
    }

    @Test
    void lineBreaksBetweenFramesAreNoText() {
        assertThat(comes("06" + ANA + ME + TIME + "one\r\n06" + ANA + ME + TIME + "two\n", true))
                .containsExactly(deliver("one"), deliver("two"));
    }

    @Test
    void whatIsNoFrameIsDroppedAndTheNextOneIsRead() {
        assertThat(comes("06garbage", true)).isEmpty();
        assertThat(comes("06" + ANA + ME + TIME + "hi", true)).containsExactly(deliver("hi"));
    }

    @Test
    void bytesThatAreNoCharactersDoNotHideWhatFollowsThem() {
        buffer.put(new byte[] {(byte) 0xFF, (byte) 0xC3, (byte) 0xF0, (byte) 0x9F});
        assertThat(comes("07" + ANA + TIME + "09" + ANA, false))
                .containsExactly(new Frame.Delivered(ClientId.parse(ANA), PosixTime.parse(TIME)));
        assertThat(comes(TIME, false))
                .containsExactly(new Frame.ReadReceipt(ClientId.parse(ANA), PosixTime.parse(TIME)));
        assertThat(buffer.position()).isZero();
    }
}
