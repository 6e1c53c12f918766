/**
 * The thin layer between Spring Shell, JLine and the rest: commands, the runner, the prompt, and the lines above it.
 *
 * <p>Only the root package uses it. Behaviour belongs into the plain classes of the other packages: waiting for a
 * session is in {@code OneShot}. This package reads input and shows results.
 */
@NullMarked
package zap.shell.command;

import org.jspecify.annotations.NullMarked;
