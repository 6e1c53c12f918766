package zap.shell.store;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import zap.protocol.Address;
import zap.protocol.ClientId;
import zap.protocol.PosixTime;
import zap.protocol.Reason;

/** Looks up messages in both directions, and what is known about them. */
public final class Messages {

    /** The state of an outgoing message or a pending group. The number is what the file keeps. */
    public enum DeliveryState {
        /** On the own disk. No connection has seen it. */
        WAITING(0),
        /** Written to a connection. The server has not answered yet. */
        HANDED(1),
        /** Stored by the server. On a base session: dealt with by the server. */
        AT_SERVER(2),
        /** The connection was lost. The server may or may not have it. */
        UNSURE(3),
        /** Refused by the server. No recipient gets it. */
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

    /**
     * A message.
     *
     * @param state how far it has come; an incoming message is at the server
     * @param delivered how many of its recipients are known to have it
     * @param read how many of its recipients are known to have read it
     * @param recipients how many recipients it has
     * @param seen whether an incoming message was shown to be read; true for an outgoing one
     * @param refusal why the server has refused it; null when it was not refused, or the reason is not known
     */
    public record Message(
            long number,
            Address chat,
            ClientId author,
            boolean outgoing,
            PosixTime sentAt,
            Instant notedAt,
            String text,
            DeliveryState state,
            int recipients,
            int delivered,
            int read,
            boolean seen,
            @Nullable Reason refusal) {}

    /**
     * The messages of a chat that were not seen.
     *
     * @param ofStranger whether it is a group that a stranger has made, and that the user has not answered
     */
    public record Unread(Address chat, int count, long firstNumber, PosixTime newest, boolean ofStranger) {}

    /**
     * The progress of a message at one recipient.
     *
     * @param delivered when the client learned that the recipient has it; null when it does not know that
     * @param read when the client learned that the recipient has read it; null when it does not know that
     */
    public record Progress(
            ClientId person,
            @Nullable Instant delivered,
            @Nullable Instant read) {}

    /** An 08 that should be sent. */
    public record ReadMark(ClientId person, PosixTime upTo) {}

    /** The states of messages that no receipt covers. */
    static final String WITHOUT_RECEIPTS = DeliveryState.anyOf(DeliveryState.UNSURE, DeliveryState.REFUSED);

    /** The recipients of message m. */
    private static final String RECIPIENTS = """
            (select gm.person from group_member gm where gm.chat = m.chat and gm.person <> m.author and %s
             union all select m.chat where not exists (select 1 from chat_group g where g.id = m.chat))""".formatted(GroupMembers.COUNTS);

    /** The number of recipients of message m, at least 1. */
    static final String RECIPIENT_COUNT = """
            max(1, (select count(*) from group_member gm
                where gm.chat = m.chat and gm.person <> m.author and %s))""".formatted(GroupMembers.COUNTS);

    /**
     * Counts the recipients of message m who have it.
     *
     * <p>Kinds are listed, so that one step into the index finds a receipt that is late enough. With a range of kinds,
     * SQLite would go through all receipts of a person.
     */
    private static final String COVERED = """
            (select count(*) from %s r
             where exists (select 1 from receipt x where x.person = r.person and x.kind in (%%s)
                            and x.up_to >= m.sent_at and %s)
                or exists (select 1 from progress p where p.message = m.number and p.person = r.person
                            and p.%%s is not null))""".formatted(RECIPIENTS, Receipts.COVERS);

    static final String DELIVERED = COVERED.formatted(Receipts.ReceiptKind.ANY, "delivered_ms");

    private static final String READ = COVERED.formatted(Receipts.ReceiptKind.READ.sql(), "read_ms");

    /** The columns that {@link #message} reads. */
    static final String COLUMNS = """
            m.number, m.chat, m.author, m.outgoing, m.sent_at, m.noted_ms, m.text, m.state,
            case when m.outgoing = 0 then 0 else %1$s end,
            case when m.outgoing = 0 or m.state in %4$s then 0 else %2$s end,
            case when m.outgoing = 0 or m.state in %4$s then 0 else %3$s end,
            m.refusal, m.seen
            """.formatted(RECIPIENT_COUNT, DELIVERED, READ, WITHOUT_RECEIPTS);

    private final ProfileDatabase database;

    public Messages(ProfileDatabase database) {
        this.database = database;
    }

    /** Reads a row of {@link #COLUMNS}. */
    static Message message(ResultSet row, int ignored) throws SQLException {
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

    public Optional<Message> find(long number) {
        return database.with(jdbc -> jdbc.sql("select " + COLUMNS + " from message m where m.number = ?")
                .param(number)
                .query(Messages::message)
                .optional());
    }

    /** Returns the last messages of a chat, oldest first. */
    public List<Message> last(Address chat, int limit) {
        return database.with(jdbc -> jdbc.sql("select " + COLUMNS + " from message m where m.chat = ? and "
                                + Blocks.SHOWN + " order by m.number desc limit ?")
                        .params(chat.value(), limit)
                        .query(Messages::message)
                        .list())
                .reversed();
    }

    /** Returns the messages of a chat with greater numbers, oldest first. An export pages through a chat with it. */
    public List<Message> after(Address chat, long number, int limit) {
        return database.with(jdbc -> jdbc.sql("select " + COLUMNS
                        + " from message m where m.chat = ? and m.number > ? and " + Blocks.SHOWN
                        + " order by m.number limit ?")
                .params(chat.value(), number, limit)
                .query(Messages::message)
                .list());
    }

    /** Returns the messages of a chat that were not seen, oldest first. */
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

    /**
     * Returns the chats with messages that were not seen. The one that has waited longest comes first, groups of
     * strangers come last.
     */
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

    /** Returns how many messages were not seen, in chats that are not muted. */
    public int unreadCount() {
        return database.with(jdbc -> jdbc.sql("select count(*) from message where seen = 0"
                        + " and chat not in (select chat from muted) and " + Blocks.NEW)
                .query(Integer.class)
                .single());
    }

    /** Returns all chats with messages, the one with the newest message first. */
    public List<Address> chats() {
        return database.with(jdbc ->
                jdbc.sql("""
                        with recursive c (chat) as (
                          select min(chat) from message
                          union all select (select min(chat) from message where chat > c.chat) from c where c.chat is not null)
                        select c.chat from c where c.chat is not null
                        order by (select max(number) from message where chat = c.chat) desc""").query((row, n) -> new Address(row.getLong(1))).list());
    }

    /** Returns the outgoing messages in a state other than {@link DeliveryState#AT_SERVER}, oldest first. */
    public List<Message> of(DeliveryState state) {
        return database.with(jdbc -> jdbc.sql(
                        "select " + COLUMNS + " from message m where " + state.ofOutgoing() + " order by m.number")
                .query(Messages::message)
                .list());
    }

    /** Returns the unsure or refused messages that the user has not acknowledged, oldest first. */
    public List<Message> unacknowledged(DeliveryState state) {
        return database.with(jdbc -> jdbc.sql("select " + COLUMNS + " from message m where " + state.ofOutgoing()
                        + " and m.acknowledged = 0 order by m.number")
                .query(Messages::message)
                .list());
    }

    /**
     * Returns how many outgoing messages are in a state other than {@link DeliveryState#AT_SERVER}, without those that
     * the user has acknowledged.
     */
    public int count(DeliveryState state) {
        return database.with(
                jdbc -> jdbc.sql("select count(*) from message where " + state.ofOutgoing() + " and acknowledged = 0")
                        .query(Integer.class)
                        .single());
    }

    /** Returns the recipients of an outgoing message, and what is known of each. */
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
                                DeliveryState.anyOf(DeliveryState.HANDED, DeliveryState.AT_SERVER),
                                WITHOUT_RECEIPTS))
                .param(number)
                .query((row, n) -> new Progress(new ClientId(row.getLong(1)), instant(row, 2), instant(row, 3)))
                .list());
    }

    private static @Nullable Instant instant(ResultSet row, int column) throws SQLException {
        long ms = row.getLong(column);
        return row.wasNull() ? null : Instant.ofEpochMilli(ms);
    }

    /**
     * Returns the members of a group who are not known to have the newest message that the server has stored for them.
     * Their mailboxes hold at least that message.
     */
    public List<ClientId> membersWithWaitingMail(Address group, ClientId self) {
        return database.with(jdbc -> jdbc.sql(
                        """
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
                        order by gm.place""".formatted(DeliveryState.AT_SERVER.sql(), Receipts.ReceiptKind.ANY, Receipts.COVERS))
                .param("group", group.value())
                .param("self", self.value())
                .query((row, n) -> new ClientId(row.getLong(1)))
                .list());
    }

    /** Returns the number of the message before this one in the same chat; 0 when it is the first. */
    public long numberBefore(Message message) {
        return database.with(
                jdbc -> jdbc.sql("select coalesce(max(number), 0) from message where chat = ? and number < ?")
                        .params(message.chat().value(), message.number())
                        .query(Long.class)
                        .single());
    }

    /** Returns all messages with greater numbers, oldest first. */
    public List<Message> allAfter(long number) {
        return database.with(
                jdbc -> jdbc.sql("select " + COLUMNS + " from message m where m.number > ? order by m.number")
                        .param(number)
                        .query(Messages::message)
                        .list());
    }

    /** Returns the number of the newest message; 0 when there is none. */
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
