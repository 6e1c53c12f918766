package zap.shell.connection;

import java.time.Instant;
import java.util.List;

/** Why no encrypted connection came about that can be trusted. */
public sealed interface TlsFault {

    /** The certificate was good until then. */
    record Expired(Instant since) implements TlsFault {}

    /** The certificate will be good from then on. */
    record NotYetValid(Instant from) implements TlsFault {}

    /**
     * The certificate is somebody else's.
     *
     * @param asked the name of the server that was dialled
     * @param names those that it is for
     */
    record OtherName(String asked, List<String> names) implements TlsFault {}

    /**
     * Nobody who is trusted has signed the certificate.
     *
     * @param issuer who has, by its own words
     * @param given whether it was said whom to trust
     */
    record UnknownIssuer(String issuer, boolean given) implements TlsFault {}

    /**
     * The server has another key than the one that was pinned.
     *
     * @param pin of the key that it has
     */
    record OtherKey(String pin) implements TlsFault {}

    /** There is something else about the certificate. */
    record Unusable(String why) implements TlsFault {}

    /** What answers there, if anything does, is not TLS. */
    record NoTls() implements TlsFault {}

    /** The server, or we, do not want to encrypt in any of the ways that the other knows. */
    record NotAgreed(String why) implements TlsFault {}
}
