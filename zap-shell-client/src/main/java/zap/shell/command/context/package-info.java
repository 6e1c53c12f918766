/**
 * The context of every command: the options before it, standard input and the answer's stream, the client, texts in the
 * user's language, and refusals with their exit codes.
 *
 * <p>Called by all of {@code command} but {@code terminal}, and by the root package. Begin with {@link
 * zap.shell.command.context.ShellContext}. Guarded by {@code ServerOptionsTest}, {@code StandardInputTest}, {@code
 * TroubleWordsTest}, {@code TextsTest} and {@code LostOutputTest}.
 */
@NullMarked
package zap.shell.command.context;

import org.jspecify.annotations.NullMarked;
