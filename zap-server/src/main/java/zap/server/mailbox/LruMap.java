package zap.server.mailbox;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A map with a bound: the entry that was not used for the longest time goes first. Reading changes that order, so a map belongs
 * to one thread, or to the holder of a lock.
 */
public final class LruMap<K, V> extends LinkedHashMap<K, V> {

    private static final long serialVersionUID = 1;

    private final int capacity;

    /** @param capacity how many are remembered */
    public LruMap(int capacity) {
        super(16, 0.75f, true);
        this.capacity = capacity;
    }

    @Override
    protected boolean removeEldestEntry(Map.Entry<K, V> eldest) {
        return size() > capacity;
    }
}
