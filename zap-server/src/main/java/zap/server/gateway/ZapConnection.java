package zap.server.gateway;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.core.serializer.Serializer;
import org.springframework.integration.ip.tcp.connection.TcpNetConnection;
import org.springframework.messaging.Message;
import org.springframework.messaging.support.GenericMessage;
import zap.protocol.Frame;
import zap.protocol.RecvDecoder;

/**
 * A connection that knows its session.
 *
 * <p>Mends what Spring Integration does by default: input is buffered and read in bursts of frames; output goes to the socket as
 * it is, without a copy as large as the socket's own buffer; and a peer that hung up is no error of ours.
 */
final class ZapConnection extends TcpNetConnection implements Outbox.Peer {

    private final @Nullable TlsLayer tls;
    private final FrameInput input;
    private final OutputStream output;
    private final SendQueue sendQueue;
    private final PeerTcp peerTcp;
    private final InetAddress remoteAddress;
    private final Session session;

    /**
     * @param socket the one that was accepted
     * @param tls what encrypts what goes over it; null where nothing does
     * @param sendQueue of the socket
     * @param peerTcp of the socket
     * @param sessions makes the session of this connection
     */
    ZapConnection(
            Socket socket,
            boolean lookupHost,
            @Nullable ApplicationEventPublisher events,
            @Nullable String factory,
            Framing wire,
            @Nullable TlsLayer tls,
            GatewayProperties properties,
            SendQueue sendQueue,
            PeerTcp peerTcp,
            Function<ZapConnection, Session> sessions)
            throws IOException {
        super(socket, true, lookupHost, events, factory);
        this.tls = tls;
        InputStream bytes = tls == null ? socket.getInputStream() : tls.input();
        this.input = switch (wire) {
            case FULL_WIDTH -> new FullWidthInput(bytes);
            case RECV -> new RecvInput(bytes, socket, properties.recvPause(), this::dropped);
        };
        this.output = sendQueue.counting(tls == null ? socket.getOutputStream() : tls.output());
        this.sendQueue = sendQueue;
        this.peerTcp = peerTcp;
        this.remoteAddress = socket.getInetAddress();
        this.session = sessions.apply(this);
    }

    private void dropped(RecvDecoder.Result.Dropped packet) {
        session.dropped(packet.bytes(), packet.why());
    }

    Session session() {
        return session;
    }

    boolean isEncrypted() {
        return tls != null;
    }

    /** The address of the other end. */
    InetAddress remoteAddress() {
        return remoteAddress;
    }

    FrameInput input() {
        return input;
    }

    /** See {@link Session#saidAtNanos}. */
    long saidAtNanos() {
        long heard = input.heardAtNanos();
        return input.waitedForIt() ? peerTcp.notLaterThan(heard) : heard;
    }

    /** Returns whether the peer is known to have hung up, even if the connection's thread has not read that far. */
    boolean hasHungUp() {
        return peerTcp.hasHungUp();
    }

    @Override
    protected InputStream inputStream() {
        return input;
    }

    /** Writes frames, through Spring Integration: see {@link #send}. */
    @Override
    public void write(List<Frame> frames) {
        send(new GenericMessage<>(frames, FrameMapper.HEADERS));
    }

    /**
     * Writes frames. Blocks while the peer does not read, so that only the session's own outbox may call it.
     *
     * @throws UncheckedIOException when the connection is broken
     */
    @Override
    @SuppressWarnings("unchecked") // the serializer of this factory takes the payload that the outbox sends
    public void send(Message<?> message) {
        try {
            ((Serializer<Object>) getSerializer()).serialize(message.getPayload(), output);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public int lengthOf(Frame frame) {
        return FrameSerializer.lengthOf(frame, session.wire());
    }

    @Override
    public long written() {
        return sendQueue.written();
    }

    @Override
    public long acknowledged() {
        return sendQueue.acknowledged();
    }

    @Override
    public void close() {
        if (tls == null) {
            super.close();
        } else {
            tls.close(super::close);
        }
    }

    /** Reads until the end. Whatever ends the thread, a class that cannot be loaded too, ends the session, which would keep its socket else. */
    @Override
    public void run() {
        try {
            super.run();
        } catch (RuntimeException | Error thrown) {
            session.failed(thrown);
        }
    }

    /** The session says what it means, closes the connection, and logs what is worth it. */
    @Override
    protected boolean handleReadException(Exception exception) {
        session.readFailed(exception instanceof UncheckedIOException unchecked ? unchecked.getCause() : exception);
        return true;
    }

    /** Nobody listens: the session has been told. */
    @Override
    protected void publishConnectionExceptionEvent(Throwable exception) {}
}
