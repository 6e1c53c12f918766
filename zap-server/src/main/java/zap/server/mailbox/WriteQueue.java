package zap.server.mailbox;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.TimeUnit;
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

    /** Less than this in a batch is no traffic that would be better off in larger batches. */
    private static final int FEW = 8;

    /** How long a batch may wait for as many writes as the last one had. */
    private static final long GATHER_WITHIN = TimeUnit.MILLISECONDS.toNanos(1);

    /** Since when a confirmation waits. */
    private record Waiting(Confirmation confirmation, long sinceNanos) {}

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
    /** How many writes there were in the last batch that had any. */
    private int lastTaken;
    /** How many writes are worth waking the writer for; it looks by itself after a while. */
    private int enough = 1;

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
        if (writes.size() == enough) {
            something.signal();
        }
    }

    /** Takes a confirmation in. Does not wait: there is one for each session at most. */
    void confirm(Confirmation confirmation) {
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
     * came. All confirmations, when it takes a batch for them anyway, or a write asks for it. Waits when there is nothing; and for a moment when
     * the last batch has just been stored and had many more: those who wrote it are about to write again, and their writes cost much less in one
     * batch than in three.
     *
     * @param batch is empty, and is left so when the time was over first
     * @param atMost how many go into it
     */
    void take(List<Write> batch, int atMost, Duration within) throws InterruptedException {
        lock.lockInterruptibly();
        try {
            long begun = System.nanoTime();
            long until = begun + within.toNanos();
            while (writes.isEmpty() && !isDue(System.nanoTime())) {
                long now = System.nanoTime();
                if (until - now <= 0) {
                    return;
                }
                something.awaitNanos(Math.min(until - now, untilDue(now)));
            }
            gather(begun + GATHER_WITHIN);
            boolean allConfirmations =
                    writes.isEmpty() || writes.stream().limit(atMost).anyMatch(Write::followsConfirmations);
            long now = System.nanoTime();
            while (batch.size() < atMost && !confirmations.isEmpty() && (allConfirmations || isDue(now))) {
                batch.add(confirmations.remove().confirmation);
            }
            int taken = Math.min(atMost - batch.size(), writes.size());
            for (int i = 0; i < taken; i++) {
                batch.add(writes.remove());
            }
            if (taken > 0) {
                lastTaken = taken;
            }
            room.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void gather(long until) throws InterruptedException {
        if (lastTaken < FEW) {
            return;
        }
        enough = lastTaken;
        try {
            long left = until - System.nanoTime();
            while (writes.size() < enough && left > 0 && !hurried) {
                left = something.awaitNanos(left);
            }
        } finally {
            enough = 1;
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
