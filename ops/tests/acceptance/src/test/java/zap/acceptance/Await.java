package zap.acceptance;

import java.time.Duration;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** Waiting for what nobody tells of: by looking often, with a bound. */
final class Await {

    /**
     * Much longer than anything here takes, even on a machine that is busy beyond measure. ({@code -Dzap.patience} in
     * seconds.)
     */
    static final Duration PATIENCE = Duration.ofSeconds(Integer.getInteger("zap.patience", 60));

    private Await() {}

    /** @param what is told, and at that time, when it does not happen */
    static void until(Supplier<String> what, BooleanSupplier happened) {
        long until = System.nanoTime() + PATIENCE.toNanos();
        while (!happened.getAsBoolean()) {
            if (System.nanoTime() > until) {
                throw new AssertionError("Waited " + PATIENCE.toSeconds() + " s in vain: " + what.get());
            }
            pause(Duration.ofMillis(10));
        }
    }

    /** Lets so much time go by. */
    static void pause(Duration time) {
        try {
            // Between two looks; or some moment that a seed has chosen.
            Thread.sleep(time);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
