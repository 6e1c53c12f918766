/**
 * The client's log: a file in the profile, which is opened for the first line.
 *
 * <p>Called by {@code ZapShell}, the client's main class. Boot's own set-up of the log took a tenth of a second of
 * every command, and hardly any command logs anything. A program that starts a client calls {@link
 * zap.shell.log.ProfileLog#into} before anything else. Without that call, the class path decides where the log goes.
 */
@NullMarked
package zap.shell.log;

import org.jspecify.annotations.NullMarked;
