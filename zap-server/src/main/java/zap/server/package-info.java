/**
 * The server process. What it consists of is in the packages below: a message goes from {@code gateway} to {@code messaging} and on to
 * {@code mailbox}, and comes out of the mailbox through the gateway.
 */
@NullMarked
package zap.server;

import org.jspecify.annotations.NullMarked;
