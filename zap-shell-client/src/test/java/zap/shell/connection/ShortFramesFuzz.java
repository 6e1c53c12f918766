package zap.shell.connection;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import zap.protocol.ClientId;
import zap.protocol.Frame;
import zap.protocol.FrameEncoder;
import zap.protocol.FrameType;

/**
 * Fuzzes the client with arbitrary segments and pauses from a server of others. The client reads what it can and skips
 * the rest, never fails, and keeps no more than what may still become a frame.
 *
 * <p>An input is a row of segments. Each begins with a byte that gives its length and whether a pause follows. The
 * length is in the lower six bits; the greatest one stands for one byte, very many times, unless that was used too
 * often.
 */
public final class ShortFramesFuzz {

    private static final ClientId SELF = new ClientId(1_000_000_000_001L);
    private static final FrameEncoder ENCODER = new FrameEncoder();

    private static final int LENGTH = 0x3F;
    private static final int PAUSE = 0x40;
    private static final int UNREADABLE = 8192;
    private static final int VERY_MANY = 3000;

    /** The size of the read buffer. */
    private static final int ROOM = 64 * 1024;

    private final ShortFrames wire = new ShortFrames();
    private final ByteBuffer in = ByteBuffer.allocate(ROOM);
    private final List<Frame> frames = new ArrayList<>();

    private ShortFramesFuzz() {}

    public static void fuzzerTestOneInput(byte[] input) {
        new ShortFramesFuzz().play(input);
    }

    private void play(byte[] input) {
        wire.owner(SELF);
        int leftOfMany = UNREADABLE + VERY_MANY;
        for (int at = 0; at < input.length; ) {
            int head = input[at++];
            int length = head & LENGTH;
            int end = Math.min(input.length, at + (length == LENGTH ? 1 : length));
            byte[] segment = Arrays.copyOfRange(input, at, end);
            if (length == LENGTH && end > at && leftOfMany > 0) {
                leftOfMany -= VERY_MANY;
                segment = new byte[VERY_MANY];
                Arrays.fill(segment, input[at]);
            }
            at = end;
            if (segment.length > 0) {
                require(in.remaining() >= segment.length, "no room is left for what comes");
                in.put(segment);
                decode(false);
            }
            if ((head & PAUSE) != 0) {
                decode(true);
            }
        }
        decode(true);
        for (Frame frame : frames) {
            require(frame instanceof Frame.FromServer, "a frame that no server sends: " + frame.type());
            if (frame.type() != FrameType.CONNECTED) {
                ENCODER.encode(frame);
            }
        }
    }

    private void decode(boolean pause) {
        in.flip();
        int before = in.remaining();
        List<Frame> came = wire.decode(in, pause);
        require(in.remaining() < before || came.isEmpty(), "frames of nothing");
        frames.addAll(came);
        // A character may have four bytes.
        require(in.remaining() <= 4 * UNREADABLE, "it keeps " + in.remaining() + " bytes");
        in.compact();
    }

    private static void require(boolean holds, String otherwise) {
        if (!holds) {
            throw new AssertionError(otherwise);
        }
    }
}
