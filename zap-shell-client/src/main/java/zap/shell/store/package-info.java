/**
 * The client's own disk: a folder for each profile, with one SQLite file in it. A message is here before a connection
 * sees it, and before the server is told that it has come.
 *
 * <p>Called by {@code chat}, {@code command}, {@code move} and {@code log}. To be touched with care: the promise of a
 * commit (synchronous=FULL), and the conditions in the updates, by which a message's state only moves forward. Guarded
 * by {@code OutgoingMessagesTest}, {@code MessagesTest}, {@code PendingGroupsTest}, {@code ReceiptsTest},
 * {@code ReadMarksTest}, {@code ProfileDatabaseTest}, {@code ReusingConnectionTest}, {@code OldProfileTest} and
 * {@code RescueTest}.
 */
@NullMarked
package zap.shell.store;

import org.jspecify.annotations.NullMarked;
