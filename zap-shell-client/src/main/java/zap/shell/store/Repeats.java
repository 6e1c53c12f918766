package zap.shell.store;

import java.util.Optional;
import org.jspecify.annotations.Nullable;
import zap.protocol.Address;
import zap.protocol.ClientId;
import zap.protocol.MessageId;
import zap.protocol.Position;
import zap.protocol.PosixTime;

/**
 * Recognizes a message that comes again (protocol section 3, message and digest).
 *
 * <p>A message with an id is stored once, however often it comes. A message without an id is skipped as often as the
 * store has it from a place where it can come again: beyond the position at which the server went on after a loss, or
 * from base sessions since the last assured one.
 */
public final class Repeats {

    /**
     * The identity of a message that came.
     *
     * @param id null when it came without an id
     */
    public record Arrival(
            Address chat,
            ClientId author,
            PosixTime sentAt,
            @Nullable MessageId id,
            String text) {}

    /**
     * The value of column {@code again} for a message of a base session, which may come once more on an assured one.
     */
    static final int AFTER_BASE_SESSION = 1;

    /** The value of column {@code again} for a message that may come once more because the server lost history. */
    private static final int AFTER_LOSS = 2;

    private final ProfileDatabase database;

    public Repeats(ProfileDatabase database) {
        this.database = database;
    }

    /** Returns whether the store has a message with this id. */
    public boolean isHere(Arrival arrival) {
        @Nullable MessageId id = arrival.id();
        return id != null
                && database.with(jdbc -> jdbc.sql("select count(*) from message where outgoing = 0 and author = ?"
                                        + " and chat = ? and sent_at = ? and message_id = ?")
                                .params(
                                        arrival.author().value(),
                                        arrival.chat().value(),
                                        arrival.sentAt().seconds(),
                                        id.value())
                                .query(Long.class)
                                .single()
                        > 0);
    }

    /**
     * Returns whether this store wrote it: a note to oneself, or a message that another copy of the store sent too.
     */
    public boolean isOwn(Arrival arrival) {
        @Nullable MessageId id = arrival.id();
        return database.with(jdbc -> jdbc.sql("select count(*) from message where outgoing = 1 and chat = ?"
                                + " and sent_at = ? and " + (id == null ? "text = ?" : "message_id = ?"))
                        .param(arrival.chat().value())
                        .param(arrival.sentAt().seconds())
                        .param(id == null ? arrival.text() : id.value())
                        .query(Long.class)
                        .single()
                > 0);
    }

    /**
     * Skips a message that the store has already and that may come again. Each stored message is skipped once, and
     * takes over the id and the position.
     *
     * @param position null on a base session: then only messages that the server lost are skipped
     * @return whether it was skipped
     */
    public boolean passOver(Arrival arrival, @Nullable Position position) {
        return database.inTransaction(jdbc -> {
            Optional<Long> stored = jdbc.sql("select number from message where again > 0 and again >= ? and author = ?"
                            + " and chat = ? and sent_at = ? and text = ? and outgoing = 0 order by number limit 1")
                    .param(position == null ? AFTER_LOSS : AFTER_BASE_SESSION)
                    .param(arrival.author().value())
                    .param(arrival.chat().value())
                    .param(arrival.sentAt().seconds())
                    .param(arrival.text())
                    .query(Long.class)
                    .optional();
            @Nullable MessageId id = arrival.id();
            stored.ifPresent(number -> jdbc.sql("update message set again = 0, message_id = ?,"
                            + " position = coalesce(?, position) where number = ?")
                    .param(id == null ? null : id.value())
                    .param(position == null ? null : position.value())
                    .param(number)
                    .update());
            return stored.isPresent();
        });
    }

    /**
     * Lets the messages without an id come again that came from beyond a position: the server goes on there as if they
     * had not.
     */
    public void mayComeAgainFrom(Position position) {
        database.with(jdbc -> jdbc.sql(
                        "update message set again = ? where outgoing = 0 and message_id is null and position > ?")
                .params(AFTER_LOSS, position.value())
                .update());
    }

    /** Lets the newest messages come again, where their positions are not known. */
    public void newestMayComeAgain(long count) {
        database.with(jdbc -> jdbc.sql("update message set again = ? where number in (select number from message"
                        + " where outgoing = 0 and message_id is null order by number desc limit ?)")
                .params(AFTER_LOSS, count)
                .update());
    }

    /** Sets the latest position at which messages of base sessions may stand. */
    public void baseMailEndsAt(Position position) {
        database.with(
                jdbc -> jdbc.sql("update message set position = ? where again > 0 and again = ? and position is null")
                        .params(position.value(), AFTER_BASE_SESSION)
                        .update());
    }

    /** Records that all waiting mail has come, so that messages of earlier base sessions come no more. */
    public void baseMailIsOver() {
        database.with(jdbc -> jdbc.sql("update message set again = 0 where again > 0 and again = ?")
                .param(AFTER_BASE_SESSION)
                .update());
    }
}
