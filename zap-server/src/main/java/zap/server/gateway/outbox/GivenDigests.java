package zap.server.gateway.outbox;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import zap.protocol.HistoryDigest;

/**
 * The mailbox's digests at the positions that were written to an assured session and not confirmed yet. There are at
 * most as many as its mailbox may hold. The outbox's thread adds, the connection's thread takes.
 */
final class GivenDigests {

    private static final int SMALL = 8;

    /** The digest of position {@code first + i} is at {@code (start + i) % digests.length}. */
    private int[] digests = {};

    private int start;
    private int size;
    private long first;

    /** @param given the last position that was confirmed before this session */
    GivenDigests(long given) {
        this.first = given + 1;
    }

    /** Adds the digest of the next position. */
    synchronized void add(HistoryDigest digest) {
        if (size == digests.length) {
            int[] larger = new int[Math.max(SMALL, 2 * size)];
            int toEnd = Math.min(size, digests.length - start);
            System.arraycopy(digests, start, larger, 0, toEnd);
            System.arraycopy(digests, 0, larger, toEnd, size - toEnd);
            digests = larger;
            start = 0;
        }
        digests[(start + size) % digests.length] = digest.value();
        size++;
    }

    /** Returns how many digests fit into the memory that is allocated. */
    synchronized int capacity() {
        return digests.length;
    }

    /**
     * Takes the digest of a position, and forgets it with those before it.
     *
     * @return null when it has been taken already, or was not added yet
     */
    synchronized @Nullable HistoryDigest take(long position) {
        if (position < first || position >= first + size) {
            return null;
        }
        int gone = (int) (position - first) + 1;
        HistoryDigest digest = new HistoryDigest(digests[(start + gone - 1) % digests.length]);
        start = (start + gone) % digests.length;
        size -= gone;
        first = position + 1;
        if (size == 0 && digests.length > SMALL) {
            digests = Arrays.copyOf(digests, SMALL); // an idle session keeps little
            start = 0;
        }
        return digest;
    }
}
