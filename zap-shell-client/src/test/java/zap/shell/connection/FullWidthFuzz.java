package zap.shell.connection;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import zap.protocol.Frame;
import zap.protocol.MalformedFrameException;

/** Arbitrary bytes from a server of full width: the client takes the same frames off them in one piece and byte by byte. */
public final class FullWidthFuzz {

    private FullWidthFuzz() {}

    public static void fuzzerTestOneInput(byte[] input) {
        var atOnce = new ArrayList<Frame>();
        var byteByByte = new ArrayList<Frame>();
        boolean good = read(input, input.length, atOnce);
        boolean goodByteByByte = read(input, 1, byteByByte);
        require(atOnce.equals(byteByByte), "it depends on the pieces in which it comes");
        require(good == goodByteByByte, "it depends on the pieces whether it is refused");
    }

    /** @return whether nothing was refused */
    private static boolean read(byte[] input, int step, List<Frame> frames) {
        var wire = new FullWidth();
        ByteBuffer in = ByteBuffer.wrap(input);
        try {
            for (int limit = Math.min(step, input.length); ; limit = Math.min(limit + step, input.length)) {
                int before = in.position();
                List<Frame> came = wire.decode(in.limit(limit), limit == input.length);
                require(in.position() >= before && (in.position() > before) != came.isEmpty(), "bytes and no frame for them");
                frames.addAll(came);
                if (limit == input.length) {
                    return true;
                }
            }
        } catch (MalformedFrameException e) {
            return false;
        }
    }

    private static void require(boolean holds, String otherwise) {
        if (!holds) {
            throw new AssertionError(otherwise);
        }
    }
}
