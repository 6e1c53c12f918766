/**
 * What goes over the wire: ids, texts, frames, and the two ways to tell where a frame ends.
 *
 * <p><b>Who may call it:</b> everybody; the server and every client speak through it. It calls nobody: it depends on
 * the JDK and JSpecify, knows bytes, and never logs, waits, closes anything or looks at a clock.
 *
 * <p><b>Where to read first:</b> {@link zap.protocol.Frame} says what can be said, {@link zap.protocol.FrameType} how
 * wide it is, {@code docs/protocol.md} what it means. {@link zap.protocol.FrameDecoder} and
 * {@link zap.protocol.FrameEncoder} serve the full-width listeners; {@link zap.protocol.RecvDecoder} and
 * {@link zap.protocol.RecvEncoder} the listener for programs that send short frames.
 *
 * <p><b>Touch with care:</b> {@link zap.protocol.FrameType} and {@link zap.protocol.Reason} are the protocol itself:
 * a number changed there is another protocol. {@code Utf8} decides what is text; a mistake in it lets bytes into the
 * store that no client can read. {@link zap.protocol.RecvDecoder} guesses, and each of its guesses answers a program
 * that was seen in the wild.
 *
 * <p><b>Guarded by:</b> {@code GoldenFramesTest} (the very bytes), {@code ProtocolPageTest} (the tables against the
 * page), {@code FrameDecoderTest} and {@code FramePropertiesTest} (cut, glued, mutated and random frames),
 * {@code Utf8Test} (against the JDK's own decoder) and {@code RecvDecoderTest} (one small story for each rule).
 */
@NullMarked
package zap.protocol;

import org.jspecify.annotations.NullMarked;
