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
 * What waits for the writer.
 *
 * <p>Confirmations have a queue of their own. They are about what is stored already, so nothing that waits can depend on them, and they
 * go before everything else. But nobody waits for them, and each costs rows of two clients, and a receipt: one that waits a moment stands
 * for all that its session is given meanwhile, and so do the receipts that follow from it.
 */
final class WriteQueue {

    /** Since when a confirmation waits. */
    private record Waiting(ConfirmWrite confirmation, long sinceNanos) {}

    private final int most;
    private final long confirmWithin;

    private final ReentrantLock lock = new ReentrantLock();
    /** There is room for writes. */
    private final Condition room = lock.newCondition();
    /** There is something to take, or will be in a while. */
    private final Condition something = lock.newCondition();

    // Guarded by the lock.
    private final Queue<Write> writes = new ArrayDeque<>();
    private final Queue<Waiting> confirmations = new ArrayDeque<>();
    private boolean hurried;

    /**
     * @param most how many writes may wait
     * @param confirmWithin how long a confirmation may wait for more of its session
     */
    WriteQueue(int most, Duration confirmWithin) {
        this.most = most;
        this.confirmWithin = confirmWithin.toNanos();
    }

    /** Takes a write in, when there is room. */
    void put(Write write) throws InterruptedException {
        lock.lockInterruptibly();
        try {
            while (writes.size() >= most) {
                room.await();
            }
            add(write);
        } finally {
            lock.unlock();
        }
    }

    /**
     * The same, for a bounded time.
     *
     * @return false when there was no room
     */
    boolean offer(Write write, Duration within) throws InterruptedException {
        long left = within.toNanos();
        lock.lockInterruptibly();
        try {
            while (writes.size() >= most) {
                if (left <= 0) {
                    return false;
                }
                left = room.awaitNanos(left);
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
            something.signal();
        }
    }

    /** Takes a confirmation in. Does not wait: there is one for each session at most. */
    void confirm(ConfirmWrite confirmation) {
        lock.lock();
        try {
            confirmations.add(new Waiting(confirmation, System.nanoTime()));
            if (confirmations.size() == 1) {
                something.signal();
            }
        } finally {
            lock.unlock();
        }
    }

    /** From now on, confirmations need not wait for more: the server is stopping. Or they should again. */
    void hurry(boolean now) {
        lock.lock();
        try {
            hurried = now;
            something.signal();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Moves what is to be stored next into a batch: the confirmations that have waited long enough, then the writes in the order in which they
     * came. All confirmations, when it takes a batch for them anyway, or a write asks for it. Waits when there is nothing.
     *
     * @param batch is empty, and is left so when the time was over first
     * @param atMost how many go into it
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
                something.awaitNanos(Math.min(until - now, untilDue(now)));
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
            room.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Takes all confirmations, however short a time they have waited. */
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

    /** How many wait, of both kinds. */
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
        return hurried ? 0 : oldest.sinceNanos + confirmWithin - now;
    }
}
