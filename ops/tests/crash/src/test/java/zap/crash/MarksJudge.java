package zap.crash;

import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;

/**
 * Compares the read marks (08) that a reader sent for an originator with the read receipts (09) that the originator
 * got.
 *
 * <p>Each receipt belongs to one mark, in their order: it has the mark's second, or the second before a message that
 * still waited for the reader then. A mark has no receipt if it was lowered until nothing new was left (protocol
 * section 1, 08).
 *
 * <p>A reader may send the same mark twice. If there is one receipt for both, nothing tells which of them it belongs
 * to. So this looks for the assignment with the fewest missing receipts.
 */
final class MarksJudge {

    private static final long IMPOSSIBLE = Long.MAX_VALUE / 2;

    private final List<Long> receipts;
    private final Set<Long> messages;

    /**
     * @param receipts the seconds of the receipts, in their order
     * @param messages the seconds of the messages from the originator to the reader
     */
    MarksJudge(List<Long> receipts, Set<Long> messages) {
        this.receipts = receipts;
        this.messages = messages;
    }

    /**
     * Returns the number of marks without a receipt that should have one; nothing if the receipts belong to no such
     * marks.
     *
     * @param marks the seconds of the marks, in their order
     */
    OptionalLong missing(List<Long> marks) {
        // index: number of receipts that belong to the marks so far; value: the fewest missing receipts
        long[] fewest = new long[receipts.size() + 1];
        Arrays.fill(fewest, IMPOSSIBLE);
        fewest[0] = 0;
        for (long mark : marks) {
            long[] before = fewest.clone();
            long newest = 0;
            for (int taken = 0; taken < fewest.length; taken++) {
                long belongs = IMPOSSIBLE;
                if (taken > 0) {
                    long receipt = receipts.get(taken - 1);
                    newest = Math.max(newest, receipt);
                    belongs = belongs(receipt, mark) ? before[taken - 1] : IMPOSSIBLE;
                }
                fewest[taken] = Math.min(belongs, before[taken] + (mayBeDropped(mark, newest) ? 0 : 1));
            }
        }
        long missing = fewest[receipts.size()];
        return missing < IMPOSSIBLE ? OptionalLong.of(missing) : OptionalLong.empty();
    }

    private boolean belongs(long receipt, long mark) {
        return receipt == mark || receipt < mark && messages.contains(receipt + 1);
    }

    /** Returns whether the message right behind the newest receipt may have waited: then nothing new was left. */
    private boolean mayBeDropped(long mark, long newest) {
        return mark > newest && messages.contains(newest + 1);
    }
}
