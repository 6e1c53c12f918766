package zap.check.client;

import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import zap.kit.Phrase;

/** The hands and eyes at the client under test: a person, or a program that types. All waits have a bound. */
interface Driver extends AutoCloseable {

    /** The signals of a person or program during a step. */
    enum Signal {
        NONE,
        /** The person says that it is done. */
        DONE,
        SKIP,
        /** The program has ended. */
        ENDED
    }

    /**
     * Has the client do something.
     *
     * @param values the texts and ids that the words may name
     * @return null, or the reason why it cannot be done
     */
    @Nullable
    Phrase tell(Act act, Map<String, String> values) throws InterruptedException;

    /** Returns what has been signalled since the last call. */
    Signal signal();

    /** Returns whether the client shows a text; null when this is not known. */
    @Nullable
    Boolean shows(String text) throws InterruptedException;

    /** Returns whether the client has shown a text, or does so very soon, without asking; null when not known. */
    @Nullable
    Boolean hasShown(String text);

    /** Returns the end of what the client's process has written; empty without a process. */
    String lastWords();

    /** Returns the longest time for something that the client has to do. */
    Duration patience();

    /** Returns whether nothing within the patience means that nothing was done, and not that the client fails. */
    boolean mayBeAway();

    /** Returns whether the client's process has ended; false when this is not known. */
    boolean hasEnded();

    @Override
    void close();
}
