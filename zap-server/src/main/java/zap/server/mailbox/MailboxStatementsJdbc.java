package zap.server.mailbox;

import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.ConnectionCallback;
import org.springframework.jdbc.core.JdbcOperations;
import zap.protocol.Frame;
import zap.protocol.HistoryDigest;
import zap.protocol.Reason;

/**
 * The statements over JDBC. They take arrays: a batch of any size is one statement, planned once, and one round trip.
 *
 * <p>An ORM would write row by row here, and each row would cost as much as the message itself. Reading a row through
 * an ORM takes six times the processor time.
 */
class MailboxStatementsJdbc implements MailboxStatements {

    private static final String READ = """
            select id, session, stream, accepted, stream_digest, stream_at, refusals_dropped, tail, given, digest, settled,
                coalesce(node, 0)
            from client where id = any (?)
            """;

    /** Citus refuses to lock rows of several shards. It makes updates of several shards wait for each other. */
    private static final StatementForm LOCK = new StatementForm(READ + " order by id for no key update", """
            update client set tail = tail where id = any (?)
            returning id, session, stream, accepted, stream_digest, stream_at, refusals_dropped, tail, given, digest, settled,
                coalesce(node, 0)
            """);

    /**
     * A condition that names the rows' ids once more, for Citus alone: it lets Citus leave out the shards without these
     * clients. Otherwise the smallest batch takes a statement on each shard.
     */
    private static final String ON_THEIR_SHARDS = " and client.id = any (?)";

    private static final String INSERT = """
            insert into mailbox (recipient, position, code, src, dst, sent_at, message_id, body, generation)
            select recipient, position, code, src, dst, sent_at, nullif(message_id, -1), body,
                (select 1 + turns % 2 from mailbox_turn)
            from unnest(
                    ?::bigint[], ?::bigint[], ?::smallint[], ?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[],
                    ?::bytea[])
                as u (recipient, position, code, src, dst, sent_at, message_id, body)
            """;

    private static final String PAGE = """
            select position, code, src, dst, sent_at, body, message_id from mailbox
            where recipient = ? and position > ? order by position limit ?
            """;

    private static final String ADVANCE_ALL = """
            with name as (update writer set batch = ? where id = ? and batch >= ? returning id)
            update client
            set session = u.session, node = nullif(u.node, 0), stream = nullif(u.stream, -1), accepted = u.accepted,
                stream_digest = u.stream_digest, stream_at = u.stream_at, refusals_dropped = u.refusals_dropped,
                tail = u.tail, given = u.given, digest = u.digest, settled = u.settled
            from unnest(
                    ?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[],
                    ?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[])
                as u (
                    id, session, stream, accepted, stream_digest, stream_at, refusals_dropped, tail, given, digest,
                    settled, node)
            where client.id = u.id and exists (select from name)""";

    private static final StatementForm ADVANCE = new StatementForm(ADVANCE_ALL, ADVANCE_ALL + ON_THEIR_SHARDS);

    /**
     * Divides by zero when a counter has changed since it was read, and takes the root of -1 when the writer's row
     * holds a greater number already, or a smaller one than was confirmed. Then the whole statement fails and is rolled
     * back.
     *
     * <p>One array is unnested, and the others are read by the same index: PostgreSQL materializes each unnested array,
     * and the statement would take a tenth more processor time. A missing stream or message id is -1, because
     * PostgreSQL finds an element of an array with nulls only by counting. The stream's id, the session, and the
     * dropped refusals change only under the row's lock ({@link #ADVANCE}). They are compared here, or a frame that
     * another node has fenced off would count.
     */
    private static final String STORE_ALL = """
            with name as (update writer set batch = ? where id = ? and batch < ? and batch >= ? returning id),
            raised as (
                update client
                set accepted = u.accepted, stream_digest = u.stream_digest, stream_at = u.stream_at,
                    tail = u.tail, given = u.given, digest = u.digest, settled = u.settled
                from (
                    select id,
                        (?::bigint[])[n] as accepted, (?::bigint[])[n] as stream_digest, (?::bigint[])[n] as stream_at,
                        (?::bigint[])[n] as tail, (?::bigint[])[n] as given, (?::bigint[])[n] as digest,
                        (?::bigint[])[n] as settled,
                        (?::bigint[])[n] as session_before, nullif((?::bigint[])[n], -1) as stream_before,
                        (?::bigint[])[n] as accepted_before,
                        (?::bigint[])[n] as tail_before, (?::bigint[])[n] as given_before,
                        (?::bigint[])[n] as settled_before
                    from unnest(?::bigint[]) with ordinality as k (id, n)) as u
                where client.id = u.id ON_THEIR_SHARDS and client.session = u.session_before
                  and client.stream is not distinct from u.stream_before
                  and client.accepted = u.accepted_before and client.tail = u.tail_before
                  and client.given = u.given_before and client.settled = u.settled_before
                returning client.id),
            added as (
                insert into mailbox (recipient, position, code, src, dst, sent_at, message_id, body, generation)
                select (?::bigint[])[n], (?::bigint[])[n], (?::smallint[])[n], (?::bigint[])[n], (?::bigint[])[n],
                    (?::bigint[])[n], nullif((?::bigint[])[n], -1), body, (select 1 + turns % 2 from mailbox_turn)
                from unnest(?::bytea[]) with ordinality as k (body, n))
            select sqrt((select count(*) from name) - 1),
                1 / (case when (select count(*) from raised) = ? then 1 else 0 end)
            """;

    private static final StatementForm STORE = new StatementForm(
            STORE_ALL.replace(" ON_THEIR_SHARDS", ""), STORE_ALL.replace(" ON_THEIR_SHARDS", ON_THEIR_SHARDS));

    /**
     * Locks the rows of a shared batch, in ascending order of id, so that two nodes never deadlock. The next statement,
     * in the same round trip and transaction, sees what was committed before.
     *
     * <p>PostgreSQL plans that statement once, and not for the arrays of each batch: planning costs more than what is
     * planned, and its estimates hardly ever let PostgreSQL come to that by itself.
     */
    private static final StatementForm LOCK_SHARED = new StatementForm("""
            select count(*), set_config('plan_cache_mode', 'force_generic_plan', true)
            from (select from client where id = any (?) order by id for no key update) as locked;
            """, """
            with locked as (update client set tail = tail where id = any (?) returning id)
            select count(*) from locked;
            """);

    /** A message that makes a receipt {@code r} untrue: this node did not know it, and the receipt would cover it. */
    private static final String UNTRUE = """
            m.recipient = r.recipient and m.position > r.known and m.code in (6, 36)
              and m.src = r.originator and m.sent_at <= r.up_to""";

    /**
     * The receipts that are true, and a row for each read receipt that is not. Citus refuses a subquery on a
     * distributed table that refers to an array of the same statement, and takes a join with it.
     */
    private static final StatementForm RECEIPTS =
            new StatementForm("""
            due as materialized (
                select n, recipient, originator, up_to, row_number() over (partition by originator order by n) as nth
                from unnest(?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[]) with ordinality
                    as r (recipient, originator, up_to, known, n)
                where not exists (select from mailbox m where UNTRUE)),
            untrue_read as materialized (
                select 1
                from unnest(?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[])
                    as r (recipient, originator, up_to, known)
                where exists (select from mailbox m where UNTRUE)),
            """.replace("UNTRUE", UNTRUE), """
            owed as materialized (
                select n, recipient, originator, up_to, known
                from unnest(?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[]) with ordinality
                    as r (recipient, originator, up_to, known, n)),
            untrue as materialized (select r.n from owed r join mailbox m on UNTRUE),
            due as materialized (
                select n, recipient, originator, up_to, row_number() over (partition by originator order by n) as nth
                from owed where n not in (select n from untrue)),
            untrue_read as materialized (
                select 1
                from unnest(?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[])
                    as r (recipient, originator, up_to, known)
                join mailbox m on UNTRUE),
            """.replace("UNTRUE", UNTRUE));

    /** The second statement of {@link #STORE_SHARED}, to be completed with {@link #RECEIPTS}. */
    private static final String STORE_SHARED_BODY = """
            with name as (update writer set batch = ? where id = ? and batch < ? and batch >= ? returning id),
            RECEIPTS
            raised as (
                update client
                set tail = client.tail + u.entries + u.receipts,
                    accepted = case when u.owned then u.accepted else client.accepted end,
                    stream_digest = case when u.owned then u.stream_digest else client.stream_digest end,
                    stream_at = case when u.at >= 0 then client.tail + u.at else client.stream_at end,
                    given = case when u.owned then u.given else client.given end,
                    digest = case when u.owned then u.digest else client.digest end,
                    settled = case when u.owned and u.owed = u.owed_true then u.settled else client.settled end
                from (
                    select id,
                        (?::bigint[])[k.n] as entries, (?::bigint[])[k.n] as messages, (?::bigint[])[k.n] as owed,
                        coalesce(o.count, 0) as receipts,
                        coalesce(r.count, 0) as owed_true,
                        (?::bigint[])[k.n] = 1 as owned,
                        (?::bigint[])[k.n] as accepted, (?::bigint[])[k.n] as stream_digest, (?::bigint[])[k.n] as at,
                        (?::bigint[])[k.n] as given, (?::bigint[])[k.n] as digest, (?::bigint[])[k.n] as settled,
                        (?::bigint[])[k.n] as session_before, nullif((?::bigint[])[k.n], -1) as stream_before,
                        (?::bigint[])[k.n] as accepted_before, (?::bigint[])[k.n] as given_before,
                        (?::bigint[])[k.n] as settled_before
                    from unnest(?::bigint[]) with ordinality as k (id, n)
                    left join (select originator, count(*) from due group by originator) as o on o.originator = k.id
                    left join (select recipient, count(*) from due group by recipient) as r on r.recipient = k.id) as u
                where client.id = u.id ON_THEIR_SHARDS
                  and (not u.owned
                    or client.session = u.session_before and client.stream is not distinct from u.stream_before
                    and client.accepted = u.accepted_before and client.given = u.given_before
                    and client.settled = u.settled_before)
                  and (u.messages = 0
                    or client.tail + u.entries - case when u.owned then u.given else client.given end <= ?)
                returning client.id, client.tail, coalesce(client.node, 0) as node, u.receipts, u.entries),
            added as (
                insert into mailbox (recipient, position, code, src, dst, sent_at, message_id, body, generation)
                select e.recipient, r.tail - r.receipts - r.entries + e.nth, e.code, e.src, e.dst, e.sent_at,
                    nullif(e.message_id, -1), e.body, (select 1 + turns % 2 from mailbox_turn)
                from (
                    select (?::bigint[])[n] as recipient, (?::bigint[])[n] as nth, (?::smallint[])[n] as code,
                        (?::bigint[])[n] as src, (?::bigint[])[n] as dst, (?::bigint[])[n] as sent_at,
                        (?::bigint[])[n] as message_id, body
                    from unnest(?::bytea[]) with ordinality as k (body, n)) as e
                join raised r on r.id = e.recipient
                union all
                select d.originator, r.tail - r.receipts + d.nth, 7::smallint, 0, d.recipient, d.up_to,
                    null, null, (select 1 + turns % 2 from mailbox_turn)
                from due d join raised r on r.id = d.originator)
            select sqrt((select count(*) from name) - 1),
                1 / (case when (select count(*) from raised) = ? and not exists (select from untrue_read)
                    then 1 else 0 end),
                (select array_agg(id order by id) from raised), (select array_agg(tail order by id) from raised),
                (select array_agg(node order by id) from raised), (select array_agg(n) from due),
                (1e9 * extract(epoch from statement_timestamp() - transaction_timestamp()))::bigint
            """;

    /**
     * Adds to the tails as they are, and places the entries there. What only a client's session may change is compared
     * with what was read, in the rows where it changes. Returns, too, how long the locks took: the time from the begin
     * of the transaction to that of this statement.
     */
    private static final StatementForm STORE_SHARED = new StatementForm(
            LOCK_SHARED.postgresql()
                    + STORE_SHARED_BODY
                            .replace("RECEIPTS\n", RECEIPTS.postgresql())
                            .replace(" ON_THEIR_SHARDS", ""),
            LOCK_SHARED.citus()
                    + STORE_SHARED_BODY
                            .replace("RECEIPTS\n", RECEIPTS.citus())
                            .replace(" ON_THEIR_SHARDS", ON_THEIR_SHARDS));

    /** The number of parameters for counters. */
    private static final int COUNTER_COLUMNS = 12;

    /** The number of parameters for entries. */
    private static final int ENTRY_COLUMNS = 8;

    /** The value for a missing id in an array: streams and message ids have thirteen digits (protocol section 3). */
    private static final long NONE = -1;

    /** The mask of a digest, which is kept as an unsigned number of 32 bits. */
    private static final long DIGEST_BITS = 0xFFFF_FFFFL;

    private static final String DIVISION_BY_ZERO = "22012";
    private static final String ROOT_OF_A_NEGATIVE_NUMBER = "2201F";

    /**
     * Reads one mailbox after the other by its index ("offset 0" keeps it so), because the plan for all of them
     * together may be to read the whole table.
     */
    private static final String LEDGERS = """
            select c.id, c.tail, c.given, m.position, m.src, m.sent_at
            from client c left join lateral (
                select position, src, sent_at from mailbox
                where recipient = c.id and position > c.settled and code in (6, 36)
                offset 0) m on true
            where c.id = any (?)
            order by c.id, m.position
            """;

    private static final String ENROLL = "insert into writer default values returning id";

    private static final String RETIRE = "delete from writer where id = ?";

    /** Leaves a row out while it is locked, which means that the transaction that wrote it has not ended. */
    private static final String FATE = """
            with found as (select batch from writer where id = ? for update skip locked),
            given_up as (
                update writer set batch = ? where id = ? and batch <> ? and batch >= ? and exists (select from found))
            select batch from found
            """;

    /** Reads the row as it was committed last, locked or not. */
    private static final String LAST_BATCH = "select batch from writer where id = ?";

    private static final String PUT_ASIDE = """
            insert into stream (client, stream, accepted, digest, at, refusals_dropped, last_session)
            values (?, ?, ?, ?, ?, ?, ?)
            """;

    private static final String TAKE_OUT = """
            delete from stream where client = ? and stream = ?
            returning accepted, digest, at, refusals_dropped
            """;

    private static final String PRUNE_STREAMS = """
            with gone as (
                delete from stream
                where client = ? and stream in (
                    select stream from stream where client = ? order by last_session desc offset ?)
                returning stream)
            delete from refusal where client = ? and stream in (select stream from gone)
            """;

    private static final String KEEP_REFUSALS = """
            insert into refusal (client, stream, ordinal, reason)
            select * from unnest(?::bigint[], ?::bigint[], ?::bigint[], ?::smallint[])
            """;

    private static final String PRUNE_REFUSALS = """
            with gone as (
                delete from refusal
                where client = ? and stream = ? and ordinal <= (
                    select ordinal from refusal where client = ? and stream = ? order by ordinal desc offset ? limit 1)
                returning ordinal)
            select coalesce(max(ordinal), 0) from gone
            """;

    private static final String REFUSALS =
            "select ordinal, reason from refusal where client = ? and stream = ? and ordinal > ? order by ordinal";

    private static final String FORGET_REFUSALS = "delete from refusal where client = ? and stream = ?";

    private static final String END_SESSION =
            "update client set session = session + 1, node = null where id = ? and session = ? and node = ?";

    private static final String WAITING = "select coalesce(sum(tail - given), 0)::bigint from client";

    private static final String CLEAR = """
            delete from mailbox
            where (recipient, position) in (
                select m.recipient, m.position
                from forgotten_client f join mailbox m on m.recipient = f.id
                where not f.cleared
                limit ?)
            """;

    /** Entries are never added for a deleted client, so a mailbox that is empty now stays empty. */
    private static final String CLEARED = """
            update forgotten_client f set cleared = true
            where not cleared and not exists (select from mailbox m where m.recipient = f.id)
            """;

    private final JdbcOperations jdbc;
    private final DatabaseEngine engine;

    MailboxStatementsJdbc(JdbcOperations jdbc) {
        this.jdbc = jdbc;
        this.engine = new DatabaseEngine(jdbc);
    }

    @Override
    public List<Counters> lock(long[] clients) {
        if (clients.length == 0) {
            return List.of();
        }
        return counters(LOCK.on(engine), clients);
    }

    @Override
    public List<Counters> read(long[] clients) {
        return counters(READ, clients);
    }

    private List<Counters> counters(String sql, long[] clients) {
        return with(sql, (connection, statement) -> {
            statement.setArray(1, bigints(connection, clients));
            var found = new ArrayList<Counters>(clients.length);
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    found.add(counters(rows));
                }
            }
            return found;
        });
    }

    private static Counters counters(ResultSet row) throws SQLException {
        Long stream = row.getObject(3, Long.class);
        return new Counters(
                row.getLong(1),
                row.getLong(2),
                row.getLong(12),
                new StreamState(
                        stream == null ? StreamState.NO_STREAM : stream,
                        row.getLong(4),
                        digest(row.getLong(5)),
                        row.getLong(6),
                        row.getLong(7)),
                row.getLong(8),
                row.getLong(9),
                digest(row.getLong(10)),
                row.getLong(11));
    }

    private static HistoryDigest digest(long bits) {
        return new HistoryDigest((int) bits);
    }

    private static long bits(HistoryDigest digest) {
        return digest.value() & DIGEST_BITS;
    }

    @Override
    public List<MailboxItem> page(long recipient, long after, int limit) {
        return jdbc.query(PAGE, (row, number) -> mail(row), recipient, after, limit);
    }

    private static MailboxItem mail(ResultSet row) throws SQLException {
        var frame = new StoredFrame(
                row.getShort(2),
                row.getLong(3),
                row.getLong(4),
                row.getLong(5),
                row.getBytes(6),
                row.getObject(7, Long.class));
        return new MailboxItem(row.getLong(1), frame.frame(), MailboxItem.NOT_MEASURED);
    }

    @Override
    public void insert(List<NewEntry> newEntries) {
        with(INSERT, (connection, statement) -> {
            setEntries(connection, statement, 1, newEntries, positions(newEntries));
            return statement.executeUpdate();
        });
    }

    @Override
    public void store(List<NewEntry> newEntries, List<Counters> counters, BatchName batch) {
        try {
            inOneTransaction(STORE.on(engine), (connection, statement) -> {
                var to = new Parameters(connection, statement);
                to.next(batch.number());
                to.next(batch.writer());
                to.next(batch.number());
                to.next(batch.confirmed());
                to.next(counters, row -> row.stream.accepted());
                to.next(counters, row -> bits(row.stream.digest()));
                to.next(counters, row -> row.stream.at());
                to.next(counters, row -> row.tail);
                to.next(counters, row -> row.given);
                to.next(counters, row -> bits(row.digest));
                to.next(counters, row -> row.settled);
                to.next(counters, row -> row.session);
                to.next(counters, row -> row.streamBefore.id());
                to.next(counters, row -> row.streamBefore.accepted());
                to.next(counters, row -> row.tailBefore);
                to.next(counters, row -> row.givenBefore);
                to.next(counters, row -> row.settledBefore);
                to.next(counters, row -> row.client);
                if (engine.isCitus()) {
                    to.next(counters, row -> row.client);
                }
                to.next(newEntries, positions(newEntries));
                to.next(counters.size());
                return execute(statement);
            });
        } catch (NotNamedException e) {
            checkNothingIsLost(batch);
            throw new CountersChangedException();
        }
    }

    /** The writer's row holds a greater number already, or a smaller one than was confirmed. */
    private static final class NotNamedException extends RuntimeException {
        private static final long serialVersionUID = 1;

        NotNamedException() {
            super("The writer's row does not take the batch's name", null, false, false);
        }
    }

    /** Executes a statement that stores a batch, and gives its failures their meaning. */
    private static boolean execute(PreparedStatement statement) throws SQLException {
        try {
            return statement.execute();
        } catch (SQLException e) {
            if (DIVISION_BY_ZERO.equals(e.getSQLState())) {
                throw new CountersChangedException();
            }
            if (ROOT_OF_A_NEGATIVE_NUMBER.equals(e.getSQLState())) {
                throw new NotNamedException();
            }
            throw e;
        }
    }

    /** @throws BatchesLostException if the writer's row does not have what was confirmed */
    private void checkNothingIsLost(BatchName batch) {
        long known = jdbc.queryForList(LAST_BATCH, Long.class, batch.writer()).stream()
                .findFirst()
                .orElse(NO_ROW);
        if (known < batch.confirmed() || known == NO_ROW) {
            throw new BatchesLostException(batch, known);
        }
    }

    @Override
    public Placement storeShared(SharedBatch batch) {
        var locked = new TreeSet<Long>();
        batch.rows().forEach(row -> locked.add(row.client));
        batch.reads().forEach(read -> locked.add(read.recipient()));
        var entries = new HashMap<Long, Long>();
        var messages = new HashMap<Long, Long>();
        var owed = new HashMap<Long, Long>();
        long[] nth = new long[batch.entries().size()];
        for (int i = 0; i < nth.length; i++) {
            NewEntry entry = batch.entries().get(i);
            nth[i] = entries.merge(entry.recipient(), 1L, Long::sum);
            if (entry.item().frame() instanceof Frame.Deliver || entry.item().frame() instanceof Frame.Message) {
                messages.merge(entry.recipient(), 1L, Long::sum);
            }
        }
        batch.receipts().forEach(receipt -> owed.merge(receipt.recipient(), 1L, Long::sum));
        List<Counters> rows = batch.rows();
        try {
            return inOneTransaction(STORE_SHARED.on(engine), (connection, statement) -> {
                var to = new Parameters(connection, statement);
                to.next(locked.stream().mapToLong(Long::longValue).toArray());
                to.next(batch.name().number());
                to.next(batch.name().writer());
                to.next(batch.name().number());
                to.next(batch.name().confirmed());
                to.next(batch.receipts());
                to.next(batch.reads());
                to.next(rows, row -> entries.getOrDefault(row.client, 0L));
                to.next(rows, row -> messages.getOrDefault(row.client, 0L));
                to.next(rows, row -> owed.getOrDefault(row.client, 0L));
                to.next(rows, row -> row.ownChanged() ? 1 : 0);
                to.next(rows, row -> row.stream.accepted());
                to.next(rows, row -> bits(row.stream.digest()));
                to.next(rows, row -> row.streamChanged() ? row.stream.at() - row.tailBefore : -1);
                to.next(rows, row -> row.given);
                to.next(rows, row -> bits(row.digest));
                to.next(rows, row -> row.settled);
                to.next(rows, row -> row.session);
                to.next(rows, row -> row.streamBefore.id());
                to.next(rows, row -> row.streamBefore.accepted());
                to.next(rows, row -> row.givenBefore);
                to.next(rows, row -> row.settledBefore);
                to.next(rows, row -> row.client);
                if (engine.isCitus()) {
                    to.next(rows, row -> row.client);
                }
                to.next(batch.maxWaiting());
                to.next(batch.entries(), nth);
                to.next(rows.size());
                execute(statement);
                statement.getMoreResults(); // behind the one of the locks
                try (ResultSet result = statement.getResultSet()) {
                    result.next();
                    return placement(result);
                }
            });
        } catch (NotNamedException e) {
            checkNothingIsLost(batch.name());
            throw new CountersChangedException();
        }
    }

    private static Placement placement(ResultSet result) throws SQLException {
        List<Long> clients = longs(result.getArray(3));
        List<Long> last = longs(result.getArray(4));
        List<Long> node = longs(result.getArray(5));
        var places = HashMap.<Long, Placement.Place>newHashMap(clients.size());
        for (int i = 0; i < clients.size(); i++) {
            places.put(clients.get(i), new Placement.Place(last.get(i), node.get(i)));
        }
        // PostgreSQL counts from 1.
        return new Placement(
                places,
                longs(result.getArray(6)).stream()
                        .map(index -> Math.toIntExact(index - 1))
                        .collect(Collectors.toSet()),
                result.getLong(7));
    }

    private static List<Long> longs(@Nullable Array array) throws SQLException {
        return array == null ? List.of() : List.of((Long[]) array.getArray());
    }

    /** Sets the parameters of a statement one after the other. */
    private static final class Parameters {

        private final Connection connection;
        private final PreparedStatement statement;
        private int index = 1;

        Parameters(Connection connection, PreparedStatement statement) {
            this.connection = connection;
            this.statement = statement;
        }

        void next(long value) throws SQLException {
            statement.setLong(index++, value);
        }

        void next(long[] values) throws SQLException {
            statement.setArray(index++, bigints(connection, values));
        }

        <R> void next(List<R> rows, ToLongFunction<R> column) throws SQLException {
            statement.setArray(index++, column(connection, rows, column));
        }

        void next(List<DueReceipt> receipts) throws SQLException {
            next(receipts, DueReceipt::recipient);
            next(receipts, DueReceipt::originator);
            next(receipts, DueReceipt::upTo);
            next(receipts, DueReceipt::known);
        }

        /** @param position the position of each entry, or its number within its mailbox, from 1 */
        void next(List<NewEntry> entries, long[] position) throws SQLException {
            setEntries(connection, statement, index, entries, position);
            index += ENTRY_COLUMNS;
        }
    }

    private static long[] positions(List<NewEntry> newEntries) {
        return newEntries.stream().mapToLong(entry -> entry.item().position()).toArray();
    }

    private static void setEntries(
            Connection connection, PreparedStatement statement, int first, List<NewEntry> newEntries, long[] position)
            throws SQLException {
        int size = newEntries.size();
        var recipient = new long[size];
        var code = new short[size];
        var src = new long[size];
        var dst = new long[size];
        var sentAt = new long[size];
        var messageId = new long[size];
        byte[] @Nullable [] body = new byte[size][];
        for (int i = 0; i < size; i++) {
            NewEntry entry = newEntries.get(i);
            StoredFrame frame = StoredFrame.of(entry.item().frame());
            recipient[i] = entry.recipient();
            code[i] = frame.code();
            src[i] = frame.src();
            dst[i] = frame.dst();
            sentAt[i] = frame.sentAt();
            messageId[i] = frame.messageId() == null ? NONE : frame.messageId();
            body[i] = frame.body();
        }
        statement.setArray(first, bigints(connection, recipient));
        statement.setArray(first + 1, bigints(connection, position));
        statement.setArray(first + 2, connection.createArrayOf("int2", boxed(code)));
        statement.setArray(first + 3, bigints(connection, src));
        statement.setArray(first + 4, bigints(connection, dst));
        statement.setArray(first + 5, bigints(connection, sentAt));
        statement.setArray(first + 6, bigints(connection, messageId));
        statement.setArray(first + 7, connection.createArrayOf("bytea", body));
    }

    private static void setCounters(
            Connection connection, PreparedStatement statement, int first, List<Counters> counters)
            throws SQLException {
        statement.setArray(first, column(connection, counters, row -> row.client));
        statement.setArray(first + 1, column(connection, counters, row -> row.session));
        statement.setArray(first + 2, column(connection, counters, row -> row.stream.id()));
        statement.setArray(first + 3, column(connection, counters, row -> row.stream.accepted()));
        statement.setArray(first + 4, column(connection, counters, row -> bits(row.stream.digest())));
        statement.setArray(first + 5, column(connection, counters, row -> row.stream.at()));
        statement.setArray(first + 6, column(connection, counters, row -> row.stream.dropped()));
        statement.setArray(first + 7, column(connection, counters, row -> row.tail));
        statement.setArray(first + 8, column(connection, counters, row -> row.given));
        statement.setArray(first + 9, column(connection, counters, row -> bits(row.digest)));
        statement.setArray(first + 10, column(connection, counters, row -> row.settled));
        statement.setArray(first + 11, column(connection, counters, row -> row.node));
    }

    @Override
    public void advance(List<Counters> counters, BatchName batch) {
        int advanced = with(ADVANCE.on(engine), (connection, statement) -> {
            statement.setLong(1, batch.number());
            statement.setLong(2, batch.writer());
            statement.setLong(3, batch.confirmed());
            setCounters(connection, statement, 4, counters);
            if (engine.isCitus()) {
                statement.setArray(4 + COUNTER_COLUMNS, column(connection, counters, row -> row.client));
            }
            return statement.executeUpdate();
        });
        if (advanced == 0) {
            checkNothingIsLost(batch);
        }
    }

    @Override
    public Map<Long, ReceiptLedger> ledgers(Collection<Long> clients) {
        return with(LEDGERS, (connection, statement) -> {
            long[] ids = clients.stream().mapToLong(Long::longValue).toArray();
            statement.setArray(1, bigints(connection, ids));
            var ledgers = new HashMap<Long, ReceiptLedger>();
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    long tail = rows.getLong(2);
                    long given = rows.getLong(3);
                    ReceiptLedger ledger =
                            ledgers.computeIfAbsent(rows.getLong(1), _ -> new ReceiptLedger(given, tail));
                    long position = rows.getLong(4);
                    if (!rows.wasNull()) {
                        ledger.loaded(position, rows.getLong(5), rows.getLong(6));
                    }
                }
            }
            return ledgers;
        });
    }

    @Override
    public StreamState changeStream(long client, StreamState current, long wanted, long session) {
        StreamState found = jdbc
                .query(
                        TAKE_OUT,
                        (row, number) -> new StreamState(
                                wanted, row.getLong(1), digest(row.getLong(2)), row.getLong(3), row.getLong(4)),
                        client,
                        wanted)
                .stream()
                .findFirst()
                .orElseGet(() -> StreamState.fresh(wanted));
        if (!current.isNone()) {
            jdbc.update(
                    PUT_ASIDE,
                    client,
                    current.id(),
                    current.accepted(),
                    bits(current.digest()),
                    current.at(),
                    current.dropped(),
                    session);
            jdbc.update(PRUNE_STREAMS, client, client, KEPT_STREAMS - 1, client);
        }
        return found;
    }

    @Override
    public void keepRefusals(List<KeptRefusal> refusals, DroppedRefusals dropped) {
        with(KEEP_REFUSALS, (connection, statement) -> {
            statement.setArray(1, column(connection, refusals, KeptRefusal::client));
            statement.setArray(2, column(connection, refusals, KeptRefusal::stream));
            statement.setArray(3, column(connection, refusals, KeptRefusal::ordinal));
            statement.setArray(
                    4,
                    connection.createArrayOf(
                            "int2",
                            refusals.stream()
                                    .map(kept -> (short) kept.reason().code())
                                    .toArray()));
            return statement.executeUpdate();
        });
        record Stream(long client, long id) {}
        refusals.stream()
                .map(kept -> new Stream(kept.client(), kept.stream()))
                .distinct()
                .forEach(stream -> {
                    Long gone = jdbc.queryForObject(
                            PRUNE_REFUSALS,
                            Long.class,
                            stream.client,
                            stream.id,
                            stream.client,
                            stream.id,
                            KEPT_REFUSALS);
                    if (gone != null && gone > 0) {
                        dropped.dropped(stream.client, stream.id, gone);
                    }
                });
    }

    @Override
    public List<KeptRefusal> refusals(long client, long stream, long after) {
        return jdbc.query(
                REFUSALS,
                (row, number) -> new KeptRefusal(
                        client, stream, row.getLong(1), Objects.requireNonNull(Reason.ofCode(row.getInt(2)))),
                client,
                stream,
                after);
    }

    @Override
    public void forgetRefusals(long client, long stream) {
        jdbc.update(FORGET_REFUSALS, client, stream);
    }

    @Override
    public long registerWriter() {
        Long writer = jdbc.queryForObject(ENROLL, Long.class);
        if (writer == null) {
            throw new IllegalStateException("No result of: " + ENROLL);
        }
        return writer;
    }

    @Override
    public void removeWriter(long writer) {
        jdbc.update(RETIRE, writer);
    }

    @Override
    public Fate fateOf(BatchName batch, long instead) {
        List<Fate> fate = jdbc.query(
                FATE,
                (row, number) -> row.getLong(1) == batch.number() ? Fate.COMMITTED : Fate.ABORTED,
                batch.writer(),
                instead,
                batch.writer(),
                batch.number(),
                batch.confirmed());
        if (!fate.equals(List.of(Fate.COMMITTED))) {
            checkNothingIsLost(batch);
        }
        return fate.isEmpty() ? Fate.IN_PROGRESS : fate.getFirst();
    }

    @Override
    public boolean endSession(long client, long session, long node) {
        return jdbc.update(END_SESSION, client, session, node) > 0;
    }

    @Override
    public long waiting() {
        return with(WAITING, (connection, statement) -> {
            // The sum over many clients may take longer than the pool's connections wait for an answer.
            connection.setNetworkTimeout(Runnable::run, 0);
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                return row.getLong(1);
            }
        });
    }

    @Override
    public int clear(int limit) {
        int deleted = jdbc.update(CLEAR, limit);
        if (deleted < limit) {
            jdbc.update(CLEARED);
        }
        return deleted;
    }

    private interface Work<T> {
        T run(Connection connection, PreparedStatement statement) throws SQLException;
    }

    private <T> T with(String sql, Work<T> work) {
        T result = jdbc.execute((ConnectionCallback<T>) connection -> {
            try (PreparedStatement statement = connection.prepareStatement(sql)) {
                return work.run(connection, statement);
            }
        });
        if (result == null) {
            throw new IllegalStateException("No result of: " + sql);
        }
        return result;
    }

    /**
     * Stores a batch, which a PostgreSQL commits as a whole without being told. Citus does so for sure only in a
     * transaction that was begun: otherwise, what concerns a single shard may be committed there by itself.
     */
    private <T> T inOneTransaction(String sql, Work<T> work) {
        if (!engine.isCitus()) {
            return with(sql, work);
        }
        return with(sql, (connection, statement) -> {
            connection.setAutoCommit(false);
            try {
                T result = work.run(connection, statement);
                connection.commit();
                return result;
            } catch (SQLException | RuntimeException e) {
                rollBack(connection, e);
                throw e;
            } finally {
                restoreAutoCommit(connection);
            }
        });
    }

    private static void rollBack(Connection connection, Exception cause) {
        try {
            connection.rollback();
        } catch (SQLException e) {
            cause.addSuppressed(e);
        }
    }

    /** Leaves a lost connection as it is: the pool finds out. */
    private static void restoreAutoCommit(Connection connection) throws SQLException {
        if (!connection.isClosed()) {
            connection.setAutoCommit(true);
        }
    }

    private static <R> Array column(Connection connection, List<R> rows, ToLongFunction<R> column) throws SQLException {
        return bigints(connection, rows.stream().mapToLong(column).toArray());
    }

    private static Array bigints(Connection connection, long[] values) throws SQLException {
        return connection.unwrap(org.postgresql.PGConnection.class).createArrayOf("int8", values);
    }

    private static Short[] boxed(short[] values) {
        var boxed = new Short[values.length];
        for (int i = 0; i < values.length; i++) {
            boxed[i] = values[i];
        }
        return boxed;
    }
}
