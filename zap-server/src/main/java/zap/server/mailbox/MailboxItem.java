package zap.server.mailbox;

import zap.protocol.Frame;

/**
 * One entry of a mailbox on its way to its owner.
 *
 * @param position where it stands in the owner's log; the first entry has 1, and there are no gaps
 * @param frame what the owner is to be told
 * @param receivedAtNanos {@link System#nanoTime()} of the moment in which its cause reached this server, or
 *     {@link #NOT_MEASURED} when it was read back from the log
 */
public record MailboxItem(long position, Frame.ForMailbox frame, long receivedAtNanos) {

    /** An entry that waited in the log says nothing about how fast the server is. */
    public static final long NOT_MEASURED = 0;
}
