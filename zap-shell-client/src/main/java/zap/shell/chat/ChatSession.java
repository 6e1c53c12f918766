package zap.shell.chat;

import java.time.Instant;
import zap.shell.connection.FrameHandler;

/** A session with the server: hands the outbox over, and takes in what comes. */
sealed interface ChatSession extends FrameHandler permits BaseSession, AssuredSession {

    /** Whether all waiting mail has come. */
    boolean isCaughtUp();

    /** Whether it will be known of a message that was handed over that the server has it. */
    boolean tellsWhatIsStored();

    /** Returns how much has come in this session. */
    Intake intake();

    /**
     * How much has come in a session: two that are equal have nothing between them.
     *
     * @param entries of the mailbox, receipts included
     * @param messages that were not here before
     */
    record Intake(long entries, long messages) {

        /** Nothing has come. */
        static final Intake NONE = new Intake(0, 0);
    }

    /** The time of a read mark for oneself below which it is a mark and no time: no message is as old as 2001. */
    long MARKS_END = 1_000_000_000L;

    /** The counter of what is handed over: a mark, or a number for what went together. */
    String HANDED_OVER = "mark";

    /** The last mark that the server has answered. */
    String MARKS_SEEN = "mark-seen";

    /** The counter of the mail that came on base sessions since the last assured one, as far as it did not come again. */
    String BASE_MAIL = "base-mail";

    /** The last position of the own mailbox, as far as 35 and 34 have named it. */
    String LAST_AT = "at";

    /** The counter of sessions. */
    String SESSIONS = "session";

    /** Returns the earlier one. A moment that was noted before the clock was set back is taken for now, so that waiting ends. */
    static Instant earlier(Instant noted, Instant now) {
        return noted.isAfter(now) ? now : noted;
    }
}
