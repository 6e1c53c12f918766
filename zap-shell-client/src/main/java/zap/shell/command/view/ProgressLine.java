package zap.shell.command.view;

import java.io.PrintWriter;
import java.time.Duration;
import java.time.Instant;
import zap.shell.chat.OneShot;
import zap.shell.chat.ProfileClient;
import zap.shell.command.context.ShellContext;

/**
 * Prints on standard error how many messages have arrived while a command waits for the rest: at a terminal in one line
 * that changes, else in a new line every ten seconds.
 */
public final class ProgressLine implements OneShot.Progress {

    /** Shorter waits print nothing. */
    private static final Duration WORTH_SAYING = Duration.ofSeconds(2);

    private static final Duration NEXT_LINE = Duration.ofSeconds(10);

    private static final String BEGINNING_OF_LINE = "\r\u001b[K";

    private final ShellContext shell;
    private final ProfileClient client;
    private final boolean terminal;
    private final Instant begun;
    private Instant nextLine;
    private boolean shown;

    public ProgressLine(ShellContext shell) {
        this.shell = shell;
        this.client = shell.client();
        this.terminal = shell.isAtTerminal();
        this.begun = client.clock().instant();
        this.nextLine = begun;
    }

    /** Prints how many messages have arrived. */
    @Override
    public void update() {
        Instant now = client.clock().instant();
        long messages = client.arrived();
        if (messages == 0 || now.isBefore(begun.plus(WORTH_SAYING)) || (!terminal && now.isBefore(nextLine))) {
            return;
        }
        nextLine = now.plus(NEXT_LINE);
        PrintWriter notices = shell.notices();
        String text = shell.texts().count("progress.fetched", messages);
        if (terminal) {
            notices.print(BEGINNING_OF_LINE + text);
            shown = true;
        } else {
            notices.println(text);
        }
        notices.flush();
    }

    /** Removes the line from a terminal. */
    @Override
    public void clear() {
        if (shown) {
            shown = false;
            shell.notices().print(BEGINNING_OF_LINE);
            shell.notices().flush();
        }
    }
}
