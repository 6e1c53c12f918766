package zap.check.client;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import zap.kit.Phrase;
import zap.protocol.transcript.Transcript.Action;

/**
 * A client under test that runs as a process: its standard input is typed into, and its output is read.
 *
 * <p>Its output is kept up to a bound, of which the end counts. It is ended by its process id, with all that it has
 * started.
 */
final class ProgramDriver implements Driver {

    /** Pause between two lines of a step. A terminal program takes lines that come at once for a paste. */
    private static final Duration BETWEEN_LINES = Duration.ofMillis(300);

    /** The time without output after which a program that has started waits for input. */
    private static final Duration QUIET = Duration.ofMillis(300);

    private static final int MAX_OUTPUT = 1 << 20;
    private static final int LAST_WORDS = 600;
    private static final Duration ENDS_WITHIN = Duration.ofSeconds(3);
    private static final Duration SOON = Duration.ofSeconds(1);
    private static final Pattern CONTROL =
            Pattern.compile("\u001b\\[[0-9;?]*[ -/]*[@-~]|\u001b\\][^\u0007]*\u0007|\\s|│");

    private final String command;
    private final ClientScript script;
    private final Duration patience;

    // Guarded by this.
    private final StringBuilder output = new StringBuilder();
    private @Nullable Process process;

    /**
     * Prepares a client that starts with its first step.
     *
     * @param command for the shell of the system
     */
    ProgramDriver(String command, ClientScript script, Duration patience) {
        this.command = command;
        this.script = script;
        this.patience = patience;
    }

    /** Starts the client, unless it runs, and waits until it prompts. */
    private @Nullable Phrase start(Map<String, String> values) throws InterruptedException {
        Process old = process();
        if (old != null && old.isAlive()) {
            return null;
        }
        try {
            var builder = new ProcessBuilder("/bin/sh", "-c", ClientScript.filledIn(command, values));
            builder.redirectErrorStream(true);
            Process started = builder.start();
            int before;
            synchronized (this) {
                process = started;
                before = output.length();
            }
            Thread.ofVirtual().name("reads the client's output").start(() -> read(started));
            awaitPrompt(started, before);
            return null;
        } catch (IOException e) {
            return Phrase.of("client-left-out.cannot-start", String.valueOf(e.getMessage()));
        }
    }

    /**
     * Waits until a program that has started says something, and then nothing more: a person types when there is a
     * prompt, and a terminal program takes what was typed before for a paste. A program that says nothing is typed to
     * after a third of the patience.
     */
    private void awaitPrompt(Process started, int before) throws InterruptedException {
        long now = System.nanoTime();
        long end = now + patience.toNanos() / 3;
        int last = before;
        long lastChange = now;
        while (now < end && started.isAlive() && (last == before || now - lastChange < QUIET.toNanos())) {
            Thread.sleep(50); // a process does not say when it has written
            now = System.nanoTime();
            int count = outputLength();
            if (count != last) {
                last = count;
                lastChange = now;
            }
        }
    }

    private synchronized int outputLength() {
        return output.length();
    }

    private synchronized @Nullable Process process() {
        return process;
    }

    private void read(Process from) {
        byte[] buffer = new byte[8192];
        try (InputStream in = from.getInputStream()) {
            int count;
            while ((count = in.read(buffer)) >= 0) {
                synchronized (this) {
                    // Bytes for now: a character may be cut between two reads.
                    output.append(new String(buffer, 0, count, StandardCharsets.ISO_8859_1));
                    if (output.length() > MAX_OUTPUT) {
                        output.delete(0, output.length() - MAX_OUTPUT / 2);
                    }
                }
            }
        } catch (IOException e) {
            // The process is gone.
        }
    }

    @Override
    public @Nullable Phrase tell(Act act, Map<String, String> values) throws InterruptedException {
        @Nullable Phrase problem = start(values);
        if (problem != null) {
            return problem;
        }
        List<Action> words = script.words(act);
        if (words.isEmpty() && act.needsWords()) {
            return Phrase.of("client-left-out.no-words", act.key());
        }
        boolean typed = false;
        for (Action word : words) {
            switch (word) {
                case Action.Types(String _, String line) -> {
                    if (typed) {
                        Thread.sleep(BETWEEN_LINES); // as hands do
                    }
                    typed = true;
                    type(ClientScript.filledIn(line, values));
                }
                case Action.NothingHappens(Duration time) -> Thread.sleep(time); // asked for by the file
                default -> throw new IllegalStateException("no word: " + word);
            }
        }
        return null;
    }

    /** Types a line, with Enter. */
    void type(String line) {
        Process now = process();
        if (now == null) {
            return;
        }
        try {
            OutputStream in = now.getOutputStream();
            in.write((line + "\n").getBytes(StandardCharsets.UTF_8));
            in.flush();
        } catch (IOException e) {
            // It has ended: the checks see that nothing comes.
        }
    }

    @Override
    public Signal signal() {
        return hasEnded() ? Signal.ENDED : Signal.NONE;
    }

    @Override
    public @Nullable Boolean shows(String text) throws InterruptedException {
        return contains(text, patience);
    }

    @Override
    public Boolean hasShown(String text) {
        try {
            return contains(text, SOON);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /** Waits until the output contains a text, without regard to blanks, line breaks and colours. */
    boolean contains(String text, Duration most) throws InterruptedException {
        String wanted = CONTROL.matcher(text).replaceAll("");
        long end = System.nanoTime() + most.toNanos();
        while (!CONTROL.matcher(output()).replaceAll("").contains(wanted)) {
            if (System.nanoTime() > end) {
                return false;
            }
            Thread.sleep(50); // a process does not say when it has written
        }
        return true;
    }

    /** Returns the newest part of the output. */
    synchronized String output() {
        return new String(output.toString().getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
    }

    @Override
    public String lastWords() {
        String all = output();
        return all.substring(Math.max(0, all.length() - LAST_WORDS)).strip();
    }

    @Override
    public Duration patience() {
        return patience;
    }

    @Override
    public boolean mayBeAway() {
        return false;
    }

    @Override
    public boolean hasEnded() {
        Process now = process();
        return now != null && !now.isAlive();
    }

    @Override
    public void close() {
        Process now = process();
        if (now == null) {
            return;
        }
        List<ProcessHandle> all = now.descendants().toList();
        all.forEach(ProcessHandle::destroy);
        now.destroy();
        try {
            if (!now.waitFor(ENDS_WITHIN.toMillis(), TimeUnit.MILLISECONDS)) {
                now.destroyForcibly();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            now.destroyForcibly();
        }
        all.stream().filter(ProcessHandle::isAlive).forEach(ProcessHandle::destroyForcibly);
    }
}
