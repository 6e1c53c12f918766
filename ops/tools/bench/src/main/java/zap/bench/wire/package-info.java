/**
 * Users of zap, base and assured, on non-blocking sockets: one thread serves all of them, and writes all that is due on
 * a connection at once. The everyday frames are read in place and patched into bytes that were encoded once; the others
 * go through {@link zap.protocol.FrameDecoder} and {@link zap.protocol.FrameEncoder}. {@link zap.bench.wire.Relay} is
 * the floor: a server that stores nothing.
 */
@NullMarked
package zap.bench.wire;

import org.jspecify.annotations.NullMarked;
