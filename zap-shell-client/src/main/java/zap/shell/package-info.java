/**
 * The client for a terminal. Of the packages below only {@code command} knows Spring Shell or JLine. {@code text} makes
 * text safe to show, {@code store} is the own disk, {@code connection} the wire, and {@code chat} decides.
 */
@NullMarked
package zap.shell;

import org.jspecify.annotations.NullMarked;
