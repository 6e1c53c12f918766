package zap.chaos;

import java.util.SplittableRandom;

/** Something that breaks. */
enum Fault {
    /** A participant's connections end at once. */
    LINK_RESET(24, 12),
    /** They end after some more bytes: in the middle of a frame, like as not. */
    LINK_CUT(24, 12),
    /** Nothing gets through for a while, and then everything. */
    LINK_STALLED(14, 6),
    /** The link loses bytes for a while without a sign. */
    LINK_SWALLOWS(14, 8),
    /** There is no way to the server for a while. */
    LINK_DOWN(8, 4),
    /** A participant's end of its connections is gone, and the server is not told: the old session seems to live on. */
    LINK_ABANDONED(0, 12),
    /** A participant's process is killed (kill -9), and started again. */
    CLIENT_KILLED(20, 8),
    /** The server's process is killed (kill -9), and started again. */
    SERVER_KILLED(4, 0),
    /** The server is stopped in good order, and started again. */
    SERVER_STOPPED(1, 0),
    /** PostgreSQL is killed (kill -9 of its postmaster); the server starts it again. Of a pair, it is the primary. */
    DATABASE_KILLED(2, 4),
    /** A node's process is killed (kill -9), and started again. */
    NODE_KILLED(0, 14),
    /** A node is stopped in good order, and started again. */
    NODE_STOPPED(0, 3),
    /** A node's process is paused (SIGSTOP) for longer than the limits of the heartbeat, and goes on. */
    NODE_PAUSED(0, 12),
    /** A node cannot reach the database for a while: its connections end, and new ones are refused. */
    NODE_WITHOUT_DATABASE(0, 6),
    /** All that a node exchanges with the database waits for a while, and then arrives. */
    NODE_DATABASE_STALLED(0, 8),
    /** All that a node exchanges with the database is lost for a while without a sign, answers to commits included. */
    NODE_DATABASE_SWALLOWS(0, 8),
    /** No other node can hand mail over to a node for a while: the links to it end, and new ones are refused. */
    NODE_WITHOUT_LINKS(0, 6),
    /** All that other nodes hand over to a node waits for a while, and then arrives. */
    NODE_LINKS_STALLED(0, 8),
    /** All that other nodes hand over to a node is lost for a while without a sign, and then the links end. */
    NODE_LINKS_SWALLOW(0, 8),
    /** No participant can reach a node for a while. What they exchange is lost without a sign. */
    NODE_WITHOUT_CLIENTS(0, 8),
    /** The primary is killed (kill -9), and its standby takes over. */
    DATABASE_FAILED_OVER(0, 6),
    /** The primary hangs (SIGSTOP), its standby takes over, and then the old primary goes on. */
    DATABASE_HUNG(0, 6),
    /** The server's data is copied: its files while it is stopped or killed, or a base backup while it runs. */
    SERVER_BACKED_UP(false),
    /** The server is stopped or killed, and starts with the data of an earlier copy. */
    SERVER_RESTORED(false),
    /** A participant's folder is copied, and both are used from then on, each by a process with a link of its own. */
    CLIENT_COPIED(true),
    /** A participant's folder is copied and put away. */
    CLIENT_BACKED_UP(true),
    /** The folder that was put away takes the place of the present one. */
    CLIENT_PUT_BACK(true),
    /** A second, empty store of a participant's identity is made from the key alone. */
    IDENTITY_IMPORTED(true);

    /**
     * The frequency with one server, compared with the others. Faults with a long recovery are rare, so that many runs
     * fit into an hour.
     */
    private final int weight;

    /** The frequency with several nodes. */
    private final int weightWithNodes;

    private final boolean possible;
    private final boolean possibleWithNodes;

    Fault(int weight, int weightWithNodes) {
        this.weight = weight;
        this.weightWithNodes = weightWithNodes;
        this.possible = weight > 0;
        this.possibleWithNodes = weightWithNodes > 0;
    }

    /**
     * A fault that means something only together with others, before or behind it: {@link FaultPlan} has it in its
     * stories.
     */
    Fault(boolean possibleWithNodes) {
        this.weight = 0;
        this.weightWithNodes = 0;
        this.possible = true;
        this.possibleWithNodes = possibleWithNodes;
    }

    /** Returns whether it can happen to several nodes, or to one server. */
    boolean isPossible(boolean withNodes) {
        return withNodes ? possibleWithNodes : possible;
    }

    /** Returns whether it breaks a node, or what a node is connected to, and no participant. */
    boolean isOfNode() {
        return switch (this) {
            case NODE_KILLED,
                    NODE_STOPPED,
                    NODE_PAUSED,
                    NODE_WITHOUT_DATABASE,
                    NODE_DATABASE_STALLED,
                    NODE_DATABASE_SWALLOWS,
                    NODE_WITHOUT_LINKS,
                    NODE_LINKS_STALLED,
                    NODE_LINKS_SWALLOW,
                    NODE_WITHOUT_CLIENTS -> true;
            case LINK_RESET,
                    LINK_CUT,
                    LINK_STALLED,
                    LINK_SWALLOWS,
                    LINK_DOWN,
                    LINK_ABANDONED,
                    CLIENT_KILLED,
                    SERVER_KILLED,
                    SERVER_STOPPED,
                    DATABASE_KILLED,
                    DATABASE_FAILED_OVER,
                    DATABASE_HUNG,
                    SERVER_BACKED_UP,
                    SERVER_RESTORED,
                    CLIENT_COPIED,
                    CLIENT_BACKED_UP,
                    CLIENT_PUT_BACK,
                    IDENTITY_IMPORTED -> false;
        };
    }

    /** Returns whether it breaks the database of several nodes. A second such fault has to wait for the next run. */
    boolean isOfDatabasePair() {
        return this == DATABASE_KILLED || this == DATABASE_FAILED_OVER || this == DATABASE_HUNG;
    }

    /** Draws one of those that can happen at any time to one server. */
    static Fault any(SplittableRandom random) {
        return any(random, false);
    }

    /** Draws one of those that can happen at any time to several nodes. */
    static Fault anyWithNodes(SplittableRandom random) {
        return any(random, true);
    }

    private static Fault any(SplittableRandom random, boolean withNodes) {
        int sum = 0;
        for (Fault fault : values()) {
            sum += fault.weight(withNodes);
        }
        int left = random.nextInt(sum);
        for (Fault fault : values()) {
            left -= fault.weight(withNodes);
            if (left < 0) {
                return fault;
            }
        }
        throw new IllegalStateException();
    }

    private int weight(boolean withNodes) {
        return withNodes ? weightWithNodes : weight;
    }
}
