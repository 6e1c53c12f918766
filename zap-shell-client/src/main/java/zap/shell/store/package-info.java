/**
 * The client's own disk: one folder for each profile, one SQLite file in it. Everything is here before anybody else hears of it.
 *
 * <p>Called by {@code chat} and {@code command}. To be touched with care: what a commit promises (synchronous=FULL), and the
 * conditions in the updates, by which a message's state only moves forward. Guarded by {@code MessagesTest} and {@code DatabaseTest}.
 */
@NullMarked
package zap.shell.store;

import org.jspecify.annotations.NullMarked;
