package zap.bench.traffic;

import java.util.Map;
import java.util.TreeMap;

/**
 * Follows what one recipient gets of one flow: each number from 1 on must come once, and after the one before it.
 *
 * <p>As long as all is well it is one comparison a message; what is missing is kept as ranges.
 */
public final class DeliveryCheck {

    private final TreeMap<Long, Long> missing = new TreeMap<>(); // first number of a range → its last
    private long next = 1;
    private long arrived;
    private long doubled;
    private long outOfOrder;

    /**
     * Notes that this number came.
     *
     * @return whether it came for the first time
     */
    public boolean arrived(long sequence) {
        if (sequence == next) {
            next++;
            arrived++;
            return true;
        }
        if (sequence > next) {
            missing.put(next, sequence - 1);
            next = sequence + 1;
            arrived++;
            return true;
        }
        if (!wasMissing(sequence)) {
            doubled++;
            return false;
        }
        outOfOrder++;
        arrived++;
        return true;
    }

    private boolean wasMissing(long sequence) {
        Map.Entry<Long, Long> range = missing.floorEntry(sequence);
        if (range == null || range.getValue() < sequence) {
            return false;
        }
        missing.remove(range.getKey());
        if (range.getKey() < sequence) {
            missing.put(range.getKey(), sequence - 1);
        }
        if (range.getValue() > sequence) {
            missing.put(sequence + 1, range.getValue());
        }
        return true;
    }

    /** Returns the number of different messages that arrived. */
    public long arrived() {
        return arrived;
    }

    /** Returns the number of repeated arrivals. */
    public long doubled() {
        return doubled;
    }

    /** Returns the number of arrivals after a message that was sent later. */
    public long outOfOrder() {
        return outOfOrder;
    }

    /** Returns the number of messages that did not arrive. */
    public long lost(long sent) {
        return sent - arrived;
    }
}
