package zap.protocol;

import java.nio.ByteBuffer;
import zap.protocol.FrameType.Wire;

/**
 * Writes short frames, for programs that take the result of one {@code recv()} for exactly one frame: text without
 * padding, members without empty slots. It has no state.
 */
public final class RecvEncoder {

    /**
     * Puts the frame at the buffer's position.
     *
     * @throws java.nio.BufferOverflowException when it does not fit; nothing has been put then. It always fits where
     *     {@link FrameEncoder#MAX_FRAME_BYTES} bytes remain
     * @throws IllegalArgumentException for a frame of the assured sessions, which this wire does not know
     */
    public void encode(Frame frame, ByteBuffer out) {
        FrameWriter.write(checked(frame), false, out);
    }

    /**
     * Returns the frame in an array of its own.
     *
     * @throws IllegalArgumentException for a frame of the assured sessions, which this wire does not know
     */
    public byte[] encode(Frame frame) {
        return FrameWriter.toBytes(checked(frame), false);
    }

    /** Returns the number of bytes of the encoded frame. */
    public int length(Frame frame) {
        return FrameWriter.length(frame, false);
    }

    private static Frame checked(Frame frame) {
        if (frame.type().wire() == Wire.FULL_WIDTH_ONLY) {
            throw new IllegalArgumentException(frame.type() + " is never sent to a client of short frames");
        }
        return frame;
    }
}
