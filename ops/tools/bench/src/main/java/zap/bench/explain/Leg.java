package zap.bench.explain;

/** A part of a message's way, from the moment at which it was due to the one at which its recipient has read it. */
public enum Leg {
    SENDING("due, not sent yet"),
    TO_SERVER("sent, not read by the server yet"),
    QUEUE("in the write queue"),
    DECIDING("in its batch, before the database"),
    DATABASE("in its batch, in the database"),
    REPORTING("stored, not reported yet"),
    OUTBOX("reported, not in the outbox's hands yet"),
    WRITING("being written to the recipient"),
    TO_RECIPIENT("written, not read by the recipient yet"),
    SERVER("in the server (its recording does not say where)");

    private final String title;

    Leg(String title) {
        this.title = title;
    }

    /** Returns the leg in words. */
    public String title() {
        return title;
    }
}
