/**
 * Moving a profile to another computer: the encrypted file that carries it, the export that retires the profile, and
 * the import.
 *
 * <p>Called by {@code command}; calls {@code store} and {@code protocol}. To be touched with care: the order of the
 * steps in {@link zap.shell.move.ProfileMove}, which decides that a killed process leaves one of two states, and the
 * file format, which older files keep. Guarded by {@code ProfileFileTest}, {@code ProfileMoveTest} and {@code MovingIT}
 * in {@code ops/tests/acceptance}.
 */
@NullMarked
package zap.shell.move;

import org.jspecify.annotations.NullMarked;
