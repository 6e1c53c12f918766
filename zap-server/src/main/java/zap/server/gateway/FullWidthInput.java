package zap.server.gateway;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import zap.protocol.Frame;
import zap.protocol.FrameDecoder;
import zap.protocol.MalformedFrameException;

/** The main port's framing: a frame is as wide as its code says, whatever the network makes of it. */
final class FullWidthInput extends FrameInput {

    private static final FrameDecoder DECODER = new FrameDecoder();

    private @Nullable MalformedFrameException broken;

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
        try {
            @Nullable Frame frame;
            while (broken == null && (frame = DECODER.decode(buffer())) != null) {
                burst.add(frame);
            }
        } catch (MalformedFrameException e) {
            broken = e;
        }
        return burst;
    }
}
