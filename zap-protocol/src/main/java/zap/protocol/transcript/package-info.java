/**
 * The notation in which conversations are written down: who sends which frame, and who reads it.
 *
 * <p><b>Called by:</b> the player of the server's tests, which takes the part of the peers, and {@code ./zap check
 * client}, which takes the part of the server. Neither the server nor the client uses it.
 *
 * <p><b>Guarded by:</b> {@code TranscriptTest}.
 */
@NullMarked
package zap.protocol.transcript;

import org.jspecify.annotations.NullMarked;
