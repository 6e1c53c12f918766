package zap.check.server;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.util.Base64;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/**
 * The address of the server under test, and how to get there.
 *
 * @param trust of TLS; null for a plain connection
 * @param pin the SHA-256 of the key that the server must have, in Base64; null for any key
 */
public record CheckTarget(
        String host,
        int port,
        @Nullable SSLContext trust,
        @Nullable String pin) {

    private static final int CONNECT_MILLIS = 5_000;
    private static final String PIN_PREFIX = "sha256//";

    public static CheckTarget plain(String host, int port) {
        return new CheckTarget(host, port, null, null);
    }

    /**
     * Returns a server that speaks TLS.
     *
     * @param ca a file of certificates in PEM that sign the server's; null for those that the system trusts
     */
    public static CheckTarget tls(String host, int port, @Nullable Path ca, @Nullable String pin)
            throws IOException, GeneralSecurityException {
        @Nullable KeyStore trusted = null;
        if (ca != null) {
            trusted = KeyStore.getInstance("PKCS12");
            trusted.load(null, null);
            try (InputStream in = Files.newInputStream(ca)) {
                int number = 0;
                for (Certificate one : CertificateFactory.getInstance("X.509").generateCertificates(in)) {
                    number++;
                    trusted.setCertificateEntry("ca-" + number, one);
                }
            }
        }
        TrustManagerFactory managers = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        managers.init(trusted);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, managers.getTrustManagers(), null);
        String bare = pin != null && pin.startsWith(PIN_PREFIX) ? pin.substring(PIN_PREFIX.length()) : pin;
        return new CheckTarget(host, port, context, bare);
    }

    /** Connects, and with TLS does the handshake. */
    Socket connect() throws IOException {
        var socket = new Socket();
        try {
            socket.setTcpNoDelay(true);
            socket.connect(new InetSocketAddress(host, port), CONNECT_MILLIS);
            return trust == null ? socket : encrypted(socket, trust);
        } catch (IOException | RuntimeException e) {
            socket.close();
            throw e;
        }
    }

    private Socket encrypted(Socket below, SSLContext context) throws IOException {
        var socket = (SSLSocket) context.getSocketFactory().createSocket(below, host, port, true);
        SSLParameters parameters = socket.getSSLParameters();
        parameters.setEndpointIdentificationAlgorithm("HTTPS");
        socket.setSSLParameters(parameters);
        socket.setSoTimeout(CONNECT_MILLIS);
        socket.startHandshake();
        socket.setSoTimeout(0);
        if (pin != null) {
            byte[] key =
                    socket.getSession().getPeerCertificates()[0].getPublicKey().getEncoded();
            String its;
            try {
                its = Base64.getEncoder()
                        .encodeToString(MessageDigest.getInstance("SHA-256").digest(key));
            } catch (GeneralSecurityException e) {
                throw new IllegalStateException(e); // every JDK has it
            }
            if (!pin.equals(its)) {
                throw new IOException("the server's key is sha256//" + its + ", not the pinned one");
            }
        }
        return socket;
    }

    @Override
    public String toString() {
        return host + ":" + port;
    }
}
