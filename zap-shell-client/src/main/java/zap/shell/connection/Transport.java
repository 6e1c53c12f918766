package zap.shell.connection;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.cert.CertificateException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A connection that carries bytes. */
public interface Transport extends AutoCloseable {

    /**
     * Reads the bytes that have come. Blocks until the first of them, or until the timeout.
     *
     * @param wait the timeout; zero waits forever
     * @return the number of bytes, 0 when none came in time, -1 at the end
     */
    int read(ByteBuffer into, Duration wait) throws IOException;

    void write(byte[] bytes) throws IOException;

    /** Ends the writing side. Reading goes on. */
    void finishWriting() throws IOException;

    /** Returns the address that it is connected to; null when it has none. */
    default @Nullable ServerAddress address() {
        return null;
    }

    /** Returns the encryption; null when there is none. */
    default @Nullable Encryption encryption() {
        return null;
    }

    @Override
    void close();

    /** Dials a server. An interrupt ends a dial. */
    interface Dialer {

        /** Connects to the first address of the server that answers. */
        Transport dial() throws IOException;

        /** Connects to the address of the newest connection again, and to no other. */
        default Transport redial() throws IOException {
            return dial();
        }

        /** Notes that the newest connection had a session that lasted. */
        default void worked() {}

        /**
         * Notes that the newest connection has failed: the next one goes to another address, if there is one.
         *
         * @return whether there are addresses that have not failed since all of them were tried, or one has worked
         */
        default boolean failed() {
            return false;
        }

        /** Returns the address of the newest connection; null before the first one. */
        default @Nullable ServerAddress newest() {
            return null;
        }
    }

    /** Returns a dialer over TCP without encryption. */
    static Dialer tcp(List<Endpoint> endpoints, Duration patience) {
        return new TcpDialer(endpoints, AddressLookup.Resolver.SYSTEM, patience);
    }

    /**
     * Returns a dialer over TLS. It fails unless the server is the intended one.
     *
     * @param authorities the certificates that may sign the server's, in PEM; null for those that the system trusts
     * @param pin of the server's key (see {@link KeyPin}); null when it may have any key
     */
    static Dialer tls(
            List<Endpoint> endpoints,
            Duration patience,
            @Nullable String authorities,
            @Nullable String pin,
            InstantSource clock) {
        return new TlsDialer(endpoints, AddressLookup.Resolver.SYSTEM, patience, authorities, pin, clock);
    }

    /**
     * Checks that a text has certificates, in PEM.
     *
     * @throws CertificateException says why it has none
     */
    static void checkAuthorities(String pem) throws CertificateException {
        TlsDialer.certificates(pem);
    }
}
