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
    /** What is sent for a while is gone, and nobody is told. */
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
    DATABASE_KILLED(2);

    /** How often it happens, compared with the others. Those that take long to get over are rare, so that many runs fit into an hour. */
    private final int weight;

    Fault(int weight) {
        this.weight = weight;
    }

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
