package zap.watch;

import org.jspecify.annotations.Nullable;
import zap.kit.WireFrame;
import zap.protocol.FrameType;
import zap.protocol.MalformedFrameException.Fault;

/** The result of taking something off the bytes of one direction. */
sealed interface Finding {

    /** Returns the place of its first byte in the direction's stream, from 0 on. */
    long offset();

    /**
     * A frame.
     *
     * @param bytes its length on the wire
     * @param isPadded true when its text or members have the full width, or when it has neither
     */
    record Whole(long offset, WireFrame frame, int bytes, boolean isPadded) implements Finding {}

    /**
     * Bytes that are no frame.
     *
     * @param type null when the fault is in the code
     * @param at the place of the wrong byte, counted from {@code bytes[0]}
     * @param bytes all that have come, from the beginning of the would-be frame on
     */
    record NoFrame(long offset, Fault fault, @Nullable FrameType type, String field, int at, byte[] bytes)
            implements Finding {}

    /** Line breaks, blanks and NULs between two frames. */
    record Filler(long offset, byte[] bytes) implements Finding {}

    /**
     * The beginning of a frame whose rest has not come for a while, or will not come any more.
     *
     * @param type null while not even the code has come
     * @param characters the number of those that have come
     * @param atEnd true when the stream has ended there
     */
    record Half(long offset, @Nullable FrameType type, int characters, byte[] bytes, boolean atEnd)
            implements Finding {}

    /** The end of bytes that were passed over behind a {@link NoFrame}: frames are looked for again. */
    record PassedOver(long offset, long bytes) implements Finding {}
}
