package zap.shell.connection;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import zap.protocol.ClientId;
import zap.protocol.Frame;
import zap.protocol.MalformedFrameException;

/** How frames are written and read on one connection. Knows bytes, not sockets. */
public interface FrameCodec {

    /** The frame as it is written: one array, one write. */
    byte[] encode(Frame frame);

    /**
     * Takes all whole frames off the buffer, which is between position and limit.
     *
     * @param pause nothing more has come for a moment
     * @throws MalformedFrameException when the rest cannot be read any more; not before all frames that came before that have been given
     */
    List<Frame> decode(ByteBuffer in, boolean pause) throws MalformedFrameException;

    /** The time between two writes. */
    Duration gap();

    /** How long nothing must have come for it to be a pause; zero when pauses mean nothing. */
    Duration pause();

    /** Says who we are, once that is known. */
    void owner(ClientId self);
}
