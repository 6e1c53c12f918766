package zap.shell.command.view;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jline.utils.AttributedString;
import org.jspecify.annotations.Nullable;
import zap.shell.command.context.AnswerStream;
import zap.shell.command.context.ShellContext;
import zap.shell.command.terminal.Paging;

/**
 * An output of any length. At a terminal it stops after each screenful and asks whether to continue. Ctrl-C ends it,
 * and so does the reader of a closed pipe. Its caller learns which items were shown before each question.
 */
public final class LongOutput {

    /** Number of rows and columns that every screen has: shorter output needs no look at the real size. */
    private static final int CERTAINLY_FIT = 10;

    private static final int NARROW = 40;

    /** Maximum number of items between two reports to the caller. */
    private static final int BATCH = 100;

    /** Rows that stay free: one for the question, one for the line before it. */
    private static final int ROWS_KEPT = 2;

    private final ShellContext shell;
    private final PrintWriter out;
    private final Supplier<@Nullable Paging> pagings;
    private final Consumer<List<Long>> whenShown;

    private final List<String> first = new ArrayList<>();
    private final List<Long> shown = new ArrayList<>();
    private @Nullable Paging paging;
    private boolean pagingIsKnown;
    private int rows;
    private boolean over;

    /**
     * @param pagings called when the output gets long; returns null when no user can be asked
     * @param whenShown receives the items that were shown
     */
    public LongOutput(
            ShellContext shell, PrintWriter out, Supplier<@Nullable Paging> pagings, Consumer<List<Long>> whenShown) {
        this.shell = shell;
        this.out = out;
        this.pagings = pagings;
        this.whenShown = whenShown;
    }

    /**
     * Prints one item.
     *
     * @param item the value for the caller when the item was shown
     * @param lines may be longer than the screen is wide, or contain line breaks
     * @param left the number of items left, this one included
     * @return false when the output has ended and the item was not shown
     */
    public boolean print(long item, List<String> lines, long left) {
        if (over || shell.isStopped() || !thereIsRoom(lines, left)) {
            end();
            return false;
        }
        lines.forEach(out::println);
        shown.add(item);
        if (shown.size() >= BATCH) {
            tell();
        }
        return !over;
    }

    /** Prints lines that belong to no item, unless the output has ended. */
    public void print(List<String> lines) {
        if (!over && thereIsRoom(lines, 0)) {
            lines.forEach(out::println);
        }
    }

    /** Ends the output and reports the shown items. */
    public void end() {
        tell();
        over = true;
    }

    private void tell() {
        // Items that could not be written were not shown.
        AnswerStream.flush(out);
        if (!shown.isEmpty()) {
            whenShown.accept(List.copyOf(shown));
        }
        shown.clear();
    }

    /** Returns whether these lines may be shown. It asks first when they do not fit on the screen. */
    private boolean thereIsRoom(List<String> lines, long left) {
        if (!pagingIsKnown) {
            first.addAll(lines);
            if (rows(first, NARROW) <= CERTAINLY_FIT) {
                return true;
            }
            pagingIsKnown = true;
            paging = pagings.get();
            rows = paging == null ? 0 : rows(first.subList(0, first.size() - lines.size()), paging.columns());
        }
        @Nullable Paging asking = paging;
        if (asking == null) {
            return true;
        }
        int needed = rows(lines, asking.columns());
        if (rows > 0 && rows + needed > asking.rows() - ROWS_KEPT) {
            tell();
            switch (asking.ask(shell.style().bold(shell.texts().count("more.question", left)))) {
                case STOP -> {
                    return false;
                }
                case ALL -> paging = null;
                case NEXT_PAGE -> rows = 0;
            }
        }
        rows += needed;
        return true;
    }

    private static int rows(List<String> lines, int columns) {
        return lines.stream()
                .flatMap(line -> List.of(line.split("\n", -1)).stream())
                .mapToInt(line ->
                        Math.max(1, Math.ceilDiv(AttributedString.fromAnsi(line).columnLength(), Math.max(1, columns))))
                .sum();
    }
}
