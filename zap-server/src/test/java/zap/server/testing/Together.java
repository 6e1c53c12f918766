package zap.server.testing;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Several tasks at the same time, each on a virtual thread of its own, which all end within a bound. */
public final class Together implements AutoCloseable {

    private static final Duration MOST = Duration.ofSeconds(90);

    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final List<Future<?>> running = new ArrayList<>();
    private final long until = System.nanoTime() + MOST.toNanos();

    /** A task that may fail. */
    public interface Task {
        void run() throws Exception;
    }

    /** Starts a task. */
    public void start(Task task) {
        running.add(threads.submit(() -> {
            task.run();
            return null;
        }));
    }

    /** Starts a task that has a result. */
    public <T> Future<T> ask(Callable<T> task) {
        Future<T> future = threads.submit(task);
        running.add(future);
        return future;
    }

    /** Waits until all tasks have ended, and throws their failure. */
    public void finish() {
        for (Future<?> future : running) {
            resultOf(future);
        }
        running.clear();
    }

    public <T> T resultOf(Future<T> future) {
        try {
            return future.get(until - System.nanoTime(), TimeUnit.NANOSECONDS);
        } catch (ExecutionException e) {
            throw new AssertionError(e.getCause().getMessage(), e.getCause());
        } catch (TimeoutException e) {
            throw new AssertionError("Not everything was over within " + MOST, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        threads.shutdownNow();
    }
}
