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

/**
 * The encoder of a connection's frames. It writes all frames of a list in one write; on the recv listener a list has
 * one frame.
 */
final class FrameSerializer implements Serializer<List<Frame>> {

    private static final FrameEncoder FULL_WIDTH = new FrameEncoder();
    private static final RecvEncoder RECV = new RecvEncoder();

    private final Framing framing;

    FrameSerializer(Framing framing) {
        this.framing = framing;
    }

    @Override
    public void serialize(List<Frame> frames, OutputStream output) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(
                frames.stream().mapToInt(frame -> lengthOf(frame, framing)).sum());
        for (Frame frame : frames) {
            switch (framing) {
                case FULL_WIDTH -> FULL_WIDTH.encode(frame, bytes);
                case RECV -> RECV.encode(frame, bytes);
            }
        }
        output.write(bytes.array(), 0, bytes.position());
    }

    /** Returns the length of a frame, in bytes. */
    static int lengthOf(Frame frame, Framing framing) {
        return switch (framing) {
            case FULL_WIDTH -> FULL_WIDTH.length(frame);
            case RECV -> RECV.length(frame);
        };
    }
}
