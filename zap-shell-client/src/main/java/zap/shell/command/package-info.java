/**
 * The thin layer between Spring Shell, JLine and the rest: commands, the runner, the prompt, what appears above it.
 *
 * <p>Called by nobody. Behaviour belongs into the plain classes of the other packages; here is only reading and showing.
 */
@NullMarked
package zap.shell.command;

import org.jspecify.annotations.NullMarked;
