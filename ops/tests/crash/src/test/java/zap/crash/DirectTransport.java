package zap.crash;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import org.springframework.integration.ip.tcp.serializer.SoftEndOfStreamException;
import zap.protocol.Frame;
import zap.server.gateway.session.FrameDispatcher;
import zap.server.gateway.session.Inbound;
import zap.server.gateway.session.Session;
import zap.server.gateway.session.SessionOpener;
import zap.server.gateway.settings.Framing;
import zap.server.gateway.settings.GatewayProperties;
import zap.server.gateway.tcp.MemoryConnection;
import zap.server.gateway.tcp.MemorySocket;
import zap.server.mailbox.Mailbox;
import zap.server.testing.TestedServer;
import zap.shell.connection.Transport;

/**
 * A connection of a client to a server in the same JVM, without a network: the client's bytes go to the server's own
 * connection, session and dispatcher, on the client's thread. A schedule has twenty connections, and TCP with
 * its threads took a sixth of its time.
 */
final class DirectTransport implements Transport {

    private final Entrance entrance;
    private final MemorySocket socket = new MemorySocket();
    private final MemoryConnection connection;
    private final Session session;
    private ByteBuffer unread = ByteBuffer.allocate(0);

    /** The way into a server. */
    record Entrance(SessionOpener opener, FrameDispatcher dispatcher, Mailbox mailbox, GatewayProperties properties) {

        static Entrance of(TestedServer server) {
            return new Entrance(
                    server.bean(SessionOpener.class),
                    server.bean(FrameDispatcher.class),
                    server.bean(Mailbox.class),
                    server.bean(GatewayProperties.class));
        }
    }

    DirectTransport(Entrance entrance) throws IOException {
        this.entrance = entrance;
        this.connection =
                new MemoryConnection(socket, Framing.FULL_WIDTH, entrance.properties(), entrance.opener()::open);
        this.session = connection.session();
    }

    /** Lets the server read and handle the bytes. Its answers may come later. */
    @Override
    public void write(byte[] bytes) throws IOException {
        if (socket.isClosed()) {
            throw new EOFException("the server has hung up");
        }
        socket.comes(bytes);
        serverReads();
    }

    private void serverReads() {
        try {
            while (true) {
                List<Frame> frames = connection.readBurst();
                entrance.dispatcher().dispatch(new Inbound(session, frames, System.nanoTime()));
            }
        } catch (MemorySocket.NothingYetException e) {
            // It would wait for more.
        } catch (SoftEndOfStreamException | EOFException e) {
            connection.readFailed(e);
        } catch (IOException e) {
            // The session is closed.
        }
    }

    /**
     * Waits until the server has written its answers.
     *
     * @param stored whether it stores something before it answers
     */
    void awaitAnswers(boolean stored, Duration most) throws IOException {
        try {
            boolean isStored = !stored || entrance.mailbox().awaitStored(most);
            if (!isStored || !session.outbox().awaitIdle(most)) {
                throw new IOException("The server has no answers after " + most.toSeconds() + " s");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        }
    }

    @Override
    public int read(ByteBuffer into, Duration wait) throws IOException {
        if (!unread.hasRemaining()) {
            List<byte[]> writes;
            try {
                writes = socket.awaitWrites(wait);
            } catch (EOFException e) {
                return -1;
            }
            unread = ByteBuffer.allocate(
                    writes.stream().mapToInt(one -> one.length).sum());
            writes.forEach(unread::put);
            unread.flip();
        }
        int count = Math.min(unread.remaining(), into.remaining());
        into.put(into.position(), unread, unread.position(), count);
        into.position(into.position() + count);
        unread.position(unread.position() + count);
        return count;
    }

    @Override
    public void finishWriting() {
        socket.ends();
        serverReads();
    }

    /** Hangs up, and returns when the server has noticed. */
    @Override
    public void close() {
        if (!socket.isClosed()) {
            finishWriting();
        }
    }
}
