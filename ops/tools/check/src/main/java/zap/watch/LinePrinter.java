package zap.watch;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/**
 * Prints lines on a thread of its own, so that a terminal that takes nothing does not hold up what passes.
 *
 * <p>Lines wait in memory up to a bound. A line that finds no place waits for one for a short time, once; then lines
 * are dropped and counted until half of the bound is free again, and a line in their place says how many. A terminal
 * that is stopped with Ctrl-S or a pager must not stop the conversation of others, and memory has an end; dropped lines
 * are in the recording, if there is one.
 */
final class LinePrinter implements AutoCloseable {

    /** The usual bound: some 60,000 lines. */
    static final int MAX_WAITING = 8 << 20;

    /** The usual patience with a terminal that takes nothing. */
    static final Duration PATIENCE = Duration.ofSeconds(1);

    private final OutputStream out;
    private final LongFunction<String> gap;
    private final Consumer<IOException> cannotPrint;
    private final int maxWaiting;
    private final long patienceNanos;
    private final Thread thread;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Queue<String> waiting = new ArrayDeque<>();
    private int characters;
    private boolean dropping;
    private long dropped;
    private boolean closed;
    private boolean idle = true;
    private @Nullable IOException failure;

    /**
     * Starts the thread.
     *
     * @param gap the line that stands in place of so many dropped ones
     * @param cannotPrint is told once when nothing can be printed any more
     * @param maxWaiting maximum number of characters that wait
     * @param patience maximum time that a full queue holds up what passes, each time that it becomes full
     */
    LinePrinter(
            OutputStream out,
            LongFunction<String> gap,
            Consumer<IOException> cannotPrint,
            int maxWaiting,
            Duration patience) {
        this.out = out;
        this.gap = gap;
        this.cannotPrint = cannotPrint;
        this.maxWaiting = maxWaiting;
        this.patienceNanos = patience.toNanos();
        // Not a virtual thread: writing to a terminal blocks the thread that carries it.
        this.thread = Thread.ofPlatform().daemon().name("prints").start(this::print);
    }

    /** Hands over some lines. Waits at most for the given time, and that only when nothing was dropped just before. */
    void add(String lines) {
        lock.lock();
        try {
            if (dropping && characters <= maxWaiting / 2) {
                String instead = gap.apply(dropped);
                waiting.add(instead);
                characters += instead.length();
                dropping = false;
                dropped = 0;
            }
            long left = patienceNanos;
            while (!dropping && !closed && failure == null && isFull(lines)) {
                if (left <= 0) {
                    dropping = true;
                } else {
                    left = changed.awaitNanos(left);
                }
            }
            if (dropping || closed || failure != null) {
                dropped++;
                return;
            }
            waiting.add(lines);
            characters += lines.length();
            changed.signalAll();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            dropped++;
        } finally {
            lock.unlock();
        }
    }

    private boolean isFull(String lines) {
        return characters > 0 && characters + lines.length() > maxWaiting;
    }

    private void print() {
        try {
            while (true) {
                String batch = take();
                if (batch.isEmpty()) {
                    return;
                }
                out.write(batch.getBytes(StandardCharsets.UTF_8));
                out.flush();
            }
        } catch (IOException e) {
            fail(e);
            cannotPrint.accept(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void fail(IOException e) {
        lock.lock();
        try {
            failure = e;
            waiting.clear();
            characters = 0;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Returns some lines, or none at the end. */
    private String take() throws InterruptedException {
        lock.lock();
        try {
            idle = true;
            changed.signalAll();
            while (waiting.isEmpty()) {
                if (closed) {
                    return "";
                }
                changed.await();
            }
            idle = false;
            var batch = new StringBuilder();
            while (!waiting.isEmpty() && batch.length() < 1 << 14) {
                batch.append(waiting.remove());
            }
            characters -= batch.length();
            changed.signalAll();
            return batch.toString();
        } finally {
            lock.unlock();
        }
    }

    /** Waits until everything is printed, up to a bound, and ends. */
    boolean finish(Duration most) {
        lock.lock();
        try {
            if (dropped > 0 && failure == null && !closed) {
                waiting.add(gap.apply(dropped));
                dropped = 0;
            }
            changed.signalAll();
            long left = most.toNanos();
            while ((!idle || !waiting.isEmpty()) && failure == null && left > 0) {
                left = changed.awaitNanos(left);
            }
            closed = true;
            changed.signalAll();
            return idle && waiting.isEmpty() && failure == null;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        thread.interrupt();
    }
}
