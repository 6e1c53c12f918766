/**
 * The load generator, {@code ./zap bench}: {@link zap.bench.Bench} reads what was asked for, runs it against each
 * target in turn, and tells what came of it. {@link zap.bench.load} has the modes, {@link zap.bench.wire} and
 * {@link zap.bench.mqtt} the users, {@link zap.bench.traffic} the checks, {@link zap.bench.machine} the meters,
 * {@link zap.bench.report} the reports, and {@link zap.bench.codec} the small benchmarks of the codec.
 */
@NullMarked
package zap.bench;

import org.jspecify.annotations.NullMarked;
