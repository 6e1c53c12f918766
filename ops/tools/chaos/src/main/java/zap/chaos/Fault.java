package zap.chaos;

import java.util.SplittableRandom;

/** Something that breaks. */
enum Fault {
    /** A participant's connections end at once. */
    LINK_RESET(24),
    /** They end after some more bytes: in the middle of a frame, like as not. */
    LINK_CUT(24),
    /** Nothing gets through for a while, and then everything. */
    LINK_STALLED(14),
    /** The link loses bytes for a while without a sign. */
    LINK_SWALLOWS(14),
    /** There is no way to the server for a while. */
    LINK_DOWN(8),
    /** A participant's process is killed (kill -9), and started again. */
    CLIENT_KILLED(20),
    /** The server's process is killed (kill -9), and started again. */
    SERVER_KILLED(4),
    /** The server is stopped in good order, and started again. */
    SERVER_STOPPED(1),
    /** PostgreSQL is killed (kill -9 of its postmaster); the server starts it again. */
    DATABASE_KILLED(2),
    /** The server's data is copied: its files while it is stopped or killed, or a base backup while it runs. */
    SERVER_BACKED_UP,
    /** The server is stopped or killed, and starts with the data of an earlier copy. */
    SERVER_RESTORED,
    /** A participant's folder is copied, and both are used from then on, each by a process with a link of its own. */
    CLIENT_COPIED,
    /** A participant's folder is copied and put away. */
    CLIENT_BACKED_UP,
    /** The folder that was put away takes the place of the present one. */
    CLIENT_PUT_BACK,
    /** A second, empty store of a participant's identity is made from the key alone. */
    IDENTITY_IMPORTED;

    /**
     * The frequency, compared with the others. Faults with a long recovery are rare, so that many runs fit into an
     * hour.
     */
    private final int weight;

    Fault(int weight) {
        this.weight = weight;
    }

    /**
     * A fault that means something only together with others, before or behind it: {@link FaultPlan} has it in its
     * stories.
     */
    Fault() {
        this(0);
    }

    /** Draws one of those that can happen at any time. */
    static Fault any(SplittableRandom random) {
        int sum = 0;
        for (Fault fault : values()) {
            sum += fault.weight;
        }
        int left = random.nextInt(sum);
        for (Fault fault : values()) {
            left -= fault.weight;
            if (left < 0) {
                return fault;
            }
        }
        throw new IllegalStateException();
    }
}
