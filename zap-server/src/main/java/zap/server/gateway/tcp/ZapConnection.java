package zap.server.gateway.tcp;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.integration.ip.IpHeaders;
import org.springframework.integration.ip.tcp.connection.TcpNetConnection;
import org.springframework.integration.ip.tcp.serializer.SoftEndOfStreamException;
import org.springframework.messaging.Message;
import org.springframework.messaging.MessageChannel;
import org.springframework.messaging.MessageHeaders;
import org.springframework.messaging.MessagingException;
import org.springframework.messaging.support.GenericMessage;
import zap.protocol.ClientId;
import zap.protocol.Frame;
import zap.protocol.HistoryDigest;
import zap.protocol.RecvDecoder;
import zap.server.gateway.session.CloseReason;
import zap.server.gateway.session.Link;
import zap.server.gateway.session.Session;
import zap.server.gateway.settings.Framing;
import zap.server.gateway.settings.GatewayProperties;
import zap.server.gateway.tls.TlsHandshakeException;
import zap.server.gateway.tls.TlsLayer;

/**
 * A connection that knows its session.
 *
 * <p>It overrides three defaults of Spring Integration. Input is buffered and read in bursts of frames. What the
 * outbound adapter sends goes to the socket directly, without a lock and without a copy as large as the socket's own
 * buffer. And a peer that hangs up is not an error. See docs/adr/0010-the-tcp-edge.md.
 */
final class ZapConnection extends TcpNetConnection implements Link {

    private final Framing framing;
    private final @Nullable TlsLayer tls;
    private final FrameInput input;
    private final FrameSerializer serializer;
    private final OutputStream output;
    private final SendQueue sendQueue;
    private final PeerTcp peerTcp;
    /** Reads the header of a trusted proxy; null when the peer is none. */
    private final @Nullable ProxiedInput proxied;

    private final GatewayProperties properties;
    /** The peer; for a client behind a trusted proxy the proxy, until it has named the client. */
    private volatile InetSocketAddress peer;

    private final MessageChannel outbound;
    /** The headers of all messages to this connection: its id, by which the outbound adapter finds it. */
    private final MessageHeaders headers;

    private final Session session;
    /** The failure of the last write. Of the outbox's thread. */
    private @Nullable IOException writeFailure;

    /**
     *
     *
     * @param socket the accepted socket
     * @param tls the encryption; null for none
     * @param sendQueue the socket's
     * @param peerTcp the socket's
     * @param outbound the outbound channel of the listener
     * @param sessions opens the session of this connection
     */
    ZapConnection(
            Socket socket,
            boolean lookupHost,
            @Nullable ApplicationEventPublisher events,
            @Nullable String factory,
            Framing framing,
            @Nullable TlsLayer tls,
            GatewayProperties properties,
            SendQueue sendQueue,
            PeerTcp peerTcp,
            MessageChannel outbound,
            Function<Link, Session> sessions)
            throws IOException {
        super(socket, true, lookupHost, events, factory);
        this.framing = framing;
        this.tls = tls;
        this.properties = properties;
        this.peer = new InetSocketAddress(socket.getInetAddress(), socket.getPort());
        InputStream bytes = tls == null ? socket.getInputStream() : tls.input();
        this.proxied = properties.isProxy(socket.getInetAddress())
                ? new ProxiedInput(socket.getInputStream(), bytes, this::announced)
                : null;
        bytes = proxied == null ? bytes : proxied;
        this.input = switch (framing) {
            case FULL_WIDTH -> new FullWidthInput(bytes);
            case RECV -> new RecvInput(bytes, socket, properties.recvPause(), this::dropped);
        };
        this.serializer = new FrameSerializer(framing);
        this.output = sendQueue.ofFrames(tls == null ? sendQueue.counting(socket.getOutputStream()) : tls.output());
        this.sendQueue = sendQueue;
        this.peerTcp = peerTcp;
        this.outbound = outbound;
        this.headers = new MessageHeaders(Map.of(IpHeaders.CONNECTION_ID, getConnectionId()));
        this.session = sessions.apply(this);
    }

    private void dropped(RecvDecoder.Result.Dropped packet) {
        session.dropped(packet.bytes(), packet.why());
    }

    /** Takes the client's address from the proxy's header, and lets the limits for that address decide. */
    private void announced(ProxyHeader header) throws ProxyHeaderException {
        InetAddress proxy = peer.getAddress();
        @Nullable InetSocketAddress client = header.client();
        if (client != null) {
            peer = client;
        }
        @Nullable String full = session.announced(proxy);
        if (full != null) {
            throw new ProxyHeaderException(CloseReason.TOO_MANY_CONNECTIONS, full);
        }
    }

    Session session() {
        return session;
    }

    @Override
    public Framing framing() {
        return framing;
    }

    @Override
    public String listener() {
        return tls != null ? "tls" : framing == Framing.RECV ? "recv" : "main";
    }

    @Override
    public InetAddress address() {
        return peer.getAddress();
    }

    @Override
    public int port() {
        return peer.getPort();
    }

    FrameInput input() {
        return input;
    }

    @Override
    public long sentAtNanos() {
        long heard = input.heardAtNanos();
        return input.waitedForIt() ? peerTcp.notLaterThan(heard) : heard;
    }

    @Override
    public boolean hasHungUp() {
        return peerTcp.hasHungUp();
    }

    @Override
    public void identified(ClientId client) {
        input.owner(client);
    }

    @Override
    public HistoryDigest digestAfter(HistoryDigest before, int index) {
        return input.digestAfter(before, index);
    }

    @Override
    public boolean isBeforeProxyHeader() {
        return proxied != null && proxied.isBeforeHeader();
    }

    @Override
    public Duration waitingFor() {
        return input.waitingFor();
    }

    @Override
    public boolean isInsideFrame() {
        return input.isInsideFrame();
    }

    @Override
    public Duration insideFrameFor() {
        return input.insideFrameFor();
    }

    @Override
    protected InputStream inputStream() {
        return input;
    }

    /**
     * Sends the frames to the outbound channel of the listener, whose adapter calls {@link #send}. Only the session's
     * own outbox may call it.
     */
    @Override
    public void write(List<Frame> frames) {
        try {
            outbound.send(new GenericMessage<>(frames, headers));
        } catch (MessagingException e) {
            if (e.getCause() instanceof RuntimeException bug) {
                throw bug;
            }
            // The adapter does not know the connection any more.
            throw new UncheckedIOException(new IOException("The connection is closed", e));
        }
        @Nullable IOException failure = writeFailure;
        if (failure != null) {
            throw new UncheckedIOException(failure);
        }
    }

    /**
     * Writes the frames of a message to the socket, without a lock: {@link #write} is its only source. An error is
     * noted and not thrown, because the adapter would close the connection before the session knows why.
     */
    @Override
    @SuppressWarnings("unchecked") // only write makes messages for this connection
    public void send(Message<?> message) {
        try {
            serializer.serialize((List<Frame>) message.getPayload(), output);
        } catch (IOException e) {
            writeFailure = e;
        }
    }

    @Override
    public int lengthOf(Frame frame) {
        return FrameSerializer.lengthOf(frame, framing);
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
    public @Nullable Duration deliveredAfter() {
        return proxied == null ? null : properties.proxiedDeliveredAfter();
    }

    @Override
    public void close() {
        if (tls == null) {
            super.close();
        } else {
            tls.close(super::close);
        }
    }

    /**
     * Reads until the end. Any error that ends the thread, also one of class loading, ends the session, which would
     * keep its socket otherwise.
     */
    @Override
    public void run() {
        try {
            super.run();
        } catch (RuntimeException | Error thrown) {
            session.failed(thrown);
        }
    }

    @Override
    protected boolean handleReadException(Exception exception) {
        readFailed(exception instanceof UncheckedIOException unchecked ? unchecked.getCause() : exception);
        return true;
    }

    /**
     * Translates the exception that ended reading into a {@link CloseReason}. The session closes the connection, and
     * logs why.
     */
    void readFailed(@Nullable Throwable cause) {
        switch (cause) {
            case SoftEndOfStreamException hungUp -> session.finish(CloseReason.PEER_LEFT);
            case EOFException cut -> session.finish(CloseReason.PEER_BROKE_OFF);
            case BrokenInputException broken -> session.close(CloseReason.MALFORMED, broken.getMessage());
            case ProxyHeaderException refused -> session.close(refused.reason(), refused.getMessage());
            case TlsHandshakeException failed -> session.close(failed.reason(), failed.getMessage());
            case IOException lost -> session.close(CloseReason.PEER_LOST, lost.getMessage());
            case null -> session.failed(new IllegalStateException("Reading failed without a cause"));
            default -> session.failed(cause);
        }
    }

    /** Publishes nothing: the session already knows. */
    @Override
    protected void publishConnectionExceptionEvent(Throwable exception) {}
}
