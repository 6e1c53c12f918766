package zap.server.mailbox;

import zap.protocol.Frame;

/**
 * One entry of a mailbox on its way to its owner.
 *
 * @param position its number in the owner's log; the first entry has 1, and there are no gaps
 * @param frame the frame to deliver
 * @param receivedAtNanos {@link System#nanoTime()} when the frame that caused it reached this server, or {@link
 *     #NOT_MEASURED} when it was read back from the log
 */
public record MailboxItem(long position, Frame.ForMailbox frame, long receivedAtNanos) {

    /** The mark of an entry that waited in the log, which is no measure of the server's speed. */
    public static final long NOT_MEASURED = 0;
}
