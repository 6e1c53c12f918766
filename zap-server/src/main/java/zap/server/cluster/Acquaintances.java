package zap.server.cluster;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The other nodes at the last heartbeat, and how old that is. Times are those of {@link System#nanoTime()}.
 *
 * <p>Thread-safe: one thread reports, any thread asks.
 */
final class Acquaintances {

    /** @param nanos when the database was asked for them */
    private record Seen(
            List<Node> others, long nanos, @Nullable Long lastCompanyNanos) {}

    private final long goneAfterNanos;
    private volatile @Nullable Seen seen;

    /** @param goneAfter time without a heartbeat after which a node counts as gone */
    Acquaintances(Duration goneAfter) {
        this.goneAfterNanos = goneAfter.toNanos();
    }

    /** Notes the other nodes that have a heartbeat. */
    void seen(List<Node> others, long nanos) {
        @Nullable Seen before = seen;
        @Nullable
        Long company = others.isEmpty() ? before == null ? null : before.lastCompanyNanos : Long.valueOf(nanos);
        seen = new Seen(List.copyOf(others), nanos, company);
    }

    List<Node> others() {
        @Nullable Seen now = seen;
        return now == null ? List.of() : now.others;
    }

    boolean isAlone(long nowNanos) {
        @Nullable Seen now = seen;
        return now == null || now.lastCompanyNanos == null || nowNanos - now.lastCompanyNanos > 2 * goneAfterNanos;
    }

    boolean isCutOff(long nowNanos) {
        @Nullable Seen now = seen;
        return now != null && !now.others.isEmpty() && nowNanos - now.nanos > goneAfterNanos;
    }
}
