package zap.server.gateway.tcp;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.List;
import org.springframework.core.serializer.Serializer;
import zap.protocol.Frame;
import zap.protocol.FrameEncoder;
import zap.protocol.RecvEncoder;
import zap.server.gateway.settings.Framing;

/** Writes frames, all that it is given in one write: on the recv listener that is one frame. */
final class FrameSerializer implements Serializer<List<Frame>> {

    private static final FrameEncoder FULL_WIDTH = new FrameEncoder();
    private static final RecvEncoder RECV = new RecvEncoder();

    private final Framing wire;

    FrameSerializer(Framing wire) {
        this.wire = wire;
    }

    @Override
    public void serialize(List<Frame> frames, OutputStream output) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(
                frames.stream().mapToInt(frame -> lengthOf(frame, wire)).sum());
        for (Frame frame : frames) {
            switch (wire) {
                case FULL_WIDTH -> FULL_WIDTH.encode(frame, bytes);
                case RECV -> RECV.encode(frame, bytes);
            }
        }
        output.write(bytes.array(), 0, bytes.position());
    }

    /** How many bytes a frame takes. */
    static int lengthOf(Frame frame, Framing wire) {
        return switch (wire) {
            case FULL_WIDTH -> FULL_WIDTH.length(frame);
            case RECV -> RECV.length(frame);
        };
    }
}
