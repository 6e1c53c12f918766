/**
 * The protocol on the wire: ids, texts, frames, and the two ways to find the end of a frame.
 *
 * <p><b>Called by:</b> every module; the server and every client speak through it. It calls no other module: it depends
 * on the JDK and JSpecify, knows bytes, and never logs, waits, closes anything or reads a clock.
 *
 * <p><b>Read first:</b> {@link zap.protocol.Frame} lists the frames, {@link zap.protocol.FrameType} their widths,
 * {@code docs/protocol.md} their meaning. {@link zap.protocol.FrameDecoder} and {@link zap.protocol.FrameEncoder} serve
 * the full-width listeners; {@link zap.protocol.RecvDecoder} and {@link zap.protocol.RecvEncoder} the listener for
 * programs that send short frames.
 *
 * <p><b>Change with care:</b> {@link zap.protocol.FrameType} and {@link zap.protocol.Reason} are the protocol itself: a
 * number changed there is another protocol. {@code Utf8} decides what is text; a mistake in it lets bytes into the
 * store that no client can read. {@link zap.protocol.RecvDecoder} guesses, and each of its guesses answers a program
 * that was seen in the wild.
 *
 * <p><b>Guarded by:</b> {@code GoldenFramesTest} (the very bytes), {@code ProtocolPageTest} (the tables against the
 * page), {@code FrameDecoderTest} and {@code FramePropertiesTest} (cut, glued, mutated and random frames), {@code
 * FrameExtentTest} (the places of faults), {@code Utf8Test} (against the JDK's own decoder) and {@code RecvDecoderTest}
 * (one small story for each rule).
 */
@NullMarked
package zap.protocol;

import org.jspecify.annotations.NullMarked;
