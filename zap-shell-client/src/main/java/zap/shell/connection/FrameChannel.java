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

/** A connection that carries frames. One thread reads and one writes; they may differ. */
public final class FrameChannel implements AutoCloseable {

    private static final int READ_BUFFER = 64 * 1024;

    private final Transport transport;
    private final FrameCodec codec;
    private final ByteBuffer buffer = ByteBuffer.allocate(READ_BUFFER);
    private List<Frame> unread = List.of();
    private boolean restIsUnread;

    /** Dials a server. */
    @FunctionalInterface
    public interface Dialer {
        FrameChannel dial() throws IOException;
    }

    public FrameChannel(Transport transport, FrameCodec codec) {
        this.transport = transport;
        this.codec = codec;
    }

    /** Sets the own number, once it is known. Short frames cannot be told apart without it. */
    public void owner(ClientId self) {
        codec.owner(self);
    }

    /**
     * Reads the frames that have come. Blocks until the first of them, or until the timeout.
     *
     * @param wait the timeout; zero waits forever
     * @return an empty list when no whole frame has come in time
     * @throws EOFException when the peer has hung up
     * @throws MalformedFrameException when the bytes are not a frame
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
        boolean mayBeWhole = buffer.position() > 0 && !codec.pause().isZero();
        int count = transport.read(buffer, mayBeWhole ? codec.pause() : wait);
        List<Frame> frames = decode(count <= 0);
        if (count < 0 && frames.isEmpty()) {
            throw new EOFException("the peer has hung up");
        }
        return frames;
    }

    private List<Frame> decode(boolean pause) throws MalformedFrameException {
        buffer.flip();
        List<Frame> frames = codec.decode(buffer, pause);
        buffer.compact();
        // The rest may be malformed. It is decoded with the next read, without waiting for more bytes.
        restIsUnread = !frames.isEmpty() && buffer.position() > 0;
        return frames;
    }

    /** Puts frames back that were read too early: the next {@link #read} returns them. Only for the reading thread. */
    public void unread(List<Frame> frames) {
        unread = List.copyOf(frames);
    }

    /** Writes frames, in one write if the codec allows it, so that they arrive together if possible. */
    public void write(List<? extends Frame> frames) throws IOException {
        if (frames.isEmpty()) {
            return;
        }
        if (codec.gap().isZero()) {
            var bytes = new ByteArrayOutputStream();
            for (Frame frame : frames) {
                bytes.writeBytes(codec.encode(frame));
            }
            transport.write(bytes.toByteArray());
            return;
        }
        for (Frame frame : frames) {
            transport.write(codec.encode(frame));
            try {
                // A program that does one recv for each message must not find two in it.
                Thread.sleep(codec.gap());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Returns the address that it is connected to; null when it has none. */
    public @Nullable ServerAddress address() {
        return transport.address();
    }

    /** Returns the encryption; null when there is none. */
    public @Nullable Encryption encryption() {
        return transport.encryption();
    }

    /** Ends the writing side. Reading goes on. */
    public void finishWriting() throws IOException {
        transport.finishWriting();
    }

    @Override
    public void close() {
        transport.close();
    }
}
