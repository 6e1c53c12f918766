package zap.server.gateway.session;

import java.net.InetAddress;
import java.time.Duration;
import zap.protocol.ClientId;
import zap.protocol.HistoryDigest;
import zap.server.gateway.outbox.Outbox;
import zap.server.gateway.settings.Framing;

/**
 * A session's connection, as the session sees it.
 *
 * <p>The TCP side implements it. It calls the session with decoded frames, and with a {@link CloseReason} when reading
 * ends.
 */
public interface Link extends Outbox.Peer {

    /** Returns how frames are written on this connection. */
    Framing framing();

    /** Returns the listener that accepted the connection, as metrics and the log name it: main, recv or tls. */
    String listener();

    /** Returns the peer's address: the client's, once a trusted proxy has named it. */
    InetAddress address();

    /** Returns the peer's port. */
    int port();

    /** Returns whether the peer is known to have hung up, even if the connection's thread has not read that far. */
    boolean hasHungUp();

    /**
     * Returns {@link System#nanoTime()} when the peer sent the frame that is being handled, as exactly as the platform
     * tells. For the connection's own thread, before the peer is identified.
     */
    long sentAtNanos();

    /** Notes which client the peer is. For the thread that identifies the session. */
    void identified(ClientId client);

    /**
     * Returns the digest of the peer's stream after a frame of the current burst. For the connection's own thread,
     * before it reads the next burst.
     *
     * @param before the stream's digest before the frame
     * @param index the frame's index in the burst, from 0
     */
    HistoryDigest digestAfter(HistoryDigest before, int index);

    /** Returns whether a trusted proxy has made the connection, and has not said yet for which client. */
    boolean isBeforeProxyHeader();

    /** Returns how long the connection's thread has been waiting for the peer; zero while it handles frames. */
    Duration waitingFor();

    /** Returns whether the first part of a frame was received, and the rest was not. */
    boolean isInsideFrame();

    /** Returns how long ago the first part of an incomplete frame was received; zero when there is none. */
    Duration insideFrameFor();

    /** Closes the connection. Does not block. */
    void close();
}
