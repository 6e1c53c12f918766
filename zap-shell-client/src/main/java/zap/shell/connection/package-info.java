/**
 * The connection to a server: full-width frames, or short frames for servers of others; encrypted if wanted; dialled
 * again when it breaks.
 *
 * <p>Called by {@code chat}, which gives it a {@code FrameHandler} to hand the frames to, and by {@code command}. It
 * does not know the meaning of frames. Guarded by {@code ShortFramesTest}, {@code AddressListTest}, {@code
 * AddressLookupTest}, {@code AddressOrderTest}, {@code ConnectionRaceTest}, {@code SocketDialerTest}, {@code
 * ReconnectPolicyTest} and {@code ServerConnectionTest}.
 */
@NullMarked
package zap.shell.connection;

import org.jspecify.annotations.NullMarked;
