package zap.protocol;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Decodes arbitrary bytes at full width: they are frames, refused, or waited for, and the result does not depend on the
 * pieces in which they come. A frame that was read can be written, and is then equal.
 */
public final class FrameDecoderFuzz {

    private static final FrameDecoder DECODER = new FrameDecoder();
    private static final FrameEncoder ENCODER = new FrameEncoder();

    private FrameDecoderFuzz() {}

    /**
     * The result for some bytes.
     *
     * @param ends the end of each frame
     * @param complaint the fault in the next frame; null when it only had not come completely
     */
    private record Read(
            List<Frame> frames,
            List<Integer> ends,
            @Nullable String complaint) {

        /** Returns the end of the last frame. */
        int end() {
            return ends.isEmpty() ? 0 : ends.getLast();
        }
    }

    public static void fuzzerTestOneInput(byte[] input) {
        Read atOnce = readAtOnce(input);
        Read inPieces = readInPieces(input);
        // When the beginning of a number is too great already, its end is not read, so only the complaints may differ.
        require(
                inPieces.frames.equals(atOnce.frames)
                        && inPieces.ends.equals(atOnce.ends)
                        && (inPieces.complaint == null) == (atOnce.complaint == null),
                "it depends on the pieces in which it comes");
        int start = 0;
        for (int i = 0; i < atOnce.frames.size(); i++) {
            int end = atOnce.ends.get(i);
            checkThatItCanBeWritten(atOnce.frames.get(i), Arrays.copyOfRange(input, start, end));
            start = end;
        }
        if (atOnce.complaint != null) {
            checkThatItStaysRefused(Arrays.copyOfRange(input, start, input.length));
        }
    }

    private static Read readAtOnce(byte[] input) {
        var read = new Read(new ArrayList<>(), new ArrayList<>(), null);
        return readOn(ByteBuffer.wrap(input), 0, read);
    }

    /**
     * Reads the input with space before and behind it, in a buffer of either kind, some bytes more each time. The input
     * decides all of that.
     */
    private static Read readInPieces(byte[] input) {
        RandomGenerator random = RandomFrames.generator(Arrays.hashCode(input));
        int before = random.nextInt(3);
        ByteBuffer in = random.nextBoolean()
                ? ByteBuffer.allocateDirect(before + input.length)
                : ByteBuffer.allocate(7 + before + input.length).position(7).slice();
        in.position(before).put(input).position(before).limit(before);
        int most = 1 + random.nextInt(400);
        var read = new Read(new ArrayList<>(), new ArrayList<>(), null);
        while (in.limit() < in.capacity() && read.complaint == null) {
            in.limit(Math.min(in.capacity(), in.limit() + 1 + random.nextInt(most)));
            read = readOn(in, before, read);
        }
        return read;
    }

    /** Takes all frames off that have come, and adds them to the earlier ones. */
    private static Read readOn(ByteBuffer in, int before, Read read) {
        int start = in.position();
        int limit = in.limit();
        try {
            Frame frame;
            while ((frame = DECODER.decode(in)) != null) {
                require(in.position() > start, "a frame of nothing");
                read.frames.add(frame);
                start = in.position();
                read.ends.add(start - before);
            }
            require(in.position() == start, "bytes were taken, and no frame was given for them");
            require(in.remaining() < FrameEncoder.MAX_FRAME_BYTES, "more than a frame is waited for");
            return read;
        } catch (MalformedFrameException e) {
            require(in.position() == start, "what was refused was taken all the same");
            return new Read(read.frames, read.ends, e.getMessage());
        } finally {
            require(in.limit() == limit, "the limit was moved");
        }
    }

    private static void checkThatItCanBeWritten(Frame frame, byte[] came) {
        require(came.length <= FrameEncoder.MAX_FRAME_BYTES, "longer than a frame can be: " + frame);
        byte[] written = ENCODER.encode(frame);
        require(codePoints(written) == frame.type().width(), "not as wide as its code says: " + frame);
        if (Arrays.equals(written, came)) {
            return;
        }
        // An empty slot of a member can be written in two ways, and either is correct.
        boolean severalWays = frame instanceof Frame.CreateGroup || frame instanceof Frame.GroupCreated;
        require(severalWays, "written in two ways: " + frame);
        require(codePoints(came) == frame.type().width(), "not as wide as its code says: " + frame);
        Read again = readAtOnce(written);
        require(again.frames.equals(List.of(frame)) && again.end() == written.length, "not what was written: " + frame);
    }

    /** Checks that no further byte makes a refused frame valid, so that no receiver waits for it in vain. */
    private static void checkThatItStaysRefused(byte[] refused) {
        byte[] more = Arrays.copyOf(refused, refused.length + 20);
        Arrays.fill(more, refused.length, more.length, (byte) '0');
        Read read = readAtOnce(more);
        require(read.frames.isEmpty() && read.complaint != null, "refused, and with more behind it a frame");
    }

    private static int codePoints(byte[] bytes) {
        int count = 0;
        for (byte b : bytes) {
            if ((b & 0xC0) != 0x80) {
                count++;
            }
        }
        return count;
    }

    private static void require(boolean holds, String otherwise) {
        if (!holds) {
            throw new AssertionError(otherwise);
        }
    }
}
