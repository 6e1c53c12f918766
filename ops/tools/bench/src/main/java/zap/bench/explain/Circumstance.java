package zap.bench.explain;

/**
 * Something that goes on while messages are late, and need not be the reason. It is compared with how much of the whole
 * time it goes on.
 */
public enum Circumstance {
    CHECKPOINT("a checkpoint writes or syncs"),
    WAL_SWITCH("the log goes on in another file"),
    FORGETTING("a round of Forgetting"),
    GENERATION_CHANGE("a round of Forgetting that changes generations"),
    AUTOVACUUM("an autovacuum"),
    COMPILATION("the server compiles a method for 1 ms or more"),
    MONITOR("a thread of the server waits for a monitor for 1 ms or more"),
    PINNED("a virtual thread pins its carrier for 1 ms or more"),
    STOLEN("the host takes processor time from this machine"),
    DISK_FLUSH("the disk flushes for 5 ms or more in 50 ms"),
    RETRANSMISSION("TCP segments are sent again, anywhere on the machine");

    private final String title;

    Circumstance(String title) {
        this.title = title;
    }

    /** Returns the circumstance in words. */
    public String title() {
        return title;
    }
}
