package zap.bench.explain;

/**
 * A stretch of time in which something was seen that makes messages late.
 *
 * @param from its begin
 * @param to its end, not before its begin
 * @param detail what was seen, for a person; empty if the cause says it all
 */
public record Disturbance(long from, long to, String detail) {

    /** Checks the order of the two ends. */
    public Disturbance {
        if (to < from) {
            throw new IllegalArgumentException("ends " + (from - to) + " ns before it begins");
        }
    }

    /** Returns the duration in nanoseconds. */
    public long nanos() {
        return to - from;
    }
}
