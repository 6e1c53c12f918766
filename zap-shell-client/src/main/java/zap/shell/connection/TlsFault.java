package zap.shell.connection;

import java.time.Instant;
import java.util.List;

/** A reason why a TLS connection could not be trusted. */
public sealed interface TlsFault {

    /** The certificate has expired. */
    record Expired(Instant since) implements TlsFault {}

    /** The certificate is not valid yet. */
    record NotYetValid(Instant from) implements TlsFault {}

    /**
     * The certificate is for another name.
     *
     * @param asked the name of the server that was dialled
     * @param names the names that the certificate is for
     */
    record OtherName(String asked, List<String> names) implements TlsFault {}

    /**
     * No trusted authority has signed the certificate.
     *
     * @param issuer the issuer that the certificate names
     * @param given whether the user named the trusted authorities
     */
    record UnknownIssuer(String issuer, boolean given) implements TlsFault {}

    /**
     * The server has another key than the pinned one.
     *
     * @param pin of the key that it has
     */
    record OtherKey(String pin) implements TlsFault {}

    /** The certificate cannot be used for another reason. */
    record Unusable(String why) implements TlsFault {}

    /** The peer does not speak TLS, or does not answer. */
    record NoTls() implements TlsFault {}

    /** Server and client have no common TLS version or cipher. */
    record NotAgreed(String why) implements TlsFault {}
}
