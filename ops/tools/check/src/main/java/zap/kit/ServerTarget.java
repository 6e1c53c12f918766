package zap.kit;

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
 * The address of a server, and how to get there.
 *
 * @param trust of TLS; null for a plain connection
 * @param pin the SHA-256 of the key that the server must have, in Base64; null for any key
 */
public record ServerTarget(
        String host,
        int port,
        @Nullable SSLContext trust,
        @Nullable String pin) {

    private static final int CONNECT_MILLIS = 5_000;
    private static final String PIN_PREFIX = "sha256//";

    /**
     * Returns the server of a command line.
     *
     * @param address HOST:PORT; an IPv6 address may have brackets
     * @throws WrongUsageException when the address, the certificates or the pin cannot be used
     */
    public static ServerTarget parse(String address, boolean tls, @Nullable Path ca, @Nullable String pin) {
        HostAndPort place = HostAndPort.ofServer(address);
        if (!tls) {
            return plain(place.host(), place.port());
        }
        try {
            return tls(place.host(), place.port(), ca, pin);
        } catch (IOException | GeneralSecurityException e) {
            throw new WrongUsageException(Phrase.of("problem.ca", String.valueOf(ca), String.valueOf(e.getMessage())));
        }
    }

    public static ServerTarget plain(String host, int port) {
        return new ServerTarget(host, port, null, null);
    }

    /**
     * Returns a server that is reached over TLS.
     *
     * @param ca a file of certificates in PEM that sign the server's; null for those that the system trusts
     */
    public static ServerTarget tls(String host, int port, @Nullable Path ca, @Nullable String pin)
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
        return new ServerTarget(host, port, context, bare);
    }

    public boolean encrypted() {
        return trust != null;
    }

    /** Connects, and with TLS does the handshake. */
    public Socket connect() throws IOException {
        Socket socket = dial();
        try {
            return secure(socket);
        } catch (IOException | RuntimeException e) {
            socket.close();
            throw e;
        }
    }

    /** Connects, without a handshake. */
    public Socket dial() throws IOException {
        var socket = new Socket();
        try {
            socket.setTcpNoDelay(true);
            socket.connect(new InetSocketAddress(host, port), CONNECT_MILLIS);
            return socket;
        } catch (IOException | RuntimeException e) {
            socket.close();
            throw e;
        }
    }

    /** Does the handshake on a connected socket, and checks the server's key; without TLS, returns the same socket. */
    public Socket secure(Socket below) throws IOException {
        if (trust == null) {
            return below;
        }
        var socket = (SSLSocket) trust.getSocketFactory().createSocket(below, host, port, true);
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
