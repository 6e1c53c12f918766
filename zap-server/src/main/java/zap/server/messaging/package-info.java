/**
 * Puts frames into mailboxes: 05 becomes 06, 36 stays 36, and 08 becomes 09. (The mailbox makes the 07 when the 06 or
 * 36 is confirmed.)
 *
 * <p>Called by the gateway. Calls groups (members) and the mailbox.
 *
 * <p>Change with care: all recipients of a message are in one write, so that all get it or none. Guarded by {@code
 * MessageRelayTest} and the wire transcripts.
 */
@NullMarked
package zap.server.messaging;

import org.jspecify.annotations.NullMarked;
