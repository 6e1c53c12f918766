package zap.watch;

import java.io.EOFException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertificateException;
import java.util.Locale;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import zap.kit.Phrase;
import zap.kit.Shown;

/**
 * The cause of a connection that did not come about, in a form that a recording can keep and each language can say.
 *
 * @param key in the message bundles, behind {@code trouble.}
 * @param detail the system's own words
 */
record WireTrouble(String key, String detail) {

    /** Returns the cause of a failure to connect. */
    static WireTrouble connecting(IOException e) {
        String key = switch (e) {
            case UnknownHostException _ -> "unknown-host";
            case NoRouteToHostException _ -> "no-route";
            case SocketTimeoutException _ -> "no-answer";
            case ConnectException refused when words(refused).contains("refused") -> "refused";
            default -> "other";
        };
        return new WireTrouble(key, detail(e));
    }

    /** Returns the cause of a handshake that failed. */
    static WireTrouble shakingHands(IOException e) {
        String words = words(e);
        String key;
        if (e instanceof SocketTimeoutException) {
            key = "no-handshake";
        } else if (words.contains("unrecognized ssl message") || words.contains("plaintext")) {
            key = "no-tls";
        } else if (has(e, CertificateException.class) || has(e, CertPathValidatorException.class)) {
            key = "untrusted";
        } else if (words.contains("received fatal alert")) {
            key = "alert";
        } else if (e instanceof EOFException || words.contains("terminated") || isReset(e)) {
            key = "hung-up";
        } else {
            key = "other";
        }
        return new WireTrouble(key, detail(e));
    }

    /** Returns whether the peer has reset its connection. */
    static boolean isReset(IOException e) {
        String words = words(e);
        return words.contains("reset") || words.contains("broken pipe");
    }

    /** Returns whether this program has closed the socket meanwhile. */
    static boolean isClosedHere(IOException e) {
        return words(e).contains("closed");
    }

    /** Returns whether a TLS peer has closed its connection without the notice that belongs to it. */
    static boolean isEndWithoutGoodbye(IOException e) {
        return e instanceof EOFException || (e instanceof SSLException && e.getCause() instanceof EOFException);
    }

    private static boolean has(Throwable e, Class<? extends Throwable> type) {
        for (@Nullable Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (type.isInstance(cause)) {
                return true;
            }
        }
        return false;
    }

    private static String words(Throwable e) {
        return detail(e).toLowerCase(Locale.ROOT);
    }

    private static String detail(Throwable e) {
        String message = e.getMessage();
        return message == null ? e.getClass().getSimpleName() : message;
    }

    /**
     * Returns the sentence about it.
     *
     * @param kind says whether the proxy was dialling or shaking hands, and with whom
     */
    Phrase phrase(WireEvent.Kind kind) {
        String place = switch (kind) {
            case CLIENT_HANDSHAKE -> ".client";
            case SERVER_HANDSHAKE -> ".server";
            default -> "";
        };
        return Phrase.of("trouble." + key + (key.equals("no-tls") ? place : ""), Shown.visible(detail));
    }

    /** Parses what {@link #toString()} has written. */
    static WireTrouble parse(String text) {
        int end = text.indexOf(' ');
        return end < 0 ? new WireTrouble(text, "") : new WireTrouble(text.substring(0, end), text.substring(end + 1));
    }

    @Override
    public String toString() {
        return key + " " + detail;
    }
}
