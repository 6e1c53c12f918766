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
 * A connection's input as bursts of frames: the whole frames of one read from the socket.
 *
 * <p>It is an {@link InputStream} because that is what Spring Integration hands to a deserializer. Only the
 * connection's own thread reads; other threads may ask {@link #waitingFor} and {@link #isInsideFrame}.
 */
abstract class FrameInput extends InputStream {

    /** Size of an idle connection's buffer, in bytes: enough for a 05 in ASCII. */
    private static final int SMALL = 512;

    /** Size of a busy connection's buffer, in bytes: several times the largest frame (923). */
    static final int LARGE = 16 * 1024;

    private static final long NOT_WAITING = 0;

    private final InputStream socket;
    /** Bytes that are received and not decoded yet, between position and limit: it is always ready to be read from. */
    private ByteBuffer buffer = ByteBuffer.allocate(SMALL).limit(0);

    /** True when the last read filled the buffer: probably there is more. */
    private boolean filledToTheBrim;

    private volatile long waitingSinceNanos = NOT_WAITING;
    /** True once a byte has been received. */
    private boolean begun;

    /** True until the peer is identified: until then the time of its bytes matters. */
    private volatile boolean anonymous = true;

    // Of the connection's own thread.
    private long lastReadNanos = System.nanoTime();
    private long heardAtNanos = lastReadNanos;
    private boolean waited;

    private volatile boolean insideFrame;
    /** {@link System#nanoTime()} when the first part of the incomplete frame was received. */
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
     * @throws BrokenInputException when the bytes are not a frame
     */
    abstract List<Frame> readBurst() throws IOException;

    /**
     * Returns the digest of a stream after a frame of the last burst. For the connection's own thread, before it reads
     * the next burst, and only after the peer's hello.
     *
     * @param before the stream's digest before the frame
     * @param index the frame's index in the burst, from 0
     */
    HistoryDigest digestAfter(HistoryDigest before, int index) {
        throw new IllegalStateException("Frames of this framing are in no stream");
    }

    /** Notes the session's own id. */
    void owner(ClientId id) {
        anonymous = false;
    }

    /**
     * Returns {@link System#nanoTime()} when the peer sent the bytes that were read last. Only until it is identified.
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

    /** Returns how long the connection's thread has been waiting for the peer; zero while it handles frames. */
    final Duration waitingFor() {
        long since = waitingSinceNanos;
        return since == NOT_WAITING ? Duration.ZERO : Duration.ofNanos(System.nanoTime() - since);
    }

    /** Returns whether the first part of a frame was received, and the rest was not. */
    final boolean isInsideFrame() {
        return insideFrame;
    }

    /** Returns how long ago the first part of an incomplete frame was received; zero when there is none. */
    final Duration insideFrameFor() {
        return insideFrame ? Duration.ofNanos(System.nanoTime() - frameSinceNanos) : Duration.ZERO;
    }

    /**
     * Returns the bytes that are received and not decoded yet. Another buffer may be returned after each {@link #fill}.
     */
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
        boolean waits = false;
        waitingSinceNanos = System.nanoTime();
        try {
            if (socket instanceof HandshakeInput before) {
                // The first frame may come together with the end of that, and is as old as that then.
                waits = anonymous && socket.available() == 0;
                before.handshake();
            }
            waits |= anonymous && socket.available() == 0;
            count = socket.read(buffer.array(), end, room);
        } catch (SocketException e) {
            if (begun) {
                throw e;
            }
            // The peer has sent nothing, and resets the connection instead of closing it: a health check, most likely.
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

    /**
     * Returns the exception for an end of stream between two frames. To be thrown when {@link #fill} has returned
     * false.
     *
     * @throws EOFException when the stream ended inside a frame
     */
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
