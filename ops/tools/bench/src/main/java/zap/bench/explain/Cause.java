package zap.bench.explain;

/** A cause of lateness. Each moment of a late message has exactly one. With equal shares the first one counts. */
public enum Cause {
    GENERATOR_PAUSED("load generator: its JVM paused"),
    GENERATOR_QUEUED("load generator: waited for a processor"),
    GENERATOR_SENT_LATE("load generator: sent late, reason not seen"),

    SERVER_STOPPED("server: its process was stopped"),
    SERVER_GC("server: garbage collection"),
    SERVER_SAFEPOINT("server: safepoint other than a collection"),
    WRITER_QUEUED("server: the writer waited for a processor"),
    CARRIER_QUEUED("server: sessions' threads waited for a processor"),
    CARRIERS_BUSY("server: all carriers were busy"),
    WRITER_DECIDES("server: the writer decided a batch, or read rows"),
    WRITER_REPORTS("server: the writer reported a batch"),
    SOCKET_WRITE("server: write to the recipient's socket"),

    DATABASE_STOPPED("database: the writer's backend was stopped"),
    WAL_FILE("database: a new file of the log was made"),
    WAL_FLUSH("database: flush of the log, no checkpoint"),
    WAL_FLUSH_IN_CHECKPOINT("database: flush of the log during a checkpoint"),
    DATABASE_LOCK("database: waited for a lock of a transaction"),
    DATABASE_INTERNAL_LOCK("database: waited for an internal lock"),
    DATABASE_IO("database: read or wrote data"),
    DATABASE_OTHER_WAIT("database: another wait"),
    BACKEND_QUEUED("database: the writer's backend waited for a processor"),
    /** A mark of the writer's backend while it runs. The explanation says whose statement it ran. */
    BACKEND_RUNS("database: the writer's backend ran"),
    STATEMENT_OF_CONFIRMATIONS("database: statement of a batch ahead, mostly confirmations"),
    STATEMENT_AHEAD("database: statement of a batch of messages ahead"),
    OWN_STATEMENT("database: statement of its own batch"),
    DATABASE_UNSEEN("database: not seen running, nor waiting for a reason"),

    TCP("network: segments were sent again"),
    UNKNOWN_TO_SERVER("unknown: between sender and server"),
    UNKNOWN_IN_QUEUE("unknown: in the queue, with an idle writer"),
    UNKNOWN_IN_SERVER("unknown: in the server"),
    UNKNOWN_IN_OUTBOX("unknown: in the outbox, before its thread ran"),
    UNKNOWN_TO_RECIPIENT("unknown: between server and recipient");

    private final String title;

    Cause(String title) {
        this.title = title;
    }

    /** Returns the cause in words: where, and what. */
    public String title() {
        return title;
    }

    /** Returns whether this stands for the absence of evidence. */
    public boolean isUnknown() {
        return title.startsWith("unknown") || this == DATABASE_UNSEEN || this == GENERATOR_SENT_LATE;
    }
}
