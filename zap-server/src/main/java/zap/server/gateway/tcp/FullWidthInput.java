package zap.server.gateway.tcp;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import zap.protocol.Frame;
import zap.protocol.FrameDecoder;
import zap.protocol.HistoryDigest;
import zap.protocol.MalformedFrameException;

/** The framing of the main listener: a frame has the width of its code, however the network divides it. */
final class FullWidthInput extends FrameInput {

    private static final FrameDecoder DECODER = new FrameDecoder();
    private static final int[] NONE = {};

    /** Most frames of a burst for which an idle connection keeps memory. */
    private static final int QUIET = 128;

    private @Nullable MalformedFrameException broken;
    /** True once the peer has sent hello: from then on the place of each frame of a burst in the buffer is kept. */
    private boolean assured;

    private int[] starts = NONE;
    private int[] ends = NONE;

    FullWidthInput(InputStream socket) {
        super(socket);
    }

    @Override
    List<Frame> readBurst() throws IOException {
        while (true) {
            List<Frame> burst = decode();
            if (!burst.isEmpty()) {
                return burst;
            }
            if (broken != null) {
                throw new BrokenInputException(broken);
            }
            if (!fill()) {
                throw endOfStream();
            }
        }
    }

    /** Decodes the whole frames in the buffer. The frames before a broken one still count. */
    private List<Frame> decode() {
        List<Frame> burst = new ArrayList<>();
        if (starts.length > QUIET) {
            starts = NONE; // a burst of pings has tens of thousands of frames, and a quiet connection keeps little
            ends = NONE;
        }
        try {
            int start = buffer().position();
            @Nullable Frame frame;
            while (broken == null && (frame = DECODER.decode(buffer())) != null) {
                assured |= frame instanceof Frame.Hello;
                if (assured) {
                    remember(burst.size(), start, buffer().position());
                }
                start = buffer().position();
                burst.add(frame);
            }
        } catch (MalformedFrameException e) {
            broken = e;
        }
        return burst;
    }

    /** Returns for how many frames of a burst memory is kept. */
    int places() {
        return starts.length;
    }

    private void remember(int index, int start, int end) {
        if (index >= starts.length) {
            int room = Math.max(4, 2 * (index + 1));
            starts = Arrays.copyOf(starts, room);
            ends = Arrays.copyOf(ends, room);
        }
        starts[index] = start;
        ends[index] = end;
    }

    /** Computes the digest over the bytes as received, because a member's empty slot can be written in two ways. */
    @Override
    HistoryDigest digestAfter(HistoryDigest before, int index) {
        byte[] bytes = buffer().array();
        return before.after(bytes, starts[index], ends[index] - starts[index]);
    }
}
