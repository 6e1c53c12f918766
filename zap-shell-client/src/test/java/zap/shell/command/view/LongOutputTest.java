package zap.shell.command.view;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.Writer;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import zap.shell.command.context.AnswerStream;
import zap.shell.command.context.ShellContext;
import zap.shell.command.context.ShellForTest;
import zap.shell.command.terminal.Paging;
import zap.shell.command.terminal.Paging.Answer;

/** An output of any length stops where its reader wants, and reports only items that were shown. */
class LongOutputTest {

    private static final int ROWS = 22;
    private static final int ON_A_PAGE = ROWS - 2;

    @TempDir
    private Path home;

    private ShellContext shell;
    private final StringWriter screen = new StringWriter();
    private final List<Long> told = new ArrayList<>();
    private final List<String> questions = new ArrayList<>();
    private final Deque<Answer> answers = new ArrayDeque<>();

    private final class Reader implements Paging {
        @Override
        public int rows() {
            return ROWS;
        }

        @Override
        public int columns() {
            return 40;
        }

        @Override
        public Answer ask(String question) {
            questions.add(question + " after " + told.size());
            return answers.remove();
        }
    }

    @BeforeEach
    void shellContext() throws Exception {
        shell = ShellForTest.in(home).profile("ana").build();
    }

    private LongOutput output(Writer to, @Nullable Paging paging) {
        return new LongOutput(shell, new PrintWriter(to), () -> paging, told::addAll);
    }

    /** Prints items of one line each, and returns the number of items that were shown. */
    private long print(LongOutput output, int count) {
        long shown = LongStream.rangeClosed(1, count)
                .takeWhile(item -> output.print(item, List.of("item " + item), count - item + 1))
                .count();
        output.end();
        return shown;
    }

    @Test
    void whatFitsOnTheScreenIsShownWithoutAQuestion() {
        assertThat(print(output(screen, new Reader()), ON_A_PAGE)).isEqualTo(ON_A_PAGE);
        assertThat(questions).isEmpty();
        assertThat(told).hasSize(ON_A_PAGE);
    }

    @Test
    void afterEachScreenfulItAsksAndWhatWasShownBeforeIsTold() {
        answers.addAll(List.of(Answer.NEXT_PAGE, Answer.NEXT_PAGE, Answer.STOP));
        print(output(screen, new Reader()), 100);
        assertThat(questions).hasSize(3);
        assertThat(questions.get(0)).contains("80 more").endsWith("after 20");
        assertThat(questions.get(1)).contains("60 more").endsWith("after 40");
        assertThat(questions.get(2)).contains("40 more").endsWith("after 60");
        assertThat(told).hasSize(3 * ON_A_PAGE);
        assertThat(screen.toString().lines()).hasSize(3 * ON_A_PAGE).last().isEqualTo("item 60");
    }

    @Test
    void whoWantsAllIsNotAskedAgain() {
        answers.add(Answer.ALL);
        assertThat(print(output(screen, new Reader()), 1000)).isEqualTo(1000);
        assertThat(questions).hasSize(1);
        assertThat(told).hasSize(1000);
    }

    @Test
    void longLinesAndLineBreaksTakeTheRowsThatTheyTake() {
        answers.add(Answer.STOP);
        LongOutput output = output(screen, new Reader());
        String threeRows = "x".repeat(81);
        for (int item = 1; item <= 6; item++) {
            assertThat(output.print(item, List.of(threeRows), 8 - item)).isTrue();
        }
        assertThat(output.print(7, List.of("one\ntwo"), 1)).as("fills the page").isTrue();
        assertThat(output.print(8, List.of("one"), 1)).isFalse();
        assertThat(questions).hasSize(1);
        assertThat(told).hasSize(7);
    }

    @Test
    void anItemThatIsLongerThanTheScreenIsShownAllTheSame() {
        answers.add(Answer.NEXT_PAGE);
        LongOutput output = output(screen, new Reader());
        String tall = "line\n".repeat(3 * ROWS);
        assertThat(output.print(1, List.of(tall), 2)).isTrue();
        assertThat(output.print(2, List.of(tall), 1)).isTrue();
        output.end();
        assertThat(told).containsExactly(1L, 2L);
    }

    @Test
    void ctrlCStopsItAndOnlyWhatWasShownIsTold() {
        LongOutput output = output(screen, null);
        assertThat(output.print(1, List.of("one"), 3)).isTrue();
        shell.stop();
        assertThat(output.print(2, List.of("two"), 2)).isFalse();
        assertThat(output.print(3, List.of("three"), 1)).isFalse();
        assertThat(told).containsExactly(1L);
        assertThat(screen.toString()).doesNotContain("two", "three");
    }

    @Test
    void whatAClosedPipeDidNotTakeWasNotShown() {
        var pipe = new StringBuilder();
        var closed = new Writer() {
            @Override
            public void write(char[] text, int from, int length) throws IOException {
                pipe.append(text, from, length);
                if (pipe.indexOf("item 150") >= 0) {
                    throw new IOException("Broken pipe");
                }
            }

            @Override
            public void flush() {}

            @Override
            public void close() {}
        };
        LongOutput output = output(closed, null);
        assertThatThrownBy(() -> print(output, 1000)).isInstanceOf(AnswerStream.UnwrittenException.class);
        assertThat(told).hasSize(100);
    }
}
