package zap.protocol;

import java.nio.ByteBuffer;
import zap.protocol.FrameType.Field;
import zap.protocol.FrameType.Wire;

/**
 * Writes frames at their full width, text and members padded with blanks: what every listener but the one for short
 * frames speaks. It keeps no state: one instance serves any number of connections.
 */
public final class FrameEncoder {

    /** The most that a frame can have: a message of code points that take four bytes each. */
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
     * The frame in an array of its own.
     *
     * @throws IllegalArgumentException for a frame that only the listener for short frames knows
     */
    public byte[] encode(Frame frame) {
        return FrameWriter.toBytes(checked(frame), true);
    }

    /** How many bytes the frame has when it is encoded. */
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
