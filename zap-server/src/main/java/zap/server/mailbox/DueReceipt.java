package zap.server.mailbox;

/**
 * A delivery receipt (07) that a batch owes, if no other node has made it untrue.
 *
 * @param recipient the client that has confirmed the messages
 * @param originator the client that the receipt is for
 * @param upTo the receipt's timestamp, POSIX seconds
 * @param known the last position of the recipient's mailbox that this node knows: the receipt is untrue if the log
 *     holds a message of the originator after it, with the same or an earlier second
 */
record DueReceipt(long recipient, long originator, long upTo, long known) {}
