package zap.protocol;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.Test;

class RecvEncoderTest {

    private static final ClientId ANA = ClientId.parse("1000000000017");
    private static final ClientId BOB = ClientId.parse("1739250018846");
    private static final GroupId GROUP = GroupId.parse("2450000000031");
    private static final PosixTime NOW = PosixTime.parse("1795372030");

    private final RecvEncoder encoder = new RecvEncoder();

    @Test
    void aTextEndsWhereItEnds() {
        assertThat(written(new Frame.Deliver(ANA, GROUP.asAddress(), NOW, Body.of("olá, mundo"))))
                .isEqualTo("06100000000001724500000000311795372030olá, mundo");
        assertThat(written(new Frame.Deliver(ANA, BOB.asAddress(), NOW, Body.EMPTY)))
                .isEqualTo("06100000000001717392500188461795372030");
    }

    @Test
    void membersEndWithTheLastOne() {
        assertThat(written(new Frame.GroupCreated(GROUP, NOW, List.of(ANA, BOB))))
                .isEqualTo("112450000000031179537203010000000000171739250018846");
    }

    @Test
    void registeredIsExactlyFifteenCharacters() {
        assertThat(written(new Frame.Registered(ANA))).isEqualTo("021000000000017");
    }

    @Test
    void connectedIsSaidHere() {
        assertThat(written(new Frame.Connected(ANA))).isEqualTo("041000000000017");
    }

    @Test
    void framesOfFixedWidthAreAsWideAsEverywhere() {
        assertThat(written(new Frame.Delivered(BOB, NOW))).isEqualTo("0717392500188461795372030");
        assertThat(written(new Frame.ReadReceipt(BOB, new PosixTime(42)))).isEqualTo("0917392500188460000000042");
    }

    @Test
    void assuredSessionsAreNotSpokenHere() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> encoder.encode(new Frame.Accepted(13, new Position(1))))
                .withMessageContaining("ACCEPTED");
    }

    @Test
    void itIsTheFullWidthFrameWithoutItsPadding() {
        FrameEncoder fullWidth = new FrameEncoder();
        RandomFrames.seeds(5_000).forEach(seed -> {
            Frame frame = RandomFrames.from(RandomFrames.generator(seed)).next();
            if (frame.type().wire() == FrameType.Wire.EVERY) {
                assertThat(written(frame))
                        .as("seed %d", seed)
                        .isEqualTo(new String(fullWidth.encode(frame), UTF_8).replaceFirst(" *\\z", ""));
            }
        });
    }

    private String written(Frame frame) {
        ByteBuffer out = ByteBuffer.allocate(FrameEncoder.MAX_FRAME_BYTES);
        encoder.encode(frame, out);
        byte[] bytes = encoder.encode(frame);
        assertThat(out.flip()).isEqualTo(ByteBuffer.wrap(bytes));
        assertThat(encoder.length(frame)).isEqualTo(bytes.length);
        return new String(bytes, UTF_8);
    }
}
