/**
 * Text as people write and read it: made safe to show, cut to what a message can carry, names that cannot be mistaken for others.
 *
 * <p>Called by everybody, calls nobody. Guarded by {@code VisibleTextTest}, {@code TextWidthTest}, {@code NamesTest} and
 * {@code MessageTextsTest}.
 */
@NullMarked
package zap.shell.text;

import org.jspecify.annotations.NullMarked;
