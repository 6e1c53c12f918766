/**
 * The suite of black-box checks against any server.
 *
 * <p><b>Read first:</b> {@link zap.check.server.ServerCheck} is one check and {@link zap.check.server.Catalogue} lists
 * all of them; {@link zap.check.server.Stage} and {@link zap.check.server.Actor} are the words in which a check is
 * written; {@link zap.check.Dialect} is what is found out about a server first; {@link zap.check.server.Suite} runs
 * all in bounded time.
 *
 * <p><b>Change with care:</b> the numbers of checks are cited by other people: a check that goes takes its number with
 * it. A check compares only what its sentence names, so that one mistake of a server is one ✗.
 *
 * <p><b>Guarded by:</b> {@code FaultyServersIT} (each mistake is found by the check that names it and by no unrelated
 * one), {@code CheckTextsTest} (both languages), {@code ServerSuiteIT} (zap passes completely on all its ports).
 */
@NullMarked
package zap.check.server;

import org.jspecify.annotations.NullMarked;
