/**
 * The causes of late messages: {@code ./zap bench latency --explain}. {@link zap.bench.explain.Observation} watches the
 * server, its PostgreSQL and this process while messages are measured. {@link zap.bench.explain.Explainer} then divides
 * the time of each late message among causes; it is a function of its input, guarded by {@code ExplainerTest}.
 * {@link zap.bench.explain.LatenessExplanation} is the result.
 *
 * <p>All times are {@link System#nanoTime()}, which the processes of a machine share on Linux.
 */
@NullMarked
package zap.bench.explain;

import org.jspecify.annotations.NullMarked;
