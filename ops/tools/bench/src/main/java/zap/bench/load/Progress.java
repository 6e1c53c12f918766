package zap.bench.load;

import java.io.PrintStream;
import org.jspecify.annotations.Nullable;

/** One line on the terminal that says what is going on, and is gone when it is over; nothing at all into a file. */
public final class Progress {

    private static final long SHOW_EVERY_NANOS = 150_000_000;

    private final @Nullable PrintStream terminal;
    private String about = "";
    private int width;
    private long lastShown;

    /** @param terminal where the line is shown; null to show none */
    public Progress(@Nullable PrintStream terminal) {
        this.terminal = terminal;
    }

    /** Sets the subject of the next texts. */
    public void about(String about) {
        this.about = about;
    }

    /** Shows this instead of what stood there, unless that has just begun to stand there. */
    public void show(String words) {
        long now = System.nanoTime();
        if (terminal != null && (width == 0 || now - lastShown > SHOW_EVERY_NANOS)) {
            lastShown = now;
            String line = about + ": " + words;
            terminal.print("\r" + line + " ".repeat(Math.max(0, width - line.length())));
            terminal.flush();
            width = line.length();
        }
    }

    /** Takes the line away. */
    public void clear() {
        if (terminal != null && width > 0) {
            terminal.print("\r" + " ".repeat(width) + "\r");
            terminal.flush();
            width = 0;
        }
    }
}
