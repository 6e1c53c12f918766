package zap.shell.command.terminal;

import java.io.IOError;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jline.keymap.KeyMap;
import org.jline.reader.Binding;
import org.jline.reader.LineReader;
import org.jline.reader.MaskingCallback;
import org.jline.reader.Reference;
import org.jline.reader.Widget;
import org.jline.reader.impl.LineReaderImpl;
import org.jline.terminal.Terminal;
import org.jline.utils.InfoCmp.Capability;
import org.jspecify.annotations.Nullable;
import zap.shell.text.TextWidth;

/**
 * A line reader whose unit is the grapheme cluster, and that keeps a paste together.
 *
 * <p>It asks the terminal for the width of clusters that terminals draw differently (see {@link Glyphs}). A terminal
 * that does not answer is not asked again. A paste without brackets is recognized by its speed: its line breaks and
 * tabs are text, and a key that is pressed afterwards ends the line.
 */
class LineEditor extends LineReaderImpl {

    /** Shortest time between Enter or Tab and the next key when typed by hand. */
    private static final long FASTER_THAN_HANDS_MS = 15;

    /** Time without input after which a paste has ended. Terminals write a long paste in several parts. */
    private static final long END_OF_PASTE_MS = 50;

    /** Maximum time for the terminal to answer. */
    private static final long ANSWER_WITHIN_MS = 1000;

    private static final int ESCAPE = 27;

    /** The terminal's report of the cursor's position. */
    private static final Pattern CURSOR = Pattern.compile("\u001b\\[\\d+;(\\d+)R");

    /** The request for the cursor position. */
    private static final String WHERE_IS_THE_CURSOR = "\u001b[6n";

    /** The request for the terminal's status, and its answer, which is no key. */
    private static final String HOW_IS_THE_TERMINAL = "\u001b[5n";

    private static final String TERMINAL_IS_WELL = "\u001b[0n";

    private final Glyphs glyphs = new Glyphs();
    private final boolean dumb;
    private final MaskingCallback layout = new MaskingCallback() {
        @Override
        public String display(String line) {
            return glyphs.layoutTyped(line);
        }

        @Override
        public String history(String line) {
            return line;
        }
    };

    private String promptText = "";
    private boolean answers;
    private volatile boolean laidOut;
    private volatile @Nullable Thread editing;

    LineEditor(Terminal terminal) throws IOException {
        super(terminal, "zap");
        this.dumb =
                Terminal.TYPE_DUMB.equals(terminal.getType()) || Terminal.TYPE_DUMB_COLOR.equals(terminal.getType());
        this.answers = !dumb;
        setOpt(LineReader.Option.DISABLE_EVENT_EXPANSION);
        getWidgets().put(LineReader.CALLBACK_INIT, () -> {
            begun();
            return true;
        });
        Objects.requireNonNull(getKeyMaps().get(LineReader.MAIN)).bind((Widget) () -> true, TERMINAL_IS_WELL);
    }

    /** Reads a line. */
    String edit() {
        return edit("", null);
    }

    /**
     * Reads a line.
     *
     * @param mask replaces each character on the screen; null shows them
     */
    String edit(String prompt, @Nullable Character mask) {
        lock.lock();
        try {
            glyphs.newLine();
            promptText = prompt;
            laidOut = mask == null && !dumb;
            editing = Thread.currentThread();
        } finally {
            lock.unlock();
        }
        try {
            String shown = prompt.replace("%", "%%");
            return laidOut ? readLine(shown, null, layout, null) : readLine(shown, mask);
        } finally {
            editing = null;
        }
    }

    /** Prepares the line before it is drawn for the first time. Called with the lock. */
    void begun() {
        if (!dumb) {
            display = new LineDisplay(drawing());
            display.resize(size.getRows(), size.getColumns());
        }
        showPrompt(promptText);
    }

    /** Sets the prompt. To be called with the lock. */
    void showPrompt(String prompt) {
        promptText = prompt;
        // For JLine % begins a pattern.
        setPrompt((dumb ? prompt : glyphs.layout(prompt)).replace("%", "%%"));
    }

    /** The terminal, with a writer that puts the clusters in place of their replacements. */
    private Terminal drawing() {
        PrintWriter writer = terminal.writer();
        var drawing = new PrintWriter(new Writer() {
            @Override
            public void write(char[] text, int from, int length) {
                writer.write(glyphs.drawn(new String(text, from, length)));
            }

            @Override
            public void flush() {
                writer.flush();
            }

            @Override
            public void close() {}
        });
        return (Terminal) Proxy.newProxyInstance(
                LineEditor.class.getClassLoader(), new Class<?>[] {Terminal.class}, (proxy, method, arguments) -> {
                    if (method.getName().equals("writer")) {
                        return drawing;
                    }
                    if (method.getName().equals("getStringCapability") && isOneColumn((Capability) arguments[0])) {
                        return null;
                    }
                    try {
                        return method.invoke(terminal, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }

    /**
     * Removes the line from the screen, runs an action while the terminal belongs to other programs, and draws the line
     * again.
     */
    void aside(Runnable others) {
        lock.lock();
        try {
            if (!reading || dumb) {
                others.run();
                return;
            }
            display.update(List.of(), 0, false);
            terminal.puts(Capability.keypad_local);
            terminal.writer().write(BRACKETED_PASTE_OFF);
            terminal.flush();
            others.run();
            backInTheTerminal();
        } finally {
            lock.unlock();
        }
    }

    @Override
    protected synchronized void handleSignal(Terminal.Signal signal) {
        lock.lock();
        try {
            if (!reading) {
                return; // The line ended while the signal waited for the lock: its prompt would be drawn once more.
            }
            if (signal == Terminal.Signal.CONT && !dumb) {
                terminal.enterRawMode();
                backInTheTerminal();
            } else {
                super.handleSignal(signal);
            }
        } finally {
            lock.unlock();
        }
    }

    /**
     * Restores the terminal after the shell has changed it. Its window may have another size.
     *
     * <p>The editing thread may have begun to read while the shell's settings were in force. It would then wait for a
     * byte without looking whether it was interrupted, so the terminal is asked for one.
     */
    private void backInTheTerminal() {
        terminal.writer().write(HOW_IS_THE_TERMINAL);
        size.copy(terminal.getBufferSize());
        display.resize(size.getRows(), size.getColumns());
        terminal.puts(Capability.keypad_xmit);
        terminal.writer().write(BRACKETED_PASTE_ON);
        redrawLine();
        redisplay();
    }

    /**
     * Returns whether this moves the cursor by one column: some terminals then step over a whole wide character. All
     * obey a number of columns.
     */
    private boolean isOneColumn(Capability capability) {
        return (capability == Capability.cursor_left
                        && terminal.getStringCapability(Capability.parm_left_cursor) != null)
                || (capability == Capability.cursor_right
                        && terminal.getStringCapability(Capability.parm_right_cursor) != null);
    }

    @Override
    protected void redisplay(boolean flush) {
        lock.lock();
        try {
            if (answers && laidOut && reading) {
                List<String> unknown = glyphs.unknown(buf.toString(), promptText);
                if (!unknown.isEmpty() && isLeftToNextKey()) {
                    return;
                }
                if (!unknown.isEmpty() && isEditing()) {
                    ask(unknown);
                }
            }
            super.redisplay(flush);
        } finally {
            lock.unlock();
        }
    }

    /**
     * Returns whether the editing thread will soon draw the line. It does so after each key: here after one that has
     * arrived and may belong to the same cluster, or, on another thread, after the one that it is working on.
     */
    private boolean isLeftToNextKey() {
        return isEditing()
                ? state == State.NORMAL && peekCharacter(1) >= 0
                : !glyphs.unknown(buf.toString()).isEmpty();
    }

    private boolean isEditing() {
        return Thread.currentThread().equals(editing);
    }

    /**
     * Asks the terminal for the widths of these clusters, at the place of the line. The line is drawn again afterwards.
     */
    private void ask(List<String> clusters) {
        display.update(List.of(), 0, false);
        PrintWriter writer = terminal.writer();
        for (String cluster : clusters) {
            terminal.puts(Capability.carriage_return);
            writer.write(cluster);
            writer.write(WHERE_IS_THE_CURSOR);
        }
        terminal.puts(Capability.carriage_return);
        terminal.puts(Capability.clr_eol);
        terminal.flush();
        List<Integer> columns = columnsTold(clusters.size());
        answers = columns.size() == clusters.size();
        for (int i = 0; i < columns.size(); i++) {
            glyphs.learn(clusters.get(i), columns.get(i) - 1);
        }
        showPrompt(promptText);
    }

    /** Reads this many answers, or fewer when the time is over. Other input meanwhile counts as typed. */
    private List<Integer> columnsTold(int count) {
        var columns = new ArrayList<Integer>();
        var typed = new StringBuilder();
        try {
            while (columns.size() < count) {
                int c = terminal.reader().read(ANSWER_WITHIN_MS);
                if (c < 0) {
                    break;
                }
                typed.append((char) c);
                Matcher answer = CURSOR.matcher(typed);
                if (c == 'R' && answer.find()) {
                    columns.add(Integer.parseInt(answer.group(1)));
                    typed.delete(answer.start(), answer.end());
                }
            }
        } catch (IOException e) {
            throw new IOError(e);
        }
        runMacro(typed.toString());
        return columns;
    }

    @Override
    public Binding readBinding(KeyMap<Binding> keys, @Nullable KeyMap<Binding> local) {
        Binding key = super.readBinding(keys, local);
        if (local == null && isInAPaste(key)) {
            String paste = restOfPaste(getLastBinding());
            return (Widget) () -> insert(paste);
        }
        return key;
    }

    /** Returns whether more input follows Enter, or text follows Tab, than can be typed by hand in that time. */
    private boolean isInAPaste(@Nullable Binding key) {
        if (isBoundTo(key, ACCEPT_LINE)) {
            return peekCharacter(FASTER_THAN_HANDS_MS) >= 0;
        }
        return isBoundTo(key, EXPAND_OR_COMPLETE) && peekCharacter(FASTER_THAN_HANDS_MS) >= ' ';
    }

    private static boolean isBoundTo(@Nullable Binding key, String widget) {
        return key instanceof Reference reference && reference.name().equals(widget);
    }

    private String restOfPaste(String begun) {
        var paste = new StringBuilder(begun);
        int next = peekCharacter(END_OF_PASTE_MS);
        while (next >= 0 && next != ESCAPE) {
            paste.appendCodePoint(readCharacter());
            next = peekCharacter(END_OF_PASTE_MS);
        }
        return paste.toString();
    }

    @Override
    public boolean beginPaste() {
        String paste = doReadStringUntil(BRACKETED_PASTE_END);
        regionActive = RegionType.PASTE;
        regionMark = buf.cursor();
        return insert(paste);
    }

    private boolean insert(String paste) {
        putString(paste.replace("\r\n", "\n").replace('\r', '\n'));
        return true;
    }

    @Override
    protected boolean backwardChar() {
        return move(-count);
    }

    @Override
    protected boolean forwardChar() {
        return move(count);
    }

    private boolean move(int clusters) {
        int to = cursorAfter(clusters);
        boolean moved = to != buf.cursor();
        buf.cursor(to);
        return moved;
    }

    @Override
    protected boolean backwardDeleteChar() {
        return delete(-count);
    }

    @Override
    protected boolean deleteChar() {
        return delete(count);
    }

    private boolean delete(int clusters) {
        int from = buf.cursor();
        int to = cursorAfter(clusters);
        if (to < from) {
            buf.backspace(from - to);
        } else {
            buf.delete(to - from);
        }
        return from != to;
    }

    @Override
    protected boolean transposeChars() {
        // The cluster before the cursor and the one after it; at the line's end the last two.
        int middle = isEndOfLine(buf.cursor()) ? cursorAfter(-1) : buf.cursor();
        buf.cursor(middle);
        int from = cursorAfter(-1);
        int to = cursorAfter(1);
        String before = buf.substring(from, middle);
        String after = buf.substring(middle, to);
        if (before.isEmpty() || after.isEmpty() || before.equals("\n") || after.equals("\n")) {
            return false;
        }
        buf.cursor(from);
        buf.delete(to - from);
        buf.write(after + before);
        return true;
    }

    private boolean isEndOfLine(int at) {
        return at >= buf.length() || buf.atChar(at) == '\n';
    }

    /** Returns the index of the cursor after this many clusters. JLine counts code points. */
    private int cursorAfter(int clusters) {
        String text = buf.toString();
        int at = text.offsetByCodePoints(0, buf.cursor());
        for (int i = 0; i < Math.abs(clusters); i++) {
            at = clusters < 0 ? TextWidth.before(text, at) : TextWidth.after(text, at);
        }
        return text.codePointCount(0, at);
    }
}
