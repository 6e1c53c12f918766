/**
 * Groups: makes them (10 → 11), keeps their members, and sends a new 11 when the server has forgotten a member.
 *
 * <p>Called by the gateway (create), by messaging (members) and by ops (forgetting a client). Calls identity and the
 * mailbox.
 *
 * <p>Change with care: a group's members change only when one is forgotten ({@link zap.server.group.DepartureWrite}),
 * on the writer's thread. The cache in {@link zap.server.group.Groups} relies on that. Guarded by {@code GroupsTest},
 * {@code GroupsIT}, {@code AdminIT} and the wire transcripts.
 */
@NullMarked
package zap.server.group;

import org.jspecify.annotations.NullMarked;
