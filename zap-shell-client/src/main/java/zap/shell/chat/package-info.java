/**
 * What frames mean to a person: conversations, who is who, ticks, what is unread and what has been read.
 *
 * <p>Called by {@code command} and, with frames, by {@code connection}. To be touched with care: {@code AssuredSession} and
 * {@code Resumption}, which decide when a message is sent again and what a tick may claim, and {@code BaseSession}. Guarded by
 * {@code HistoriesTest}, {@code AssuredSessionTest}, {@code AssuredHandshakeTest}, {@code UpgradeTest} and {@code BaseSessionTest}.
 */
@NullMarked
package zap.shell.chat;

import org.jspecify.annotations.NullMarked;
