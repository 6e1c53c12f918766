package zap.server.mailbox;

import java.util.Map;
import java.util.Set;

/**
 * The places that the database gave the entries of a {@link SharedBatch}.
 *
 * @param tails the last position of each changed mailbox, with the batch in it
 * @param stored the receipts that were true and are stored, as indexes
 */
record Placement(Map<Long, Long> tails, Set<Integer> stored) {}
