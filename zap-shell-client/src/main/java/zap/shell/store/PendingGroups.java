package zap.shell.store;

import static zap.shell.store.Messages.DeliveryState.HANDED;
import static zap.shell.store.Messages.DeliveryState.REFUSED;
import static zap.shell.store.Messages.DeliveryState.WAITING;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import zap.protocol.ClientId;
import zap.protocol.PosixTime;
import zap.protocol.Reason;
import zap.shell.store.Messages.DeliveryState;
import zap.shell.store.OutgoingMessages.Open;

/**
 * The groups that the user has asked for and that have not come.
 *
 * <p>A group has come with its 11. One that the server has refused to make is kept until the user knows.
 */
public final class PendingGroups {

    /** A group that the user has asked for. */
    public record PendingGroup(long number, @Nullable String name, PosixTime sentAt, List<ClientId> members) {}

    /**
     * A group that the server has refused to make.
     *
     * @param reason null when it is not known
     */
    public record RefusedGroup(PendingGroup group, @Nullable Reason reason) {}

    private static final String COLUMNS = "number, name, sent_at, members";

    private final ProfileDatabase database;

    public PendingGroups(ProfileDatabase database) {
        this.database = database;
    }

    /**
     * Adds a group that is to be asked for, in place of a refused one of that name.
     *
     * @return its number
     */
    public long add(@Nullable String name, List<ClientId> members, PosixTime sentAt) {
        return database.inTransaction(jdbc -> {
            jdbc.sql("delete from pending_group where state = " + REFUSED.sql() + " and name = ?")
                    .param(name)
                    .update();
            jdbc.sql("insert into pending_group (name, members, sent_at, state) values (?, ?, ?, " + WAITING.sql()
                            + ")")
                    .param(name)
                    .param(joined(members))
                    .param(sentAt.seconds())
                    .update();
            return database.lastRow();
        });
    }

    /** Returns the groups in this state, oldest first. */
    public List<PendingGroup> in(DeliveryState state) {
        return where("state = " + state.sql());
    }

    /** Returns the groups that were asked for on an earlier stream, and wait to be asked for on the new one. */
    public List<PendingGroup> waitingAgain() {
        return where("streamed = 1 and state = " + WAITING.sql());
    }

    /** Returns the groups that a connection was asked for with one of these marks behind them. */
    public List<PendingGroup> handedBetween(long firstMark, long lastMark) {
        return where("mark between ? and ? and state = " + HANDED.sql(), firstMark, lastMark);
    }

    /** Records that a base session is about to be asked for a group. */
    public void handed(long number, long mark) {
        handed(number, mark, false);
    }

    /** Records that the request for a group has a number in the stream and is about to be written. */
    public void numbered(long number, long mark) {
        handed(number, mark, true);
    }

    private void handed(long number, long mark, boolean streamed) {
        database.with(jdbc -> jdbc.sql("update pending_group set state = " + HANDED.sql()
                        + ", mark = ?, streamed = ? where number = ?")
                .params(mark, streamed ? 1 : 0, number)
                .update());
    }

    /** Returns the groups that a base session was asked for. */
    public List<Open> open() {
        return database.with(jdbc -> jdbc.sql("select number, mark from pending_group where state = " + HANDED.sql()
                        + " and streamed = 0 order by number")
                .query((row, n) -> new Open(row.getLong(1), row.getLong(2)))
                .list());
    }

    /** Marks a group that a connection was asked for which has ended. */
    public void mark(long number, DeliveryState state) {
        database.with(jdbc -> jdbc.sql("update pending_group set state = " + state.sql() + " where number = ?")
                .param(number)
                .update());
    }

    /** Returns a group, if it has neither come nor been refused. */
    public Optional<PendingGroup> find(long number) {
        return where("number = ? and state <> " + REFUSED.sql(), number).stream()
                .findFirst();
    }

    /**
     * Records that the server has refused to make a group.
     *
     * <p>It is kept until the user knows. A group that was to take the place of a lost one is not kept, because the
     * messages that wait for it say what became of it, and it may be asked for again.
     */
    public void refused(long number, Reason reason) {
        database.inTransaction(jdbc -> {
            jdbc.sql("delete from pending_group where number = ? and predecessor is not null")
                    .param(number)
                    .update();
            return jdbc.sql("update pending_group set state = " + REFUSED.sql() + ", refusal = ? where number = ?")
                    .params(reason.code(), number)
                    .update();
        });
    }

    /** Returns the groups that the server has refused to make, as far as the user has not acknowledged that. */
    public List<RefusedGroup> refused() {
        return database.with(jdbc -> jdbc.sql("select number, name, sent_at, members, refusal from pending_group"
                        + " where state = " + REFUSED.sql() + " order by number")
                .query((row, n) -> new RefusedGroup(group(row, n), Reason.ofCode(row.getInt(5))))
                .list());
    }

    /** Returns whether the request for a group has been handed to a connection. */
    public boolean isHanded(long number) {
        return database.with(jdbc -> jdbc.sql("select count(*) from pending_group where number = ? and (state <> "
                                + WAITING.sql() + " or streamed = 1)")
                        .param(number)
                        .query(Integer.class)
                        .single())
                > 0;
    }

    /** Removes a group that has come, or whose refusal the user has acknowledged. */
    public void remove(long number) {
        database.with(jdbc -> jdbc.sql("delete from pending_group where number = ?")
                .param(number)
                .update());
    }

    /** Lets all groups wait again that a stream has carried and that are not refused: a new stream begins. */
    void waitAgain() {
        database.with(jdbc -> jdbc.sql("update pending_group set state = " + WAITING.sql()
                        + " where streamed = 1 and state <> " + REFUSED.sql())
                .update());
    }

    private List<PendingGroup> where(String condition, Object... values) {
        return database.with(
                jdbc -> jdbc.sql("select " + COLUMNS + " from pending_group where " + condition + " order by number")
                        .params(values)
                        .query(PendingGroups::group)
                        .list());
    }

    private static PendingGroup group(ResultSet row, int ignored) throws SQLException {
        return new PendingGroup(
                row.getLong(1), row.getString(2), new PosixTime(row.getLong(3)), split(row.getString(4)));
    }

    private static String joined(List<ClientId> members) {
        return String.join(" ", members.stream().map(ClientId::toString).toList());
    }

    private static List<ClientId> split(String members) {
        return Arrays.stream(members.split(" ", -1))
                .filter(id -> !id.isEmpty())
                .map(ClientId::parse)
                .toList();
    }
}
