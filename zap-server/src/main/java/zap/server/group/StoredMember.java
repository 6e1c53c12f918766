package zap.server.group;

import java.time.Instant;

/**
 * A member of a group, as it is in the database at the moment. Unlike an entity it is never a remembered one.
 *
 * @param createdAt when the group was made
 */
record StoredMember(long groupId, Instant createdAt, long clientId) {}
