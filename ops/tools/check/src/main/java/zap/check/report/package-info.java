/**
 * The words of both suites: a check and its outcome, the texts in two languages, and the reports for people, browsers
 * and programs.
 *
 * <p><b>Called by:</b> the suites and {@link zap.check.CheckProgram}. It knows no bytes and no socket.
 */
@NullMarked
package zap.check.report;

import org.jspecify.annotations.NullMarked;
