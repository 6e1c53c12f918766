package zap.shell.command.terminal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jline.terminal.Size;
import org.jline.terminal.Terminal;
import org.jline.terminal.impl.LineDisciplineTerminal;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Tests the line editor when other threads than the editing one draw: those of messages and of signals. */
class LineEditorTest {

    private static final String FAMILY = "👨\u200D👩\u200D👧";

    private final StringBuffer written = new StringBuffer();
    private LineDisciplineTerminal terminal;
    private LineEditor editor;

    @BeforeEach
    void open() throws IOException {
        terminal = new LineDisciplineTerminal("zap", "xterm", new Screen(), StandardCharsets.UTF_8);
        terminal.setSize(new Size(80, 24));
        editor = new LineEditor(terminal);
    }

    @AfterEach
    void close() throws IOException {
        terminal.close();
    }

    /** A terminal that answers each request for the cursor's position with column 7. */
    private final class Screen extends OutputStream {

        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

        @Override
        public synchronized void write(int b) {
            bytes.write(b);
        }

        @Override
        public synchronized void flush() throws IOException {
            String text = bytes.toString(StandardCharsets.UTF_8);
            bytes.reset();
            written.append(text);
            if (text.contains("\u001b[6n")) {
                types("\u001b[1;7R");
            }
        }
    }

    private void types(String keys) throws IOException {
        terminal.processInputBytes(keys.getBytes(StandardCharsets.UTF_8));
    }

    private CompletableFuture<String> reading() {
        var line = new CompletableFuture<String>();
        Thread.ofPlatform().daemon().start(() -> line.complete(editor.edit("> ", null)));
        awaitDrawn("> ");
        return line;
    }

    private void awaitDrawn(String text) {
        Instant end = Instant.now().plus(Duration.ofSeconds(20));
        while (!written.toString().contains(text) && Instant.now().isBefore(end)) {
            Thread.onSpinWait();
        }
        assertThat(written).contains(text);
    }

    @Test
    void aSignalThatComesWhenTheLineHasEndedDrawsNothing() throws Exception {
        var line = reading();
        types("x\r");
        assertThat(line.get(20, TimeUnit.SECONDS)).isEqualTo("x");

        int before = written.length();
        editor.handleSignal(Terminal.Signal.WINCH);

        assertThat(written.substring(before)).isEmpty();
    }

    @Test
    void aClusterOfUnknownWidthIsDrawnByTheThreadThatAsksTheTerminal() throws Exception {
        var line = reading();
        editor.getBuffer().write(FAMILY);
        editor.redisplay();
        assertThat(written).doesNotContain("👨");

        types("!");
        awaitDrawn(FAMILY + "\u001b[6n");
        awaitDrawn("> " + FAMILY + "!");

        types("\r");
        assertThat(line.get(20, TimeUnit.SECONDS)).isEqualTo(FAMILY + "!");
    }
}
