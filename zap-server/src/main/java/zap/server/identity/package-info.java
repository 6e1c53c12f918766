/**
 * Identities: ids, registration (01, 32), and the return of a known client (03, 33).
 *
 * <p>Called by the gateway, by groups (ids) and by ops (blocking and forgetting). Calls the mailbox, which stores a new
 * client like every other write: in the order of arrival, many in one commit.
 *
 * <p>Change with care: an id is given out only after its row was committed. Guarded by {@code IdSourceTest} and the
 * wire transcripts.
 */
@NullMarked
package zap.server.identity;

import org.jspecify.annotations.NullMarked;
