/**
 * The client for a terminal. What it can do is in the packages below, none of which but {@code command} knows Spring Shell or JLine:
 * {@code text} (what is safe to show), {@code store} (the own disk), {@code connection} (the wire) and {@code chat} (what it all means).
 */
@NullMarked
package zap.shell;

import org.jspecify.annotations.NullMarked;
