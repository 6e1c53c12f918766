package zap.server.gateway.session;

import org.jspecify.annotations.Nullable;
import zap.protocol.Reason;

/** The reason for which a connection was closed. No connection closes without one. */
public enum CloseReason {
    PEER_LEFT(null, "the peer hung up"),
    PEER_BROKE_OFF(null, "the peer hung up inside a frame"),
    PEER_LOST(null, "the connection broke"),
    MALFORMED(Reason.MALFORMED, "the bytes are not a frame, so the start of the next one is unknown"),
    NOT_TLS(Reason.MALFORMED, "the bytes are not TLS, and this port speaks nothing else"),
    TLS_FAILED(null, "the TLS handshake failed"),
    NO_PROXY_HEADER(
            Reason.MALFORMED,
            "it comes from an address of zap.gateway.proxy-protocol, and does not begin with a PROXY protocol v2 header"),
    TOO_MANY_CONNECTIONS(null, "the limit of connections is reached"),
    UNKNOWN_CLIENT(Reason.UNKNOWN_CLIENT, "no client has that id"),
    BLOCKED(Reason.UNKNOWN_CLIENT, "an operator has blocked the client"),
    FORGOTTEN(Reason.UNKNOWN_CLIENT, "an operator has deleted the client"),
    DISCONNECTED(null, "an operator has ended the session"),
    NEEDS_PROOF(Reason.NEEDS_PROOF, "the id has a key, so that knowing it is not enough"),
    BAD_PROOF(Reason.BAD_PROOF, "the proof of identity is invalid"),
    TOO_MANY_REGISTRATIONS(Reason.TOO_FAST, "too many registrations from its address within a minute"),
    TIMED_OUT(Reason.TIMED_OUT, "the peer sent nothing for too long"),
    REPLACED(Reason.REPLACED, "the same client connected again; the newest session wins"),
    SLOW_CONSUMER(Reason.SLOW_CONSUMER, "the peer did not read what it was sent; its mail stays in the mailbox"),
    SHUTTING_DOWN(Reason.SHUTTING_DOWN, "the server is stopping"),
    DRAINED(Reason.SHUTTING_DOWN, "an operator sends the clients of this server to another one"),
    CUT_OFF(Reason.SHUTTING_DOWN, "this server cannot reach the database, and another one may"),
    HISTORY_LOST(null, "the database may have lost what the session knows of its mailbox"),
    OUR_FAULT(null, "a fault of this server");

    private final @Nullable Reason refusal;
    private final String sentence;

    CloseReason(@Nullable Reason refusal, String sentence) {
        this.refusal = refusal;
        this.sentence = sentence;
    }

    /** Returns the protocol's reason for it; null when the protocol has none. */
    @Nullable
    Reason refusal() {
        return refusal;
    }

    /** Returns a sentence for the log. */
    String sentence() {
        return sentence;
    }

    /** Returns whether sessions usually end in this way, so that the log needs no line at level info. */
    boolean isOrdinary() {
        return this == PEER_LEFT || this == SHUTTING_DOWN || this == DRAINED;
    }
}
