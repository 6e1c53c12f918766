package zap.server.mailbox;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The queue in front of the writer.
 *
 * <p>Confirmations have a queue of their own. They concern stored entries, so they depend on no waiting write, and
 * they go first. But no session waits for them, and each costs the rows of two clients, and a receipt. So a
 * confirmation waits a moment and stands for everything that its session is given meanwhile; so do the receipts that
 * follow from it.
 */
final class WriteQueue {

    /** A waiting confirmation and the time at which it came. */
    private record Waiting(ConfirmWrite confirmation, long sinceNanos) {}

    private final int capacity;
    private final long confirmWithin;

    private final ReentrantLock lock = new ReentrantLock();
    /** Signals that there is space for writes. */
    private final Condition hasSpace = lock.newCondition();
    /** Signals that there are writes to take, or will be in a while. */
    private final Condition hasWork = lock.newCondition();

    // Guarded by the lock.
    private final Queue<Write> writes = new ArrayDeque<>();
    private final Queue<Waiting> confirmations = new ArrayDeque<>();
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
        if (writes.size() == 1) {
            hasWork.signal();
        }
    }

    /** Adds a confirmation. Does not wait: there is at most one for each session. */
    void confirm(ConfirmWrite confirmation) {
        lock.lock();
        try {
            confirmations.add(new Waiting(confirmation, System.nanoTime()));
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
            while (batch.size() < atMost && !confirmations.isEmpty() && (allConfirmations || isDue(now))) {
                batch.add(confirmations.remove().confirmation);
            }
            while (batch.size() < atMost && !writes.isEmpty()) {
                batch.add(writes.remove());
            }
            hasSpace.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Takes all confirmations, regardless of how long they have waited. */
    List<Write> takeConfirmations() {
        lock.lock();
        try {
            var taken = new ArrayList<Write>(confirmations.size());
            confirmations.forEach(waiting -> taken.add(waiting.confirmation));
            confirmations.clear();
            return taken;
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
        @Nullable Waiting oldest = confirmations.peek();
        if (oldest == null) {
            return Long.MAX_VALUE;
        }
        return draining ? 0 : oldest.sinceNanos + confirmWithin - now;
    }
}
