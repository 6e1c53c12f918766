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
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.dao.DataAccessException;
import zap.protocol.Address;
import zap.protocol.ClientId;
import zap.protocol.MessageId;
import zap.protocol.Position;
import zap.protocol.PosixTime;
import zap.protocol.Reason;
import zap.shell.store.Repeats.Arrival;
import zap.shell.text.SearchTerms;

/**
 * Every message in both directions, what is known about it, and what is still to be sent.
 */
public final class Messages {

    /** How far an outgoing message is known to have come. The number is what the file keeps. */
    public enum DeliveryState {
        /** On the own disk; no connection has seen it. */
        WAITING(0),
        /** Written to a connection; nothing has been heard of it. */
        HANDED(1),
        /** The server has dealt with it. */
        AT_SERVER(2),
        /** The connection broke, and nothing tells whether the server has it. */
        UNSURE(3),
        /** The server has refused it: it reaches nobody. */
        REFUSED(4);

        private final int number;

        DeliveryState(int number) {
            this.number = number;
        }

        private static DeliveryState of(int number) {
            for (DeliveryState state : values()) {
                if (state.number == number) {
                    return state;
                }
            }
            throw new IllegalStateException("a message in state " + number);
        }

        /** Returns the number that the file keeps, as SQL writes it. */
        String sql() {
            return Integer.toString(number);
        }

        /**
         * Returns the condition of an outgoing message in this state, which is not {@link #AT_SERVER}.
         *
         * <p>Messages in the other states are few, and have an index with the condition
         * {@code outgoing = 1 and state <> 2}. SQLite uses it only for a query that repeats these words.
         */
        String ofOutgoing() {
            if (this == AT_SERVER) {
                throw new IllegalArgumentException("no index holds the messages at the server");
            }
            return "outgoing = 1 and state <> " + AT_SERVER.sql() + " and state = " + sql();
        }

        /** Returns the states as SQL writes them in a list. */
        static String anyOf(DeliveryState... states) {
            return Stream.of(states).map(DeliveryState::sql).collect(Collectors.joining(", ", "(", ")"));
        }
    }

    /** Whether a stream has carried an outgoing message. The number is what the file keeps. */
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

    /**
     * A message.
     *
     * @param way for an outgoing one
     * @param delivered how many of its recipients are known to have it
     * @param read how many of them are known to have read it
     * @param recipients how many there are
     * @param seen for an incoming one: it was shown to be read
     * @param refusal why the server has refused it; null when it has not, or has said nothing that we know
     */
    public record Message(
            long number,
            Address chat,
            ClientId author,
            boolean outgoing,
            PosixTime sentAt,
            Instant notedAt,
            String text,
            DeliveryState way,
            int recipients,
            int delivered,
            int read,
            boolean seen,
            @Nullable Reason refusal) {}

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

    /** Something of which nothing is known yet, and the mark that followed it. */
    public record Open(long number, long mark) {}

    /** A group that is to be asked for. */
    public record PendingGroup(long number, @Nullable String name, PosixTime sentAt, List<ClientId> members) {}

    /**
     * A group that the server has refused to make.
     *
     * @param reason null when it is not known
     */
    public record RefusedGroup(PendingGroup group, @Nullable Reason reason) {}

    /**
     * How many messages of a chat have not been seen.
     *
     * @param ofStranger whether it is a group that a stranger has made, and that is not answered yet
     */
    public record Unread(Address chat, int count, long firstNumber, PosixTime newest, boolean ofStranger) {}

    /** What one recipient is known to have done, and when we learned of it. */
    public record Progress(
            ClientId person,
            @Nullable Instant delivered,
            @Nullable Instant read) {}

    /** An 08 that should be sent. */
    public record ReadMark(ClientId person, PosixTime upTo) {}

    /** Messages that are added to the search index in one transaction: well under a second, and other processes wait ten. */
    static final int INDEXED_AT_ONCE = 2_000;

    /** Draws a message id. */
    static final String FRESH_ID = "abs(random() % " + MessageId.COUNT + ")";

    /** The recipients of message m. */
    private static final String RECIPIENTS = """
            (select gm.person from group_member gm where gm.chat = m.chat and gm.person <> m.author and %s
             union all select m.chat where not exists (select 1 from chat_group g where g.id = m.chat))""".formatted(GroupMembers.COUNTS);

    /** The number of recipients of message m, at least 1. */
    private static final String RECIPIENT_COUNT = """
            max(1, (select count(*) from group_member gm
                where gm.chat = m.chat and gm.person <> m.author and %s))""".formatted(GroupMembers.COUNTS);

    /**
     * Counts the recipients of message m who have it. Kinds are listed, so that one step into the index finds a receipt that is late
     * enough: with a range of kinds, all of a person's would be gone through.
     */
    private static final String COVERED = """
            (select count(*) from %s r
             where exists (select 1 from receipt x where x.person = r.person and x.kind in (%%s)
                            and x.up_to >= m.sent_at and %s)
                or exists (select 1 from progress p where p.message = m.number and p.person = r.person
                            and p.%%s is not null))""".formatted(RECIPIENTS, Receipts.COVERS);

    /** The states of messages that no receipt covers. */
    private static final String WITHOUT_RECEIPTS = DeliveryState.anyOf(DeliveryState.UNSURE, DeliveryState.REFUSED);

    private static final String DELIVERED = COVERED.formatted(Receipts.ReceiptKind.ANY, "delivered_ms");
    private static final String READ = COVERED.formatted(Receipts.ReceiptKind.READ.sql(), "read_ms");

    /** An unsure message, and a refused one, is covered by nothing. */
    private static final String COLUMNS = """
            m.number, m.chat, m.author, m.outgoing, m.sent_at, m.noted_ms, m.text, m.state,
            case when m.outgoing = 0 then 0 else %1$s end,
            case when m.outgoing = 0 or m.state in %4$s then 0 else %2$s end,
            case when m.outgoing = 0 or m.state in %4$s then 0 else %3$s end,
            m.refusal, m.seen
            """.formatted(RECIPIENT_COUNT, DELIVERED, READ, WITHOUT_RECEIPTS);

    private final ProfileDatabase database;
    private final ReadMarks readMarks;
    private final MessageDates dates;

    public Messages(ProfileDatabase database) {
        this.database = database;
        this.dates = new MessageDates(database);
        this.readMarks = new ReadMarks(database);
    }

    private static Message message(ResultSet row, int ignored) throws SQLException {
        boolean outgoing = row.getInt(4) == 1;
        return new Message(
                row.getLong(1),
                new Address(row.getLong(2)),
                new ClientId(row.getLong(3)),
                outgoing,
                new PosixTime(row.getLong(5)),
                Instant.ofEpochMilli(row.getLong(6)),
                row.getString(7),
                DeliveryState.of(row.getInt(8)),
                row.getInt(9),
                row.getInt(10),
                row.getInt(11),
                outgoing || row.getInt(13) == 1,
                Reason.ofCode(row.getInt(12)));
    }

    // ------------------------------------------------------------------------------------------------------ what goes
    // out

    /**
     * Puts a message into the outbox.
     *
     * <p>Its id is drawn here, once; for its date see {@link MessageDates}.
     *
     * <p>A message to a group that another one has replaced goes to that one. One to a group that the server has lost waits for the new one.
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
            succession.wish(chat, self, MessageDates.second(now));
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
            return lastNumber();
        });
    }

    /**
     * Dates the messages again that wait, have been handed to nobody, and were dated by a clock that was ahead of this one.
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

    /** Returns the date of the last message to a chat, if a clock has given it that was ahead of this one. */
    public Optional<PosixTime> lastDateAhead(Address to, Instant now) {
        return dates.lastAhead(to, now);
    }

    private long lastNumber() {
        return database.with(
                jdbc -> jdbc.sql("select last_insert_rowid()").query(Long.class).single());
    }

    /** What waits to be sent, oldest first. */
    public List<Due> waiting(int limit) {
        return waiting(limit, Streamed.SINCE_DIGESTS);
    }

    /** The same for a base session: what a stream has carried waits for an assured one, because its fate is not known. */
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

    /** Returns how many messages wait, are on their way, are unsure or refused, without those that are acknowledged. */
    public int count(DeliveryState way) {
        return database.with(
                jdbc -> jdbc.sql("select count(*) from message where " + way.ofOutgoing() + " and acknowledged = 0")
                        .query(Integer.class)
                        .single());
    }

    /** Notes, before it is written to a base session's connection, that it will be. */
    public void handed(long number, long mark, long session, Instant now) {
        handed(number, mark, session, Streamed.NEVER, now);
    }

    /** The same for an assured session: it has a number in the stream. */
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

    /** The server has dealt with everything before this mark that was handed to the same connection as it. */
    public int settledUpTo(long mark, long session, Instant now) {
        return database.with(
                jdbc -> jdbc.sql("update message set state = " + AT_SERVER.sql() + ", settled_ms = ? where "
                                + HANDED.ofOutgoing() + " and streamed = 0 and mark <= ? and session = ?")
                        .params(now.toEpochMilli(), mark, session)
                        .update());
    }

    /** On which connection a mark was set, if there was a message before it. */
    public Optional<Long> sessionOfMark(long mark) {
        return database.with(jdbc -> jdbc.sql("select session from message where " + HANDED.ofOutgoing()
                        + " and streamed = 0 and mark = ? limit 1")
                .param(mark)
                .query(Long.class)
                .optional());
    }

    /** What was handed to a base session and is not known to be at the server. */
    public List<Open> open() {
        return database.with(jdbc -> jdbc.sql("select number, mark from message where " + HANDED.ofOutgoing()
                        + " and streamed = 0 order by number")
                .query((row, n) -> new Open(row.getLong(1), row.getLong(2)))
                .list());
    }

    /** Decides about a message that was handed to a connection which is no more. */
    public void mark(long number, DeliveryState way) {
        database.with(jdbc -> jdbc.sql("update message set state = ? where number = ? and state = " + HANDED.sql())
                .params(way.number, number)
                .update());
    }

    /**
     * A receipt of exactly this second proves a message of a base session when no other one to that person has the same second. Of a
     * message in a stream the server itself says whether it has it.
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
     * The server has it.
     *
     * @param at the last position of the own mailbox when the server accepted it
     * @return whether that was not known: false for one that was refused
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
     * Puts everything into the outbox again that a stream has carried and that is neither refused nor known to be delivered to all its
     * recipients: a new stream begins. What is known of its recipients stays known.
     *
     * @return how many messages that are
     */
    int waitAgain() {
        return database.inTransaction(jdbc -> {
            List<Long> again = jdbc.sql("select m.number from message m where m.streamed > 0 and m.outgoing = 1"
                            + " and m.state in " + DeliveryState.anyOf(HANDED, AT_SERVER) + " and " + DELIVERED + " < "
                            + RECIPIENT_COUNT
                            + " order by m.number")
                    .query((row, n) -> row.getLong(1))
                    .list();
            var receipts = new Receipts(database);
            for (long number : again) {
                progress(number).forEach(one -> receipts.keep(number, one));
                jdbc.sql("update message set state = " + WAITING.sql()
                                + ", streamed = ?, at = null, settled_ms = null where number = ?")
                        .params(Streamed.SINCE_DIGESTS.number, number)
                        .update();
            }
            jdbc.sql("update pending_group set state = " + WAITING.sql() + " where streamed = 1 and state <> "
                            + REFUSED.sql())
                    .update();
            return again.size();
        });
    }

    /** The server has refused it. A refusal that is said again stays acknowledged. */
    public void refused(long number, Reason reason, Instant now) {
        database.with(jdbc -> jdbc.sql("update message set state = " + REFUSED.sql()
                        + ", refusal = ?, settled_ms = ?, acknowledged = case state when " + REFUSED.sql()
                        + " then acknowledged else 0 end"
                        + " where number = ? and outgoing = 1")
                .params(reason.code(), now.toEpochMilli(), number)
                .update());
    }

    /**
     * Notes that a message's person knows that it was refused, or is unsure: it is not counted and not told again.
     *
     * @return whether there is such a message that was not acknowledged
     */
    public boolean acknowledge(long number) {
        return database.with(jdbc -> jdbc.sql("update message set acknowledged = 1 where number = ? and outgoing = 1"
                                + " and state in " + WITHOUT_RECEIPTS + " and acknowledged = 0")
                        .param(number)
                        .update()
                > 0);
    }

    /** Notes that a message that was handed over is with nobody: it waits as if it had never been. */
    public void waitsUnsent(long number) {
        database.with(jdbc -> jdbc.sql("update message set state = " + WAITING.sql()
                        + ", streamed = ? where number = ? and state = " + HANDED.sql())
                .params(Streamed.NEVER.number, number)
                .update());
    }

    /** Puts an unsure or refused message at the end of the outbox again: a new message with the same text. */
    public Optional<Long> again(long number, ClientId self, Instant now) {
        return database.inTransaction(jdbc -> jdbc.sql(
                        "select chat, text from message where number = ? and outgoing = 1 and state in "
                                + WITHOUT_RECEIPTS)
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

    // ---------------------------------------------------------------------------------------------------------- groups

    public long want(@Nullable String name, List<ClientId> members, PosixTime sentAt) {
        return database.inTransaction(jdbc -> {
            // Asked for again: what became of it before is of no interest any more.
            jdbc.sql("delete from pending_group where state = " + REFUSED.sql() + " and name = ?")
                    .param(name)
                    .update();
            jdbc.sql("insert into pending_group (name, members, sent_at, state) values (?, ?, ?, " + WAITING.sql()
                            + ")")
                    .param(name)
                    .param(joined(members))
                    .param(sentAt.seconds())
                    .update();
            return lastNumber();
        });
    }

    public List<PendingGroup> wanted(DeliveryState way) {
        return database.with(jdbc -> jdbc.sql(
                        "select number, name, sent_at, members from pending_group where state = ? order by number")
                .param(way.number)
                .query((row, n) -> new PendingGroup(
                        row.getLong(1), row.getString(2), new PosixTime(row.getLong(3)), split(row.getString(4))))
                .list());
    }

    /** Returns the groups that were asked for on a stream before, and wait to be asked for on the new one. */
    public List<PendingGroup> wantedAgain() {
        return database.with(jdbc -> jdbc.sql("select number, name, sent_at, members from pending_group"
                        + " where state = " + WAITING.sql() + " and streamed = 1 order by number")
                .query((row, n) -> new PendingGroup(
                        row.getLong(1), row.getString(2), new PosixTime(row.getLong(3)), split(row.getString(4))))
                .list());
    }

    /** Groups that were asked for with one of these marks behind, and are not there. */
    public List<PendingGroup> wantedBetween(long firstMark, long lastMark) {
        return database.with(jdbc -> jdbc.sql("select number, name, sent_at, members from pending_group"
                        + " where state = " + HANDED.sql() + " and mark between ? and ? order by number")
                .params(firstMark, lastMark)
                .query((row, n) -> new PendingGroup(
                        row.getLong(1), row.getString(2), new PosixTime(row.getLong(3)), split(row.getString(4))))
                .list());
    }

    public void groupHanded(long number, long mark) {
        groupHanded(number, mark, false);
    }

    /** The same for an assured session. */
    public void groupNumbered(long number, long mark) {
        groupHanded(number, mark, true);
    }

    private void groupHanded(long number, long mark, boolean streamed) {
        database.with(jdbc -> jdbc.sql("update pending_group set state = " + HANDED.sql()
                        + ", mark = ?, streamed = ? where number = ?")
                .params(mark, streamed ? 1 : 0, number)
                .update());
    }

    /** The groups that a base session was asked for. */
    public List<Open> openGroups() {
        return database.with(jdbc -> jdbc.sql("select number, mark from pending_group where state = " + HANDED.sql()
                        + " and streamed = 0 order by number")
                .query((row, n) -> new Open(row.getLong(1), row.getLong(2)))
                .list());
    }

    public void decideGroup(long number, DeliveryState way) {
        database.with(jdbc -> jdbc.sql("update pending_group set state = ? where number = ?")
                .params(way.number, number)
                .update());
    }

    /** A group that was asked for, if it still is. */
    public Optional<PendingGroup> wantedGroup(long number) {
        return database.with(jdbc -> jdbc.sql(
                        "select number, name, sent_at, members from pending_group where number = ? and state <> "
                                + REFUSED.sql())
                .param(number)
                .query((row, n) -> new PendingGroup(
                        row.getLong(1), row.getString(2), new PosixTime(row.getLong(3)), split(row.getString(4))))
                .optional());
    }

    /**
     * The server has refused to make the group: it is wanted no more, and kept until its person knows. One that was to take the place of a
     * lost group is not kept, because the messages that wait for it say what became of it, and it may be asked for again.
     */
    public void groupRefused(long number, Reason reason) {
        database.inTransaction(jdbc -> {
            jdbc.sql("delete from pending_group where number = ? and predecessor is not null")
                    .param(number)
                    .update();
            return jdbc.sql("update pending_group set state = " + REFUSED.sql() + ", refusal = ? where number = ?")
                    .params(reason.code(), number)
                    .update();
        });
    }

    /** Returns the groups that the server has refused to make and whose person has not said to know. */
    public List<RefusedGroup> refusedGroups() {
        return database.with(jdbc -> jdbc.sql("select number, name, sent_at, members, refusal from pending_group"
                        + " where state = " + REFUSED.sql() + " order by number")
                .query((row, n) -> new RefusedGroup(
                        new PendingGroup(
                                row.getLong(1),
                                row.getString(2),
                                new PosixTime(row.getLong(3)),
                                split(row.getString(4))),
                        Reason.ofCode(row.getInt(5))))
                .list());
    }

    /** Returns whether a wish for a group has been handed to a connection. */
    public boolean isAskedFor(long number) {
        return database.with(jdbc -> jdbc.sql("select count(*) from pending_group where number = ? and (state <> "
                                + WAITING.sql() + " or streamed = 1)")
                        .param(number)
                        .query(Integer.class)
                        .single())
                > 0;
    }

    /** The group has come, or will never come: it is wanted no more. */
    public void groupCame(long number) {
        database.with(jdbc -> jdbc.sql("delete from pending_group where number = ?")
                .param(number)
                .update());
    }

    private static String joined(List<ClientId> members) {
        return String.join(" ", members.stream().map(ClientId::toString).toList());
    }

    private static List<ClientId> split(String members) {
        return java.util.Arrays.stream(members.split(" ", -1))
                .filter(id -> !id.isEmpty())
                .map(ClientId::parse)
                .toList();
    }

    // ------------------------------------------------------------------------------------------------------ what comes
    // in

    /** Notes a message that came. It is on disk when this returns. */
    public Message came(Address chat, ClientId author, PosixTime sentAt, String text, Instant now, long session) {
        return came(new Arrival(chat, author, sentAt, null, text), null, now, session);
    }

    /**
     * The same.
     *
     * @param position its position in the own mailbox; null on a base session, whose mail may come once more on an assured one
     */
    public Message came(Arrival arrival, @Nullable Position position, Instant now, long session) {
        @Nullable MessageId id = arrival.id();
        return database.inTransaction(jdbc -> {
            jdbc.sql("insert into message (chat, author, outgoing, sent_at, noted_ms, text, state, seen, session,"
                            + " message_id, position, again) values (?, ?, 0, ?, ?, ?, " + AT_SERVER.sql()
                            + ", 0, ?, ?, ?, ?)")
                    .param(arrival.chat().value())
                    .param(arrival.author().value())
                    .param(arrival.sentAt().seconds())
                    .param(now.toEpochMilli())
                    .param(arrival.text())
                    .param(session)
                    .param(id == null ? null : id.value())
                    .param(position == null ? null : position.value())
                    .param(position == null ? Repeats.AFTER_BASE_SESSION : 0)
                    .update();
            return find(lastNumber()).orElseThrow();
        });
    }

    /** Whether a message like this came in that session: then a server that is not sure may be giving it again. */
    public boolean cameIn(long session, Address chat, ClientId author, PosixTime sentAt, String text) {
        return database.with(jdbc -> jdbc.sql(
                                "select count(*) from message where outgoing = 0 and session = ? and author = ? and chat = ? and sent_at = ? and text = ?")
                        .params(session, author.value(), chat.value(), sentAt.seconds(), text)
                        .query(Long.class)
                        .single()
                > 0);
    }

    /** Who has an outgoing message, and who has read it. */
    public List<Progress> progress(long number) {
        return database.with(jdbc -> jdbc.sql("""
                        select person, coalesce(its_delivered, delivered), coalesce(its_read, read) from (
                          select r.person, r.place,
                            (select min(noted_ms) from receipt x where x.person = r.person
                               and x.kind in (%3$s) and x.up_to >= m.sent_at and %1$s and m.state in %5$s) as delivered,
                            (select min(noted_ms) from receipt x where x.person = r.person and x.kind = %4$s
                               and x.up_to >= m.sent_at and %1$s and m.state in %5$s) as read,
                            (select delivered_ms from progress p
                               where p.message = m.number and p.person = r.person and m.state not in %6$s) as its_delivered,
                            (select read_ms from progress p
                               where p.message = m.number and p.person = r.person and m.state not in %6$s) as its_read
                          from message m join (
                            select gm.chat, gm.person, gm.place from group_member gm
                              join message m on m.number = ?1 and m.chat = gm.chat
                              where %2$s
                            union all select distinct chat, chat, 0 from message where number = ?1
                              and not exists (select 1 from chat_group g where g.id = chat)) r on r.chat = m.chat
                          where m.number = ?1 and m.outgoing = 1 and (r.person <> m.author or r.person = m.chat))
                        order by place""".formatted(
                                Receipts.COVERS,
                                GroupMembers.COUNTS,
                                Receipts.ReceiptKind.ANY,
                                Receipts.ReceiptKind.READ.sql(),
                                DeliveryState.anyOf(HANDED, AT_SERVER),
                                WITHOUT_RECEIPTS))
                .param(number)
                .query((row, n) -> new Progress(new ClientId(row.getLong(1)), instant(row, 2), instant(row, 3)))
                .list());
    }

    private static @Nullable Instant instant(ResultSet row, int column) throws SQLException {
        long ms = row.getLong(column);
        return row.wasNull() ? null : Instant.ofEpochMilli(ms);
    }

    // ------------------------------------------------------------------------------------------------------------
    // reading

    /** Notes that these were shown to be read, and whether their authors may be told of it. */
    public void seen(List<Long> numbers, boolean tell) {
        readMarks.seen(numbers, tell);
    }

    /** What authors should be told to have been read. */
    public List<ReadMark> readMarks(Instant now) {
        return readMarks.due(now);
    }

    /** The chats with messages that were not seen, the one that has waited longest first; groups of strangers are last. */
    public List<Unread> unread() {
        return database.with(jdbc -> jdbc.sql("""
                        select chat, count(*), min(number), max(sent_at), chat in %s as of_stranger from message
                        where seen = 0 and %s group by chat order by of_stranger, min(number)""".formatted(Blocks.OF_STRANGERS, Blocks.NEW))
                .query((row, n) -> new Unread(
                        new Address(row.getLong(1)),
                        row.getInt(2),
                        row.getLong(3),
                        new PosixTime(row.getLong(4)),
                        row.getInt(5) == 1))
                .list());
    }

    /** How many messages were not seen, in chats that are not muted. */
    public int unreadCount() {
        return database.with(jdbc -> jdbc.sql("select count(*) from message where seen = 0"
                        + " and chat not in (select chat from muted) and " + Blocks.NEW)
                .query(Integer.class)
                .single());
    }

    // ----------------------------------------------------------------------------------------------------------
    // looking up

    public Optional<Message> find(long number) {
        return database.with(jdbc -> jdbc.sql("select " + COLUMNS + " from message m where m.number = ?")
                .param(number)
                .query(Messages::message)
                .optional());
    }

    /** The last messages of a chat, oldest first. */
    public List<Message> last(Address chat, int limit) {
        return database.with(jdbc -> jdbc.sql("select " + COLUMNS + " from message m where m.chat = ? and "
                                + Blocks.SHOWN + " order by m.number desc limit ?")
                        .params(chat.value(), limit)
                        .query(Messages::message)
                        .list())
                .reversed();
    }

    /** The messages of a chat with numbers in a range, oldest first; how an export pages through it. */
    public List<Message> after(Address chat, long number, int limit) {
        return database.with(jdbc -> jdbc.sql("select " + COLUMNS
                        + " from message m where m.chat = ? and m.number > ? and " + Blocks.SHOWN
                        + " order by m.number limit ?")
                .params(chat.value(), number, limit)
                .query(Messages::message)
                .list());
    }

    public List<Message> unseen(Address chat) {
        return unseenAfter(chat, 0, Integer.MAX_VALUE);
    }

    /** Returns the first of the messages of a chat with greater numbers that were not seen, oldest first. */
    public List<Message> unseenAfter(Address chat, long number, int limit) {
        return database.with(jdbc -> jdbc.sql("select " + COLUMNS
                        + " from message m where m.chat = ? and m.seen = 0 and m.number > ? and "
                        + Blocks.NEW
                        + " order by m.number limit ?")
                .params(chat.value(), number, limit)
                .query(Messages::message)
                .list());
    }

    /** Returns how many messages of a chat were not seen. */
    public int unseenCount(Address chat) {
        return database.with(
                jdbc -> jdbc.sql("select count(*) from message m where m.chat = ? and m.seen = 0 and " + Blocks.NEW)
                        .param(chat.value())
                        .query(Integer.class)
                        .single());
    }

    /** The newest message that came, in one chat or in any. */
    public Optional<Message> lastIncoming() {
        return database.with(jdbc -> jdbc.sql("select " + COLUMNS + " from message m where m.outgoing = 0 and "
                        + Blocks.NEW + " order by m.number desc limit 1")
                .query(Messages::message)
                .optional());
    }

    /** What is out there and not known to be at the server: for people who want to know. */
    public List<Message> of(DeliveryState way) {
        return database.with(jdbc -> jdbc.sql(
                        "select " + COLUMNS + " from message m where " + way.ofOutgoing() + " order by m.number")
                .query(Messages::message)
                .list());
    }

    /** Returns the unsure or refused messages that are not acknowledged, oldest first. */
    public List<Message> unacknowledged(DeliveryState way) {
        return database.with(jdbc -> jdbc.sql("select " + COLUMNS + " from message m where " + way.ofOutgoing()
                        + " and m.acknowledged = 0 order by m.number")
                .query(Messages::message)
                .list());
    }

    /**
     * Returns the members of a group who are not known to have the newest message that the server has stored for them: their mailboxes
     * hold at least that.
     */
    public List<ClientId> membersWithWaitingMail(Address group, ClientId self) {
        return database.with(jdbc -> jdbc.sql("""
                        select gm.person from group_member gm
                        where gm.chat = :group and gm.person <> :self and exists (
                          select 1 from message m
                          where m.number = (
                              select max(x.number) from message x where x.outgoing = 1 and x.state = %1$s
                                and (x.chat = gm.person
                                  or x.chat in (select other.chat from group_member other where other.person = gm.person)))
                            and not exists (select 1 from receipt x where x.person = gm.person and x.kind in (%2$s)
                                              and x.up_to >= m.sent_at and %3$s)
                            and not exists (select 1 from progress p where p.message = m.number and p.person = gm.person
                                              and p.delivered_ms is not null))
                        order by gm.place""".formatted(AT_SERVER.sql(), Receipts.ReceiptKind.ANY, Receipts.COVERS))
                .param("group", group.value())
                .param("self", self.value())
                .query((row, n) -> new ClientId(row.getLong(1)))
                .list());
    }

    /**
     * The messages with all these words, the best first; the last word may be the beginning of one.
     *
     * @see SearchTerms
     */
    public List<Message> search(String words, @Nullable Address chat, int limit) {
        Optional<String> query = SearchTerms.query(words);
        if (query.isEmpty()) {
            return List.of();
        }
        try {
            indexNewMessages();
        } catch (DataAccessException | ProfileDatabase.StoreException e) {
            // A full disk, or one that cannot be written to: what is there can be found all the same.
            return searchOneByOne(words, chat, limit);
        }
        return database.with(jdbc -> jdbc.sql("""
                        with found as (select rowid as number, rank from message_terms where message_terms match ?1
                          order by rank limit case when ?2 = 0 and %s then ?3 else -1 end)
                        select %s from found join message m on m.number = found.number
                        where (?2 = 0 or m.chat = ?2) and %s
                        order by found.rank, m.number desc limit ?3""".formatted(Blocks.NOTHING_HIDDEN, COLUMNS, Blocks.SHOWN))
                .params(query.get(), chat == null ? 0 : chat.value(), limit)
                .query(Messages::message)
                .list());
    }

    /**
     * Adds the messages to the index that have come since somebody searched. The first time that is the whole history: it is done
     * in parts, so that a session beside it can note what comes.
     */
    private void indexNewMessages() {
        while (indexSome() == INDEXED_AT_ONCE) {
            // There are more.
        }
    }

    /** Adds the next ones, and returns how many they were. */
    int indexSome() {
        return database.inTransaction(jdbc -> {
            List<Unindexed> some = jdbc.sql("select m.number, m.text from message m"
                            + " where m.number > (select coalesce(max(id), 0) from message_terms_docsize)"
                            + " order by m.number limit ?")
                    .param(INDEXED_AT_ONCE)
                    .query((row, n) -> new Unindexed(row.getLong(1), row.getString(2)))
                    .list();
            some.forEach(one -> jdbc.sql("insert into message_terms (rowid, terms) values (?, ?)")
                    .params(one.number(), SearchTerms.of(one.text()))
                    .update());
            return some.size();
        });
    }

    private record Unindexed(long number, String text) {}

    private List<Message> searchOneByOne(String words, @Nullable Address chat, int limit) {
        return database
                .with(jdbc -> jdbc.sql("select " + COLUMNS + " from message m where (?1 = 0 or m.chat = ?1) and "
                                + Blocks.SHOWN + " order by m.number desc")
                        .param(chat == null ? 0 : chat.value())
                        .query(Messages::message)
                        .list())
                .stream()
                .filter(message -> SearchTerms.matches(message.text(), words))
                .limit(limit)
                .toList();
    }

    /** All chats with messages, the one with the newest message first. */
    public List<Address> chats() {
        return database.with(jdbc ->
                jdbc.sql("""
                        with recursive c (chat) as (
                          select min(chat) from message
                          union all select (select min(chat) from message where chat > c.chat) from c where c.chat is not null)
                        select c.chat from c where c.chat is not null
                        order by (select max(number) from message where chat = c.chat) desc""").query((row, n) -> new Address(row.getLong(1))).list());
    }

    /** Returns the number of the message before this one in the same chat; 0 when it is the first. */
    public long numberBefore(Message message) {
        return database.with(
                jdbc -> jdbc.sql("select coalesce(max(number), 0) from message where chat = ? and number < ?")
                        .params(message.chat().value(), message.number())
                        .query(Long.class)
                        .single());
    }

    /** All messages with greater numbers, oldest first. */
    public List<Message> allAfter(long number) {
        return database.with(
                jdbc -> jdbc.sql("select " + COLUMNS + " from message m where m.number > ? order by m.number")
                        .param(number)
                        .query(Messages::message)
                        .list());
    }

    /** The number of the newest message; 0 when there is none. */
    public long newest() {
        return database.with(jdbc -> jdbc.sql("select coalesce(max(number), 0) from message")
                .query(Long.class)
                .single());
    }

    public long count() {
        return database.with(jdbc ->
                jdbc.sql("select count(*) from message").query(Long.class).single());
    }
}
