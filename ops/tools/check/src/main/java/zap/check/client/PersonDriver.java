package zap.check.client;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import zap.check.report.CheckTexts;
import zap.kit.Phrase;
import zap.kit.Shown;

/** A person in front of the client under test, who reads what to do and answers with Enter, {@code n} or {@code s}. */
final class PersonDriver implements Driver {

    private static final int MAX_LINE = 200;

    private final PrintStream screen;
    private final CheckTexts texts;
    private final Duration patience;
    private final BlockingQueue<String> lines = new ArrayBlockingQueue<>(16);
    private volatile boolean deaf;
    private int steps;

    /**
     * Starts to listen to the person.
     *
     * @param keyboard standard input; at its end the person can answer nothing more
     */
    PersonDriver(InputStream keyboard, PrintStream screen, CheckTexts texts, Duration patience) {
        this.screen = screen;
        this.texts = texts;
        this.patience = patience;
        Thread.ofPlatform().daemon().name("keyboard").start(() -> listen(keyboard));
    }

    private void listen(InputStream keyboard) {
        try (var reader = new BufferedReader(new InputStreamReader(keyboard, StandardCharsets.UTF_8))) {
            var line = new StringBuilder();
            int c;
            while ((c = reader.read()) >= 0) {
                if (c == '\n') {
                    boolean taken = lines.offer(line.toString());
                    deaf = !taken && deaf; // a person who types more than is asked loses lines
                    line.setLength(0);
                } else if (line.length() < MAX_LINE) {
                    line.append((char) c);
                }
            }
        } catch (IOException e) {
            // The terminal is gone: that is an end as well.
        } finally {
            deaf = true;
        }
    }

    @Override
    public @Nullable Phrase tell(Act act, Map<String, String> values) {
        lines.clear();
        steps++;
        String text = texts.say("client-step." + act.key());
        for (Map.Entry<String, String> value : values.entrySet()) {
            text = text.replace("{" + value.getKey() + "}", value.getValue());
        }
        screen.println();
        screen.println(texts.say("client-step.title", steps, text));
        if (act != Act.RECEIPTS) {
            screen.println("   " + texts.say(act == Act.UNREAD ? "client-step.keys-ready" : "client-step.keys"));
        }
        return null;
    }

    @Override
    public Signal signal() {
        String line = lines.poll();
        if (line == null) {
            return Signal.NONE;
        }
        return line.strip().toLowerCase(Locale.ROOT).startsWith("s") ? Signal.SKIP : Signal.DONE;
    }

    @Override
    public @Nullable Boolean shows(String text) throws InterruptedException {
        lines.clear();
        if (deaf) {
            return null;
        }
        screen.println("   " + texts.say("client-question.shows", Shown.quoted(text)));
        long end = System.nanoTime() + patience.toNanos();
        while (System.nanoTime() < end && !(deaf && lines.isEmpty())) {
            String line = lines.poll(100, TimeUnit.MILLISECONDS);
            if (line != null) {
                String answer = line.strip().toLowerCase(Locale.ROOT);
                // "sim" is a yes.
                boolean skipped = answer.equals("s") || answer.startsWith("sk");
                return skipped ? null : !answer.startsWith("n");
            }
        }
        return null;
    }

    @Override
    public @Nullable Boolean hasShown(String text) {
        return null;
    }

    @Override
    public String lastWords() {
        return "";
    }

    @Override
    public Duration patience() {
        return patience;
    }

    @Override
    public boolean mayBeAway() {
        return true;
    }

    @Override
    public boolean hasEnded() {
        return false;
    }

    @Override
    public void close() {
        // The keyboard belongs to the person.
    }
}
