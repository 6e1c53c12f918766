package zap.server.mailbox;

import java.sql.Array;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.List;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;
import org.springframework.dao.CannotAcquireLockException;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.JdbcOperations;
import org.springframework.stereotype.Component;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * The generations of the mailbox: the partitions of its table. New entries go into one of two young generations. The
 * other one is truncated as a whole, after its waiting entries have been moved to the old generation; this costs
 * nothing for an entry. Then the young generations change places. In the old generation, entries are deleted when they
 * have been delivered.
 *
 * <p>Each method is a transaction. Several nodes may call them at the same time: for each portion of work, one waits
 * for the other.
 */
@Component
class Generations {

    /**
     * After this lock, every writer uses the current turn. A statement locks the table before it reads the turn, and
     * this one waits for the statements that already hold the lock. It locks the parent table only: the partitions may
     * be read and vacuumed.
     */
    private static final String AWAIT_WRITERS = "lock table only mailbox in share mode";

    /**
     * Limits the time for which other statements queue behind ours. We may wait for a long transaction, such as a
     * backup that reads the whole table.
     */
    private static final StatementForm SHORT_LOCK_TIMEOUT = new StatementForm(
            "set local lock_timeout = '200ms'",
            "set local citus.propagate_set_commands to 'local'; set local lock_timeout = '200ms'");

    private static final String LOCK_NOT_AVAILABLE = "55P03";

    /** Lets one node at a time work, until the transaction ends. */
    private static final String ONE_NODE_AT_A_TIME = "select turns from mailbox_turn for update";

    /**
     * Counts the machines of Citus on which part of a committed transaction still waits for its commit, because the
     * machine or its connection failed meanwhile. Its entries cannot be seen yet, and it holds no lock of the
     * coordinator any more. On its machine it holds locks without a process. Citus hides its shards from {@code
     * pg_class}, so their names are looked up in another way.
     */
    private static final String UNSEEN_ON_CITUS = """
            select count(*) filter (where not success or result <> '0')
            from run_command_on_all_nodes($$
                select count(*) from pg_locks
                where pid is null and mode = 'RowExclusiveLock' and relation::regclass::text like '%mailbox%'
                  and database = (select oid from pg_database where datname = current_database())$$)
            """;

    /**
     * Forces index scans. The planner has poor statistics of tables that are filled and truncated all the time, each of
     * these statements has an index, and a sequential scan of such a table is never right.
     */
    private static final StatementForm BY_INDEX = new StatementForm("""
            select set_config('enable_seqscan', 'off', true), set_config('enable_hashjoin', 'off', true),
                set_config('enable_mergejoin', 'off', true)
            """, """
            set local citus.propagate_set_commands to 'local';
            set local enable_seqscan to off; set local enable_hashjoin to off; set local enable_mergejoin to off
            """);

    /**
     * Selects clients in ascending order until they have enough entries, and the positions of each; of the last client,
     * possibly only some. There are gaps where an entry is in another generation.
     *
     * <p>To be completed with the table, and with the two counters of a client that enclose the wanted entries. Citus
     * takes an aggregate in a lateral subquery only directly beside the table of clients.
     */
    private static final String RANGES = """
            select id, above, case when before + entries <= ? then counter else least(counter, above + ? - before) end, counter
            from (
                select id, counter, coalesce(first - 1, low) as above, entries,
                    (sum(entries) over (order by id) - entries)::bigint as before
                from (
                    select c.id, c.%2$s as low, c.%3$s as counter, e.first, e.entries
                    from client c
                    cross join lateral (
                        select min(position) as first, count(*) as entries
                        from (select position from %1$s
                            where recipient = c.id and position > c.%2$s and position <= c.%3$s
                            order by position limit ?) m) e
                    where c.id > ? and c.%2$s < c.%3$s
                    order by c.id limit ?) ranged
            ) counted
            where before < ?
            order by id
            """;

    private static final String DELIVERED = RANGES.formatted("mailbox_old", "forgotten", "settled");

    private static final String FORGET = """
            delete from mailbox_old m using unnest(?::bigint[], ?::bigint[], ?::bigint[]) as u (id, above, up_to)
            where m.recipient = u.id and m.position > u.above and m.position <= u.up_to
            """;

    /**
     * Runs last, so that the rows are locked only for the time of the commit. Rows that the writer has locked are
     * skipped; the next round finds their entries deleted. Citus cannot skip them, and waits for the writer.
     */
    private static final StatementForm FORGOTTEN = new StatementForm("""
            with free as (
                select c.id, u.up_to
                from client c join unnest(?::bigint[], ?::bigint[]) as u (id, up_to) on c.id = u.id
                order by c.id for no key update of c skip locked)
            update client set forgotten = free.up_to from free where client.id = free.id and client.forgotten < free.up_to
            """, """
            update client set forgotten = u.up_to from unnest(?::bigint[], ?::bigint[]) as u (id, up_to)
            where client.id = u.id and client.forgotten < u.up_to
            """);

    private static final String CHANGE = "update mailbox_turn set turns = turns + 1";

    /** Maximum number of clients in one portion, even when few of their entries need work. */
    private static final int CLIENTS_AT_ONCE = 1000;

    private final JdbcOperations jdbc;
    private final DatabaseEngine engine;
    private final TransactionTemplate transactions;

    Generations(JdbcOperations jdbc, PlatformTransactionManager transactionManager) {
        this.jdbc = jdbc;
        this.engine = new DatabaseEngine(jdbc);
        this.transactions = new TransactionTemplate(transactionManager);
    }

    /**
     * The result of one portion.
     *
     * @param lastClient the client after which the next portion goes on
     * @param clients number of clients in the portion; 0 when no client was left
     * @param entries number of entries deleted or moved
     */
    record Done(long lastClient, int clients, long entries) {}

    /**
     * Returns how often the young generations have changed places so far. When it returns, no transaction is adding
     * entries to the generation that is not in use, and none will until the next change.
     *
     * @throws CannotAcquireLockException when other transactions add entries for too long, or a machine of Citus has
     *     not committed its part of one; nothing has changed
     */
    long turn() {
        return inTransaction(() -> {
            executeWithShortWait(AWAIT_WRITERS);
            if (engine.isCitus() && count(UNSEEN_ON_CITUS) > 0) {
                throw new CannotAcquireLockException("A machine of Citus has not committed all entries yet");
            }
            return turns("select turns from mailbox_turn");
        });
    }

    /**
     * Deletes delivered entries from the old generation, for some clients, oldest first. Locks no client's row while
     * entries are deleted, because the writer, and with it every sender, would wait for that row.
     *
     * @param after only clients with a greater id
     * @param limit maximum number of entries
     */
    Done forget(long after, int limit) {
        return inTransaction(() -> {
            turns(ONE_NODE_AT_A_TIME);
            return portion(DELIVERED, after, limit, ranges -> {
                int deleted = jdbc.update(FORGET, statement -> setRanges(statement, ranges));
                int noted = jdbc.update(FORGOTTEN.on(engine), statement -> {
                    statement.setArray(1, column(statement, ranges, Range::client));
                    statement.setArray(2, column(statement, ranges, Range::upTo));
                });
                // The last client may have more. Unless its progress could not be noted, it comes first in the next
                // portion.
                return done(ranges, deleted, noted == ranges.size());
            });
        });
    }

    /**
     * Moves waiting entries from the young generation that is not in use to the old one, for some clients.
     *
     * @param turn the {@link #turn} in which this is done; in a later turn there is nothing left to do
     * @param after only clients with a greater id
     * @param limit maximum number of entries
     */
    Done promote(long turn, long after, int limit) {
        String elder = young(turn + 1);
        return inTransaction(() -> turns(ONE_NODE_AT_A_TIME) == turn
                ? portion(RANGES.formatted(elder, "settled", "tail"), after, limit, ranges -> {
                    int moved = jdbc.update(promoteFrom(elder), statement -> setRanges(statement, ranges));
                    return done(ranges, moved, true);
                })
                : new Done(after, 0, 0));
    }

    private static String promoteFrom(String young) {
        return """
                with moved as (
                    delete from %s m using unnest(?::bigint[], ?::bigint[], ?::bigint[]) as u (id, above, up_to)
                    where m.recipient = u.id and m.position > u.above and m.position <= u.up_to
                    returning m.recipient, m.position, m.code, m.src, m.dst, m.sent_at, m.body, m.message_id)
                insert into mailbox_old (recipient, position, code, src, dst, sent_at, body, message_id)
                select * from moved order by recipient, position
                """.formatted(young);
    }

    /**
     * Truncates the young generation that is not in use, and directs new entries to it from now on. Call it only after
     * a whole pass of {@link #promote} has found no waiting entry: any entry that waits there is lost.
     *
     * @param turn the {@link #turn} of that pass
     * @return false when another node has changed the generations since; nothing has been done then
     * @throws CannotAcquireLockException when other transactions read the table for too long; nothing has changed
     */
    boolean change(long turn) {
        return inTransaction(() -> {
            if (turns(ONE_NODE_AT_A_TIME) != turn) {
                return false;
            }
            executeWithShortWait("truncate table " + young(turn + 1));
            jdbc.update(CHANGE);
            return true;
        });
    }

    private void executeWithShortWait(String sql) {
        jdbc.execute(SHORT_LOCK_TIMEOUT.on(engine));
        try {
            jdbc.execute(sql);
        } catch (DataAccessException e) {
            if (e.getMostSpecificCause() instanceof SQLException cause
                    && LOCK_NOT_AVAILABLE.equals(cause.getSQLState())) {
                throw new CannotAcquireLockException("Another transaction blocks: " + sql, e);
            }
            throw e;
        }
    }

    /** Returns the partition for new entries in this turn. */
    private static String young(long turn) {
        return "mailbox_young_" + (1 + turn % 2);
    }

    private long turns(String sql) {
        return count(sql);
    }

    private long count(String sql) {
        Long count = jdbc.queryForObject(sql, Long.class);
        if (count == null) {
            throw new IllegalStateException("No result of: " + sql);
        }
        return count;
    }

    /** One client's entries above a position, up to another one. */
    private record Range(long client, long above, long upTo, long counter) {}

    private interface Work {
        Done on(List<Range> ranges);
    }

    private Done portion(String sql, long after, int limit, Work work) {
        jdbc.execute(BY_INDEX.on(engine));
        List<Range> ranges = jdbc.query(
                sql,
                (row, number) -> new Range(row.getLong(1), row.getLong(2), row.getLong(3), row.getLong(4)),
                limit,
                limit,
                limit + 1,
                after,
                CLIENTS_AT_ONCE,
                limit);
        return ranges.isEmpty() ? new Done(after, 0, 0) : work.on(ranges);
    }

    private static Done done(List<Range> ranges, int entries, boolean lastOneAgain) {
        Range last = ranges.getLast();
        boolean again = last.upTo() < last.counter() && lastOneAgain;
        return new Done(again ? last.client() - 1 : last.client(), ranges.size(), entries);
    }

    private static void setRanges(PreparedStatement statement, List<Range> ranges) throws SQLException {
        statement.setArray(1, column(statement, ranges, Range::client));
        statement.setArray(2, column(statement, ranges, Range::above));
        statement.setArray(3, column(statement, ranges, Range::upTo));
    }

    private static Array column(PreparedStatement statement, List<Range> ranges, ToLongFunction<Range> column)
            throws SQLException {
        return statement
                .getConnection()
                .createArrayOf("int8", ranges.stream().mapToLong(column).boxed().toArray());
    }

    private <T> T inTransaction(Supplier<T> work) {
        return transactions.execute(status -> work.get());
    }
}
