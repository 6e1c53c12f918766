package zap.shell.command;

/** Where lines appear while the user may be typing. Called from any thread. */
interface Screen {

    /** Puts lines above what is being typed. */
    void above(String lines);

    /** The prompt has changed. */
    void refreshPrompt();

    void bell();

    /** Reads a line for a conversation, with a prompt and a memory of its own; null when the user has left it. */
    @org.jspecify.annotations.Nullable
    String chatLine();

    /** Where a long output asks whether to go on; null where nobody can be asked. */
    default @org.jspecify.annotations.Nullable Paging paging() {
        return null;
    }

    /** Reads a line without showing it or remembering it; null when the user has given it up. */
    @org.jspecify.annotations.Nullable
    String secret(String prompt);

    /** Asks a question and reads the line that answers it, without remembering it; null when the user has given it up. */
    @org.jspecify.annotations.Nullable
    default String answer(String prompt) {
        return null;
    }
}
