package zap.server.gateway.outbox;

import org.jspecify.annotations.Nullable;
import zap.protocol.HistoryDigest;

/**
 * The mail that was written and is not known to be acknowledged: up to which position, where in the stream of bytes that ends, and since
 * when.
 */
final class WrittenMail {

    /**
     * How many writes are told apart. What can be under way is bounded by the connection's send buffer, and small frames make many writes
     * of that: then the newest are taken together, and are confirmed when the last of them is acknowledged.
     */
    private static final int MOST = 256;

    private @Nullable Part oldest;
    private @Nullable Part newest;
    private int count;

    /** What one write brought, or several. */
    static final class Part {

        private final long writtenNanos;
        private long position;
        private HistoryDigest digest;
        private long end;
        private @Nullable Part next;

        private Part(long position, HistoryDigest digest, long end, long writtenNanos) {
            this.position = position;
            this.digest = digest;
            this.end = end;
            this.writtenNanos = writtenNanos;
        }

        /** The last position in it. */
        long position() {
            return position;
        }

        /** The mailbox's digest at that position. */
        HistoryDigest digest() {
            return digest;
        }

        /** When it was written, by {@link System#nanoTime}. */
        long writtenNanos() {
            return writtenNanos;
        }
    }

    boolean isEmpty() {
        return oldest == null;
    }

    /** What has been waiting for the longest time; null when there is nothing. */
    @Nullable
    Part oldest() {
        return oldest;
    }

    /** The mail up to this position was written now, and ends with this byte of the stream. */
    void add(long position, HistoryDigest digest, long end, long nowNanos) {
        if (newest != null && count == MOST) {
            newest.position = position;
            newest.digest = digest;
            newest.end = end;
            return;
        }
        var part = new Part(position, digest, end, nowNanos);
        if (newest == null) {
            oldest = part;
        } else {
            newest.next = part;
        }
        newest = part;
        count++;
    }

    /**
     * So many bytes of the stream have been acknowledged: the mail that ends with them is no longer in here.
     *
     * @return the newest of it; null when there is none
     */
    @Nullable
    Part acknowledged(long bytes) {
        @Nullable Part last = null;
        while (oldest != null && oldest.end <= bytes) {
            last = oldest;
            oldest = oldest.next;
            count--;
        }
        if (oldest == null) {
            newest = null;
        }
        return last;
    }

    /** The last position in here; 0 when it is empty. */
    long lastPosition() {
        return newest == null ? 0 : newest.position;
    }

    /** Forgets it: nobody will know. */
    void clear() {
        oldest = null;
        newest = null;
        count = 0;
    }
}
