package zap.bench.explain;

import java.util.ArrayList;
import java.util.List;

/** The late messages of one run. Safe for several threads. */
public final class LateLog {

    /** More of them would not make the explanation any better. */
    static final int MOST = 300_000;

    private final long lateNanos;
    private final List<LateMessage> messages = new ArrayList<>();
    private long measured;
    private long late;

    /** @param lateNanos messages that take longer are late */
    public LateLog(long lateNanos) {
        this.lateNanos = lateNanos;
    }

    /** Returns whether a message with this latency is late. */
    public boolean isLate(long nanos) {
        return nanos > lateNanos;
    }

    /** Counts a message that was in time. */
    public synchronized void inTime() {
        measured++;
    }

    /** Adds a late message. */
    public synchronized void add(LateMessage message) {
        measured++;
        late++;
        if (messages.size() < MOST) {
            messages.add(message);
        }
    }

    long lateNanos() {
        return lateNanos;
    }

    /** Returns the number of messages that arrived, late or not. */
    synchronized long measured() {
        return measured;
    }

    /** Returns the number of late messages. */
    synchronized long late() {
        return late;
    }

    /** Returns the late messages; the first ones, if there are too many. */
    synchronized List<LateMessage> messages() {
        return List.copyOf(messages);
    }
}
