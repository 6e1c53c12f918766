package zap.shell.connection;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import zap.protocol.ClientId;
import zap.protocol.Frame;
import zap.protocol.MalformedFrameException;

/** A codec for the frames of one connection. It knows bytes, not sockets. */
public interface FrameCodec {

    /** Encodes a frame as one array, for one write. */
    byte[] encode(Frame frame);

    /**
     * Decodes all whole frames in the buffer between its position and limit, and moves the position behind them.
     *
     * @param pause whether nothing more has come for a moment
     * @throws MalformedFrameException when the rest cannot be decoded; only after all frames before it have been
     *     returned
     */
    List<Frame> decode(ByteBuffer in, boolean pause) throws MalformedFrameException;

    /** Returns the time between two writes. */
    Duration gap();

    /** Returns the silence that counts as a pause; zero when pauses have no meaning. */
    Duration pause();

    /** Sets the own number, once it is known. */
    void owner(ClientId self);
}
