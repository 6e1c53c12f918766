/**
 * The wire as the client sees it: full-width frames, or short ones for other people's servers; encrypted where that is wanted; a line that mends
 * itself.
 *
 * <p>Called by {@code command}, which gives it a {@code FrameHandler} to hand the frames to. Knows nothing of what frames mean.
 * Guarded by {@code ShortFramesTest}, {@code AddressListTest}, {@code ConnectionRaceTest} and {@code ServerConnectionTest}.
 */
@NullMarked
package zap.shell.connection;

import org.jspecify.annotations.NullMarked;
