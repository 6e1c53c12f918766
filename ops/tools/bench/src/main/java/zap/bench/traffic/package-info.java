/**
 * Users, numbered messages, and the checks of their arrival. It knows no protocol: {@link zap.bench.wire} and
 * {@link zap.bench.mqtt} are two ways to be a {@link zap.bench.traffic.Messenger}.
 */
@NullMarked
package zap.bench.traffic;

import org.jspecify.annotations.NullMarked;
