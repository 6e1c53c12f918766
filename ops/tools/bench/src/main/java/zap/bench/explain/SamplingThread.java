package zap.bench.explain;

import java.util.concurrent.locks.LockSupport;

/** A thread that takes samples at a steady pace until it is stopped. */
final class SamplingThread {

    private final long everyNanos;
    private final Thread thread;
    private volatile boolean stopping;
    private long next = System.nanoTime();

    /**
     * @param name Linux keeps 15 characters of it
     * @param everyNanos time from one sample to the next
     * @param loop samples and calls {@link #pause} in turn, until {@link #isStopping}
     */
    SamplingThread(String name, long everyNanos, Runnable loop) {
        this.everyNanos = everyNanos;
        thread = Thread.ofPlatform().name(name).daemon().unstarted(loop);
    }

    void start() {
        thread.start();
    }

    boolean isStopping() {
        return stopping;
    }

    /** Waits until the next sample is due. After one that took too long, the others are not made up for. */
    void pause() {
        next = Math.max(next + everyNanos, System.nanoTime() + everyNanos / 5);
        LockSupport.parkNanos(next - System.nanoTime());
    }

    /** Ends the sampling, and waits for that. */
    void stop() {
        stopping = true;
        LockSupport.unpark(thread);
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
