/**
 * The parts that all programs of the protocol's reference share: frames field by field as they stood on the wire, text
 * that a terminal can show without harm, sentences in two languages, and the way to a server.
 *
 * <p><b>Called by:</b> {@code zap.check} and {@code zap.watch}. It calls {@code zap-protocol} for the table of the
 * frames, and nothing else of zap.
 *
 * <p><b>Read first:</b> {@link zap.kit.WireFrame} is a frame whatever is in its fields; {@link zap.kit.Shown} makes
 * foreign text safe; {@link zap.kit.Phrase} is a sentence that is put into words later.
 *
 * <p><b>Change with care:</b> {@link zap.kit.Shown} keeps what strangers send from acting on the terminal.
 *
 * <p><b>Guarded by:</b> {@code ShownTest} (characters that act or cannot be seen), {@code KitTextsTest} (both languages
 * of shared texts), {@code FrameScannerTest} (fields as the codec sees them).
 */
@NullMarked
package zap.kit;

import org.jspecify.annotations.NullMarked;
