/**
 * The views that outlast one line of an answer: arriving messages above the prompt, long output in pages, progress, and
 * the texts about a connection or its failure.
 *
 * <p>Called by the commands and the runner. {@link zap.shell.command.view.LiveView} is called from the connection's
 * threads, too. Guarded by {@code LiveViewTest}, {@code LongOutputTest} and {@code TypedScreenTest}.
 */
@NullMarked
package zap.shell.command.view;

import org.jspecify.annotations.NullMarked;
