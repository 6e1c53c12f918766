package zap.shell.connection;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import zap.protocol.ClientId;
import zap.protocol.Frame;
import zap.protocol.FrameDecoder;
import zap.protocol.FrameEncoder;
import zap.protocol.MalformedFrameException;

/** The codec for frames of full width, which a zap server uses on its main port. */
public final class FullWidth implements FrameCodec {

    private final FrameEncoder encoder = new FrameEncoder();
    private final FrameDecoder decoder = new FrameDecoder();

    @Override
    public byte[] encode(Frame frame) {
        return encoder.encode(frame);
    }

    @Override
    public List<Frame> decode(ByteBuffer in, boolean pause) throws MalformedFrameException {
        var frames = new ArrayList<Frame>();
        try {
            @Nullable Frame frame;
            while ((frame = decoder.decode(in)) != null) {
                frames.add(frame);
            }
        } catch (MalformedFrameException e) {
            if (frames.isEmpty()) {
                throw e;
            }
            // The frames before it still count. It stays in the buffer, and the next call throws.
        }
        return frames;
    }

    @Override
    public Duration gap() {
        return Duration.ZERO;
    }

    @Override
    public Duration pause() {
        return Duration.ZERO;
    }

    @Override
    public void owner(ClientId self) {
        // A frame of full width has a known end.
    }
}
