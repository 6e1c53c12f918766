package zap.acceptance;

import com.pty4j.PtyProcess;
import com.pty4j.PtyProcessBuilder;
import com.pty4j.WinSize;
import com.techsenger.jeditermfx.core.CursorShape;
import com.techsenger.jeditermfx.core.ProcessTtyConnector;
import com.techsenger.jeditermfx.core.RequestOrigin;
import com.techsenger.jeditermfx.core.TerminalDisplay;
import com.techsenger.jeditermfx.core.TerminalOutputStream;
import com.techsenger.jeditermfx.core.TextStyle;
import com.techsenger.jeditermfx.core.TtyBasedArrayDataStream;
import com.techsenger.jeditermfx.core.emulator.JediEmulator;
import com.techsenger.jeditermfx.core.emulator.mouse.MouseFormat;
import com.techsenger.jeditermfx.core.emulator.mouse.MouseMode;
import com.techsenger.jeditermfx.core.model.JediTerminal;
import com.techsenger.jeditermfx.core.model.LinesBuffer;
import com.techsenger.jeditermfx.core.model.StyleState;
import com.techsenger.jeditermfx.core.model.TerminalLine;
import com.techsenger.jeditermfx.core.model.TerminalSelection;
import com.techsenger.jeditermfx.core.model.TerminalTextBuffer;
import com.techsenger.jeditermfx.core.util.CharUtils;
import com.techsenger.jeditermfx.core.util.TermSize;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;

/**
 * A terminal window: a program in a pseudo-terminal, and in front of it what a person sees of it and types into it.
 *
 * <p>The emulator is JediTerm's, the one of JetBrains' IDEs: with scrollback, bracketed paste, and lines that flow anew
 * when the window changes its width.
 */
final class TerminalWindow implements AutoCloseable {

    static final int COLUMNS = 100;
    static final int ROWS = 30;

    static final String ENTER = "\r";
    static final String CTRL_C = "\u0003";
    static final String CTRL_D = "\u0004";
    static final String BACKSPACE = "\u007f";

    /** As terminals send it that were asked for "application cursor keys". */
    static final String LEFT = "\u001bOD";

    static final String HOME = "\u001bOH";
    static final String END = "\u001bOF";

    private final PtyProcess process;
    private final TerminalTextBuffer buffer;
    private final Glass glass = new Glass();
    private final JediTerminal terminal;
    private final StringBuffer written = new StringBuffer();
    private final Thread reading;

    /**
     * The emulator's state: held by the reading thread but for the time in which it waits for the program. The emulator
     * itself does not expect a change of size while it writes.
     */
    private final ReentrantLock emulation = new ReentrantLock();

    private TerminalWindow(PtyProcess process, int columns, int rows) {
        this.process = process;
        var style = new StyleState();
        this.buffer = new TerminalTextBuffer(columns, rows, style);
        this.terminal = new JediTerminal(glass, buffer, style);
        terminal.setTerminalOutput(new Answers());
        var emulator = new JediEmulator(new TtyBasedArrayDataStream(new Tty()), terminal);
        this.reading = Thread.ofPlatform().daemon().name("window").start(() -> {
            emulation.lock();
            try {
                while (emulator.hasNext()) {
                    emulator.next();
                }
            } catch (IOException _) {
                // The program has ended, and its side of the terminal is closed.
            } finally {
                emulation.unlock();
            }
        });
    }

    /** Opens a window with this program in it. */
    static TerminalWindow open(List<String> command, Map<String, String> environment, int columns, int rows) {
        try {
            PtyProcess process = new PtyProcessBuilder(command.toArray(String[]::new))
                    .setEnvironment(environment)
                    .setInitialColumns(columns)
                    .setInitialRows(rows)
                    .start();
            return new TerminalWindow(process, columns, rows);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    // -------------------------------------------------------------------------------------------------------------
    // keys

    /** Types, as fast as a terminal hands it on. */
    TerminalWindow type(String keys) {
        try {
            process.getOutputStream().write(keys.getBytes(StandardCharsets.UTF_8));
            process.getOutputStream().flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return this;
    }

    /** Types a line as a person does: sees it before ending it, and then that it was taken. */
    TerminalWindow enter(String line) {
        type(line);
        Await.until(
                () -> "the line to end with \"" + line + "\" in\n" + this,
                () -> cursorLine().endsWith(line.stripTrailing()));
        String typed = cursorLine();
        type(ENTER);
        Await.until(
                () -> "the line to be taken in\n" + this, () -> !cursorLine().equals(typed) || !isRunning());
        return this;
    }

    /** Pastes, as terminals do it that were asked to say where a paste begins and ends. */
    TerminalWindow paste(String text) {
        if (!glass.bracketedPaste) {
            throw new AssertionError("nobody has asked for bracketed paste");
        }
        // Line breaks are pasted as what the Enter key sends.
        return type("\u001b[200~" + text.replace('\n', '\r') + "\u001b[201~");
    }

    /** Pulls at its corner. */
    TerminalWindow resize(int columns, int rows) {
        emulation.lock();
        try {
            terminal.resize(new TermSize(columns, rows), RequestOrigin.User);
        } finally {
            emulation.unlock();
        }
        process.setWinSize(new WinSize(columns, rows));
        return this;
    }

    // -----------------------------------------------------------------------------------------------------------
    // screen

    /** The lines that can be seen, without the blanks at their ends. */
    List<String> screen() {
        buffer.lock();
        try {
            var lines = new ArrayList<String>();
            LinesBuffer screen = buffer.getScreenBuffer();
            for (int i = 0; i < screen.getLineCount(); i++) {
                lines.add(shown(screen.getLine(i)));
            }
            while (!lines.isEmpty() && lines.getLast().isEmpty()) {
                lines.removeLast();
            }
            return lines;
        } finally {
            buffer.unlock();
        }
    }

    /**
     * All lines since the window was opened, those that have scrolled away too; what the terminal has wrapped is one
     * line.
     */
    List<String> everything() {
        buffer.lock();
        try {
            var lines = new ArrayList<String>();
            boolean wrapped = add(lines, buffer.getHistoryBuffer(), false);
            add(lines, buffer.getScreenBuffer(), wrapped);
            while (!lines.isEmpty() && lines.getLast().isBlank()) {
                lines.removeLast();
            }
            return lines.stream().map(String::stripTrailing).toList();
        } finally {
            buffer.unlock();
        }
    }

    private static boolean add(List<String> lines, LinesBuffer from, boolean wrappedBefore) {
        boolean wrapped = wrappedBefore;
        for (int i = 0; i < from.getLineCount(); i++) {
            TerminalLine line = from.getLine(i);
            String text = cells(line);
            if (wrapped) {
                lines.add(lines.removeLast() + text);
            } else {
                lines.add(text);
            }
            wrapped = line.isWrapped();
        }
        return wrapped;
    }

    private static String shown(TerminalLine line) {
        return cells(line).stripTrailing();
    }

    private static String cells(TerminalLine line) {
        return line.getText().replace(String.valueOf(CharUtils.DWC), "").replace(CharUtils.NUL_CHAR, ' ');
    }

    /**
     * The prompt and what has been typed behind it, as far as the cursor's line, in as many lines of the screen as it
     * takes.
     */
    String cursorLine() {
        emulation.lock();
        try {
            int cursor = terminal.getCursorY() - 1;
            int first = cursor;
            while (first > 0 && !cells(buffer.getLine(first)).contains("❯ ")) {
                first--;
            }
            var line = new StringBuilder();
            for (int y = first; y < cursor; y++) {
                int columns = buffer.getLine(y).getText().length();
                line.append(cells(buffer.getLine(y))).repeat(" ", Math.max(0, buffer.getWidth() - columns));
            }
            return line.append(shown(buffer.getLine(cursor))).toString();
        } finally {
            emulation.unlock();
        }
    }

    /** Returns the distance of the cursor from the left edge, in columns. */
    int cursorColumn() {
        return terminal.getCursorX() - 1;
    }

    /** Returns the style of the first character of this text, at its last occurrence. */
    TextStyle styleOf(String text) {
        buffer.lock();
        try {
            for (int y = buffer.getHeight() - 1; y >= -buffer.getHistoryLinesCount(); y--) {
                int x = buffer.getLine(y).getText().lastIndexOf(text);
                if (x >= 0) {
                    TextStyle style = buffer.getLine(y).getStyleAt(x);
                    return style == null ? TextStyle.EMPTY : style;
                }
            }
        } finally {
            buffer.unlock();
        }
        throw new AssertionError("There is no " + text + " in\n" + this);
    }

    /** Returns the styles of all text, scrollback included. */
    Set<TextStyle> styles() {
        buffer.lock();
        try {
            var styles = new HashSet<TextStyle>();
            for (int y = -buffer.getHistoryLinesCount(); y < buffer.getHeight(); y++) {
                buffer.getLine(y).forEachEntry(entry -> styles.add(entry.getStyle()));
            }
            return styles;
        } finally {
            buffer.unlock();
        }
    }

    /** Returns the title of the window, as the program has set it. */
    String title() {
        return glass.title;
    }

    /** Returns the number of bells. */
    int bells() {
        return glass.bells;
    }

    /** Returns everything that the program has written, control sequences included. */
    String written() {
        return written.toString();
    }

    // ------------------------------------------------------------------------------------------------------------
    // waiting

    /** Waits until this can be seen somewhere. */
    TerminalWindow shows(String text) {
        return awaits("\"" + text + "\"", lines -> lines.stream().anyMatch(line -> line.contains(text)));
    }

    /** Waits until a line can be seen that is wholly like this. */
    TerminalWindow showsLine(String pattern) {
        return awaits("a line like " + pattern, lines -> lines.stream().anyMatch(line -> line.matches(pattern)));
    }

    /** Waits until the line with the cursor is this one. */
    TerminalWindow hasTyped(String line) {
        Await.until(
                () -> "the cursor's line to be \"" + line + "\" in\n" + this,
                () -> cursorLine().equals(line));
        return this;
    }

    /** Waits until all that there was and is fulfils this. */
    TerminalWindow awaits(String what, Predicate<List<String>> seen) {
        Await.until(() -> what + " in\n" + this, () -> seen.test(everything()));
        return this;
    }

    /** Counts the lines that contain this text, scrollback included. */
    long count(String text) {
        return everything().stream().filter(line -> line.contains(text)).count();
    }

    /** Waits until the program has ended, and tells how. */
    int exitCode() {
        try {
            if (!process.waitFor(Await.PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new AssertionError("It did not end:\n" + this);
            }
            // What it has said last may still be on its way to the glass.
            reading.join(Await.PATIENCE);
            return process.exitValue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    boolean isRunning() {
        return process.isAlive();
    }

    /** kill -9. */
    void kill() {
        process.destroyForcibly();
        exitCode();
    }

    @Override
    public void close() {
        if (process.isAlive()) {
            kill();
        }
    }

    @Override
    public String toString() {
        String edge = "─".repeat(COLUMNS);
        return edge + "\n" + String.join("\n", everything()) + "\n" + edge;
    }

    // ------------------------------------------------------------------------------------------------- behind the
    // glass

    private final class Tty extends ProcessTtyConnector {

        Tty() {
            super(process, StandardCharsets.UTF_8);
        }

        @Override
        public String getName() {
            return "pty";
        }

        @Override
        public int read(char[] buf, int offset, int length) throws IOException {
            int count;
            emulation.unlock();
            try {
                count = super.read(buf, offset, length);
            } finally {
                emulation.lock();
            }
            if (count > 0) {
                written.append(buf, offset, count);
            }
            return count;
        }
    }

    /** A terminal is asked things, too: where the cursor is, who it is. */
    private final class Answers implements TerminalOutputStream {

        @Override
        public void sendBytes(byte[] response, boolean userInput) {
            type(new String(response, StandardCharsets.UTF_8));
        }

        @Override
        public void sendString(String string, boolean userInput) {
            type(string);
        }
    }

    /** The display of the emulator: everything but text. */
    private static final class Glass implements TerminalDisplay {

        private volatile String title = "";
        private volatile int bells;
        private volatile boolean bracketedPaste;

        @Override
        public void setCursor(int x, int y) {}

        @Override
        public void setCursorShape(CursorShape cursorShape) {}

        @Override
        public synchronized void beep() {
            bells++;
        }

        @Override
        public void scrollArea(int scrollRegionTop, int scrollRegionSize, int dy) {}

        @Override
        public void setCursorVisible(boolean isCursorVisible) {}

        @Override
        public void useAlternateScreenBuffer(boolean useAlternateScreenBuffer) {}

        @Override
        public String getWindowTitle() {
            return title;
        }

        @Override
        public void setWindowTitle(String windowTitle) {
            title = windowTitle;
        }

        @Override
        public TerminalSelection getSelection() {
            return null;
        }

        @Override
        public void terminalMouseModeSet(MouseMode mouseMode) {}

        @Override
        public void setMouseFormat(MouseFormat mouseFormat) {}

        @Override
        public boolean ambiguousCharsAreDoubleWidth() {
            return false;
        }

        @Override
        public void setBracketedPasteMode(boolean bracketedPasteModeEnabled) {
            bracketedPaste = bracketedPasteModeEnabled;
        }
    }
}
