package zap.bench.explain;

import java.util.Map;

/**
 * The causes of one message's lateness.
 *
 * @param message the message
 * @param causes the time of each cause in nanoseconds; together they are the message's latency
 * @param legs the time of each leg in nanoseconds; together they are the message's latency
 * @param main the cause with the greatest share
 * @param seen for causes with evidence, the longest disturbance that the message met
 */
public record Diagnosis(
        LateMessage message, Map<Cause, Long> causes, Map<Leg, Long> legs, Cause main, Map<Cause, Disturbance> seen) {}
