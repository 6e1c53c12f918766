package zap.server.gateway.tls;

import java.nio.ByteBuffer;

/** The header of a TLS record (RFC 8446, section 5.1), as far as it is needed to recognise a peer on the wrong port. */
public final class TlsRecord {

    /** First byte of a handshake record, and so of a TLS client's first bytes. No frame begins with it. */
    private static final byte HANDSHAKE = 22;

    /** The first byte of the version, whichever it is. */
    private static final byte MAJOR_VERSION = 3;

    private TlsRecord() {}

    /** Returns whether these can be the first bytes of a TLS client. */
    public static boolean begins(ByteBuffer bytes) {
        int at = bytes.position();
        return bytes.hasRemaining()
                && bytes.get(at) == HANDSHAKE
                && (bytes.remaining() == 1 || bytes.get(at + 1) == MAJOR_VERSION);
    }

    /** Returns a fatal alert, "unexpected message", for a peer that does not speak TLS. */
    static byte[] alert() {
        return new byte[] {21, MAJOR_VERSION, 1, 0, 2, 2, 10};
    }
}
