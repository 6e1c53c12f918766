package zap.server.mailbox;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import zap.protocol.ClientId;

/**
 * The queue in front of the writer.
 *
 * <p>Confirmations have a queue of their own. They concern stored entries, so they depend on no waiting write, and
 * they go first. But no session waits for them, and each costs the rows of two clients, and a receipt. So a
 * confirmation waits a moment and stands for everything that its session is given meanwhile; so do the receipts that
 * follow from it.
 *
 * <p>A read mark says nothing of the mail that its reader confirms after it. So a confirmation stands for nothing that
 * comes after the client's next mark, and the next confirmation does not pass that mark.
 */
final class WriteQueue {

    /** A waiting confirmation. */
    private static final class Waiting {

        final ConfirmWrite confirmation;
        final long sinceNanos = System.nanoTime();
        /** The place of the write that it must not pass; 0 for none. */
        final long behind;

        /** The position that it stands for; null while later ones may join it. */
        ConfirmWrite.@Nullable Mark closed;

        Waiting(ConfirmWrite confirmation, long behind) {
            this.confirmation = confirmation;
            this.behind = behind;
        }

        void close() {
            closed = confirmation.endWait();
        }

        ConfirmWrite leave() {
            ConfirmWrite.@Nullable Mark upTo = closed;
            if (upTo == null) {
                confirmation.leaveQueue();
            } else {
                confirmation.leaveQueueWith(upTo);
            }
            return confirmation;
        }
    }

    private final int capacity;
    private final long confirmWithin;

    private final ReentrantLock lock = new ReentrantLock();
    /** Signals that there is space for writes. */
    private final Condition hasSpace = lock.newCondition();
    /** Signals that there are writes to take, or will be in a while. */
    private final Condition hasWork = lock.newCondition();

    // Guarded by the lock.
    private final Queue<Write> writes = new ArrayDeque<>();
    private final Set<Waiting> confirmations = new LinkedHashSet<>();
    /** The confirmation of each client that later ones may join. */
    private final Map<ClientId, Waiting> open = new HashMap<>();
    /** The place of each client's last write that confirmations must not pass, while it waits. */
    private final Map<ClientId, Long> marks = new HashMap<>();
    /** The confirmation behind such a write, by the place of the write. */
    private final Map<Long, Waiting> behind = new HashMap<>();
    /** Number of writes that were ever put, which is the place of the last one. */
    private long put;
    /** Number of writes that were ever taken. */
    private long taken;

    private boolean draining;

    /**
     * @param capacity maximum number of waiting writes
     * @param confirmWithin maximum time for which a confirmation waits for later ones of its session
     */
    WriteQueue(int capacity, Duration confirmWithin) {
        this.capacity = capacity;
        this.confirmWithin = confirmWithin.toNanos();
    }

    /** Adds a write, and waits for space if the queue is full. */
    void put(Write write) throws InterruptedException {
        lock.lockInterruptibly();
        try {
            while (writes.size() >= capacity) {
                hasSpace.await();
            }
            add(write);
        } finally {
            lock.unlock();
        }
    }

    /**
     * Adds a write, and waits a bounded time for space.
     *
     * @return false when the queue stayed full
     */
    boolean offer(Write write, Duration within) throws InterruptedException {
        long left = within.toNanos();
        lock.lockInterruptibly();
        try {
            while (writes.size() >= capacity) {
                if (left <= 0) {
                    return false;
                }
                left = hasSpace.awaitNanos(left);
            }
            add(write);
            return true;
        } finally {
            lock.unlock();
        }
    }

    private void add(Write write) {
        writes.add(write);
        put++;
        @Nullable ClientId client = write.precedesConfirmationsOf();
        if (client != null) {
            marks.put(client, put);
            @Nullable Waiting before = open.remove(client);
            if (before != null) {
                before.close();
            }
        }
        if (writes.size() == 1) {
            hasWork.signal();
        }
    }

    /** Adds a confirmation. Does not wait: there is at most one for each session. */
    void confirm(ConfirmWrite confirmation) {
        lock.lock();
        try {
            var waiting = new Waiting(confirmation, marks.getOrDefault(confirmation.client(), 0L));
            confirmations.add(waiting);
            open.put(confirmation.client(), waiting);
            if (waiting.behind > 0) {
                behind.put(waiting.behind, waiting);
            }
            if (confirmations.size() == 1) {
                hasWork.signal();
            }
        } finally {
            lock.unlock();
        }
    }

    /** Sets whether confirmations are taken at once, because the server is stopping, or wait for later ones. */
    void setDraining(boolean now) {
        lock.lock();
        try {
            draining = now;
            hasWork.signal();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Moves the next writes into a batch: first the confirmations that have waited long enough, then the writes in the
     * order in which they came. Takes all confirmations when no write waits, or when one of the writes asks for them.
     * Waits while there is nothing to take.
     *
     * @param batch is empty, and stays so when the time was over first
     * @param atMost maximum number of writes that go into it
     */
    void take(List<Write> batch, int atMost, Duration within) throws InterruptedException {
        lock.lockInterruptibly();
        try {
            long until = System.nanoTime() + within.toNanos();
            while (writes.isEmpty() && !isDue(System.nanoTime())) {
                long now = System.nanoTime();
                if (until - now <= 0) {
                    return;
                }
                hasWork.awaitNanos(Math.min(until - now, untilDue(now)));
            }
            boolean allConfirmations =
                    writes.isEmpty() || writes.stream().limit(atMost).anyMatch(Write::followsConfirmations);
            long now = System.nanoTime();
            List<Waiting> first = confirmations.stream()
                    .takeWhile(waiting -> allConfirmations || untilDue(waiting, now) <= 0)
                    .filter(this::isFree)
                    .limit(atMost)
                    .toList();
            first.forEach(waiting -> batch.add(leave(waiting)));
            while (batch.size() < atMost && !writes.isEmpty()) {
                @Nullable Waiting next = takeWrite(batch);
                if (next != null && batch.size() < atMost) {
                    batch.add(leave(next));
                }
            }
            hasSpace.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Moves the next write into a batch. Returns the confirmation that waited behind it; null for none. */
    private @Nullable Waiting takeWrite(List<Write> batch) {
        Write write = writes.remove();
        batch.add(write);
        taken++;
        @Nullable ClientId client = write.precedesConfirmationsOf();
        if (client == null) {
            return null;
        }
        marks.remove(client, taken);
        return behind.get(taken);
    }

    private boolean isFree(Waiting waiting) {
        return waiting.behind <= taken;
    }

    private ConfirmWrite leave(Waiting waiting) {
        confirmations.remove(waiting);
        open.remove(waiting.confirmation.client(), waiting);
        behind.remove(waiting.behind, waiting);
        return waiting.leave();
    }

    /** Takes all confirmations that need not wait for a write, regardless of how long they have waited. */
    List<Write> takeConfirmations() {
        lock.lock();
        try {
            List<Waiting> free = confirmations.stream().filter(this::isFree).toList();
            var left = new ArrayList<Write>(free.size());
            free.forEach(waiting -> left.add(leave(waiting)));
            return left;
        } finally {
            lock.unlock();
        }
    }

    /** Returns the number of waiting writes and confirmations. */
    int size() {
        lock.lock();
        try {
            return writes.size() + confirmations.size();
        } finally {
            lock.unlock();
        }
    }

    private boolean isDue(long now) {
        return untilDue(now) <= 0;
    }

    private long untilDue(long now) {
        return confirmations.isEmpty()
                ? Long.MAX_VALUE
                : untilDue(confirmations.iterator().next(), now);
    }

    private long untilDue(Waiting waiting, long now) {
        return draining ? 0 : waiting.sinceNanos + confirmWithin - now;
    }
}
