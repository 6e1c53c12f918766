package zap.watch;

import java.nio.charset.StandardCharsets;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One thing that happened at the proxy, before anything is made of it. Recordings consist of these.
 *
 * @param micros since 1970
 * @param connection its number, from 1 on; 0 for the proxy itself
 * @param payload the bytes that came, or a text in UTF-8
 */
record WireEvent(long micros, int connection, Kind kind, byte[] payload) {

    private static final byte[] NOTHING = {};

    /** The kinds of events. Their codes are in recordings: a code keeps its meaning. */
    enum Kind {
        /** The proxy listens; the payload names its address and the server's. */
        LISTENING('L', null),
        /** A client has connected; the payload is its address. */
        OPENED('O', null),
        CLIENT_BYTES('c', Side.CLIENT),
        SERVER_BYTES('s', Side.SERVER),
        /** The side sends no more, and may still receive; the payload may be {@link #WITHOUT_GOODBYE}. */
        CLIENT_ENDED('e', Side.CLIENT),
        SERVER_ENDED('f', Side.SERVER),
        CLIENT_RESET('r', Side.CLIENT),
        SERVER_RESET('t', Side.SERVER),
        /** The server cannot be reached; the payload is a {@link WireTrouble}. */
        UNREACHABLE('u', Side.SERVER),
        /** The TLS handshake with the side failed; the payload is a {@link WireTrouble}. */
        CLIENT_HANDSHAKE('h', Side.CLIENT),
        SERVER_HANDSHAKE('i', Side.SERVER),
        /** The client was turned away, because too many connections are open. */
        TOO_MANY('m', null),
        /** Both sides have ended, or the connection was broken off. */
        CLOSED('x', null);

        private final char code;
        private final @Nullable Side side;

        Kind(char code, @Nullable Side side) {
            this.code = code;
            this.side = side;
        }

        byte code() {
            return (byte) code;
        }

        /** Returns the side from which it comes; null where there is none. */
        @Nullable
        Side side() {
            return side;
        }

        static @Nullable Kind ofCode(byte code) {
            for (Kind kind : values()) {
                if (kind.code() == code) {
                    return kind;
                }
            }
            return null;
        }

        static Kind bytesFrom(Side side) {
            return side == Side.CLIENT ? CLIENT_BYTES : SERVER_BYTES;
        }

        static Kind endOf(Side side) {
            return side == Side.CLIENT ? CLIENT_ENDED : SERVER_ENDED;
        }

        static Kind resetBy(Side side) {
            return side == Side.CLIENT ? CLIENT_RESET : SERVER_RESET;
        }
    }

    /** The payload of an end over TLS without the notice that belongs to it. */
    static final String WITHOUT_GOODBYE = "without-goodbye";

    static WireEvent of(long micros, int connection, Kind kind) {
        return new WireEvent(micros, connection, kind, NOTHING);
    }

    static WireEvent of(long micros, int connection, Kind kind, String text) {
        return new WireEvent(micros, connection, kind, text.getBytes(StandardCharsets.UTF_8));
    }

    /** Returns the side from which it comes. */
    Side from() {
        return Objects.requireNonNull(kind.side());
    }

    String text() {
        return new String(payload, StandardCharsets.UTF_8);
    }
}
