package zap.shell.store;

import static zap.shell.store.Messages.DeliveryState.AT_SERVER;
import static zap.shell.store.Messages.DeliveryState.HANDED;
import static zap.shell.store.Messages.DeliveryState.REFUSED;
import static zap.shell.store.Messages.DeliveryState.UNSURE;
import static zap.shell.store.Messages.DeliveryState.WAITING;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import zap.protocol.Address;
import zap.protocol.ClientId;
import zap.protocol.MessageId;
import zap.protocol.Position;
import zap.protocol.PosixTime;
import zap.protocol.Reason;
import zap.shell.store.Messages.DeliveryState;

/**
 * The outbox of a profile: every message that the user has written, on its way to the server.
 *
 * <p>A message's {@link DeliveryState} only moves forward: each update names the states that it may start from. A new
 * stream is the exception ({@link #waitAgain}).
 */
public final class OutgoingMessages {

    /**
     * A message that is to be written to the connection.
     *
     * @param id null when it was first sent without one
     * @param carried whether a stream has carried it before
     */
    public record Due(
            long number,
            Address chat,
            PosixTime sentAt,
            @Nullable MessageId id,
            String text,
            boolean carried) {}

    /**
     * A message or group that a base session handed over and that the server has not answered, and the mark behind it.
     */
    public record Open(long number, long mark) {}

    /** The relation of a message to streams. The number is what the file keeps. */
    private enum Streamed {
        NEVER(0),
        /** By a version that kept no digests. */
        BEFORE_DIGESTS(1),
        SINCE_DIGESTS(2);

        private final int number;

        Streamed(int number) {
            this.number = number;
        }
    }

    /** The SQL that draws a message id. */
    static final String FRESH_ID = "abs(random() % " + MessageId.COUNT + ")";

    private final ProfileDatabase database;
    private final Messages messages;
    private final MessageDates dates;

    public OutgoingMessages(ProfileDatabase database) {
        this.database = database;
        this.messages = new Messages(database);
        this.dates = new MessageDates(database);
    }

    /**
     * Puts a message into the outbox.
     *
     * <p>Its id is drawn here, once; for its date see {@link MessageDates}.
     *
     * <p>A message to a group that another one has replaced goes to that one. A message to a group that the server has
     * lost waits for the new one.
     *
     * @return its number
     * @throws ClockException when no message can carry what the clock shows
     */
    public long write(Address to, ClientId self, Instant now, String text) {
        return write(to, self, now, List.of(text), false).getFirst();
    }

    /**
     * Puts the parts of a text into the outbox.
     *
     * @param oneSecond whether the parts have the same date: where ids tell them apart, and receipts have positions
     * @return their numbers
     * @throws ClockException when no message can carry what the clock shows
     */
    public List<Long> write(Address to, ClientId self, Instant now, List<String> parts, boolean oneSecond) {
        return database.inTransaction(jdbc -> {
            var succession = new GroupSuccession(database);
            Address chat = succession.destination(to);
            succession.requestAgain(chat, self, MessageDates.second(now));
            var numbers = new ArrayList<Long>();
            MessageDates.@Nullable Date date = null;
            for (String part : parts) {
                date = date == null || !oneSecond
                        ? dates.next(chat, self, now)
                        : new MessageDates.Date(date.second(), true, date.ahead());
                numbers.add(insert(chat, self, date, now, part));
            }
            return numbers;
        });
    }

    private long insert(Address chat, ClientId self, MessageDates.Date date, Instant now, String text) {
        return database.with(jdbc -> {
            jdbc.sql(
                            "insert into message (chat, author, outgoing, sent_at, noted_ms, text, state, message_id, shared, ahead)"
                                    + " values (?, ?, 1, ?, ?, ?, " + WAITING.sql() + ", " + FRESH_ID + ", ?, ?)")
                    .param(chat.value())
                    .param(self.value())
                    .param(date.second())
                    .param(now.toEpochMilli())
                    .param(text)
                    .param(date.shared() ? 1 : 0)
                    .param(date.ahead())
                    .update();
            return database.lastRow();
        });
    }

    /**
     * Dates the messages anew that wait, that no connection has seen, and that a clock ahead of this one has dated.
     *
     * @return how many messages that are
     */
    public int dateAgain(ClientId self, Instant now) {
        record Wrong(long number, Address chat) {}
        if (now.getEpochSecond() < 0) {
            return 0; // This clock is the wrong one.
        }
        List<Wrong> wrong = database.with(jdbc -> jdbc.sql("select number, chat from message where "
                        + WAITING.ofOutgoing() + " and streamed = 0 and sent_at > ? order by number")
                .param(MessageDates.latest(now))
                .query((row, n) -> new Wrong(row.getLong(1), new Address(row.getLong(2))))
                .list());
        if (wrong.isEmpty()) {
            return 0;
        }
        return database.inTransaction(jdbc -> {
            for (Wrong one : wrong) {
                MessageDates.Date next = dates.next(one.chat(), self, now);
                MessageDates.Date date = dates.at(one.chat(), self, next.second(), one.number());
                jdbc.sql("update message set sent_at = ?, shared = ?, ahead = ? where number = ?")
                        .param(date.second())
                        .param(date.shared() ? 1 : 0)
                        .param(date.ahead())
                        .param(one.number())
                        .update();
            }
            return wrong.size();
        });
    }

    /** Returns the date of the last message to a chat, if a clock ahead of this one has given it. */
    public Optional<PosixTime> lastDateAhead(Address to, Instant now) {
        return dates.lastAhead(to, now);
    }

    /** Returns the messages that wait to be sent, oldest first. */
    public List<Due> waiting(int limit) {
        return waiting(limit, Streamed.SINCE_DIGESTS);
    }

    /**
     * Returns the messages that wait and that no stream has carried, oldest first.
     *
     * <p>What a stream has carried waits for an assured session, because its fate is not known.
     */
    public List<Due> waitingInNoStream(int limit) {
        return waiting(limit, Streamed.NEVER);
    }

    private List<Due> waiting(int limit, Streamed most) {
        return database.with(jdbc -> jdbc.sql("select number, chat, sent_at, message_id, text, streamed from message"
                        + " where " + WAITING.ofOutgoing() + " and streamed <= ? and (streamed > 0"
                        + " or chat not in (select id from chat_group where lost = 1 and successor is null))"
                        + " order by number limit ?")
                .params(most.number, limit)
                .query((row, n) -> new Due(
                        row.getLong(1),
                        new Address(row.getLong(2)),
                        new PosixTime(row.getLong(3)),
                        messageId(row, 4),
                        row.getString(5),
                        row.getInt(6) > 0))
                .list());
    }

    private static @Nullable MessageId messageId(ResultSet row, int column) throws SQLException {
        long id = row.getLong(column);
        return row.wasNull() ? null : new MessageId(id);
    }

    /** Records that a message is about to be written to the connection of a base session. */
    public void handed(long number, long mark, long session, Instant now) {
        handed(number, mark, session, Streamed.NEVER, now);
    }

    /** Records that a message has a number in the stream and is about to be written to an assured session. */
    public void numbered(long number, long mark, long session, Instant now) {
        handed(number, mark, session, Streamed.SINCE_DIGESTS, now);
    }

    private void handed(long number, long mark, long session, Streamed streamed, Instant now) {
        database.with(jdbc -> jdbc.sql("update message set state = " + HANDED.sql()
                        + ", mark = ?, session = ?, handed_ms = ?, streamed = ? where number = ? and state = "
                        + WAITING.sql())
                .params(mark, session, now.toEpochMilli(), streamed.number, number)
                .update());
    }

    /**
     * Records that the server has dealt with all messages before a mark.
     *
     * @param session the session that set the mark: it says nothing of messages that another session handed over
     * @return how many messages that are
     */
    public int settledUpTo(long mark, long session, Instant now) {
        return database.with(
                jdbc -> jdbc.sql("update message set state = " + AT_SERVER.sql() + ", settled_ms = ? where "
                                + HANDED.ofOutgoing() + " and streamed = 0 and mark <= ? and session = ?")
                        .params(now.toEpochMilli(), mark, session)
                        .update());
    }

    /** Returns the session that set a mark behind a message; empty when no open message has that mark. */
    public Optional<Long> sessionOfMark(long mark) {
        return database.with(jdbc -> jdbc.sql("select session from message where " + HANDED.ofOutgoing()
                        + " and streamed = 0 and mark = ? limit 1")
                .param(mark)
                .query(Long.class)
                .optional());
    }

    /** Returns the messages that a base session was given and that are not known to be at the server. */
    public List<Open> open() {
        return database.with(jdbc -> jdbc.sql("select number, mark from message where " + HANDED.ofOutgoing()
                        + " and streamed = 0 order by number")
                .query((row, n) -> new Open(row.getLong(1), row.getLong(2)))
                .list());
    }

    /** Marks a message that was handed to a connection which has ended. */
    public void mark(long number, DeliveryState state) {
        database.with(jdbc -> jdbc.sql(
                        "update message set state = " + state.sql() + " where number = ? and state = " + HANDED.sql())
                .param(number)
                .update());
    }

    /**
     * Records that a receipt of exactly this second proves a message of a base session.
     *
     * <p>It does so only if no other message to that person has the same second. Of a message in a stream the server
     * itself says whether it has it.
     */
    public void proven(ClientId person, PosixTime sentAt, Instant now) {
        database.with(jdbc -> jdbc.sql("""
                        update message set state = %1$s, settled_ms = ?1
                        where outgoing = 1 and state <> %1$s and state in %2$s and streamed = 0 and sent_at = ?2
                          and (chat = ?3 or chat in (select chat from group_member where person = ?3))
                          and not exists (select 1 from message o
                            where o.outgoing = 1 and o.sent_at = ?2 and o.number <> message.number and o.state in %3$s
                              and (o.chat = ?3 or o.chat in (select chat from group_member where person = ?3)))""".formatted(
                                AT_SERVER.sql(),
                                DeliveryState.anyOf(HANDED, UNSURE),
                                DeliveryState.anyOf(HANDED, AT_SERVER, UNSURE)))
                .params(now.toEpochMilli(), sentAt.seconds(), person.value())
                .update());
    }

    /**
     * Records that the server has stored a message.
     *
     * @param at the last position of the own mailbox when the server accepted it
     * @return whether that was not known: false for a message that was refused
     */
    public boolean accepted(long number, Position at, Instant now) {
        return database.with(jdbc -> jdbc.sql("update message set state = " + AT_SERVER.sql()
                                + ", settled_ms = ?, at = ? where number = ? and outgoing = 1 and state in "
                                + DeliveryState.anyOf(HANDED, UNSURE))
                        .params(now.toEpochMilli(), at.value(), number)
                        .update()
                > 0);
    }

    /**
     * Puts all messages into the outbox again that a stream has carried, and that are neither refused nor known to be
     * delivered to all their recipients: a new stream begins. What is known of their recipients stays known.
     *
     * @return how many messages that are
     */
    int waitAgain() {
        return database.inTransaction(jdbc -> {
            List<Long> again = jdbc.sql("select m.number from message m where m.streamed > 0 and m.outgoing = 1"
                            + " and m.state in " + DeliveryState.anyOf(HANDED, AT_SERVER) + " and " + Messages.DELIVERED
                            + " < "
                            + Messages.RECIPIENT_COUNT
                            + " order by m.number")
                    .query((row, n) -> row.getLong(1))
                    .list();
            var receipts = new Receipts(database);
            for (long number : again) {
                messages.progress(number).forEach(one -> receipts.keep(number, one));
                jdbc.sql("update message set state = " + WAITING.sql()
                                + ", streamed = ?, at = null, settled_ms = null where number = ?")
                        .params(Streamed.SINCE_DIGESTS.number, number)
                        .update();
            }
            return again.size();
        });
    }

    /** Records that the server has refused a message. A refusal that comes again stays acknowledged. */
    public void refused(long number, Reason reason, Instant now) {
        database.with(jdbc -> jdbc.sql("update message set state = " + REFUSED.sql()
                        + ", refusal = ?, settled_ms = ?, acknowledged = case state when " + REFUSED.sql()
                        + " then acknowledged else 0 end"
                        + " where number = ? and outgoing = 1")
                .params(reason.code(), now.toEpochMilli(), number)
                .update());
    }

    /**
     * Records that the user knows that a message was refused, or is unsure. It is neither counted nor shown again.
     *
     * @return whether there is such a message that was not acknowledged
     */
    public boolean acknowledge(long number) {
        return database.with(jdbc -> jdbc.sql("update message set acknowledged = 1 where number = ? and outgoing = 1"
                                + " and state in " + Messages.WITHOUT_RECEIPTS + " and acknowledged = 0")
                        .param(number)
                        .update()
                > 0);
    }

    /** Records that a message that was handed over has reached no server: it waits as if it had never been sent. */
    public void waitsUnsent(long number) {
        database.with(jdbc -> jdbc.sql("update message set state = " + WAITING.sql()
                        + ", streamed = ? where number = ? and state = " + HANDED.sql())
                .params(Streamed.NEVER.number, number)
                .update());
    }

    /** Replaces an unsure or refused message by a new one with the same text at the end of the outbox. */
    public Optional<Long> again(long number, ClientId self, Instant now) {
        return database.inTransaction(jdbc -> jdbc.sql(
                        "select chat, text from message where number = ? and outgoing = 1 and state in "
                                + Messages.WITHOUT_RECEIPTS)
                .param(number)
                .query((row, n) ->
                        new Due(0, new Address(row.getLong(1)), new PosixTime(0), null, row.getString(2), false))
                .optional()
                .map(old -> {
                    jdbc.sql("delete from message where number = ?")
                            .param(number)
                            .update();
                    return write(old.chat(), self, now, old.text());
                }));
    }
}
