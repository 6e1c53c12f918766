package zap.server.mailbox;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;

/**
 * The counters of the clients that mail comes from and goes to now, as the last commit left them: a cache with a bound, which spares the
 * writer from asking and locking rows that hardly anybody else writes to. What is stored by it is stored only if it still holds
 * ({@link MailboxStatements#store}). Belongs to the writer's thread.
 */
final class CounterCache {

    private final LruMap<Long, Counters> known;

    /** @param capacity how many clients are remembered; the one that was not used for the longest time goes first */
    CounterCache(int capacity) {
        this.known = new LruMap<>(capacity);
    }

    /** Those of these clients of which nothing is known, in their order. */
    long[] missing(Set<Long> clients) {
        return clients.stream()
                .filter(client -> !known.containsKey(client))
                .mapToLong(Long::longValue)
                .toArray();
    }

    /** The counters of these clients, each to be changed from here on; those that are not known left out. */
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

    /** They are so now. */
    void put(Collection<Counters> counters) {
        counters.forEach(one -> known.put(one.client, one));
    }

    /** What is known of these clients may be wrong. */
    void forget(Set<Long> clients) {
        known.keySet().removeAll(clients);
    }
}
