package zap.server.mailbox;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A bounded cache of counters as the last commit left them, for the clients that send or receive now. It spares the
 * writer from reading and locking rows that other transactions seldom change. A batch decided by cached counters is
 * stored only if they still hold ({@link MailboxStatements#store}). Belongs to the writer's thread.
 */
final class CounterCache {

    private final LruMap<Long, Counters> known;

    /** @param capacity maximum number of cached clients; the least recently used one is dropped first */
    CounterCache(int capacity) {
        this.known = new LruMap<>(capacity);
    }

    /** Returns the clients that are not cached, in the given order. */
    long[] missing(Set<Long> clients) {
        return clients.stream()
                .filter(client -> !known.containsKey(client))
                .mapToLong(Long::longValue)
                .toArray();
    }

    /** Returns copies of these clients' counters for a batch to change, without those of unknown clients. */
    List<Counters> of(Set<Long> clients) {
        var counters = new ArrayList<Counters>(clients.size());
        for (Long client : clients) {
            Counters one = known.get(client);
            if (one != null) {
                counters.add(one.next());
            }
        }
        return counters;
    }

    /** Returns a client's counters; null when they are not cached. */
    @Nullable
    Counters get(long client) {
        return known.get(client);
    }

    /** Caches these counters as current. */
    void put(Collection<Counters> counters) {
        counters.forEach(one -> known.put(one.client, one));
    }

    /** Drops everything, because the database has gone back. */
    void clear() {
        known.clear();
    }

    /** Drops the counters of these clients, because they may be out of date. */
    void forget(Set<Long> clients) {
        known.keySet().removeAll(clients);
    }
}
