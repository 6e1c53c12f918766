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

/** The main port's framing: a frame is as wide as its code says, whatever the network makes of it. */
final class FullWidthInput extends FrameInput {

    private static final FrameDecoder DECODER = new FrameDecoder();
    private static final int[] NONE = {};

    /** For how many frames of a burst there is memory while nothing comes. */
    private static final int QUIET = 128;

    private @Nullable MalformedFrameException broken;
    /** The peer has said hello: from then on it is remembered where each frame of a burst stands in the buffer. */
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

    /** The whole frames in the buffer. Those before a broken one still count. */
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

    /** For how many frames of a burst there is memory. */
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

    /** Takes the frame's very bytes: a member's empty slot can be written in two ways, and the digest is over what came. */
    @Override
    HistoryDigest digestAfter(HistoryDigest before, int index) {
        byte[] bytes = buffer().array();
        return before.after(bytes, starts[index], ends[index] - starts[index]);
    }
}
