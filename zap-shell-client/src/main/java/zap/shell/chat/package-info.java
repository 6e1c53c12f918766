/**
 * What frames mean to a person: conversations, who is who, ticks, what is unread and what has been read.
 *
 * <p>Called by {@code command} and, with frames, by {@code connection}. To be touched with care: {@code PostOffice}, which decides
 * when a message may be sent again and what a tick may claim. Guarded by {@code PostOfficeTest}.
 */
@NullMarked
package zap.shell.chat;

import org.jspecify.annotations.NullMarked;
