/**
 * The start of commands: Spring Shell's beans, the registry, the parser of a typed line, the prompt, and the rehearsal
 * with which {@code ./zap record} records a start.
 *
 * <p>Only the root package calls it. Read first: {@link zap.shell.command.runner.Runner}. Guarded by {@code
 * CommandLineParserTest}, {@code LostOutputTest} and {@code TextsTest}.
 */
@NullMarked
package zap.shell.command.runner;

import org.jspecify.annotations.NullMarked;
