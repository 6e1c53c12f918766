package zap.server.gateway.tcp;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;
import zap.server.gateway.session.CloseReason;

/**
 * The header of the PROXY protocol, version 2, with which a proxy begins a connection: section 2.2 of the document
 * {@code proxy-protocol.txt} of HAProxy.
 *
 * <pre>
 *   12 bytes  signature
 *    1 byte   version (2), command: 0 LOCAL, the proxy's own connection; 1 PROXY, a client's
 *    1 byte   address family, transport protocol
 *    2 bytes  length of the rest
 *             addresses and ports of client and proxy, then extensions, which are skipped
 * </pre>
 *
 * @param client the client's address and port; null when the proxy names none, because the connection is its own or not
 *     of TCP: then the connection's own address counts
 */
record ProxyHeader(@Nullable InetSocketAddress client) {

    private static final byte[] SIGNATURE = HexFormat.of().parseHex("0d0a0d0a000d0a515549540a");

    /** The beginning of version 1, which is text. */
    private static final byte[] VERSION_1 = {'P', 'R', 'O', 'X', 'Y'};

    /** Length in bytes of the part that every header has. */
    private static final int FIXED = 16;

    private static final int VERSION = 2;
    private static final int LOCAL = 0;
    private static final int PROXY = 1;

    private static final int UNSPEC = 0;
    private static final int INET = 1;
    private static final int INET6 = 2;
    private static final int UNIX = 3;
    private static final int STREAM = 1;
    private static final int DGRAM = 2;

    private static final int PORTS = 4;
    private static final int IPV4 = 4;
    private static final int IPV6 = 16;
    private static final int UNIX_PATH = 108;

    /**
     * Reads a header, and no byte behind it.
     *
     * @return null when the stream ends before its first byte
     * @throws SocketException when the connection breaks before its first byte
     * @throws ProxyHeaderException when the bytes are not a header, or only a part of one
     */
    static @Nullable ProxyHeader read(InputStream input) throws IOException {
        byte[] fixed = new byte[FIXED];
        int have = 0;
        while (have < FIXED) {
            // A reset before the first byte is a health check, most likely, and the caller's to handle.
            int count = have == 0 ? input.read(fixed) : readMore(input, fixed, have);
            if (count < 0 && have == 0) {
                return null;
            }
            if (count < 0) {
                throw wrong("the stream ended inside it");
            }
            have += count;
            // At once, because a peer that is no proxy may wait for a reply to fewer bytes.
            int compared = Math.min(have, SIGNATURE.length);
            if (!Arrays.equals(fixed, 0, compared, SIGNATURE, 0, compared)) {
                throw wrong(
                        have >= VERSION_1.length
                                        && Arrays.equals(fixed, 0, VERSION_1.length, VERSION_1, 0, VERSION_1.length)
                                ? "its version is 1"
                                : "the connection begins with other bytes");
            }
        }
        ByteBuffer rest = ByteBuffer.wrap(fixed).position(SIGNATURE.length);
        byte versionAndCommand = rest.get();
        byte familyAndTransport = rest.get();
        byte[] block = new byte[Short.toUnsignedInt(rest.getShort())];
        int version = high(versionAndCommand);
        int command = low(versionAndCommand);
        if (version != VERSION) {
            throw wrong("its version is " + version);
        }
        if (command != LOCAL && command != PROXY) {
            throw wrong("its command is " + command);
        }
        int needed = command == LOCAL ? 0 : lengthOf(high(familyAndTransport), low(familyAndTransport));
        if (block.length < needed) {
            throw wrong("its addresses take %s bytes, and its length is %s".formatted(needed, block.length));
        }
        for (int read = 0; read < block.length; ) {
            int count = readMore(input, block, read);
            if (count < 0) {
                throw wrong("the stream ended inside it");
            }
            read += count;
        }
        return new ProxyHeader(
                command == PROXY && low(familyAndTransport) == STREAM ? client(high(familyAndTransport), block) : null);
    }

    /** Reads at least one byte behind those that are there; -1 at the end of the stream. */
    private static int readMore(InputStream input, byte[] into, int have) throws IOException {
        try {
            return input.read(into, have, into.length - have);
        } catch (SocketException e) {
            throw new IOException("the connection broke inside the PROXY protocol header: " + e.getMessage(), e);
        }
    }

    /**
     * Returns how many bytes the addresses of a family take; 0 when there are none to read.
     *
     * @throws ProxyHeaderException when there is no such family, or no such transport protocol
     */
    private static int lengthOf(int family, int transport) throws ProxyHeaderException {
        if (transport != UNSPEC && transport != STREAM && transport != DGRAM) {
            throw wrong("its transport protocol is " + transport);
        }
        int length = switch (family) {
            case UNSPEC -> 0;
            case INET -> 2 * IPV4 + PORTS;
            case INET6 -> 2 * IPV6 + PORTS;
            case UNIX -> 2 * UNIX_PATH;
            default -> throw wrong("its address family is " + family);
        };
        return transport == UNSPEC ? 0 : length;
    }

    private static @Nullable InetSocketAddress client(int family, byte[] block) {
        int length = switch (family) {
            case INET -> IPV4;
            case INET6 -> IPV6;
            default -> 0;
        };
        if (length == 0) {
            return null;
        }
        try {
            InetAddress address = InetAddress.getByAddress(Arrays.copyOf(block, length));
            return new InetSocketAddress(
                    address, Short.toUnsignedInt(ByteBuffer.wrap(block).getShort(2 * length)));
        } catch (UnknownHostException e) {
            throw new IllegalStateException("Four or sixteen bytes are an address", e);
        }
    }

    private static int high(byte value) {
        return (value & 0xF0) >>> 4;
    }

    private static int low(byte value) {
        return value & 0x0F;
    }

    private static ProxyHeaderException wrong(String why) {
        return new ProxyHeaderException(CloseReason.NO_PROXY_HEADER, why);
    }
}
