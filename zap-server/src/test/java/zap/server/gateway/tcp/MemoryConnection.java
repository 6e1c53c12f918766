package zap.server.gateway.tcp;

import java.io.EOFException;
import java.io.IOException;
import java.util.List;
import java.util.function.Function;
import org.springframework.integration.channel.DirectChannel;
import org.springframework.integration.ip.tcp.serializer.SoftEndOfStreamException;
import zap.protocol.Frame;
import zap.server.gateway.session.CloseReason;
import zap.server.gateway.session.Link;
import zap.server.gateway.session.Session;
import zap.server.gateway.settings.Framing;
import zap.server.gateway.settings.GatewayProperties;

/**
 * A real connection over a {@link MemorySocket}, for tests of other packages. It has no thread: the test reads. Bytes
 * that were written count as acknowledged.
 */
public final class MemoryConnection {

    private final ZapConnection connection;

    public MemoryConnection(
            MemorySocket socket, Framing framing, GatewayProperties properties, Function<Link, Session> sessions)
            throws IOException {
        var queue = new SendQueue(null, null);
        var peerTcp = new PeerTcp(null, null);
        var outbound = new DirectChannel();
        connection = new ZapConnection(
                socket, false, null, "memory", framing, null, properties, queue, peerTcp, outbound, sessions);
        outbound.subscribe(connection::send);
        connection.setMapper(new FrameMapper());
    }

    public Session session() {
        return connection.session();
    }

    /** Reads the next burst, as the connection's own thread does. */
    public List<Frame> readBurst() throws IOException {
        return connection.input().readBurst();
    }

    /** Ends the session after an exception of {@link #readBurst}, as the connection's own thread does. */
    public void readFailed(Exception cause) {
        connection.readFailed(cause);
    }

    /** Returns the reason for which a session must be closed after an exception of {@link #readBurst}. */
    public static CloseReason expectedReason(Exception cause) {
        return switch (cause) {
            case SoftEndOfStreamException goodbye -> CloseReason.PEER_LEFT;
            case EOFException cut -> CloseReason.PEER_BROKE_OFF;
            case BrokenInputException nonsense -> CloseReason.MALFORMED;
            default -> throw new AssertionError("reading failed", cause);
        };
    }

    /** Returns whether the input buffer is no larger than a busy connection's. */
    public boolean hasBoundedBuffer() {
        return connection.input().buffer().capacity() <= FrameInput.LARGE;
    }
}
