package zap.server.gateway.outbox;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/**
 * A timer that makes outboxes ask in time what has been acknowledged. It is one thread for all of them, which wakes for
 * many at once: a timer for each would cost more than the message it is about.
 *
 * <p>It is a timer wheel: a ring of slots, each for a short span of time.
 */
@Component
final class AcknowledgementWatch implements AutoCloseable {

    private static final long SLOT_NANOS = TimeUnit.MILLISECONDS.toNanos(2);

    /**
     * Number of slots. They span more than the longest delay, so that all askers in a slot are due when its turn comes.
     */
    private static final int SLOTS = Math.toIntExact(AcknowledgementPace.LONGEST_NANOS / SLOT_NANOS) + 12;

    private final long startNanos = System.nanoTime();
    private final Thread thread =
            Thread.ofPlatform().daemon().name("acknowledgements").unstarted(this::run);
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition earlier = lock.newCondition();

    // Guarded by the lock.
    private final List<@Nullable List<Asker>> wheel = new ArrayList<>(SLOTS);
    /** Number of askers in the wheel. */
    private int size;
    /** All slots before this one are empty, counted from the start. */
    private long turn;
    /** The slot that the thread sleeps until; beyond all slots while the wheel is empty. */
    private long sleepingUntil = Long.MAX_VALUE;

    /** A callback of the timer. */
    interface Asker {
        /** Asks what has been acknowledged. Runs on the timer's thread, which it may block for a short time only. */
        void ask() throws InterruptedException;
    }

    AcknowledgementWatch() {
        for (int i = 0; i < SLOTS; i++) {
            wheel.add(null);
        }
        thread.start();
    }

    /** Calls an asker once, after a delay. Does not block. */
    void add(Asker asker, long delayNanos) {
        lock.lock();
        try {
            long now = slotOf(System.nanoTime());
            if (size == 0) {
                turn = now;
            }
            long slot = Math.clamp(now + 1 + delayNanos / SLOT_NANOS, turn + 1, turn + SLOTS - 1);
            int index = Math.toIntExact(slot % SLOTS);
            @Nullable List<Asker> askers = wheel.get(index);
            if (askers == null) {
                askers = new ArrayList<>(4);
                wheel.set(index, askers);
            }
            askers.add(asker);
            size++;
            if (slot < sleepingUntil) {
                earlier.signal();
            }
        } finally {
            lock.unlock();
        }
    }

    private long slotOf(long nanos) {
        return (nanos - startNanos) / SLOT_NANOS;
    }

    private void run() {
        try {
            while (true) {
                for (Asker asker : awaitNext()) {
                    asker.ask();
                }
            }
        } catch (InterruptedException _) {
            // closed
        }
    }

    /** Waits for the next slot that is not empty, and takes what is in it. */
    private List<Asker> awaitNext() throws InterruptedException {
        lock.lock();
        try {
            while (true) {
                long next = nextUsed();
                if (next <= slotOf(System.nanoTime())) {
                    turn = next;
                    List<Asker> askers = take(next);
                    size -= askers.size();
                    return askers;
                }
                sleepingUntil = next;
                try {
                    if (next == Long.MAX_VALUE) {
                        earlier.await();
                    } else {
                        earlier.awaitNanos(startNanos + next * SLOT_NANOS - System.nanoTime());
                    }
                } finally {
                    sleepingUntil = Long.MIN_VALUE; // awake: it looks by itself before it sleeps again
                }
            }
        } finally {
            lock.unlock();
        }
    }

    private long nextUsed() {
        if (size == 0) {
            return Long.MAX_VALUE;
        }
        long slot = turn;
        while (wheel.get(Math.toIntExact(slot % SLOTS)) == null) {
            slot++;
        }
        return slot;
    }

    private List<Asker> take(long slot) {
        @Nullable List<Asker> askers = wheel.set(Math.toIntExact(slot % SLOTS), null);
        return askers == null ? List.of() : askers;
    }

    /** Ends the thread. No asker is called from then on. */
    @Override
    public void close() {
        thread.interrupt();
    }
}
