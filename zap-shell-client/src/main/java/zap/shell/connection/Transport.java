package zap.shell.connection;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.cert.CertificateException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A connection as bytes. */
public interface Transport extends AutoCloseable {

    /**
     * Reads what is there, waiting for it.
     *
     * @param wait how long to wait; zero is for ever
     * @return how many bytes came, 0 when none did for so long, -1 at the end
     */
    int read(ByteBuffer into, Duration wait) throws IOException;

    void write(byte[] bytes) throws IOException;

    /** Says that nothing more will be written; reading goes on. */
    void finishWriting() throws IOException;

    /** How it is encrypted; null when it is not. */
    default @Nullable Encryption encryption() {
        return null;
    }

    @Override
    void close();

    /** Makes connections. */
    interface Dialer {
        Transport dial() throws IOException;
    }

    /** Dials over TCP, in the clear. */
    static Dialer tcp(String host, int port, Duration patience) {
        return () -> new TcpTransport(TcpTransport.connect(List.of(new Endpoint(host, port)), patience));
    }

    /**
     * Dials over TLS; there is no connection unless the server is known to be the one that was meant.
     *
     * @param authorities certificates of those whose signature counts, in PEM; null for those that the system trusts
     * @param pin of the server's key (see {@link KeyPin}); null when it may have any
     */
    static Dialer tls(
            String host,
            int port,
            Duration patience,
            @Nullable String authorities,
            @Nullable String pin,
            InstantSource clock) {
        return new TlsDialer(host, port, patience, authorities, pin, clock);
    }

    /**
     * Sees whether these are certificates, in PEM.
     *
     * @throws CertificateException says why they are not
     */
    static void checkAuthorities(String pem) throws CertificateException {
        TlsDialer.certificates(pem);
    }
}
