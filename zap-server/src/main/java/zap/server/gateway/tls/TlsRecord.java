package zap.server.gateway.tls;

import java.nio.ByteBuffer;

/** As much of the outside of TLS (RFC 8446, section 5.1) as it takes to see that somebody came through the wrong port. */
public final class TlsRecord {

    /** What a record with a part of a handshake begins with, and so whatever a TLS client says first; no frame begins so. */
    private static final byte HANDSHAKE = 22;

    /** The first byte of the version, whichever it is. */
    private static final byte MAJOR_VERSION = 3;

    private TlsRecord() {}

    /** Whether these are the first bytes of somebody who speaks TLS, as far as can be seen from so many. */
    public static boolean begins(ByteBuffer bytes) {
        int at = bytes.position();
        return bytes.hasRemaining()
                && bytes.get(at) == HANDSHAKE
                && (bytes.remaining() == 1 || bytes.get(at + 1) == MAJOR_VERSION);
    }

    /** What tells a peer that TLS is spoken here: a fatal alert, "unexpected message". */
    static byte[] alert() {
        return new byte[] {21, MAJOR_VERSION, 1, 0, 2, 2, 10};
    }
}
