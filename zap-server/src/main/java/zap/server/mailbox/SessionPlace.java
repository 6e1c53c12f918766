package zap.server.mailbox;

/**
 * The place of a client's current or last session.
 *
 * @param session its number
 * @param node the node on which it began; {@link #NO_NODE} if the client has had none, or an operator has ended it
 */
public record SessionPlace(long session, long node) {

    /** The number of no node. */
    public static final long NO_NODE = Counters.NO_NODE;

    /** Returns whether the client has had no session, or an operator has ended the last one. */
    public boolean isNowhere() {
        return node == NO_NODE;
    }
}
