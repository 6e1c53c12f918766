package zap.watch;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import zap.watch.SavedWire.Writer;

/**
 * Takes events from all connections in one order, saves them, and has them dissected, on a thread of its own.
 *
 * <p>Events wait in memory up to a bound, then what passes waits: saving is as fast as the disk, and a recording has no
 * gaps. Only printing may leave something out ({@link LinePrinter}).
 */
final class WireRecorder implements Consumer<WireEvent>, AutoCloseable {

    /** Maximum number of bytes that wait. */
    private static final long MAX_WAITING = 4 << 20;

    /** The cost of an event in memory, whatever its payload. */
    private static final int EVENT_BYTES = 64;

    /** The time between two looks at the clock when nothing comes: it ends short frames. */
    private static final long TICK_NANOS = TimeUnit.MILLISECONDS.toNanos(25);

    private final @Nullable Writer file;
    private final Dissection dissection;
    private final LongSupplier clock;
    private final Consumer<IOException> cannotSave;
    private final Thread thread;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private Queue<WireEvent> waiting = new ArrayDeque<>();
    private long waitingBytes;
    private boolean closing;
    private boolean broken;

    /**
     * Starts the thread.
     *
     * @param file null to save nothing
     * @param clock in microseconds since 1970
     * @param cannotSave is told once when the file cannot be written any more; watching goes on
     */
    WireRecorder(@Nullable Writer file, Dissection dissection, LongSupplier clock, Consumer<IOException> cannotSave) {
        this.file = file;
        this.dissection = dissection;
        this.clock = clock;
        this.cannotSave = cannotSave;
        // Not a virtual thread: writing a file blocks the thread that carries it.
        this.thread = Thread.ofPlatform().daemon().name("records").start(this::record);
    }

    /** Hands an event over; waits while too many wait already. */
    @Override
    public void accept(WireEvent event) {
        lock.lock();
        try {
            while (waitingBytes > MAX_WAITING) {
                changed.awaitUninterruptibly();
            }
            waiting.add(event);
            waitingBytes += EVENT_BYTES + event.payload().length;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void record() {
        while (true) {
            Queue<WireEvent> batch = take();
            if (batch == null) {
                break;
            }
            for (WireEvent event : batch) {
                save(event);
                dissection.accept(event);
            }
            if (batch.isEmpty()) {
                dissection.advance(clock.getAsLong());
            }
            flush();
        }
        dissection.finish();
    }

    /** Returns what waits, nothing when the clock is to be looked at, or null at the end. */
    private @Nullable Queue<WireEvent> take() {
        lock.lock();
        try {
            long left = TICK_NANOS;
            while (waiting.isEmpty() && !closing && left > 0) {
                left = changed.awaitNanos(left);
            }
            if (waiting.isEmpty() && closing) {
                return null;
            }
            Queue<WireEvent> batch = waiting;
            waiting = new ArrayDeque<>();
            waitingBytes = 0;
            changed.signalAll();
            return batch;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return null;
        } finally {
            lock.unlock();
        }
    }

    private void save(WireEvent event) {
        if (file != null && !broken) {
            try {
                file.write(event);
            } catch (IOException e) {
                broken(e);
            }
        }
    }

    private void flush() {
        if (file != null && !broken) {
            try {
                file.flush();
            } catch (IOException e) {
                broken(e);
            }
        }
    }

    private void broken(IOException e) {
        broken = true;
        cannotSave.accept(e);
    }

    /** Takes what waits, and ends the recording. */
    void finish(Duration most) {
        lock.lock();
        try {
            closing = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        try {
            if (thread.join(most) && file != null && !broken) {
                file.close();
            }
        } catch (IOException e) {
            broken(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        finish(Duration.ofSeconds(5));
    }
}
