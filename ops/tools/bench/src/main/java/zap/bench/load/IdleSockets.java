package zap.bench.load;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/**
 * Idle connections of two kinds, each on a socket of its own: half of them belong to clients that have sent a message
 * to themselves and received it, the other half have sent nothing. They may be encrypted.
 */
final class IdleSockets implements AutoCloseable {

    private static final int REGISTERED = 15;
    private static final int MESSAGE = 256;
    private static final int RECEIPT = 25;

    /** One address has ports for some 28,000 connections. */
    private static final int ADDRESSES = 8;

    private final List<Socket> sockets = new ArrayList<>();

    private IdleSockets() {}

    /**
     * Opens connections one after the other.
     *
     * @param authority the file of the CA that has signed the server's certificate; null for connections in the clear
     */
    static IdleSockets open(InetSocketAddress server, @Nullable Path authority, int count) {
        var opened = new IdleSockets();
        try {
            SSLSocketFactory tls = authority == null ? null : trusting(authority);
            for (int i = 0; i < count; i++) {
                opened.add(server, tls, i);
            }
            return opened;
        } catch (IOException | GeneralSecurityException e) {
            opened.close();
            throw new CannotMeasureException("Cannot open an idle connection to " + server + ": " + e.getMessage(), e);
        }
    }

    private void add(InetSocketAddress server, @Nullable SSLSocketFactory tls, int number) throws IOException {
        Socket plain = connect(server, number);
        sockets.add(plain);
        Socket socket = plain;
        if (tls != null) {
            var encrypted = (SSLSocket) tls.createSocket(plain, server.getHostString(), server.getPort(), true);
            encrypted.startHandshake();
            socket = encrypted;
            sockets.set(sockets.size() - 1, socket);
        }
        if (number % 2 == 0) {
            InputStream in = socket.getInputStream();
            socket.getOutputStream().write("01".getBytes(US_ASCII));
            String id = new String(in.readNBytes(REGISTERED), US_ASCII).substring(2);
            socket.getOutputStream().write(("05" + id + id + "0000000001" + " ".repeat(218)).getBytes(US_ASCII));
            in.readNBytes(MESSAGE + RECEIPT);
        }
    }

    private static Socket connect(InetSocketAddress server, int number) throws IOException {
        if (!server.getAddress().isLoopbackAddress() || server.getAddress().getAddress().length != 4) {
            return new Socket(server.getAddress(), server.getPort());
        }
        InetAddress from = InetAddress.getByAddress(new byte[] {127, 0, 0, (byte) (1 + number % ADDRESSES)});
        return new Socket(server.getAddress(), server.getPort(), from, 0);
    }

    private static SSLSocketFactory trusting(Path authority) throws IOException, GeneralSecurityException {
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        try (InputStream in = Files.newInputStream(authority)) {
            trusted.setCertificateEntry(
                    "ca", CertificateFactory.getInstance("X.509").generateCertificate(in));
        }
        TrustManagerFactory managers = TrustManagerFactory.getInstance("PKIX");
        managers.init(trusted);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, managers.getTrustManagers(), null);
        return context.getSocketFactory();
    }

    @Override
    public void close() {
        for (Socket socket : sockets) {
            try {
                socket.close();
            } catch (IOException e) {
                // The server has closed it before: it is gone either way.
            }
        }
    }
}
