/**
 * Groups: 10 → 11, and who is in what.
 *
 * <p>Called by the gateway (create) and by messaging (who is in it). Calls the mailbox.
 *
 * <p>To be touched with care: a group never changes after it was made; the cache in {@link zap.server.group.Groups} rests on that.
 * Guarded by {@code GroupsTest} and the wire transcripts.
 */
@NullMarked
package zap.server.group;

import org.jspecify.annotations.NullMarked;
