/**
 * The meaning of frames for the user: conversations, names, ticks, unread mail, and read receipts.
 *
 * <p>Called by {@code command}. It calls {@code connection}, and gives it a {@code FrameHandler} for each session. To
 * be touched with care: {@code AssuredSession} and {@code Resumption}, which decide when a message is sent again and
 * what a tick may claim, and {@code BaseSession}. Guarded by {@code HistoriesTest}, {@code AssuredSessionTest}, {@code
 * AssuredHandshakeTest}, {@code UpgradeTest} and {@code BaseSessionTest}.
 */
@NullMarked
package zap.shell.chat;

import org.jspecify.annotations.NullMarked;
