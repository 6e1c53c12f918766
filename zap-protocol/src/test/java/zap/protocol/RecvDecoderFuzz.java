package zap.protocol;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import zap.protocol.RecvDecoder.Follows;
import zap.protocol.RecvDecoder.Result;

/**
 * Decodes arbitrary segments and pauses on the wire of short frames: every byte is understood, skipped or dropped, none
 * is kept for ever, and without a pause between them the number of segments makes no difference.
 *
 * <p>An input is a row of segments. Each begins with a byte that gives its length (in its lower six bits; the greatest
 * length stands for one byte repeated very often, unless that was used too often already), and what happens after it.
 */
public final class RecvDecoderFuzz {

    private static final ClientId OWNER = new ClientId(1_000_000_000_017L);
    private static final FrameDecoder FULL_WIDTH = new FrameDecoder();
    private static final FrameEncoder ENCODER = new FrameEncoder();

    private static final int LENGTH = 0x3F;
    private static final int VERY_MANY = 1500;
    private static final int PAUSE = 0x40;
    private static final int IDENTIFIED = 0x80;

    /** The frames that have been understood; beside it, the number of dropped bytes. */
    private final List<Frame> frames = new ArrayList<>();

    private final RecvDecoder decoder = new RecvDecoder();
    private byte[] waiting = {};
    private long dropped;

    private RecvDecoderFuzz() {}

    public static void fuzzerTestOneInput(byte[] input) {
        var inPieces = new RecvDecoderFuzz();
        var joined = new RecvDecoderFuzz();
        byte[] pending = {};
        int leftOfMany = 3 * RecvDecoder.MAX_UNREADABLE_BYTES;
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
            inPieces.comes(segment);
            pending = join(pending, segment);
            if ((head & (PAUSE | IDENTIFIED)) != 0) {
                joined.comes(pending);
                pending = new byte[0];
            }
            if ((head & PAUSE) != 0) {
                inPieces.decode(Follows.PAUSE);
                joined.decode(Follows.PAUSE);
            }
            if ((head & IDENTIFIED) != 0) {
                inPieces.decoder.owner(OWNER);
                joined.decoder.owner(OWNER);
            }
        }
        joined.comes(pending);
        inPieces.ends();
        joined.ends();
        require(inPieces.frames.equals(joined.frames), "what is understood depends on the segments");
        require(inPieces.dropped == joined.dropped, "what is dropped depends on the segments");
    }

    private void comes(byte[] segment) {
        if (segment.length == 0) {
            return;
        }
        waiting = join(waiting, segment);
        decode(Follows.MORE_MAY_COME);
        require(waiting.length < RecvDecoder.MAX_UNREADABLE_BYTES, "it keeps " + waiting.length + " bytes");
    }

    private void ends() {
        decode(Follows.END_OF_STREAM);
        require(waiting.length == 0, "nothing more can come, and " + waiting.length + " bytes wait");
    }

    private void decode(Follows follows) {
        ByteBuffer in = ByteBuffer.wrap(waiting);
        while (true) {
            int before = in.position();
            Result result = decoder.decode(in, follows);
            if (result instanceof Result.NeedMore) {
                break;
            }
            require(in.position() > before, "nothing was taken off");
            switch (result) {
                case Result.Got(Frame frame) -> {
                    checkThatItIsOneAtFullWidth(frame);
                    frames.add(frame);
                }
                case Result.Dropped(int bytes, String why) -> {
                    require(bytes == in.position() - before || isFilled(in, before, bytes), "wrong number dropped");
                    require(!why.isBlank(), "no reason");
                    dropped += bytes;
                }
                case Result.NeedMore() -> throw new IllegalStateException("told apart above");
            }
        }
        waiting = Arrays.copyOfRange(waiting, in.position(), waiting.length);
    }

    /** Returns whether the skipped bytes were filler between frames, which counts as neither understood nor dropped. */
    private static boolean isFilled(ByteBuffer in, int from, int dropped) {
        for (int at = from; at < in.position() - dropped; at++) {
            if (!RecvDecoder.isFiller(in.get(at))) {
                return false;
            }
        }
        return dropped > 0 && dropped < in.position() - from;
    }

    private static void checkThatItIsOneAtFullWidth(Frame frame) {
        require(frame instanceof Frame.FromClient, "not a client's frame: " + frame);
        ByteBuffer wide = ByteBuffer.wrap(ENCODER.encode(frame));
        try {
            require(frame.equals(FULL_WIDTH.decode(wide)) && !wide.hasRemaining(), "another at full width: " + frame);
        } catch (MalformedFrameException e) {
            throw new AssertionError("refused at full width: " + frame, e);
        }
    }

    private static byte[] join(byte[] one, byte[] other) {
        byte[] both = Arrays.copyOf(one, one.length + other.length);
        System.arraycopy(other, 0, both, one.length, other.length);
        return both;
    }

    private static void require(boolean holds, String otherwise) {
        if (!holds) {
            throw new AssertionError(otherwise);
        }
    }
}
