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

/** Several things at the same time, each on a virtual thread of its own, all of them over within a bound. */
public final class Together implements AutoCloseable {

    private static final Duration MOST = Duration.ofSeconds(90);

    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final List<Future<?>> running = new ArrayList<>();
    private final long until = System.nanoTime() + MOST.toNanos();

    /** Something that may fail. */
    public interface Task {
        void run() throws Exception;
    }

    /** Begins something. */
    public void start(Task task) {
        running.add(threads.submit(() -> {
            task.run();
            return null;
        }));
    }

    /** Begins something that has a result. */
    public <T> Future<T> ask(Callable<T> task) {
        Future<T> future = threads.submit(task);
        running.add(future);
        return future;
    }

    /** Waits until all is done; what went wrong goes wrong here. */
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
