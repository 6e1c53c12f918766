package zap.server.gateway.outbox;

import org.jspecify.annotations.Nullable;
import zap.protocol.Frame;
import zap.protocol.HistoryDigest;
import zap.server.mailbox.MailboxItem;

/**
 * The mail that was written to a peer and is not known to be acknowledged by the peer's TCP. For each write: its last
 * position, the offset in the byte stream at which it ends, and its time.
 */
final class WrittenMail implements UndeliveredMail {

    private static final int PARTS_OF_A_WRITE = 8;

    /**
     * Most writes that are kept apart. The connection's send buffer bounds the bytes under way, but small frames make
     * many writes of them. Then the newest are merged, and are confirmed when the last of them is acknowledged.
     */
    private static final int MOST = 256;

    private @Nullable Written oldest;
    private @Nullable Written newest;
    private int count;

    /** A part of a write, or several writes that were merged. */
    private static final class Written implements Part {

        private final long writtenNanos;
        private long position;
        private HistoryDigest digest;
        private long end;
        private @Nullable Written next;

        private Written(long position, HistoryDigest digest, long end, long writtenNanos) {
            this.position = position;
            this.digest = digest;
            this.end = end;
            this.writtenNanos = writtenNanos;
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

    @Override
    public boolean isDueSoon() {
        return oldest != null;
    }

    @Override
    public @Nullable Part oldest() {
        return oldest;
    }

    /**
     * Divides a write, because TCP acknowledges a large one piece by piece. Noted as one, all of it would be delivered
     * again if only its last piece were lost.
     */
    @Override
    public int entriesInPart(int entries) {
        return Math.ceilDiv(entries, PARTS_OF_A_WRITE);
    }

    @Override
    public void add(MailboxItem last, HistoryDigest digest, long end, long nowNanos) {
        add(last.position(), digest, end, nowNanos);
    }

    void add(long position, HistoryDigest digest, long end, long nowNanos) {
        if (newest != null && count == MOST) {
            newest.position = position;
            newest.digest = digest;
            newest.end = end;
            return;
        }
        var part = new Written(position, digest, end, nowNanos);
        if (newest == null) {
            oldest = part;
        } else {
            newest.next = part;
        }
        newest = part;
        count++;
    }

    /** Does nothing: the peer's TCP has acknowledged what the peer has read. */
    @Override
    public void read(Frame.Read mark) {}

    @Override
    public @Nullable Part takeDelivered(long acknowledged, long nowNanos) {
        @Nullable Part last = null;
        while (oldest != null && oldest.end <= acknowledged) {
            last = oldest;
            oldest = oldest.next;
            count--;
        }
        if (oldest == null) {
            newest = null;
        }
        return last;
    }

    @Override
    public long lastPosition() {
        return newest == null ? 0 : newest.position;
    }

    @Override
    public void clear() {
        oldest = null;
        newest = null;
        count = 0;
    }
}
