/**
 * Groups: 10 → 11, who is in what, and a new 11 when the server has forgotten a member.
 *
 * <p>Called by the gateway (create) and by messaging (who is in it). Calls the mailbox.
 *
 * <p>To be touched with care: the members of a group change only when one is forgotten ({@link
 * zap.server.group.DepartureWrite}), on the writer's thread; the cache in {@link zap.server.group.Groups} rests on that.
 * Guarded by {@code GroupsTest}, {@code GroupsIT}, {@code AdminIT} and the wire transcripts.
 */
@NullMarked
package zap.server.group;

import org.jspecify.annotations.NullMarked;
