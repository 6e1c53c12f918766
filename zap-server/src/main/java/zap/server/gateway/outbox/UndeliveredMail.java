package zap.server.gateway.outbox;

import org.jspecify.annotations.Nullable;
import zap.protocol.Frame;
import zap.protocol.HistoryDigest;
import zap.server.mailbox.MailboxItem;

/** The mail that was written to a base session and is not known to be delivered. */
sealed interface UndeliveredMail permits WrittenMail, ProxiedMail {

    /** Mail that is delivered together. */
    interface Part {
        /** Returns its last position. */
        long position();

        /** Returns the mailbox's digest at that position. */
        HistoryDigest digest();

        /** Returns {@link System#nanoTime()} when it was written. */
        long writtenNanos();
    }

    boolean isEmpty();

    /** Returns whether a caller should wait for the delivery of mail, because it takes only as long as the network. */
    boolean isDueSoon();

    /** Returns the part that has been waiting for the longest time; null when there is none. */
    @Nullable
    Part oldest();

    /** Returns the last position; 0 when it is empty. */
    long lastPosition();

    /** Returns how many of the entries of one write make a part. */
    int entriesInPart(int entries);

    /**
     * Adds a part that was written now.
     *
     * @param last its last entry
     * @param digest the mailbox's digest there
     * @param end the number of bytes written to the connection up to its end
     */
    void add(MailboxItem last, HistoryDigest digest, long end, long nowNanos);

    /** Notes that the peer says to have read what the mark covers. */
    void read(Frame.Read mark);

    /**
     * Removes the mail that is delivered by now.
     *
     * @param acknowledged how many bytes of the stream are acknowledged
     * @return the newest part that was removed; null when there is none
     */
    @Nullable
    Part takeDelivered(long acknowledged, long nowNanos);

    /** Removes all mail: its delivery will not be noticed. */
    void clear();
}
