/**
 * Who is this? Ids, registration (01) and the way back in (03).
 *
 * <p>Called by the gateway. Calls the mailbox, which stores a new client like everything else: in the order of arrival, many
 * in one commit.
 *
 * <p>To be touched with care: an id is handed out only after its row was committed. Guarded by {@code IdSourceTest} and the wire
 * transcripts.
 */
@NullMarked
package zap.server.identity;

import org.jspecify.annotations.NullMarked;
