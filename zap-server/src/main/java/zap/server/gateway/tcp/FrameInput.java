package zap.server.gateway.tcp;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import org.springframework.integration.ip.tcp.serializer.SoftEndOfStreamException;
import zap.protocol.ClientId;
import zap.protocol.Frame;
import zap.protocol.HistoryDigest;
import zap.server.gateway.tls.HandshakeInput;
import zap.server.gateway.tls.TlsRecord;

/**
 * A connection's input as bursts of frames: all that are whole in what one read from the socket brought.
 *
 * <p>It is an {@link InputStream} because that is what Spring Integration hands to a deserializer. Only the connection's own
 * thread reads; other threads may ask {@link #waitingFor} and {@link #isInsideFrame}.
 */
abstract class FrameInput extends InputStream {

    /** Enough for a 05 in ASCII: what an idle connection costs. */
    private static final int SMALL = 512;

    /** What a busy connection reads at a time; several times the largest frame (923 bytes). */
    static final int LARGE = 16 * 1024;

    private static final long NOT_WAITING = 0;

    private final InputStream socket;
    /** Always ready to be read from: between position and limit is what came and is not decoded yet. */
    private ByteBuffer buffer = ByteBuffer.allocate(SMALL).limit(0);

    /** The last read brought all that there was room for: probably there is more. */
    private boolean filledToTheBrim;

    private volatile long waitingSinceNanos = NOT_WAITING;
    /** Something has come. */
    private boolean begun;

    /** Nobody knows yet who the peer is, so that it matters when it says so. */
    private volatile boolean anonymous = true;

    // Of the connection's own thread.
    private long lastReadNanos = System.nanoTime();
    private long heardAtNanos = lastReadNanos;
    private boolean waited;

    private volatile boolean insideFrame;
    /** When the first part of the frame came that we are inside of. */
    private volatile long frameSinceNanos;

    FrameInput(InputStream socket) {
        this.socket = socket;
    }

    /**
     * Waits for the next frames.
     *
     * @return at least one frame
     * @throws SoftEndOfStreamException when the peer hung up between two frames
     * @throws EOFException when it hung up inside a frame
     * @throws BrokenInputException when what came is no frame
     */
    abstract List<Frame> readBurst() throws IOException;

    /**
     * Returns the digest of a stream after a frame of the last burst. To be asked by the connection's own thread before it reads
     * the next burst, and only once the peer has said hello.
     *
     * @param before the stream's digest before the frame
     * @param index which frame of the burst, from 0
     */
    HistoryDigest digestAfter(HistoryDigest before, int index) {
        throw new IllegalStateException("Frames of this framing are in no stream");
    }

    /** The session's own id is known now. */
    void owner(ClientId id) {
        anonymous = false;
    }

    /**
     * Returns {@link System#nanoTime()} when the peer said what was read last, while it has not said who it is.
     *
     * <p>That is when the read returned, if the thread was waiting for it. What had come before the thread began to
     * read may have waited for the thread for any time: then it is when the read before returned, or when the
     * connection was accepted, after which alone it can have come. For the connection's own thread.
     */
    final long heardAtNanos() {
        return heardAtNanos;
    }

    /** Returns whether the thread was waiting for what was read last: see {@link #heardAtNanos}. */
    final boolean waitedForIt() {
        return waited;
    }

    /** For how long the peer has said nothing; zero while we deal with what it said. */
    final Duration waitingFor() {
        long since = waitingSinceNanos;
        return since == NOT_WAITING ? Duration.ZERO : Duration.ofNanos(System.nanoTime() - since);
    }

    /** Whether the first part of a frame has come, and the rest has not. */
    final boolean isInsideFrame() {
        return insideFrame;
    }

    /** For how long the rest of the frame that we are inside of has been waited for, however much of it comes now and then. */
    final Duration insideFrameFor() {
        return insideFrame ? Duration.ofNanos(System.nanoTime() - frameSinceNanos) : Duration.ZERO;
    }

    /** What came and is not decoded yet. Changes with every {@link #fill}. */
    final ByteBuffer buffer() {
        return buffer;
    }

    /**
     * Waits for more bytes, and adds them to the buffer.
     *
     * @return false at the end of the stream
     */
    final boolean fill() throws IOException {
        boolean oneHasEnded = !insideFrame || buffer.position() > 0;
        if (oneHasEnded) {
            frameSinceNanos = System.nanoTime();
        }
        insideFrame = buffer.hasRemaining();
        makeRoom();
        int end = buffer.limit();
        int room = buffer.capacity() - end;
        int count;
        boolean waits;
        waitingSinceNanos = System.nanoTime();
        try {
            if (socket instanceof HandshakeInput encrypted) {
                encrypted.handshake();
            }
            waits = anonymous && socket.available() == 0;
            count = socket.read(buffer.array(), end, room);
        } catch (SocketException e) {
            if (begun) {
                throw e;
            }
            // It has said nothing, and resets the connection instead of closing it: a health check, most likely.
            return false;
        } finally {
            waitingSinceNanos = NOT_WAITING;
        }
        if (count < 0) {
            return false;
        }
        if (anonymous) {
            long now = System.nanoTime();
            waited = waits;
            heardAtNanos = waits ? now : lastReadNanos;
            lastReadNanos = now;
        }
        filledToTheBrim = count == room;
        buffer.limit(end + count);
        if (!begun) {
            begun = true;
            if (TlsRecord.begins(buffer)) {
                throw new BrokenInputException("it speaks TLS on a port that does not");
            }
        }
        return true;
    }

    /** The end of the stream, and whether it was a good one. To be thrown when {@link #fill} has returned false. */
    final SoftEndOfStreamException endOfStream() throws EOFException {
        if (buffer.hasRemaining()) {
            throw new EOFException("The stream ended inside a frame");
        }
        return new SoftEndOfStreamException("The stream ended between two frames");
    }

    private void makeRoom() throws IOException {
        if (!buffer.hasRemaining()) {
            if (buffer.capacity() > SMALL && socket.available() == 0) {
                buffer = ByteBuffer.allocate(SMALL); // nothing more for now: an idle connection keeps little
            }
            buffer.position(0).limit(0);
        } else if (buffer.position() > 0) {
            buffer.compact().flip();
        }
        if (filledToTheBrim || buffer.limit() == buffer.capacity()) {
            grow();
        }
    }

    private void grow() {
        if (buffer.capacity() < LARGE) {
            buffer = ByteBuffer.allocate(LARGE).put(buffer).flip();
        } else if (buffer.limit() == buffer.capacity()) {
            throw new IllegalStateException("The buffer is full, and holds no whole frame");
        }
    }

    @Override
    public int read() throws IOException {
        throw new UnsupportedOperationException("This stream is read in frames");
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
        return read();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
