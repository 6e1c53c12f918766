package zap.shell.store;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import zap.protocol.Address;
import zap.protocol.ClientId;
import zap.protocol.PosixTime;
import zap.protocol.Reason;

/**
 * Every message in both directions, what is known about it, and what is still to be sent.
 *
 * <p>Where it says {@code state <> 2 and state = …}, the first half is the condition of the index that holds the few messages which are
 * under way: SQLite uses such an index only for a query that says the same words.
 */
public final class Messages {

    /** How far an outgoing message is known to have come. The number is what the file keeps. */
    public enum Way {
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

        Way(int number) {
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
            Way way,
            int recipients,
            int delivered,
            int read,
            boolean seen,
            @Nullable Reason refusal) {}

    /** A message that is to be written to the connection. */
    public record Due(long number, Address chat, PosixTime sentAt, String text) {}

    /** Something of which nothing is known yet, and the mark that followed it. */
    public record Open(long number, long clock) {}

    /** A group that is to be asked for. */
    public record WantedGroup(long number, @Nullable String name, PosixTime sentAt, List<ClientId> members) {}

    /** How many messages of a chat have not been seen. */
    public record Unread(Address chat, int count, long firstNumber, PosixTime newest) {}

    /** What one recipient is known to have done, and when we learned of it. */
    public record Progress(
            ClientId person,
            @Nullable Instant delivered,
            @Nullable Instant read) {}

    /** An 08 that should be sent. */
    public record ReadMark(ClientId person, PosixTime upTo) {}

    /**
     * Counts the recipients of message m who have it; a receipt says nothing about what was handed over after it came. Kinds are listed,
     * so that one step into the index finds a receipt that is late enough: with a range of kinds, all of a person's would be gone through.
     */
    private static final String COVERED = """
            (select count(*) from (
               select gm.person from group_member gm where gm.chat = m.chat and gm.person <> m.author
                 and @COUNTS@
               union all select m.chat where not exists (select 1 from chat_group g where g.id = m.chat)) r
             where exists (select 1 from receipt x where x.person = r.person and x.kind in (%s)
                            and x.up_to >= m.sent_at and x.clock >= m.clock))""".replace("@COUNTS@", GroupMembers.COUNTS);

    private static final String COLUMNS =
            """
            m.number, m.chat, m.author, m.outgoing, m.sent_at, m.noted_ms, m.text, m.state,
            case when m.outgoing = 0 then 0 else max(1, (select count(*) from group_member gm
                where gm.chat = m.chat and gm.person <> m.author and %s)) end,
            case when m.outgoing = 0 or m.state in (0, 3, 4) then 0 else %s end,
            case when m.outgoing = 0 or m.state in (0, 3, 4) then 0 else %s end,
            m.refusal
            """.formatted(GroupMembers.COUNTS, COVERED.formatted("1, 2"), COVERED.formatted("2"));

    private final Database database;

    public Messages(Database database) {
        this.database = database;
    }

    private static Message message(ResultSet row, int ignored) throws SQLException {
        boolean outgoing = row.getInt(4) == 1;
        int state = row.getInt(8);
        return new Message(
                row.getLong(1),
                new Address(row.getLong(2)),
                new ClientId(row.getLong(3)),
                outgoing,
                new PosixTime(row.getLong(5)),
                Instant.ofEpochMilli(row.getLong(6)),
                row.getString(7),
                outgoing ? way(state) : Way.AT_SERVER,
                row.getInt(9),
                row.getInt(10),
                row.getInt(11),
                outgoing || state == 1,
                Reason.ofCode(row.getInt(12)));
    }

    private static Way way(int state) {
        return switch (state) {
            case 0 -> Way.WAITING;
            case 1 -> Way.HANDED;
            case 2 -> Way.AT_SERVER;
            case 3 -> Way.UNSURE;
            case 4 -> Way.REFUSED;
            default -> throw new IllegalStateException("a message in state " + state);
        };
    }

    // ------------------------------------------------------------------------------------------------------ what goes
    // out

    /**
     * Puts a message into the outbox.
     *
     * <p>Its time is later than that of every message that one of its recipients was sent before: so a receipt, which covers all up to
     * a second, can never cover a message that was written in the same second but sent after it.
     *
     * @return its number
     */
    public long write(Address chat, ClientId self, Instant now, String text) {
        return database.inTransaction(jdbc -> {
            long newest = jdbc.sql("""
                            select coalesce(max(newest), 0) from (
                              select (select max(sent_at) from message where outgoing = 1 and chat = c.chat) as newest
                              from (select :chat as chat
                                    union select other.chat from group_member other where other.person = :chat
                                    union select here.person from group_member here where here.chat = :chat and here.person <> :self
                                    union select other.chat from group_member here
                                      join group_member other on other.person = here.person
                                      where here.chat = :chat and here.person <> :self) c)""")
                    .param("chat", chat.value())
                    .param("self", self.value())
                    .query(Long.class)
                    .single();
            long sentAt = Math.max(now.getEpochSecond(), newest + 1);
            jdbc.sql(
                            "insert into message (chat, author, outgoing, sent_at, noted_ms, text, state) values (?, ?, 1, ?, ?, ?, 0)")
                    .params(chat.value(), self.value(), sentAt, now.toEpochMilli(), text)
                    .update();
            return lastNumber();
        });
    }

    private long lastNumber() {
        return database.with(
                jdbc -> jdbc.sql("select last_insert_rowid()").query(Long.class).single());
    }

    /** What waits to be sent, oldest first. */
    public List<Due> waiting(int limit) {
        return database.with(jdbc -> jdbc.sql("select number, chat, sent_at, text from message"
                        + " where outgoing = 1 and state <> 2 and state = 0 order by number limit ?")
                .param(limit)
                .query((row, n) -> new Due(
                        row.getLong(1), new Address(row.getLong(2)), new PosixTime(row.getLong(3)), row.getString(4)))
                .list());
    }

    /** How many messages wait, are on their way, or are unsure. */
    public int count(Way way) {
        return database.with(
                jdbc -> jdbc.sql("select count(*) from message where outgoing = 1 and state <> 2 and state = ?")
                        .param(way.number)
                        .query(Integer.class)
                        .single());
    }

    /** Notes, before it is written to the connection, that it will be. */
    public void handed(long number, long clock, long session, Instant now) {
        database.with(jdbc -> jdbc.sql(
                        "update message set state = 1, clock = ?, session = ?, handed_ms = ? where number = ? and state = 0")
                .params(clock, session, now.toEpochMilli(), number)
                .update());
    }

    /** The server has dealt with everything before this mark that was handed to the same connection as it. */
    public int settledUpTo(long clock, long session, Instant now) {
        return database.with(jdbc -> jdbc.sql("update message set state = 2, settled_ms = ?"
                        + " where outgoing = 1 and state <> 2 and state = 1 and clock <= ? and session = ?")
                .params(now.toEpochMilli(), clock, session)
                .update());
    }

    /** On which connection a mark was set, if there was a message before it. */
    public Optional<Long> sessionOfMark(long clock) {
        return database.with(jdbc -> jdbc.sql("select session from message"
                        + " where outgoing = 1 and state <> 2 and state = 1 and clock = ? limit 1")
                .param(clock)
                .query(Long.class)
                .optional());
    }

    /** What was handed to a base session and is not known to be at the server. */
    public List<Open> open() {
        return database.with(jdbc -> jdbc.sql(
                        "select number, clock from message where outgoing = 1 and state <> 2 and state = 1"
                                + " and number not in (select message from numbered where message is not null) order by number")
                .query((row, n) -> new Open(row.getLong(1), row.getLong(2)))
                .list());
    }

    /** Decides about a message that was handed to a connection which is no more. */
    public void decide(long number, Way way) {
        database.with(jdbc -> jdbc.sql("update message set state = ? where number = ? and state = 1")
                .params(way.number, number)
                .update());
    }

    /** A receipt of exactly this second is about exactly this message: no other one to that person has the same. */
    public void proven(ClientId person, PosixTime sentAt, Instant now) {
        database.with(jdbc -> jdbc.sql("""
                        update message set state = 2, settled_ms = ?1
                        where outgoing = 1 and state <> 2 and state in (1, 3) and sent_at = ?2
                          and (chat = ?3 or chat in (select chat from group_member where person = ?3))""")
                .params(now.toEpochMilli(), sentAt.seconds(), person.value())
                .update());
    }

    /** The server has it. */
    public void accepted(long number, Instant now) {
        database.with(jdbc -> jdbc.sql(
                        "update message set state = 2, settled_ms = ? where number = ? and outgoing = 1 and state in (1, 3)")
                .params(now.toEpochMilli(), number)
                .update());
    }

    /** The server has refused it. */
    public void refused(long number, Reason reason, Instant now) {
        database.with(jdbc -> jdbc.sql(
                        "update message set state = 4, refusal = ?, settled_ms = ? where number = ? and outgoing = 1")
                .params(reason.code(), now.toEpochMilli(), number)
                .update());
    }

    /** Puts an unsure or refused message at the end of the outbox again: a new message with the same text. */
    public Optional<Long> again(long number, ClientId self, Instant now) {
        return database.inTransaction(jdbc -> jdbc.sql(
                        "select chat, text from message where number = ? and state in (3, 4) and outgoing = 1")
                .param(number)
                .query((row, n) -> new Due(0, new Address(row.getLong(1)), new PosixTime(0), row.getString(2)))
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
            jdbc.sql("insert into wanted_group (name, members, sent_at, state) values (?, ?, ?, 0)")
                    .param(name)
                    .param(joined(members))
                    .param(sentAt.seconds())
                    .update();
            return lastNumber();
        });
    }

    public List<WantedGroup> wanted(Way way) {
        return database.with(jdbc -> jdbc.sql(
                        "select number, name, sent_at, members from wanted_group where state = ? order by number")
                .param(way.number)
                .query((row, n) -> new WantedGroup(
                        row.getLong(1), row.getString(2), new PosixTime(row.getLong(3)), split(row.getString(4))))
                .list());
    }

    /** Groups that were asked for with one of these marks behind, and are not there. */
    public List<WantedGroup> wantedBetween(long firstClock, long lastClock) {
        return database.with(jdbc -> jdbc.sql("select number, name, sent_at, members from wanted_group"
                        + " where state = 1 and clock between ? and ? order by number")
                .params(firstClock, lastClock)
                .query((row, n) -> new WantedGroup(
                        row.getLong(1), row.getString(2), new PosixTime(row.getLong(3)), split(row.getString(4))))
                .list());
    }

    public void groupHanded(long number, long clock) {
        database.with(jdbc -> jdbc.sql("update wanted_group set state = 1, clock = ? where number = ?")
                .params(clock, number)
                .update());
    }

    /** The groups that a base session was asked for. */
    public List<Open> openGroups() {
        return database.with(jdbc -> jdbc.sql(
                        "select number, clock from wanted_group where state = 1"
                                + " and number not in (select wanted_group from numbered where wanted_group is not null) order by number")
                .query((row, n) -> new Open(row.getLong(1), row.getLong(2)))
                .list());
    }

    public void decideGroup(long number, Way way) {
        database.with(jdbc -> jdbc.sql("update wanted_group set state = ? where number = ?")
                .params(way.number, number)
                .update());
    }

    /** A group that was asked for, if it still is. */
    public Optional<WantedGroup> wantedGroup(long number) {
        return database.with(jdbc -> jdbc.sql(
                        "select number, name, sent_at, members from wanted_group where number = ?")
                .param(number)
                .query((row, n) -> new WantedGroup(
                        row.getLong(1), row.getString(2), new PosixTime(row.getLong(3)), split(row.getString(4))))
                .optional());
    }

    /** The group has come, or will never come: it is wanted no more. */
    public void groupCame(long number) {
        database.with(jdbc -> jdbc.sql("delete from wanted_group where number = ?")
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
        return database.inTransaction(jdbc -> {
            jdbc.sql("insert into message (chat, author, outgoing, sent_at, noted_ms, text, state, session)"
                            + " values (?, ?, 0, ?, ?, ?, 0, ?)")
                    .params(chat.value(), author.value(), sentAt.seconds(), now.toEpochMilli(), text, session)
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

    /** Whether we wrote this to ourselves. */
    public boolean isOwnEcho(Address chat, PosixTime sentAt, String text) {
        return database.with(jdbc ->
                jdbc.sql("select count(*) from message where outgoing = 1 and chat = ? and sent_at = ? and text = ?")
                                .params(chat.value(), sentAt.seconds(), text)
                                .query(Long.class)
                                .single()
                        > 0);
    }

    /**
     * Notes a 07 (read false) or a 09.
     *
     * @param clock the last mark that was handed over before it came
     * @return whether it says anything that was not known
     */
    public boolean receipt(ClientId person, boolean read, PosixTime upTo, long clock, Instant now) {
        return database.inTransaction(jdbc -> {
            boolean noted = jdbc.sql("""
                            insert into receipt (person, kind, up_to, clock, noted_ms) values (?, ?, ?, ?, ?)
                            on conflict (person, kind, up_to) do update set clock = excluded.clock
                              where excluded.clock > clock""")
                            .params(person.value(), read ? 2 : 1, upTo.seconds(), clock, now.toEpochMilli())
                            .update()
                    > 0;
            return noted && (read || !isKnownToHaveRead(person, upTo, clock));
        });
    }

    /** Read implies delivered. */
    private boolean isKnownToHaveRead(ClientId person, PosixTime upTo, long clock) {
        return database.with(jdbc ->
                jdbc.sql("select count(*) from receipt where person = ? and kind = 2 and up_to >= ? and clock >= ?")
                                .params(person.value(), upTo.seconds(), clock)
                                .query(Long.class)
                                .single()
                        > 0);
    }

    /** Who has an outgoing message, and who has read it. */
    public List<Progress> progress(long number) {
        return database.with(jdbc -> jdbc.sql("""
                        select gm.person,
                          (select min(noted_ms) from receipt x where x.person = gm.person
                             and x.kind in (1, 2) and x.up_to >= m.sent_at and x.clock >= m.clock and m.state in (1, 2)),
                          (select min(noted_ms) from receipt x where x.person = gm.person and x.kind = 2
                             and x.up_to >= m.sent_at and x.clock >= m.clock and m.state in (1, 2))
                        from message m join (
                          select chat, person, place from group_member
                          union all select distinct chat, chat, 0 from message where number = ?1
                            and not exists (select 1 from chat_group g where g.id = chat)) gm on gm.chat = m.chat
                        where m.number = ?1 and m.outgoing = 1 and (gm.person <> m.author or gm.person = m.chat)
                          and %s
                        order by gm.place""".formatted(GroupMembers.COUNTS))
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

    /**
     * Notes that these were shown to be read, and what their authors may be told of it: up to the newest second that was shown whole
     * and before which nothing of the same author was not.
     */
    public void seen(List<Long> numbers, boolean tell) {
        if (numbers.isEmpty()) {
            return;
        }
        database.inTransaction(jdbc -> {
            var authors = new java.util.TreeSet<Long>();
            for (long number : numbers) {
                jdbc.sql(
                                "update message set state = 1 where number = ? and outgoing = 0 and state = 0 returning author")
                        .param(number)
                        .query(Long.class)
                        .list()
                        .forEach(authors::add);
            }
            if (tell) {
                authors.forEach(this::raiseReadMark);
            }
            return true;
        });
    }

    private void raiseReadMark(long author) {
        database.with(jdbc -> {
            long unseen = jdbc.sql(
                            "select coalesce(min(sent_at), ?) from message where author = ? and outgoing = 0 and state = 0")
                    .params(Long.MAX_VALUE, author)
                    .query(Long.class)
                    .single();
            long upTo = jdbc.sql("select coalesce(max(sent_at), -1) from message"
                            + " where author = ? and outgoing = 0 and state = 1 and sent_at < ?")
                    .params(author, unseen)
                    .query(Long.class)
                    .single();
            return upTo < 0 ? 0 : jdbc.sql("""
                            insert into read_mark (person, up_to, told, told_clock) values (?, ?, 0, 0)
                            on conflict (person) do update set up_to = excluded.up_to where excluded.up_to > up_to""").params(author, upTo).update();
        });
    }

    /** What authors should be told to have been read. */
    public List<ReadMark> readMarks() {
        return database.with(jdbc -> jdbc.sql("select person, up_to from read_mark where told < up_to order by person")
                .query((row, n) -> new ReadMark(new ClientId(row.getLong(1)), new PosixTime(row.getLong(2))))
                .list());
    }

    public void told(ReadMark mark, long clock) {
        database.with(jdbc -> jdbc.sql("update read_mark set told = ?, told_clock = ? where person = ?")
                .params(mark.upTo().seconds(), clock, mark.person().value())
                .update());
    }

    /** What was told after this mark is told again: a read mark does no harm when it is given twice. */
    public void tellAgainAfter(long clock) {
        database.with(jdbc -> jdbc.sql("update read_mark set told = 0 where told_clock > ?")
                .param(clock)
                .update());
    }

    /** The chats with messages that were not seen, the one whose newest message is the oldest first. */
    public List<Unread> unread() {
        return database.with(jdbc -> jdbc.sql("""
                        select chat, count(*), min(number), max(sent_at) from message
                        where outgoing = 0 and state = 0 group by chat order by min(number)""")
                .query((row, n) -> new Unread(
                        new Address(row.getLong(1)), row.getInt(2), row.getLong(3), new PosixTime(row.getLong(4))))
                .list());
    }

    /** How many messages were not seen, in chats that are not muted. */
    public int unreadCount() {
        return database.with(jdbc -> jdbc.sql("""
                        select count(*) from message where outgoing = 0 and state = 0
                        and chat not in (select chat from muted)""").query(Integer.class).single());
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
        return database.with(jdbc -> jdbc.sql(
                                "select " + COLUMNS + " from message m where m.chat = ? order by m.number desc limit ?")
                        .params(chat.value(), limit)
                        .query(Messages::message)
                        .list())
                .reversed();
    }

    /** The messages of a chat with numbers in a range, oldest first; how an export pages through it. */
    public List<Message> after(Address chat, long number, int limit) {
        return database.with(jdbc -> jdbc.sql("select " + COLUMNS
                        + " from message m where m.chat = ? and m.number > ? order by m.number limit ?")
                .params(chat.value(), number, limit)
                .query(Messages::message)
                .list());
    }

    public List<Message> unseen(Address chat) {
        return database.with(jdbc -> jdbc.sql("select " + COLUMNS
                        + " from message m where m.chat = ? and m.outgoing = 0 and m.state = 0 order by m.number")
                .param(chat.value())
                .query(Messages::message)
                .list());
    }

    /** The newest message that came, in one chat or in any. */
    public Optional<Message> lastIncoming() {
        return database.with(jdbc -> jdbc.sql(
                        "select " + COLUMNS + " from message m where m.outgoing = 0 order by m.number desc limit 1")
                .query(Messages::message)
                .optional());
    }

    /** What is out there and not known to be at the server: for people who want to know. */
    public List<Message> of(Way way) {
        return database.with(jdbc -> jdbc.sql("select " + COLUMNS
                        + " from message m where m.outgoing = 1 and m.state <> 2 and m.state = ? order by m.number")
                .param(way.number)
                .query(Messages::message)
                .list());
    }

    /** The messages with all these words, the best first; the last word may be the beginning of one. */
    public List<Message> search(String words, @Nullable Address chat, int limit) {
        String query = String.join(
                " ",
                java.util.Arrays.stream(words.strip().split("\\s+", -1))
                        .filter(word -> !word.isEmpty())
                        .map(word -> '"' + word.replace("\"", "\"\"") + '"')
                        .toList());
        if (query.isEmpty()) {
            return List.of();
        }
        return database.with(jdbc -> jdbc.sql("""
                        with found as (select rowid as number, rank from message_text where message_text match ?1
                          order by rank limit case when ?2 = 0 then ?3 else -1 end)
                        select %s from found join message m on m.number = found.number
                        where ?2 = 0 or m.chat = ?2 order by found.rank, m.number desc limit ?3""".formatted(COLUMNS))
                .params(query + "*", chat == null ? 0 : chat.value(), limit)
                .query(Messages::message)
                .list());
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
