package zap.server.gateway.session;

import org.jspecify.annotations.Nullable;
import zap.protocol.ClientId;
import zap.protocol.Frame;
import zap.protocol.Nonce;
import zap.protocol.Reason;

/**
 * The progress of a session in identifying its peer. It only moves forward, in {@link Session#become}.
 *
 * <pre>
 *   Silent ──→ Anonymous ──→ Base         01 or 03
 *      │
 *      └──→ Greeted ──────→ Assured      30, then 32 or 33
 * </pre>
 *
 * A session may also go from {@link Silent} to {@link Base} at once.
 */
sealed interface SessionState {

    /** The peer is not identified yet. */
    sealed interface Unidentified extends SessionState {}

    /** The peer is this client until the session is closed. */
    sealed interface Identified extends SessionState {
        ClientId client();
    }

    /** The peer has sent no frame yet. Only now may it send hello (30). */
    record Silent() implements Unidentified {}

    /** The peer has sent a frame that was not hello and did not identify it: it speaks the base protocol. */
    record Anonymous() implements Unidentified {}

    /**
     * The peer has sent hello: it speaks the assured protocol.
     *
     * @param nonce the bytes that it must sign to prove its identity
     */
    record Greeted(Nonce nonce) implements Unidentified {}

    /** A client of the base protocol. */
    record Base(ClientId client) implements Identified {}

    /**
     * A client of the assured protocol.
     *
     * @param stream the frames that it numbers
     */
    record Assured(ClientId client, PeerStream stream) implements Identified {}

    /** Returns whether the peer speaks the assured protocol, which has a frame for refusals (39). */
    default boolean understandsRefusals() {
        return switch (this) {
            case Greeted _, Assured _ -> true;
            case Silent _, Anonymous _, Base _ -> false;
        };
    }

    /** Returns whether a session in this state may become the other. */
    default boolean canBecome(SessionState next) {
        return switch (this) {
            case Silent _ -> next instanceof Anonymous || next instanceof Greeted || next instanceof Base;
            case Anonymous _ -> next instanceof Base;
            case Greeted _ -> next instanceof Assured;
            case Base _, Assured _ -> false;
        };
    }

    /**
     * Returns the reason to refuse a frame that must not be sent in this state (protocol, "What happens to what is
     * wrong").
     *
     * @return null when it may be sent in this state
     */
    default @Nullable Reason refusalOf(Frame frame) {
        return switch (frame) {
            case Frame.Register _ -> refusalOfBaseGreeting();
            case Frame.Connect(ClientId id) ->
                // A client that identifies itself again changes nothing.
                this instanceof Identified its && its.client().equals(id) ? null : refusalOfBaseGreeting();
            case Frame.Hello _ -> this instanceof Silent ? null : Reason.NOT_YOURS_TO_SEND;
            case Frame.RegisterKey _, Frame.Resume _ ->
                switch (this) {
                    case Greeted _ -> null;
                    case Silent _, Anonymous _ -> Reason.NOT_YOURS_TO_SEND;
                    case Identified _ -> Reason.ALREADY_CONNECTED;
                };
            case Frame.Send _, Frame.Read _, Frame.CreateGroup _ ->
                this instanceof Identified ? null : Reason.NOT_CONNECTED;
            case Frame.Message _ ->
                switch (this) {
                    case Assured _ -> null;
                    case Base _ -> Reason.NOT_YOURS_TO_SEND;
                    case Unidentified _ -> Reason.NOT_CONNECTED;
                };
            case Frame.Received _ -> this instanceof Assured ? null : Reason.NOT_YOURS_TO_SEND;
            case Frame.Ping _ -> understandsRefusals() ? null : Reason.NOT_YOURS_TO_SEND;
            case Frame.FromServer _ -> Reason.NOT_YOURS_TO_SEND;
        };
    }

    private @Nullable Reason refusalOfBaseGreeting() {
        return switch (this) {
            case Silent _, Anonymous _ -> null;
            case Greeted _ -> Reason.NOT_YOURS_TO_SEND;
            case Identified _ -> Reason.ALREADY_CONNECTED;
        };
    }
}
