package zap.shell.connection;

import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/**
 * A dialer over TLS 1.3 or 1.2 that checks that the server is the intended one. It never falls back to an unencrypted
 * connection.
 */
final class TlsDialer extends SocketDialer {

    private static final String[] PROTOCOLS = {"TLSv1.3", "TLSv1.2"};

    private final Duration patience;
    private final @Nullable String authorities;
    private final @Nullable String pin;
    private final InstantSource clock;

    /**
     * @param authorities the certificates that may sign the server's, in PEM; null for those that the system trusts
     * @param pin of the server's key; null when it may have any key
     */
    TlsDialer(
            List<Endpoint> endpoints,
            AddressLookup.Resolver resolver,
            Duration patience,
            @Nullable String authorities,
            @Nullable String pin,
            InstantSource clock) {
        super(endpoints, resolver, patience);
        this.patience = patience;
        this.authorities = authorities;
        this.pin = pin;
        this.clock = clock;
    }

    @Override
    Transport over(Socket below, ServerAddress address) throws IOException {
        String host = address.endpoint().host();
        boolean well = false;
        try {
            var socket = (SSLSocket) context(host)
                    .getSocketFactory()
                    .createSocket(below, host, address.endpoint().port(), true);
            SSLParameters parameters = socket.getSSLParameters();
            parameters.setProtocols(PROTOCOLS);
            // The rules for names in certificates, which HTTPS uses too.
            parameters.setEndpointIdentificationAlgorithm("HTTPS");
            socket.setSSLParameters(parameters);
            socket.setSoTimeout(Math.toIntExact(patience.toMillis()));
            try {
                shakeHands(socket, below);
            } catch (SSLException | SocketException | SocketTimeoutException e) {
                throw new TlsFaultException(faultOf(e), e);
            }
            var transport = new TcpTransport(socket, below, address, encryption(socket.getSession()));
            well = true;
            return transport;
        } catch (GeneralSecurityException e) {
            throw new TlsFaultException(new TlsFault.Unusable(String.valueOf(e.getMessage())), e);
        } finally {
            if (!well) {
                below.close();
            }
        }
    }

    /** Negotiates the encryption. An interrupt closes the socket. */
    private static void shakeHands(SSLSocket socket, Socket below) throws IOException {
        var handshake = new FutureTask<@Nullable Void>(() -> {
            socket.startHandshake();
            return null;
        });
        // In a thread of its own, because an interrupt does not end a read.
        Thread.ofPlatform().daemon().name("zap-handshake").start(handshake);
        try {
            handshake.get();
        } catch (InterruptedException e) {
            below.close();
            Thread.currentThread().interrupt();
            throw (InterruptedIOException) new InterruptedIOException("interrupted").initCause(e);
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case IOException failure -> throw failure;
                case RuntimeException bug -> throw bug;
                case null, default -> throw new IOException(e);
            }
        }
    }

    private SSLContext context(String host) throws GeneralSecurityException, IOException {
        @Nullable KeyStore trusted = null;
        if (authorities != null) {
            trusted = KeyStore.getInstance("PKCS12");
            trusted.load(null, null);
            int number = 0;
            for (Certificate certificate : certificates(authorities)) {
                trusted.setCertificateEntry("authority-" + ++number, certificate);
            }
        }
        TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
        factory.init(trusted);
        for (TrustManager manager : factory.getTrustManagers()) {
            if (manager instanceof X509ExtendedTrustManager known) {
                SSLContext context = SSLContext.getInstance("TLS");
                var check = new CertificateCheck(known, authorities != null, host, pin, clock);
                context.init(null, new TrustManager[] {check}, null);
                return context;
            }
        }
        throw new IllegalStateException("this JDK checks no certificates");
    }

    /**
     * Returns the certificates in a text.
     *
     * @throws CertificateException when there are none, or something in it cannot be read
     */
    static Collection<? extends Certificate> certificates(String pem) throws CertificateException {
        try (InputStream in = new ByteArrayInputStream(pem.getBytes(StandardCharsets.ISO_8859_1))) {
            Collection<? extends Certificate> certificates =
                    CertificateFactory.getInstance("X.509").generateCertificates(in);
            if (certificates.isEmpty()) {
                throw new CertificateException("no certificate in it");
            }
            return certificates;
        } catch (IOException e) {
            throw new CertificateException(e);
        }
    }

    private static TlsFault faultOf(IOException e) {
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (cause instanceof CertificateCheck.Untrusted untrusted) {
                return untrusted.fault();
            }
        }
        // A server without TLS hangs up on the TLS greeting, answers with other bytes, or waits for more.
        boolean isHandshake =
                e instanceof SSLException && String.valueOf(e.getMessage()).contains("alert");
        boolean nonsense = e instanceof SSLException && e.getClass() == SSLException.class;
        if (!isHandshake && (nonsense || !(e instanceof SSLException) || e.getCause() instanceof EOFException)) {
            return new TlsFault.NoTls();
        }
        return new TlsFault.NotAgreed(String.valueOf(e.getMessage()));
    }

    private static Encryption encryption(SSLSession session) throws SSLPeerUnverifiedException {
        var certificate = (X509Certificate) session.getPeerCertificates()[0];
        return new Encryption(
                session.getProtocol(),
                List.copyOf(CertificateCheck.names(certificate)),
                certificate.getNotAfter().toInstant(),
                KeyPin.of(certificate.getPublicKey()));
    }
}
