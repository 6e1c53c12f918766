package zap.shell.store;

import java.util.List;
import zap.protocol.Address;
import zap.protocol.ClientId;
import zap.protocol.GroupId;

/**
 * Blocked people, groups that the user has left, and groups that strangers made.
 *
 * <p>Their mail is stored and confirmed like any other, so they learn nothing. It is shown once the user has lifted the
 * block or joined again.
 */
public final class Blocks {

    private static final String PEOPLE = "(select person from blocked)";

    private static final String UNANSWERED = """
            g.joined = 0 and not exists (select 1 from message o where o.outgoing = 1 and o.chat = g.id)""";

    /** Groups that a blocked person made, and in which the user has neither written nor joined. */
    private static final String HIDDEN_GROUPS =
            "(select g.id from chat_group g where g.maker in " + PEOPLE + " and " + UNANSWERED + ")";

    private static final String LEFT = "(select id from chat_group where left_after is not null)";

    /**
     * The condition under which message {@code m} is shown. Messages of a left group that had come before stay visible.
     */
    static final String SHOWN = "(m.outgoing = 1 or (m.author not in " + PEOPLE + " and m.chat not in " + HIDDEN_GROUPS
            + " and not exists (select 1 from chat_group l where l.id = m.chat and l.left_after < m.number)))";

    /** The condition under which an incoming message that was not seen counts as new. */
    static final String NEW =
            "author not in " + PEOPLE + " and chat not in " + HIDDEN_GROUPS + " and chat not in " + LEFT;

    /** The condition under which search finds no message that is not shown. */
    static final String NOTHING_HIDDEN =
            "not exists (select 1 from blocked) and not exists (select 1 from chat_group where left_after is not null)";

    /** Groups made by a stranger to whom the user has not written, with neither an answer nor a name. */
    static final String OF_STRANGERS = """
            (select g.id from chat_group g where g.name is null and g.maker not in (select id from person)
               and g.maker <> (select cast(value as integer) from setting where name = 'id')
               and not exists (select 1 from message o where o.outgoing = 1 and o.chat = g.maker)
               and %s)""".formatted(UNANSWERED);

    private final ProfileDatabase database;

    public Blocks(ProfileDatabase database) {
        this.database = database;
    }

    /** Returns the people who are blocked. */
    public List<ClientId> people() {
        return database.with(jdbc -> jdbc.sql("select person from blocked order by person")
                .query((row, n) -> new ClientId(row.getLong(1)))
                .list());
    }

    public boolean isBlocked(Address person) {
        return holds("exists (select 1 from blocked where person = ?)", person.value());
    }

    /**
     * Blocks a person.
     *
     * @return whether they were not blocked before
     */
    public boolean block(ClientId person) {
        return database.with(jdbc -> jdbc.sql("insert into blocked (person) values (?) on conflict (person) do nothing")
                        .param(person.value())
                        .update()
                > 0);
    }

    /**
     * Lifts a block.
     *
     * @return whether they were blocked
     */
    public boolean unblock(ClientId person) {
        return database.with(jdbc -> jdbc.sql("delete from blocked where person = ?")
                        .param(person.value())
                        .update()
                > 0);
    }

    /** Leaves a group on this client. What comes from now on is not shown. */
    public void leave(GroupId group) {
        database.with(jdbc -> jdbc.sql("update chat_group set joined = 0, left_after ="
                        + " coalesce(left_after, (select coalesce(max(number), 0) from message)) where id = ?")
                .param(group.value())
                .update());
    }

    /** Joins a group that was left, or that a stranger or a blocked person has made. */
    public void join(GroupId group) {
        database.with(jdbc -> jdbc.sql("update chat_group set joined = 1, left_after = null where id = ?")
                .param(group.value())
                .update());
    }

    public boolean isLeft(Address group) {
        return holds("? in " + LEFT, group.value());
    }

    /** Returns whether a chat is hidden: a blocked person, or a group that a blocked person made. */
    public boolean isHidden(Address chat) {
        return isBlocked(chat) || holds("? in " + HIDDEN_GROUPS, chat.value());
    }

    /** Returns whether a message is shown. */
    public boolean isShown(long message) {
        return holds("exists (select 1 from message m where m.number = ? and " + SHOWN + ")", message);
    }

    /** Returns whether a stranger has made this group, and the user has not answered. */
    public boolean isOfStranger(Address group) {
        return holds("? in " + OF_STRANGERS, group.value());
    }

    /** Returns how many unanswered groups the maker of this one has made; 0 when no stranger made it. */
    public int groupsOfItsStranger(Address group) {
        return database.with(jdbc -> jdbc.sql("select count(*) from chat_group"
                        + " where maker = (select maker from chat_group where id in " + OF_STRANGERS + " and id = ?)"
                        + " and id in " + OF_STRANGERS)
                .param(group.value())
                .query(Integer.class)
                .single());
    }

    private boolean holds(String condition, long value) {
        return database.with(jdbc -> jdbc.sql("select " + condition)
                        .param(value)
                        .query(Integer.class)
                        .single()
                == 1);
    }
}
