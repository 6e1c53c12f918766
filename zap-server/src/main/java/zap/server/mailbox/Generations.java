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
    private static final String SHORT_LOCK_TIMEOUT = "set local lock_timeout = '200ms'";

    private static final String LOCK_NOT_AVAILABLE = "55P03";

    /** Lets one node at a time work, until the transaction ends. */
    private static final String ONE_NODE_AT_A_TIME = "select turns from mailbox_turn for update";

    /**
     * Forces index scans. The planner has poor statistics of tables that are filled and truncated all the time, each of
     * these statements has an index, and a sequential scan of such a table is never right.
     */
    private static final String BY_INDEX = """
            select set_config('enable_seqscan', 'off', true), set_config('enable_hashjoin', 'off', true),
                set_config('enable_mergejoin', 'off', true)
            """;

    /**
     * Selects clients in ascending order until they have enough entries, and the positions of each; of the last client,
     * possibly only some. There are gaps where an entry is in another generation.
     *
     * <p>To be completed with the table, and with the two counters of a client that enclose the wanted entries.
     */
    private static final String RANGES = """
            select id, above, case when before + entries <= ? then counter else least(counter, above + ? - before) end, counter
            from (
                select c.id, c.counter, coalesce(e.first - 1, c.low) as above, e.entries,
                    (sum(e.entries) over (order by c.id) - e.entries)::bigint as before
                from (select id, %2$s as low, %3$s as counter from client where id > ? and %2$s < %3$s order by id limit ?) c
                cross join lateral (
                    select min(position) as first, count(*) as entries
                    from (select position from %1$s
                        where recipient = c.id and position > c.low and position <= c.counter
                        order by position limit ?) m) e
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
     * skipped; the next round finds their entries deleted.
     */
    private static final String FORGOTTEN = """
            with free as (
                select c.id, u.up_to
                from client c join unnest(?::bigint[], ?::bigint[]) as u (id, up_to) on c.id = u.id
                order by c.id for no key update of c skip locked)
            update client set forgotten = free.up_to from free where client.id = free.id and client.forgotten < free.up_to
            """;

    private static final String CHANGE = "update mailbox_turn set turns = turns + 1";

    /** Maximum number of clients in one portion, even when few of their entries need work. */
    private static final int CLIENTS_AT_ONCE = 1000;

    private final JdbcOperations jdbc;
    private final TransactionTemplate transactions;

    Generations(JdbcOperations jdbc, PlatformTransactionManager transactionManager) {
        this.jdbc = jdbc;
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
     * @throws CannotAcquireLockException when other transactions add entries for too long; nothing has changed
     */
    long turn() {
        return inTransaction(() -> {
            executeWithShortWait(AWAIT_WRITERS);
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
                int noted = jdbc.update(FORGOTTEN, statement -> {
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
        jdbc.execute(SHORT_LOCK_TIMEOUT);
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
        Long turns = jdbc.queryForObject(sql, Long.class);
        if (turns == null) {
            throw new IllegalStateException("No result of: " + sql);
        }
        return turns;
    }

    /** One client's entries above a position, up to another one. */
    private record Range(long client, long above, long upTo, long counter) {}

    private interface Work {
        Done on(List<Range> ranges);
    }

    private Done portion(String sql, long after, int limit, Work work) {
        jdbc.execute(BY_INDEX);
        List<Range> ranges = jdbc.query(
                sql,
                (row, number) -> new Range(row.getLong(1), row.getLong(2), row.getLong(3), row.getLong(4)),
                limit,
                limit,
                after,
                CLIENTS_AT_ONCE,
                limit + 1,
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
