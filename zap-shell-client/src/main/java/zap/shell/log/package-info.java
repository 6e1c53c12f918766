/**
 * The client's log: a file in the profile, which is opened when there is something to say.
 *
 * <p>Boot's own set-up of the log took a tenth of a second of every command, and hardly any command logs anything. Whoever starts a client
 * calls {@link zap.shell.log.ProfileLog#into} before anything else; without that, logging is whatever the class path says.
 */
@NullMarked
package zap.shell.log;

import org.jspecify.annotations.NullMarked;
