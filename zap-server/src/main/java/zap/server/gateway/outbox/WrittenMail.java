package zap.server.gateway.outbox;

import org.jspecify.annotations.Nullable;
import zap.protocol.HistoryDigest;

/**
 * The mail that was written and is not known to be acknowledged. For each write: its last position, the offset in the
 * byte stream at which it ends, and its time.
 */
final class WrittenMail {

    /**
     * Most writes that are kept apart. The connection's send buffer bounds the bytes under way, but small frames make
     * many writes of them. Then the newest are merged, and are confirmed when the last of them is acknowledged.
     */
    private static final int MOST = 256;

    private @Nullable Part oldest;
    private @Nullable Part newest;
    private int count;

    /** One write, or several that were merged. */
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

        /** Returns its last position. */
        long position() {
            return position;
        }

        /** Returns the mailbox's digest at that position. */
        HistoryDigest digest() {
            return digest;
        }

        /** Returns {@link System#nanoTime()} when it was written. */
        long writtenNanos() {
            return writtenNanos;
        }
    }

    boolean isEmpty() {
        return oldest == null;
    }

    /** Returns the part that has been waiting for the longest time; null when there is none. */
    @Nullable
    Part oldest() {
        return oldest;
    }

    /**
     * Adds mail that was written now.
     *
     * @param position its last position
     * @param digest the mailbox's digest there
     * @param end the number of bytes written to the connection up to its end
     */
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
     * Removes the mail that is acknowledged.
     *
     * @param bytes how many bytes of the stream are acknowledged
     * @return the newest part that was removed; null when there is none
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

    /** Returns the last position; 0 when it is empty. */
    long lastPosition() {
        return newest == null ? 0 : newest.position;
    }

    /** Removes all mail: its acknowledgements will not be seen. */
    void clear() {
        oldest = null;
        newest = null;
        count = 0;
    }
}
