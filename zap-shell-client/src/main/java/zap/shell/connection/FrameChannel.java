package zap.shell.connection;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import zap.protocol.ClientId;
import zap.protocol.Frame;
import zap.protocol.MalformedFrameException;

/** A connection as frames. One thread reads, one writes; they may be different ones. */
public final class FrameChannel implements AutoCloseable {

    private static final int READ_BUFFER = 64 * 1024;

    private final Transport transport;
    private final FrameCodec wire;
    private final ByteBuffer buffer = ByteBuffer.allocate(READ_BUFFER);
    private List<Frame> unread = List.of();
    private boolean restIsUnread;

    /** Makes connections. */
    @FunctionalInterface
    public interface Dialer {
        FrameChannel dial() throws IOException;
    }

    public FrameChannel(Transport transport, FrameCodec wire) {
        this.transport = transport;
        this.wire = wire;
    }

    /** Says who we are, once that is known: short frames cannot be told apart without. */
    public void owner(ClientId self) {
        wire.owner(self);
    }

    /**
     * The frames that have come, after waiting for the first of them.
     *
     * @param wait how long to wait; zero is for ever
     * @return none when none has come for so long, or not a whole one
     * @throws EOFException when the peer has hung up
     * @throws MalformedFrameException when what comes is no frame
     */
    public List<Frame> read(Duration wait) throws IOException, MalformedFrameException {
        if (!unread.isEmpty()) {
            List<Frame> frames = unread;
            unread = List.of();
            return frames;
        }
        if (restIsUnread) {
            List<Frame> frames = decode(false);
            if (!frames.isEmpty()) {
                return frames;
            }
        }
        boolean mayBeWhole = buffer.position() > 0 && !wire.pause().isZero();
        int count = transport.read(buffer, mayBeWhole ? wire.pause() : wait);
        List<Frame> frames = decode(count <= 0);
        if (count < 0 && frames.isEmpty()) {
            throw new EOFException("the peer has hung up");
        }
        return frames;
    }

    private List<Frame> decode(boolean pause) throws MalformedFrameException {
        buffer.flip();
        List<Frame> frames = wire.decode(buffer, pause);
        buffer.compact();
        // What follows them may be nonsense: then that is known now, and nobody waits for more of it.
        restIsUnread = !frames.isEmpty() && buffer.position() > 0;
        return frames;
    }

    /** Gives frames back that were read too early: the next {@link #read} has them. Only for the thread that reads. */
    public void unread(List<Frame> frames) {
        unread = List.copyOf(frames);
    }

    /** Writes these, in one write if the wire allows it: then they arrive together or not at all, as far as that can be had. */
    public void write(List<? extends Frame> frames) throws IOException {
        if (frames.isEmpty()) {
            return;
        }
        if (wire.gap().isZero()) {
            var bytes = new ByteArrayOutputStream();
            for (Frame frame : frames) {
                bytes.writeBytes(wire.encode(frame));
            }
            transport.write(bytes.toByteArray());
            return;
        }
        for (Frame frame : frames) {
            transport.write(wire.encode(frame));
            try {
                // A program that does one recv for each message must not find two in it.
                Thread.sleep(wire.gap());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** How it is encrypted; null when it is not. */
    public @Nullable Encryption encryption() {
        return transport.encryption();
    }

    /** Says that nothing more will be written; reading goes on. */
    public void finishWriting() throws IOException {
        transport.finishWriting();
    }

    @Override
    public void close() {
        transport.close();
    }
}
