/**
 * The server process. A message goes from {@code gateway} to {@code messaging} and on to {@code mailbox}, and leaves
 * the mailbox through the gateway.
 */
@NullMarked
package zap.server;

import org.jspecify.annotations.NullMarked;
