package zap.protocol;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Takes short frames off a buffer. Programs send them that read "up to 218 characters" as "no padding", and one {@code
 * send()} as one frame. {@code docs/protocol.md} describes the end of a frame here.
 *
 * <p>One instance serves one connection. It decides only by the bytes that have come and by its caller's word on what
 * {@linkplain Follows follows} them. So it never waits: its caller has the clock.
 *
 * <p>The caller's buffer must have space for at least {@value #MAX_UNREADABLE_BYTES} bytes, or a malformed packet could
 * fill it before it is dropped.
 */
public final class RecvDecoder {

    /** The number of bytes from which on a malformed packet is dropped before its end has come. */
    public static final int MAX_UNREADABLE_BYTES = 4096;

    private static final Result NEED_MORE = new Result.NeedMore();

    private byte @Nullable [] ownId;

    /** True while the beginning of a malformed packet has been dropped, and its end has not come yet. */
    private boolean dropping;

    /** The caller's knowledge of what comes after the bytes in the buffer. */
    public enum Follows {
        /** Nothing is known: more may be on its way. */
        MORE_MAY_COME,
        /** Nothing has come for a while: where a packet can end, it has ended. */
        PAUSE,
        /** The peer has closed its side of the stream. */
        END_OF_STREAM
    }

    /** The result for the bytes in the buffer. */
    public sealed interface Result {

        /** A frame was taken off. */
        record Got(Frame frame) implements Result {}

        /**
         * Something that is not a frame was taken off.
         *
         * @param why the fault and its place, never the bytes
         */
        record Dropped(int bytes, String why) implements Result {}

        /** Nothing was taken off, except possibly filler between two frames. */
        record NeedMore() implements Result {}
    }

    /** Sets the client of this session, as soon as it is known: a glued frame is recognised by this id in it. */
    public void owner(ClientId id) {
        ownId = id.toString().getBytes(StandardCharsets.US_ASCII);
    }

    /**
     * Takes the next thing off the buffer and moves the position past it. Call it until it needs more.
     *
     * <p>A frame whose fixed part has not come yet is waited for, through any pause. It is dropped only at the end of
     * the stream, or when the caller closes the connection.
     */
    public Result decode(ByteBuffer in, Follows follows) {
        if (dropping) {
            return goOnDropping(in, follows);
        }
        while (in.hasRemaining() && isFiller(in.get(in.position()))) {
            in.get();
        }
        if (!in.hasRemaining()) {
            return NEED_MORE;
        }
        byte[] bytes;
        int start;
        if (in.hasArray()) {
            bytes = in.array();
            start = in.arrayOffset() + in.position();
        } else {
            bytes = new byte[in.remaining()];
            in.get(in.position(), bytes);
            start = 0;
        }
        RecvReader reader = new RecvReader(bytes, start, start + in.remaining(), follows, ownId);
        try {
            Frame frame = reader.read();
            if (frame != null) {
                in.position(in.position() + reader.consumedTo() - start);
                return new Result.Got(frame);
            }
        } catch (MalformedFrameException e) {
            return dropPacket(in, follows, String.valueOf(e.getMessage()));
        }
        if (follows == Follows.END_OF_STREAM) {
            return drop(in, in.limit(), "the stream ended inside a frame");
        }
        return NEED_MORE;
    }

    /** Returns whether the byte is filler, which has no meaning between two frames. */
    static boolean isFiller(byte b) {
        return b == '\r' || b == '\n' || b == ' ' || b == 0;
    }

    private Result dropPacket(ByteBuffer in, Follows follows, String why) {
        int lineEnd = endOfLine(in);
        if (lineEnd >= 0) {
            return drop(in, lineEnd, why);
        }
        if (follows != Follows.MORE_MAY_COME) {
            return drop(in, in.limit(), why);
        }
        if (in.remaining() < MAX_UNREADABLE_BYTES) {
            return NEED_MORE;
        }
        dropping = true;
        return drop(in, in.limit() - 1, why);
    }

    /**
     * Drops more of a malformed packet. While its end has not come, its last byte stays in the buffer. So a caller that
     * reports a pause only while bytes wait does report the one that ends this packet.
     */
    private Result goOnDropping(ByteBuffer in, Follows follows) {
        String why = "the rest of a packet that is no frame";
        int lineEnd = endOfLine(in);
        if (lineEnd >= 0 || follows != Follows.MORE_MAY_COME) {
            dropping = false;
            return in.hasRemaining() ? drop(in, lineEnd >= 0 ? lineEnd : in.limit(), why) : NEED_MORE;
        }
        return in.remaining() > 1 ? drop(in, in.limit() - 1, why) : NEED_MORE;
    }

    private static Result drop(ByteBuffer in, int end, String why) {
        int bytes = end - in.position();
        in.position(end);
        return new Result.Dropped(bytes, why);
    }

    /** Returns the place just past the next line feed, or -1 when there is none. */
    private static int endOfLine(ByteBuffer in) {
        for (int at = in.position(); at < in.limit(); at++) {
            if (in.get(at) == '\n') {
                return at + 1;
            }
        }
        return -1;
    }
}
