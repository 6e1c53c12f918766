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
 * The generations of the mailbox: a table each, partitions of one. What is new goes into one of two young ones. The other one is emptied as a
 * whole, which costs nothing for an entry, after what still waits in it has been moved to the old one; then they change places. From the old one entries are deleted
 * when they have been delivered.
 *
 * <p>Each method is a transaction. Several nodes may call them at the same time: each portion of work is done by one of them after the other.
 */
@Component
class Generations {

    /**
     * Until the turn that is said now, everybody who adds entries has seen that it has come: a statement takes its lock on the table before it looks
     * which generation it is to add to, and this one waits for those that have it. Only the table as such: what is in its parts may be read and vacuumed.
     */
    private static final String EVERYBODY_HAS_SEEN_THE_TURN = "lock table only mailbox in share mode";

    /** Nobody is to wait behind us for long, when we have to wait for somebody who does not come to an end, such as a backup that reads the whole table. */
    private static final String WAIT_A_MOMENT = "set local lock_timeout = '200ms'";

    private static final String LOCK_NOT_AVAILABLE = "55P03";

    /** One node at a time, until the transaction ends. */
    private static final String MY_TURN = "select turns from mailbox_turn for update";

    /**
     * However little the planner knows of tables that are filled and emptied all the time: there is an index for each of these statements, and to read such
     * a table from end to end is never right.
     */
    private static final String BY_INDEX = """
            select set_config('enable_seqscan', 'off', true), set_config('enable_hashjoin', 'off', true),
                set_config('enable_mergejoin', 'off', true)
            """;

    /**
     * The clients in their order until there are entries enough, and which positions of each; of the last one, perhaps, not all. There are gaps
     * where an entry is in another generation.
     *
     * <p>To be completed with the table, and the two counters of a client between which an entry is wanted.
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
     * Last, so that the rows are locked for no longer than it takes to commit. Those that the writer has locked are left for the next time, which finds
     * their entries deleted.
     */
    private static final String FORGOTTEN = """
            with free as (
                select c.id, u.up_to
                from client c join unnest(?::bigint[], ?::bigint[]) as u (id, up_to) on c.id = u.id
                order by c.id for no key update of c skip locked)
            update client set forgotten = free.up_to from free where client.id = free.id and client.forgotten < free.up_to
            """;

    private static final String CHANGE = "update mailbox_turn set turns = turns + 1";

    /** More clients are not looked at in one portion, however little there is to do for them. */
    private static final int CLIENTS_AT_ONCE = 1000;

    private final JdbcOperations jdbc;
    private final TransactionTemplate transactions;

    Generations(JdbcOperations jdbc, PlatformTransactionManager transactionManager) {
        this.jdbc = jdbc;
        this.transactions = new TransactionTemplate(transactionManager);
    }

    /**
     * What was done in one portion.
     *
     * @param lastClient after which client the next portion goes on
     * @param clients how many clients it was about; 0 when there was none left
     * @param entries how many entries were deleted or moved
     */
    record Done(long lastClient, int clients, long entries) {}

    /**
     * How often the young generations have changed places so far. When it returns, nothing is being added, nor will be, to the one that
     * is not in use, until they change again.
     *
     * @throws CannotAcquireLockException when somebody has been adding entries for too long; nothing has changed
     */
    long turn() {
        return inTransaction(() -> {
            executeUnlessSomebodyIsInTheWay(EVERYBODY_HAS_SEEN_THE_TURN);
            return turns("select turns from mailbox_turn");
        });
    }

    /**
     * Deletes delivered entries from the old generation, for some clients that have such, from the oldest on. No row of a client is locked while
     * entries are deleted: the writer would wait for it, and everybody with it.
     *
     * @param after only clients with a greater id
     * @param most how many entries at most
     */
    Done forget(long after, int most) {
        return inTransaction(() -> {
            turns(MY_TURN);
            return portion(DELIVERED, after, most, ranges -> {
                int deleted = jdbc.update(FORGET, statement -> setRanges(statement, ranges));
                int noted = jdbc.update(FORGOTTEN, statement -> {
                    statement.setArray(1, column(statement, ranges, Range::client));
                    statement.setArray(2, column(statement, ranges, Range::upTo));
                });
                // Of the last one there may be more: unless it could not be noted how far it has come, it comes first
                // in the next portion.
                return done(ranges, deleted, noted == ranges.size());
            });
        });
    }

    /**
     * Moves entries that still wait from the young generation that is not in use to the old one, for some clients that have such.
     *
     * @param turn the {@link #turn} that this is about: once it is over, there is nothing left to do
     * @param after only clients with a greater id
     * @param most how many entries at most
     */
    Done promote(long turn, long after, int most) {
        String elder = young(turn + 1);
        return inTransaction(() -> turns(MY_TURN) == turn
                ? portion(RANGES.formatted(elder, "settled", "tail"), after, most, ranges -> {
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
     * Empties the young generation that is not in use, and lets what is new go there from now on. Only after all of it has been looked
     * through and nothing was there to be promoted, or what waits there is lost.
     *
     * @param turn the {@link #turn} that this has been done in
     * @return false when another node has changed them since; nothing has been done then
     * @throws CannotAcquireLockException when somebody reads the table for too long; nothing has changed
     */
    boolean change(long turn) {
        return inTransaction(() -> {
            if (turns(MY_TURN) != turn) {
                return false;
            }
            executeUnlessSomebodyIsInTheWay("truncate table " + young(turn + 1));
            jdbc.update(CHANGE);
            return true;
        });
    }

    private void executeUnlessSomebodyIsInTheWay(String sql) {
        jdbc.execute(WAIT_A_MOMENT);
        try {
            jdbc.execute(sql);
        } catch (DataAccessException e) {
            if (e.getMostSpecificCause() instanceof SQLException cause
                    && LOCK_NOT_AVAILABLE.equals(cause.getSQLState())) {
                throw new CannotAcquireLockException("Somebody is in the way of: " + sql, e);
            }
            throw e;
        }
    }

    /** What is new in this turn goes there. */
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

    /** Of one client, the entries above a position, up to another one. */
    private record Range(long client, long above, long upTo, long counter) {}

    private interface Work {
        Done on(List<Range> ranges);
    }

    private Done portion(String sql, long after, int most, Work work) {
        jdbc.execute(BY_INDEX);
        List<Range> ranges = jdbc.query(
                sql,
                (row, number) -> new Range(row.getLong(1), row.getLong(2), row.getLong(3), row.getLong(4)),
                most,
                most,
                after,
                CLIENTS_AT_ONCE,
                most + 1,
                most);
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
