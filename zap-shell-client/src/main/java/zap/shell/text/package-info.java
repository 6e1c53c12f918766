/**
 * Text as people write and read it: made safe to show, cut into messages, and names that cannot be mistaken for others.
 *
 * <p>All other packages may use it; it uses none of them. Guarded by {@code VisibleTextTest}, {@code TextWidthTest},
 * {@code NamesTest} and {@code MessageTextsTest}.
 */
@NullMarked
package zap.shell.text;

import org.jspecify.annotations.NullMarked;
