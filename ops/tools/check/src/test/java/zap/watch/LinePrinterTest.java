package zap.watch;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Printing that holds nothing up. */
class LinePrinterTest {

    private static final Duration FAR = Duration.ofSeconds(20);

    /** A terminal that takes nothing until it is told to. */
    private static final class StoppedTerminal extends OutputStream {

        private final ByteArrayOutputStream shown = new ByteArrayOutputStream();
        private final CountDownLatch goesOn = new CountDownLatch(1);

        @Override
        public void write(int b) throws IOException {
            write(new byte[] {(byte) b}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int from, int count) throws IOException {
            try {
                if (!goesOn.await(20, TimeUnit.SECONDS)) {
                    throw new IOException("nobody lets it go on");
                }
            } catch (InterruptedException e) {
                throw new IOException(e);
            }
            shown.write(bytes, from, count);
        }

        String shown() {
            return shown.toString(StandardCharsets.UTF_8);
        }
    }

    @Test
    void linesArePrintedInTheirOrder() {
        var out = new ByteArrayOutputStream();
        var expected = new StringBuilder();
        try (var printer = new LinePrinter(out, gap -> "gap " + gap, e -> {}, LinePrinter.MAX_WAITING, FAR)) {
            for (int i = 0; i < 50_000; i++) {
                printer.add("line " + i + "\n");
                expected.append("line ").append(i).append('\n');
            }
            assertThat(printer.finish(FAR)).isTrue();
        }
        assertThat(out.toString(StandardCharsets.UTF_8)).isEqualTo(expected.toString());
    }

    @Test
    void aStoppedTerminalHoldsNobodyUpAndSaysLaterHowMuchIsMissing() {
        var terminal = new StoppedTerminal();
        try (var printer =
                new LinePrinter(terminal, gap -> "missing: " + gap + "\n", e -> {}, 1000, Duration.ofMillis(1))) {
            for (int i = 0; i < 10_000; i++) {
                printer.add("0123456789\n");
            }
            terminal.goesOn.countDown();
            assertThat(printer.finish(FAR)).isTrue();
        }
        long printed = terminal.shown()
                .lines()
                .filter(line -> line.equals("0123456789"))
                .count();
        long missing = terminal.shown()
                .lines()
                .filter(line -> line.startsWith("missing: "))
                .mapToLong(line -> Long.parseLong(line.substring(9)))
                .sum();
        assertThat(printed).isGreaterThan(80).isLessThan(2_000);
        assertThat(printed + missing).isEqualTo(10_000);
    }

    @Test
    void aTerminalThatIsGoneIsToldOnce() throws Exception {
        var told = new CompletableFuture<IOException>();
        var gone = new OutputStream() {
            @Override
            public void write(int b) throws IOException {
                throw new IOException("Broken pipe");
            }
        };
        try (var printer = new LinePrinter(
                gone, gap -> "", e -> assertThat(told.complete(e)).isTrue(), LinePrinter.MAX_WAITING, FAR)) {
            printer.add("one\n");
            assertThat(told.get(20, TimeUnit.SECONDS)).hasMessage("Broken pipe");
            for (int i = 0; i < 1_000; i++) {
                printer.add("more\n");
            }
            assertThat(printer.finish(FAR)).isFalse();
        }
    }
}
