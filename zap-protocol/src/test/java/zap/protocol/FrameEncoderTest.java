package zap.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.BufferOverflowException;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

class FrameEncoderTest {

    private static final ClientId ANA = ClientId.parse("1000000000017");
    private static final PosixTime NOW = PosixTime.parse("1795372030");

    private final FrameEncoder encoder = new FrameEncoder();

    @Test
    void noFrameIsLongerThanAFullFieldOfParrots() {
        assertThat(encoder.encode(parrots()))
                .hasSize(FrameEncoder.MAX_FRAME_BYTES)
                .hasSize(923);
        for (FrameType type : FrameType.values()) {
            assertThat(type.width()).as(type.title()).isLessThanOrEqualTo(269);
        }
    }

    @Test
    void aFrameThatDoesNotFitIsNotBegun() {
        ByteBuffer out = ByteBuffer.allocate(FrameEncoder.MAX_FRAME_BYTES + 1);
        out.put((byte) '!').put((byte) '!');
        assertThatThrownBy(() -> encoder.encode(parrots(), out)).isInstanceOf(BufferOverflowException.class);
        assertThat(out.position()).isEqualTo(2);
        assertThat(out.get(2)).isZero();
    }

    @Test
    void itWritesIntoBuffersOfEveryKind() throws MalformedFrameException {
        ByteBuffer direct = ByteBuffer.allocateDirect(2 * FrameEncoder.MAX_FRAME_BYTES);
        ByteBuffer slice = ByteBuffer.allocate(2 * FrameEncoder.MAX_FRAME_BYTES + 5)
                .position(5)
                .slice();
        for (ByteBuffer buffer : new ByteBuffer[] {direct, slice}) {
            encoder.encode(new Frame.Ping(), buffer);
            encoder.encode(parrots(), buffer);
            encoder.encode(new Frame.Connect(ANA), buffer);
            buffer.flip();
            FrameDecoder decoder = new FrameDecoder();
            assertThat(decoder.decode(buffer)).isEqualTo(new Frame.Ping());
            assertThat(decoder.decode(buffer)).isEqualTo(parrots());
            assertThat(decoder.decode(buffer)).isEqualTo(new Frame.Connect(ANA));
            assertThat(buffer.hasRemaining()).isFalse();
        }
    }

    @Test
    void itNeverSaysConnectedWhichOnlyClientsOfShortFramesKnow() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> encoder.encode(new Frame.Connected(ANA)))
                .withMessageContaining("CONNECTED");
    }

    private static Frame parrots() {
        return new Frame.Message(ANA, ANA.asAddress(), NOW, new MessageId(7), Body.of("🦜".repeat(218)));
    }
}
