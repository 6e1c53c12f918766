package zap.shell.command.terminal;

import org.jspecify.annotations.Nullable;

/** The screen on which lines appear while the user may be typing. Called from any thread. */
public interface Screen {

    /** Prints lines above the line that is being typed. */
    void above(String lines);

    /** Draws the changed prompt. */
    void refreshPrompt();

    void bell();

    /** Reads a line of a chat, with a prompt and a history of its own; null when the user has left it. */
    @Nullable
    String chatLine();

    /** Returns the place where a long output asks whether to continue; null when no user can be asked. */
    default @Nullable Paging paging() {
        return null;
    }

    /** Reads a line that is neither shown nor kept in a history; null when the user has cancelled it. */
    @Nullable
    String secret(String prompt);

    /** Asks a question and reads the answer, which no history keeps; null when the user has cancelled it. */
    @Nullable
    default String answer(String prompt) {
        return null;
    }
}
