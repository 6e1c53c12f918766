package zap.shell.command;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jline.utils.AttributedString;
import org.jspecify.annotations.Nullable;

/**
 * An output of any length. At a terminal it stops after each screenful and asks whether to go on; Ctrl-C ends it, and so does a reader who
 * has closed the pipe. Its caller learns what was shown, item by item, before each question.
 */
final class LongOutput {

    /** A screen is hardly lower or narrower: what fits on one of this size needs no look at the real one. */
    private static final int CERTAINLY_FIT = 10;

    private static final int NARROW = 40;

    /** So many items at most are shown before its caller learns of it. */
    private static final int BATCH = 100;

    /** The row of the question, and one of what was there before it. */
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
     * @param pagings is asked when the output gets long; gives null where nobody can be asked
     * @param whenShown is told which items were shown
     */
    LongOutput(
            ShellContext shell, PrintWriter out, Supplier<@Nullable Paging> pagings, Consumer<List<Long>> whenShown) {
        this.shell = shell;
        this.out = out;
        this.pagings = pagings;
        this.whenShown = whenShown;
    }

    /**
     * Prints one item.
     *
     * @param item what the caller is told when it was shown
     * @param lines any of which may be longer than the screen is wide, or have line breaks
     * @param left how many items are left, this one included
     * @return false when the output is over, and the item was not shown
     */
    boolean print(long item, List<String> lines, long left) {
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

    /** Prints lines that are no item, as long as the output is not over. */
    void print(List<String> lines) {
        if (!over && thereIsRoom(lines, 0)) {
            lines.forEach(out::println);
        }
    }

    /** Ends the output: what was shown is told. */
    void end() {
        tell();
        over = true;
    }

    private void tell() {
        // What could not be written was not shown.
        AnswerStream.flush(out);
        if (!shown.isEmpty()) {
            whenShown.accept(List.copyOf(shown));
        }
        shown.clear();
    }

    /** Returns whether these lines may be shown: asks first when they do not fit on the screen. */
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
