package zap.server.mailbox;

import java.util.Map;
import java.util.Set;

/**
 * The places that the database gave the entries of a {@link SharedBatch}.
 *
 * @param places for each changed mailbox
 * @param stored the receipts that were true and are stored, as indexes
 * @param lockNanos the time that it took to lock the rows, of which other nodes may have held some
 */
record Placement(Map<Long, Place> places, Set<Integer> stored, long lockNanos) {

    /**
     * The place of one mailbox's entries.
     *
     * @param tail the last position of the mailbox, with the batch in it
     * @param node the node on which its client's last session began
     */
    record Place(long tail, long node) {}
}
