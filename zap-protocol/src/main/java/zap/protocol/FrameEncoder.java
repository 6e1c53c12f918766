package zap.protocol;

import java.nio.ByteBuffer;
import zap.protocol.FrameType.Field;
import zap.protocol.FrameType.Wire;

/**
 * Writes frames at their full width, text and members padded with blanks. All listeners use it, except the one for
 * short frames. It has no state: one instance serves any number of connections.
 */
public final class FrameEncoder {

    /** Maximum number of bytes of a frame: a message whose code points take four bytes each. */
    public static final int MAX_FRAME_BYTES = Field.CODE_WIDTH
            + Field.ID_WIDTH
            + Field.ID_WIDTH
            + Field.TIME_WIDTH
            + Field.MESSAGE_ID_WIDTH
            + 4 * Field.TEXT_WIDTH;

    /**
     * Puts the frame at the buffer's position.
     *
     * @throws java.nio.BufferOverflowException when it does not fit; nothing has been put then. It always fits where
     *     {@value #MAX_FRAME_BYTES} bytes remain
     * @throws IllegalArgumentException for a frame that only the listener for short frames knows
     */
    public void encode(Frame frame, ByteBuffer out) {
        FrameWriter.write(checked(frame), true, out);
    }

    /**
     * Returns the frame in an array of its own.
     *
     * @throws IllegalArgumentException for a frame that only the listener for short frames knows
     */
    public byte[] encode(Frame frame) {
        return FrameWriter.toBytes(checked(frame), true);
    }

    /** Returns the number of bytes of the encoded frame. */
    public int length(Frame frame) {
        return FrameWriter.length(frame, true);
    }

    private static Frame checked(Frame frame) {
        if (frame.type().wire() == Wire.RECV_ONLY) {
            throw new IllegalArgumentException(frame.type() + " is never sent at full width");
        }
        return frame;
    }
}
