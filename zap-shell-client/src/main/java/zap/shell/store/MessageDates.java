package zap.shell.store;

import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import zap.protocol.Address;
import zap.protocol.ClientId;
import zap.protocol.PosixTime;

/**
 * The dates of outgoing messages, in seconds.
 *
 * <p>A message is dated later than every earlier message to one of its recipients, because a receipt covers all
 * messages up to its second. But no message is dated more than {@link #MOST_AHEAD} seconds ahead of the clock: later
 * dates that a wrong clock gave are ignored.
 *
 * <p>A message that has no second of its own is marked ({@link Date#shared} and {@link Date#ahead}). {@link
 * Receipts#COVERS} accepts no receipt for it that may be about an earlier message.
 */
public final class MessageDates {

    /** The number of seconds that a message may be dated ahead of the clock. */
    static final long MOST_AHEAD = 60;

    private static final long LAST_SECOND = 9_999_999_999L;

    /** The chats with a recipient of a message to {@code :chat}. */
    private static final String CHATS = """
            (select :chat as chat
             union select other.chat from group_member other where other.person = :chat
             union select here.person from group_member here where here.chat = :chat and here.person <> :self
             union select other.chat from group_member here
               join group_member other on other.person = here.person
               where here.chat = :chat and here.person <> :self) c""";

    /**
     * The date of a message.
     *
     * @param shared whether an earlier message to one of its recipients has the same second
     * @param ahead the first later second that an earlier message to one of its recipients has; null when there is none
     */
    record Date(long second, boolean shared, @Nullable Long ahead) {}

    private final ProfileDatabase database;

    MessageDates(ProfileDatabase database) {
        this.database = database;
    }

    /**
     * Returns the clock's second.
     *
     * @throws ClockException when no frame can carry it
     */
    public static PosixTime second(Instant now) {
        long second = now.getEpochSecond();
        if (second < 0 || second > LAST_SECOND) {
            throw new ClockException(now);
        }
        return new PosixTime(second);
    }

    /** Returns the second of this instant, or the nearest one that a frame can carry. */
    public static PosixTime nearest(Instant instant) {
        return new PosixTime(Math.clamp(instant.getEpochSecond(), 0, LAST_SECOND));
    }

    /** Returns the latest second that a message may have now. */
    static long latest(Instant now) {
        return Math.min(now.getEpochSecond() + MOST_AHEAD, LAST_SECOND);
    }

    /**
     * Returns the date of the next message to a chat.
     *
     * @throws ClockException when no frame can carry the clock's second
     */
    Date next(Address chat, ClientId self, Instant now) {
        long second = second(now).seconds();
        long newest = newest(chat, self, latest(now));
        return at(chat, self, Math.clamp(newest + 1, second, latest(now)), Long.MAX_VALUE);
    }

    /** Returns the date of a message with this second, as it follows the messages with smaller numbers. */
    Date at(Address chat, ClientId self, long second, long number) {
        return database.with(jdbc -> jdbc.sql("select max(it = :second), min(case when it > :second then it end) from ("
                        + "select (select min(sent_at) from message where outgoing = 1 and chat = c.chat and sent_at >= :second"
                        + " and number < :number) as it from " + CHATS
                        + " union all select (select min(sent_at) from message where outgoing = 1 and chat = c.chat"
                        + " and sent_at > :second and number < :number) from " + CHATS + ")")
                .param("chat", chat.value())
                .param("self", self.value())
                .param("second", second)
                .param("number", number)
                .query((row, n) -> {
                    boolean shared = row.getInt(1) == 1;
                    long ahead = row.getLong(2);
                    return new Date(second, shared, row.wasNull() ? null : ahead);
                })
                .single());
    }

    private long newest(Address chat, ClientId self, long latest) {
        return database.with(
                jdbc -> jdbc.sql("select coalesce(max(newest), 0) from (select (select max(sent_at) from message"
                                + " where outgoing = 1 and chat = c.chat and sent_at <= :latest) as newest from "
                                + CHATS + ")")
                        .param("chat", chat.value())
                        .param("self", self.value())
                        .param("latest", latest)
                        .query(Long.class)
                        .single());
    }

    /** Returns the date of the last message to a chat, if a clock ahead of this one has given it. */
    Optional<PosixTime> lastAhead(Address chat, Instant now) {
        return database.with(jdbc -> jdbc.sql("select sent_at from message where chat = ? and outgoing = 1"
                                + " order by number desc limit 1")
                        .param(chat.value())
                        .query(Long.class)
                        .optional())
                .filter(second -> second > latest(now))
                .map(PosixTime::new);
    }
}
