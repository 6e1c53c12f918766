package zap.bench.explain;

/**
 * A message that arrived later than the threshold.
 *
 * @param recipient the number of the client that it was sent to; 0 if that is unknown
 * @param due the time at which it was due
 * @param sent the time at which the load generator sent it
 * @param arrived the time at which its recipient had read it
 */
public record LateMessage(long recipient, long due, long sent, long arrived) {

    /** Returns the latency in nanoseconds: it begins when the message was due. */
    public long latency() {
        return arrived - due;
    }
}
