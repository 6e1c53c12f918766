package zap.bench.load;

import zap.bench.traffic.Flow;

/**
 * What all modes share.
 *
 * @param pairs how many senders write to how many recipients
 * @param characters how long a message is
 * @param warmup seconds before anything is measured
 * @param seconds how long is measured
 * @param until what makes room in a sender's window
 */
public record Plan(int pairs, int characters, double warmup, double seconds, Flow.Until until) {}
