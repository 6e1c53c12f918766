package zap.server.identity;

import zap.protocol.PublicKeyBytes;

/** What somebody who says to be a client has to show. */
public sealed interface Credentials {

    /** There is no such client. */
    record Unknown() implements Credentials {}

    /** The client exists, and may not connect. */
    record Blocked() implements Credentials {}

    /** The client registered without a key: to know its id is enough, as in the base protocol. */
    record Keyless() implements Credentials {}

    /** A valid signature with this key. */
    record Keyed(PublicKeyBytes key) implements Credentials {}
}
