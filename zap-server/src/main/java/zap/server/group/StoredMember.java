package zap.server.group;

import java.time.Instant;

/**
 * A member of a group, as the database has it now. Unlike an entity, it is never a cached one.
 *
 * @param createdAt the time at which the group was made
 */
record StoredMember(long groupId, Instant createdAt, long clientId) {}
