/**
 * The codec alone, under JMH: {@code ./zap bench codec}. Figures of single operations; whether they matter to a server
 * is for the load generator to say.
 */
@NullMarked
package zap.bench.codec;

import org.jspecify.annotations.NullMarked;
