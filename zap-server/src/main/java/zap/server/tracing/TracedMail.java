package zap.server.tracing;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.NavigableMap;
import java.util.SequencedSet;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The traced mailbox entries that are not confirmed yet. They are found by owner and position, so it makes no
 * difference whether a session gets them from memory or from the log. Bounded: when there are too many, the oldest are
 * no longer traced.
 */
final class TracedMail {

    private final int most;
    private final ReentrantLock lock = new ReentrantLock();
    /**
     * Read without the lock to find out whether a client has any entry here, which is rare. Everything else is done
     * under the lock.
     */
    private final ConcurrentHashMap<Long, NavigableMap<Long, TracedEntry>> byRecipient = new ConcurrentHashMap<>();

    private final SequencedSet<TracedEntry> oldestFirst = new LinkedHashSet<>();

    TracedMail(int most) {
        this.most = most;
    }

    void add(TracedEntry followed) {
        lock.lock();
        try {
            byRecipient
                    .computeIfAbsent(followed.entry().recipient(), _ -> new TreeMap<>())
                    .put(followed.entry().position(), followed);
            oldestFirst.add(followed);
            if (oldestFirst.size() > most) {
                TracedEntry oldest = oldestFirst.getFirst();
                remove(oldest);
                oldest.abandoned(System.nanoTime());
            }
        } finally {
            lock.unlock();
        }
    }

    void written(long session, long recipient, long first, long last) {
        each(recipient, first, last, followed -> followed.written(session, System.nanoTime()));
    }

    void confirmed(long recipient, long upTo) {
        each(recipient, 0, upTo, followed -> {
            remove(followed);
            followed.confirmed(System.nanoTime());
        });
    }

    private void each(long recipient, long first, long last, Consumer<TracedEntry> action) {
        if (!byRecipient.containsKey(recipient)) {
            return;
        }
        lock.lock();
        try {
            @Nullable NavigableMap<Long, TracedEntry> entries = byRecipient.get(recipient);
            if (entries != null) {
                List.copyOf(entries.subMap(first, true, last, true).values()).forEach(action);
            }
        } finally {
            lock.unlock();
        }
    }

    private void remove(TracedEntry followed) {
        oldestFirst.remove(followed);
        byRecipient.computeIfPresent(followed.entry().recipient(), (_, entries) -> {
            entries.remove(followed.entry().position());
            return entries.isEmpty() ? null : entries;
        });
    }

    int size() {
        lock.lock();
        try {
            return oldestFirst.size();
        } finally {
            lock.unlock();
        }
    }

    /** Ends the traces of all entries. */
    void abandon() {
        lock.lock();
        try {
            new ArrayList<>(oldestFirst).forEach(followed -> {
                remove(followed);
                followed.abandoned(System.nanoTime());
            });
        } finally {
            lock.unlock();
        }
    }
}
