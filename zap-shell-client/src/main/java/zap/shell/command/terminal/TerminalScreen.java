package zap.shell.command.terminal;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jline.keymap.KeyMap;
import org.jline.reader.Binding;
import org.jline.reader.Completer;
import org.jline.reader.EndOfFileException;
import org.jline.reader.History;
import org.jline.reader.LineReader;
import org.jline.reader.Parser;
import org.jline.reader.UserInterruptException;
import org.jline.reader.impl.history.DefaultHistory;
import org.jline.terminal.Attributes;
import org.jline.terminal.Terminal;
import org.jline.utils.InfoCmp.Capability;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A terminal with a line being typed at its bottom. */
public final class TerminalScreen implements Screen {

    private static final Logger log = LoggerFactory.getLogger(TerminalScreen.class);

    /** The prompt before the line that is being typed, and the listener for its keys. Called from any thread. */
    public interface Prompt {

        /** Notes that the user has pressed a key. */
        void keyPressed();

        /** Returns the length of a text that is nearly too long for one message; else an empty text. */
        String count(String text);

        /**
         * Returns the prompt with the length of the typed text.
         *
         * @param count as {@link #count} returned it
         */
        String prompt(String count);
    }

    /** Maximum time for the signal of Ctrl-Z to stop this process. */
    private static final Duration STOPPED_WITHIN = Duration.ofSeconds(1);

    private final Terminal terminal;
    private final Prompt livePrompt;
    private final Typing commands;
    private final Typing chat;
    private final Deque<String> queued = new ArrayDeque<>();
    private final boolean dumb;
    /**
     * Lock of the bottom line. It is held while that line changes and while lines are printed above it, so that they
     * stand above the right one.
     */
    private final Object bottom = new Object();

    private volatile @Nullable Typing active;

    /** Tells whether a long output asks its question. New lines would otherwise appear in the question. */
    private volatile boolean asking;

    private static final Character NOT_SHOWN = (char) 0;

    /** The part of a command before the text of a message. */
    private static final Pattern WRITING = Pattern.compile("\\s*(?:send|reply)\\s+\\S+\\s");

    public TerminalScreen(Terminal terminal, Prompt prompt, Parser parser, Completer completer, Path historyFile)
            throws IOException {
        this.terminal = terminal;
        this.livePrompt = prompt;
        this.dumb =
                Terminal.TYPE_DUMB.equals(terminal.getType()) || Terminal.TYPE_DUMB_COLOR.equals(terminal.getType());
        this.commands = new Typing(terminal, parser, completer);
        commands.setVariable(LineReader.HISTORY_FILE, historyFile);
        // Messages do not belong into the file of commands.
        commands.setVariable(LineReader.HISTORY_IGNORE, "send *:reply *:search *");
        this.chat = new Typing(terminal, parser, (reader, line, candidates) -> {});
        // The typed line is replaced by the message that it becomes.
        chat.setOpt(LineReader.Option.ERASE_LINE_ON_FINISH);
    }

    /** The line editor, which reports when a key is pressed. */
    private final class Typing extends LineEditor {

        private String howLong = "";

        Typing(Terminal terminal, Parser parser, Completer completer) throws IOException {
            super(terminal);
            setParser(parser);
            setCompleter(completer);
            setHistory(new MemoryHistory());
            setOpt(LineReader.Option.HISTORY_IGNORE_SPACE);
            setOpt(LineReader.Option.HISTORY_INCREMENTAL);
            unsetOpt(LineReader.Option.INSERT_TAB);
            setVariable(LineReader.SECONDARY_PROMPT_PATTERN, "");
            setVariable(LineReader.BELL_STYLE, "none");
        }

        @Override
        void begun() {
            super.begun();
            // The prompt may have changed since the line was asked for.
            howLong = "";
            prompt();
        }

        @Override
        public Binding readBinding(KeyMap<Binding> keys, @Nullable KeyMap<Binding> local) {
            showCount();
            Binding key = super.readBinding(keys, local);
            livePrompt.keyPressed();
            return key;
        }

        /** Shows the length of the text in the prompt when it is nearly too long. */
        private void showCount() {
            lock.lock();
            try {
                String now = count(getBuffer().toString());
                if (reading && !now.equals(howLong)) {
                    howLong = now;
                    prompt();
                    redisplay();
                }
            } finally {
                lock.unlock();
            }
        }

        private String count(String line) {
            Matcher command = WRITING.matcher(line);
            String text = this == chat ? line : command.lookingAt() ? line.substring(command.end()) : "";
            return livePrompt.count(text);
        }

        /** Draws the prompt. Called with the lock only, so that an older prompt never replaces a newer one. */
        private void prompt() {
            showPrompt(livePrompt.prompt(howLong));
        }

        void above(String lines) {
            lock.lock();
            try {
                prompt();
                printAbove(lines);
            } finally {
                lock.unlock();
            }
        }

        void refreshPrompt() {
            lock.lock();
            try {
                if (reading) { // else the next prompt is a new one anyway
                    prompt();
                    redisplay();
                }
            } finally {
                lock.unlock();
            }
        }
    }

    /** A history that JLine attaches to its reader. */
    private static final class MemoryHistory extends DefaultHistory {}

    /**
     * Reads a command.
     *
     * @throws EndOfFileException when the user has left
     * @throws UserInterruptException when the user has cancelled the line
     */
    public String commandLine() {
        return read(commands);
    }

    @Override
    public @Nullable String chatLine() {
        while (true) {
            try {
                return read(chat);
            } catch (EndOfFileException e) {
                return null;
            } catch (UserInterruptException e) {
                if (e.getPartialLine().isEmpty()) {
                    return null;
                }
            }
        }
    }

    @Override
    public @Nullable String secret(String prompt) {
        return aside(prompt, NOT_SHOWN);
    }

    @Override
    public @Nullable String answer(String prompt) {
        return aside(prompt, null);
    }

    @Override
    public @Nullable Paging paging() {
        return dumb ? null : new QuietPaging(new TerminalPaging(terminal));
    }

    /** The paging that holds back new lines while it asks. */
    private final class QuietPaging implements Paging {

        private final Paging paging;

        QuietPaging(Paging paging) {
            this.paging = paging;
        }

        @Override
        public int rows() {
            return paging.rows();
        }

        @Override
        public int columns() {
            return paging.columns();
        }

        @Override
        public Answer ask(String question) {
            synchronized (bottom) {
                asking = true;
            }
            try {
                return paging.ask(question);
            } finally {
                synchronized (bottom) {
                    asking = false;
                }
            }
        }
    }

    /** Reads a line that no history keeps; null when the user has cancelled it. */
    private @Nullable String aside(String prompt, @Nullable Character mask) {
        try {
            var reader = new LineEditor(terminal);
            reader.setParser(new WordParser());
            reader.setVariable(LineReader.DISABLE_HISTORY, true);
            return reader.edit(prompt, mask);
        } catch (EndOfFileException | UserInterruptException e) {
            return null;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private String read(Typing reader) {
        flushQueued();
        active(reader);
        try {
            return reader.edit();
        } finally {
            active(null);
        }
    }

    private void active(@Nullable Typing reader) {
        synchronized (bottom) {
            active = reader;
        }
    }

    /**
     * Suspends this process until the shell continues it, as Ctrl-Z does. The line that is being typed stays.
     *
     * @param outside the terminal's attributes while it belongs to the shell
     */
    public void suspend(Attributes outside) {
        synchronized (bottom) {
            @Nullable Typing reader = active;
            if (reader == null) {
                reader = commands;
            }
            reader.aside(() -> {
                Attributes ours = terminal.getAttributes();
                terminal.setAttributes(outside);
                stop();
                terminal.setAttributes(ours);
            });
        }
    }

    /**
     * Sends the signal of Ctrl-Z to this process, and waits until the shell continues it. The system ignores the signal
     * where no shell could continue the process.
     */
    private void stop() {
        var continued = new CountDownLatch(1);
        Terminal.SignalHandler ours = terminal.handle(Terminal.Signal.TSTP, Terminal.SignalHandler.SIG_DFL);
        Terminal.SignalHandler back = terminal.handle(Terminal.Signal.CONT, _ -> continued.countDown());
        try {
            new ProcessBuilder(
                            "sh", "-c", "kill -TSTP " + ProcessHandle.current().pid())
                    .start()
                    .waitFor();
            // The signal may take effect only now, and what was written before would be answered to the shell.
            continued.await(STOPPED_WITHIN.toMillis(), TimeUnit.MILLISECONDS);
        } catch (IOException e) {
            log.warn("This process could not be stopped", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            terminal.handle(Terminal.Signal.TSTP, ours);
            terminal.handle(Terminal.Signal.CONT, back);
        }
    }

    /** Saves the history of commands for the next session. */
    public void save() throws IOException {
        History history = commands.getHistory();
        history.save();
    }

    @Override
    public void above(String lines) {
        if (dumb) {
            synchronized (queued) {
                queued.add(lines);
            }
            return;
        }
        synchronized (bottom) {
            if (asking) {
                synchronized (queued) {
                    queued.add(lines);
                }
                return;
            }
            @Nullable Typing reader = active;
            if (reader == null) {
                reader = commands;
            }
            reader.above(lines);
        }
    }

    @Override
    public void refreshPrompt() {
        @Nullable Typing reader = active;
        if (reader != null && !dumb) {
            reader.refreshPrompt();
        }
    }

    @Override
    public void bell() {
        if (!dumb) {
            terminal.puts(Capability.bell);
            terminal.flush();
        }
    }

    private void flushQueued() {
        synchronized (queued) {
            while (!queued.isEmpty()) {
                terminal.writer().println(queued.removeFirst());
            }
        }
        terminal.flush();
    }
}
