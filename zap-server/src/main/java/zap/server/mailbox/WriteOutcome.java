package zap.server.mailbox;

import zap.protocol.Reason;

/** The outcome of a write: stored, or refused for a reason. */
public sealed interface WriteOutcome {

    /** The outcome of every write that succeeded. It is one object, because nearly every message has this outcome. */
    WriteOutcome STORED = new Stored();

    /** Returns the outcome of a write that was refused. */
    static WriteOutcome refused(Reason reason) {
        return new Refused(reason);
    }

    /** The write succeeded. It may have had nothing to store. */
    record Stored() implements WriteOutcome {}

    /** The write was refused, and nothing of it was stored. */
    record Refused(Reason reason) implements WriteOutcome {}
}
