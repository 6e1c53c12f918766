/**
 * The terminal of a session: the line editor and its widths, completion, paging, and lines above the line that is being
 * typed.
 *
 * <p>Only {@code view}, the commands and the runner use it; it uses {@code text} alone. Locks: the editor's lock, and
 * the lock of the bottom line in {@code TerminalScreen}. Guarded by {@code GlyphsTest}, {@code TypedScreenTest} and
 * {@code SpeedKeepingPtyTest}.
 */
@NullMarked
package zap.shell.command.terminal;

import org.jspecify.annotations.NullMarked;
