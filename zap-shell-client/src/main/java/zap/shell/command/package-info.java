/**
 * The commands: a class for each group of them, and the parts that several of these classes share.
 *
 * <p>{@link zap.shell.command.CommandBeans} lists the classes. Each method with an annotation {@code Command} is one
 * command: it checks its {@link zap.shell.command.Arguments}, lets the plain classes of the client do the work (waiting
 * for a session is in {@code OneShot}), and shows the result.
 *
 * <p>The parts around it call each other downwards only:
 *
 * <ul>
 *   <li>{@code runner} starts commands, and is the only part that calls this package
 *   <li>this package
 *   <li>{@code view} shows more than one line, or shows it later
 *   <li>{@code context} holds what every command uses: client, texts, style, refusals
 *   <li>{@code terminal} draws, and knows no other part
 * </ul>
 *
 * <p>Guarded by {@code FailedSessionsTest}, {@code OutcomeCommandsTest}, {@code PeopleCommandsTest} and {@code
 * ProfileCommandsTest}; {@code ClientModulesTest} holds the order of the parts.
 */
@NullMarked
package zap.shell.command;

import org.jspecify.annotations.NullMarked;
