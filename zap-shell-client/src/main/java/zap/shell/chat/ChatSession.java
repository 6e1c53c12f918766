package zap.shell.chat;

import java.time.Instant;
import zap.shell.connection.FrameHandler;

/** A session with the server: hands the outbox over, and stores the mail that comes. */
sealed interface ChatSession extends FrameHandler permits BaseSession, AssuredSession {

    /** Returns whether all waiting mail has come. */
    boolean isCaughtUp();

    /** Returns whether the session learns that the server has stored a message. */
    boolean tellsWhatIsStored();

    /** Returns the amount of mail that has come in this session. */
    Intake intake();

    /**
     * The amount of mail that has come in a session. It grows with every entry.
     *
     * @param entries the number of entries of the mailbox, receipts included
     * @param messages the number of messages that were not here before
     */
    record Intake(long entries, long messages) {

        /** No mail. */
        static final Intake NONE = new Intake(0, 0);
    }

    /** The time below which a read mark for oneself is a mark and no time: no message is as old as 2001. */
    long MARKS_END = 1_000_000_000L;

    /** The counter of marks, and of batches that were handed over together. */
    String HANDED_OVER = "mark";

    /** The last mark that the server has answered. */
    String MARKS_SEEN = "mark-seen";

    /** The counter of mail that came on base sessions since the last assured one, without mail that came again. */
    String BASE_MAIL = "base-mail";

    /** The last position of the own mailbox, as far as 35 and 34 have named it. */
    String LAST_AT = "at";

    /** The counter of sessions. */
    String SESSIONS = "session";

    /**
     * Returns the earlier of two moments. A moment that was noted before the clock was set back counts as now, so that
     * waiting ends.
     */
    static Instant earlier(Instant noted, Instant now) {
        return noted.isAfter(now) ? now : noted;
    }
}
