package zap.shell.command.terminal;

/** The place where an output stops after each screenful and asks whether to continue. */
public interface Paging {

    /** The user's answer. */
    enum Answer {
        NEXT_PAGE,
        ALL,
        STOP
    }

    int rows();

    int columns();

    /** Asks and waits for the answer. Removes the question afterwards. */
    Answer ask(String question);
}
