package zap.server.gateway.tcp;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.HexFormat;

/** Headers of the PROXY protocol, version 2, as proxies write them. */
public final class ProxyHeaders {

    private static final byte[] SIGNATURE = HexFormat.of().parseHex("0d0a0d0a000d0a515549540a");
    private static final InetSocketAddress PROXY = new InetSocketAddress(InetAddress.ofLiteral("10.0.0.5"), 7777);
    private static final InetSocketAddress PROXY6 = new InetSocketAddress(InetAddress.ofLiteral("2001:db8::5"), 7777);

    private ProxyHeaders() {}

    /** Returns the header of a client's connection over TCP. */
    public static byte[] of(InetSocketAddress client) {
        boolean four = client.getAddress().getAddress().length == 4;
        return header(0x21, four ? 0x11 : 0x21, addresses(client, four ? PROXY : PROXY6));
    }

    /** Returns the header of a proxy's own connection, as health checks have it. */
    public static byte[] local() {
        return header(0x20, 0, new byte[0]);
    }

    static byte[] header(int versionAndCommand, int familyAndTransport, byte[] rest) {
        return ByteBuffer.allocate(16 + rest.length)
                .put(SIGNATURE)
                .put((byte) versionAndCommand)
                .put((byte) familyAndTransport)
                .putShort((short) rest.length)
                .put(rest)
                .array();
    }

    static byte[] addresses(InetSocketAddress source, InetSocketAddress destination) {
        byte[] from = source.getAddress().getAddress();
        byte[] to = destination.getAddress().getAddress();
        return ByteBuffer.allocate(from.length + to.length + 4)
                .put(from)
                .put(to)
                .putShort((short) source.getPort())
                .putShort((short) destination.getPort())
                .array();
    }
}
