/**
 * Frames as they stand on the wire, right or wrong, and a connection that carries them.
 *
 * <p><b>Called by:</b> the suites. The widths come from {@link zap.protocol.FrameType}; what the codec of zap refuses
 * is shown here.
 *
 * <p><b>Guarded by:</b> {@code FrameScannerTest}.
 */
@NullMarked
package zap.check.wire;

import org.jspecify.annotations.NullMarked;
