package zap.bench.load;

import java.time.Duration;
import zap.bench.traffic.Flow;

/**
 * The parameters that all modes share.
 *
 * @param pairs how many senders write to how many recipients
 * @param characters how long a message is
 * @param warmup seconds before anything is measured
 * @param seconds how long is measured
 * @param until what makes room in a sender's window
 * @param patience how long nothing may arrive at the end before what has not is counted as lost
 */
public record LoadPlan(int pairs, int characters, double warmup, double seconds, Flow.Until until, Duration patience) {

    /** Longer than a database takes to come back, or a broker to send again. */
    public static final Duration PATIENCE = Duration.ofSeconds(20);
}
