package zap.shell.command;

/** A place where an output that is longer than the screen stops after each screenful, and asks whether to go on. */
interface Paging {

    /** What its reader wants. */
    enum Answer {
        NEXT_PAGE,
        ALL,
        STOP
    }

    int rows();

    int columns();

    /** Asks, and waits for the answer. The question is gone afterwards. */
    Answer ask(String question);
}
