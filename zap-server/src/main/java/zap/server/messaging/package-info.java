/**
 * What must be put into whose mailbox: 05 → 06, 08 → 09. (The 07 comes out of the confirmation of the 06, in the mailbox.)
 *
 * <p>Called by the gateway. Calls groups (who is in it) and the mailbox.
 *
 * <p>To be touched with care: all recipients of a message are in one write, so that all get it or none. Guarded by
 * {@code MessageRelayTest} and the wire transcripts.
 */
@NullMarked
package zap.server.messaging;

import org.jspecify.annotations.NullMarked;
