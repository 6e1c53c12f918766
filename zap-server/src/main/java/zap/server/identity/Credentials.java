package zap.server.identity;

import zap.protocol.PublicKeyBytes;

/** The proof that a peer must present to connect as a client. */
public sealed interface Credentials {

    /** The client does not exist. */
    record Unknown() implements Credentials {}

    /** The client exists, and may not connect. */
    record Blocked() implements Credentials {}

    /** The client registered without a key: its id is enough, as in the base protocol. */
    record Keyless() implements Credentials {}

    /** A valid signature with this key. */
    record Keyed(PublicKeyBytes key) implements Credentials {}
}
