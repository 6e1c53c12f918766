/**
 * The reference of the protocol: a suite of black-box checks against any server, in whatever language it is written.
 *
 * <p><b>Called by:</b> people, as {@code ./zap check server HOST:PORT}. It calls {@code zap-protocol} for the widths
 * of the frames, {@code zap.kit} and nothing else of zap; no part of the product calls it.
 *
 * <p><b>Read first:</b> {@link zap.check.ServerCheck} is one check and {@link zap.check.Catalogue} lists all of them;
 * {@link zap.check.Stage} and {@link zap.check.Actor} are the words in which a check is written; {@link
 * zap.check.Dialect} is what is found out about a server first; {@link zap.check.Suite} runs all in bounded time.
 *
 * <p><b>Change with care:</b> the numbers of checks are cited by other people: a check that goes takes its number with
 * it. A check compares only what its sentence names, so that one mistake of a server is one ✗.
 *
 * <p><b>Guarded by:</b> {@code FaultyServersIT} (each mistake is found by the check that names it and by no unrelated
 * one), {@code CheckTextsTest} (both languages), {@code ServerSuiteIT} (zap passes completely on all its ports).
 */
@NullMarked
package zap.check;

import org.jspecify.annotations.NullMarked;
