package zap.watch;

import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.function.LongSupplier;

/** Microseconds since 1970 that never go back, whatever happens to the system's clock meanwhile. */
final class WireClock implements LongSupplier {

    private final long beginMicros;
    private final long beginNanos = System.nanoTime();

    WireClock(InstantSource system) {
        beginMicros = ChronoUnit.MICROS.between(Instant.EPOCH, system.instant());
    }

    @Override
    public long getAsLong() {
        return beginMicros + (System.nanoTime() - beginNanos) / 1_000;
    }
}
