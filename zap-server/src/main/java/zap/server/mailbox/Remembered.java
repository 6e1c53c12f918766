package zap.server.mailbox;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What is known of clients or groups, by their ids, up to a bound: what was not used for the longest time goes first. Reading it changes that
 * order, so it belongs to one thread, or to whoever holds a lock.
 */
public final class Remembered<V> extends LinkedHashMap<Long, V> {

    private static final long serialVersionUID = 1;

    private final int capacity;

    /** @param capacity how many are remembered */
    public Remembered(int capacity) {
        super(16, 0.75f, true);
        this.capacity = capacity;
    }

    @Override
    protected boolean removeEldestEntry(Map.Entry<Long, V> eldest) {
        return size() > capacity;
    }
}
