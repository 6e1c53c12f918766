/**
 * The reference of the protocol: suites of black-box checks against any server or client, in whatever language it is
 * written.
 *
 * <p><b>Called by:</b> people, as {@code ./zap check}. It calls {@code zap-protocol} for the widths of the frames,
 * {@code zap.kit} and nothing else of zap; no part of the product calls it.
 *
 * <p><b>Read first:</b> {@link zap.check.CheckProgram} is the program; the suites are in {@code zap.check.server} and
 * {@code zap.check.client}. Both share {@code zap.check.wire} and {@code zap.check.report}.
 *
 * <p><b>Guarded by:</b> {@code CheckTextsTest} (both languages), {@code ServerSuiteIT} (zap passes completely on all
 * its ports), {@code CheckProgramIT}.
 */
@NullMarked
package zap.check;

import org.jspecify.annotations.NullMarked;
