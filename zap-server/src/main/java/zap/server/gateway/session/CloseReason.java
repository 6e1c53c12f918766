package zap.server.gateway.session;

import org.jspecify.annotations.Nullable;
import zap.protocol.Reason;

/** Why a connection was closed. No connection closes without one. */
public enum CloseReason {
    PEER_LEFT(null, "the peer hung up"),
    PEER_BROKE_OFF(null, "the peer hung up inside a frame"),
    PEER_LOST(null, "the connection broke"),
    MALFORMED(Reason.MALFORMED, "what came is no frame, so nobody can tell where the next one begins"),
    NOT_TLS(Reason.MALFORMED, "what came is not TLS, and this port speaks nothing else"),
    TLS_FAILED(null, "no encrypted connection came about"),
    UNKNOWN_CLIENT(Reason.UNKNOWN_CLIENT, "nobody is registered with that id"),
    BLOCKED(Reason.UNKNOWN_CLIENT, "an operator has blocked the client"),
    FORGOTTEN(Reason.UNKNOWN_CLIENT, "the client was forgotten, as an operator wanted it"),
    DISCONNECTED(null, "an operator has ended the session"),
    NEEDS_PROOF(Reason.NEEDS_PROOF, "the id has a key, so that knowing it is not enough"),
    BAD_PROOF(Reason.BAD_PROOF, "the proof of identity does not hold"),
    TOO_MANY_REGISTRATIONS(Reason.TOO_FAST, "too many have registered from its address within a minute"),
    TIMED_OUT(Reason.TIMED_OUT, "nothing came for too long"),
    REPLACED(Reason.REPLACED, "the same client connected again; the newest session wins"),
    SLOW_CONSUMER(Reason.SLOW_CONSUMER, "the peer did not read what it was sent; its mail stays in the log"),
    SHUTTING_DOWN(Reason.SHUTTING_DOWN, "the server is stopping"),
    OUR_FAULT(null, "a fault of this server");

    private final @Nullable Reason refusal;
    private final String sentence;

    CloseReason(@Nullable Reason refusal, String sentence) {
        this.refusal = refusal;
        this.sentence = sentence;
    }

    /** The protocol's name for it, where it has one. */
    @Nullable
    Reason refusal() {
        return refusal;
    }

    /** For the log. */
    String sentence() {
        return sentence;
    }

    /** Whether it is the way in which sessions usually end, so that it is worth no line in a log. */
    boolean isOrdinary() {
        return this == PEER_LEFT || this == SHUTTING_DOWN;
    }
}
