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
    COLLECTION("a collection of the server pauses it"),
    SAFEPOINT("a safepoint of the server, collections included"),
    GENERATOR_PAUSE("the load generator's JVM pauses"),
    COMPILATION("the server compiles a method for 1 ms or more"),
    MONITOR("a thread of the server waits for a monitor for 1 ms or more"),
    PINNED("a virtual thread pins its carrier for 1 ms or more"),
    STOLEN("the host takes processor time from this machine"),
    DISK_FLUSH("a flush of the disk takes 5 ms or more"),
    DISK_WRITE("a write to the disk takes 5 ms or more"),
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
