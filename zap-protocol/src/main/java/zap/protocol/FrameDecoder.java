package zap.protocol;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;
import zap.protocol.FrameType.Wire;

/**
 * Takes full-width frames off a buffer. All listeners use it, except the one for short frames.
 *
 * <p>It has no state: one instance serves any number of connections. It judges each byte that has come, so a malformed
 * frame is found at its first wrong byte and not only when all of its bytes have come.
 */
public final class FrameDecoder {

    /**
     * Takes the next whole frame between position and limit.
     *
     * @return the frame, the position just past it; or null, the position unmoved, when its end has not come yet
     * @throws MalformedFrameException as soon as no frame begins with the bytes that have come; the position is unmoved
     */
    public @Nullable Frame decode(ByteBuffer in) throws MalformedFrameException {
        if (!in.hasRemaining()) {
            return null;
        }
        byte[] bytes;
        int start;
        int length;
        if (in.hasArray()) {
            bytes = in.array();
            start = in.arrayOffset() + in.position();
            length = in.remaining();
        } else {
            length = Math.min(in.remaining(), FrameEncoder.MAX_FRAME_BYTES);
            bytes = new byte[length];
            in.get(in.position(), bytes);
            start = 0;
        }
        FrameReader reader = new FrameReader(bytes, start, start + length, FrameDecoder::isSpokenHere);
        if (!reader.judge()) {
            return null;
        }
        in.position(in.position() + reader.end() - start);
        return reader.frame();
    }

    private static boolean isSpokenHere(FrameType type) {
        return type.wire() != Wire.RECV_ONLY;
    }
}
