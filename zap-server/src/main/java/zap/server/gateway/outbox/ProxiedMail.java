package zap.server.gateway.outbox;

import java.time.Duration;
import org.jspecify.annotations.Nullable;
import zap.protocol.ClientId;
import zap.protocol.Frame;
import zap.protocol.HistoryDigest;
import zap.protocol.PosixTime;
import zap.server.mailbox.MailboxItem;

/**
 * The mail that was written through a proxy and is not known to be delivered. TCP's acknowledgement is the proxy's
 * there, and says nothing about the peer: docs/adr/0013-behind-a-proxy.md.
 *
 * <p>An entry is delivered when the peer says to have read a message (08) that was written with it or later, or when
 * the connection has stood for long enough after the proxy acknowledged it. By then the proxy's TCP would have given
 * up, and the proxy closed the connection, if the peer's host had not acknowledged it.
 */
final class ProxiedMail implements UndeliveredMail {

    /**
     * Most entries that are kept apart, because there may be as many as the mailbox holds. Further ones take the place
     * of the newest, and what is kept no longer is delivered together with it.
     */
    static final int MOST = 1024;

    /** No client: the entry is no message. */
    private static final long NOBODY = 0;

    private final long standingNanos;
    private @Nullable Entry oldest;
    private @Nullable Entry newest;
    /** The oldest entry that the proxy is not known to have acknowledged; null when there is none. */
    private @Nullable Entry unacknowledged;

    private int count;
    /** The last position that the peer has said to have read. */
    private long read;

    /** @param standing how long the connection must stand */
    ProxiedMail(Duration standing) {
        this.standingNanos = standing.toNanos();
    }

    /** One entry, or the last of several. Of a message it keeps only what a read mark is compared with. */
    private static final class Entry implements Part {

        private long position;
        private HistoryDigest digest;
        private long end;
        private long writtenNanos;
        private long originator;
        private long second;
        private boolean acknowledged;
        /** {@link System#nanoTime()} when the proxy was found to have acknowledged it. */
        private long acknowledgedNanos;

        private @Nullable Entry next;

        private Entry(MailboxItem item, HistoryDigest digest, long end, long writtenNanos) {
            this.digest = digest;
            become(item, digest, end, writtenNanos);
        }

        private void become(MailboxItem item, HistoryDigest digest, long end, long writtenNanos) {
            this.position = item.position();
            this.digest = digest;
            this.end = end;
            this.writtenNanos = writtenNanos;
            this.acknowledged = false;
            switch (item.frame()) {
                case Frame.Deliver deliver -> isMessage(deliver.src(), deliver.sentAt());
                case Frame.Message message -> isMessage(message.src(), message.sentAt());
                case Frame.Delivered _, Frame.ReadReceipt _, Frame.GroupCreated _ -> originator = NOBODY;
            }
        }

        private void isMessage(ClientId src, PosixTime sentAt) {
            originator = src.value();
            second = sentAt.seconds();
        }

        @Override
        public long position() {
            return position;
        }

        @Override
        public HistoryDigest digest() {
            return digest;
        }

        @Override
        public long writtenNanos() {
            return writtenNanos;
        }
    }

    @Override
    public boolean isEmpty() {
        return oldest == null;
    }

    /** Returns false, because it depends on the peer's user, or takes a long time. */
    @Override
    public boolean isDueSoon() {
        return false;
    }

    @Override
    public @Nullable Part oldest() {
        return oldest;
    }

    @Override
    public long lastPosition() {
        return newest == null ? 0 : newest.position;
    }

    /** Returns 1, because a read mark may cover any of them. */
    @Override
    public int entriesInPart(int entries) {
        return 1;
    }

    @Override
    public void add(MailboxItem last, HistoryDigest digest, long end, long nowNanos) {
        if (newest != null && count == MOST) {
            newest.become(last, digest, end, nowNanos);
        } else {
            var entry = new Entry(last, digest, end, nowNanos);
            if (newest == null) {
                oldest = entry;
            } else {
                newest.next = entry;
            }
            newest = entry;
            count++;
        }
        unacknowledged = unacknowledged == null ? newest : unacknowledged;
    }

    @Override
    public void read(Frame.Read mark) {
        for (@Nullable Entry entry = oldest; entry != null; entry = entry.next) {
            if (entry.originator == mark.src().value()
                    && entry.second <= mark.upTo().seconds()) {
                read = entry.position;
            }
        }
    }

    @Override
    public @Nullable Part takeDelivered(long acknowledged, long nowNanos) {
        while (unacknowledged != null && unacknowledged.end <= acknowledged) {
            unacknowledged.acknowledged = true;
            unacknowledged.acknowledgedNanos = nowNanos;
            unacknowledged = unacknowledged.next;
        }
        @Nullable Entry last = null;
        while (oldest != null && (oldest.position <= read || hasStood(oldest, nowNanos))) {
            last = oldest;
            oldest = last.next;
            unacknowledged = unacknowledged == last ? oldest : unacknowledged;
            count--;
        }
        if (oldest == null) {
            newest = null;
        }
        return last;
    }

    private boolean hasStood(Entry entry, long nowNanos) {
        return entry.acknowledged && nowNanos - entry.acknowledgedNanos >= standingNanos;
    }

    @Override
    public void clear() {
        oldest = null;
        newest = null;
        unacknowledged = null;
        count = 0;
    }
}
