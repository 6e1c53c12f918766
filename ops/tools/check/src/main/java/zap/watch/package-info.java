/**
 * A proxy that shows what passes between clients and a server of the protocol, and its recordings.
 *
 * <p><b>Called by:</b> people, as {@code ./zap watch}. It calls {@code zap-protocol} for the judgement of bytes, {@code
 * zap.kit}, and nothing else of zap; no part of the product calls it.
 *
 * <p><b>Read first:</b> {@link zap.watch.WireProxy} passes bytes and tells {@link zap.watch.WireEvent}s; {@link
 * zap.watch.WireRecorder} saves them; {@link zap.watch.Dissection} makes sightings of them, with one {@link
 * zap.watch.FlowDecoder} for each direction; {@link zap.watch.TextLines} and {@link zap.watch.JsonLines} show these.
 *
 * <p><b>Change with care:</b> the proxy changes and loses nothing, whatever it understands of the bytes, and printing
 * holds it up only for a bounded time. Nothing that a peer sends may act on the terminal. The names in JSON and the
 * codes of recordings stay.
 *
 * <p><b>Guarded by:</b> {@code WireProxyIT} (100,000 frames both ways, half-closes, resets, slow readers, TLS), {@code
 * FlowDecoderTest} and {@code TextLinesTest} (each frame, each fault), {@code SavedWireTest} (files that are cut or
 * damaged), {@code WatchTextsTest} (both languages).
 */
@NullMarked
package zap.watch;

import org.jspecify.annotations.NullMarked;
