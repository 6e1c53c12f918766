package zap.shell.store;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import zap.protocol.Address;
import zap.protocol.ClientId;
import zap.protocol.GroupId;
import zap.protocol.PosixTime;
import zap.shell.text.Names;

/** The user's contacts and groups. */
public final class People {

    /** A person to whom the user has given a name. */
    public record Contact(ClientId id, String name) {}

    /**
     * A group.
     *
     * @param name the user's name for it; null before the user has named it
     * @param members its present members, the creator first
     */
    public record Group(GroupId id, @Nullable String name, PosixTime createdAt, List<ClientId> members) {}

    private final ProfileDatabase database;

    public People(ProfileDatabase database) {
        this.database = database;
    }

    public List<Contact> contacts() {
        return database.with(jdbc -> jdbc.sql("select id, name from person order by folded")
                .query((row, n) -> new Contact(new ClientId(row.getLong(1)), row.getString(2)))
                .list());
    }

    /** Gives a person a name, the first one or another. */
    public void name(ClientId id, String name) {
        database.with(jdbc -> jdbc.sql("insert into person (id, name, folded) values (?, ?, ?)"
                        + " on conflict (id) do update set name = excluded.name, folded = excluded.folded")
                .params(id.value(), name, Names.key(name))
                .update());
    }

    /**
     * Records that a stranger's message was shown with a hint how to name them.
     *
     * @return whether it is the first time
     */
    public boolean introduce(ClientId id) {
        return database.with(jdbc -> jdbc.sql("insert into introduced (person) values (?) on conflict do nothing")
                        .param(id.value())
                        .update()
                > 0);
    }

    public boolean forget(ClientId id) {
        return database.with(jdbc ->
                jdbc.sql("delete from person where id = ?").param(id.value()).update() == 1);
    }

    /** Returns the user's name for a person or a group. */
    public Optional<String> nameOf(Address address) {
        return database.with(
                jdbc -> jdbc.sql("""
                        select name from person where id = ?1
                        union all select name from chat_group where id = ?1 and name is not null limit 1""").param(address.value()).query(String.class).optional());
    }

    /** Returns all groups, those with a name first. */
    public List<Group> groups() {
        return database.with(jdbc -> {
            var members = new HashMap<Long, List<ClientId>>();
            jdbc.sql("select chat, person from group_member where place >= 0 order by chat, place")
                    .query(row -> {
                        members.computeIfAbsent(row.getLong(1), chat -> new ArrayList<>())
                                .add(new ClientId(row.getLong(2)));
                    });
            return jdbc.sql("select id, name, created_at from chat_group order by folded is null, folded, id")
                    .query((row, n) -> new Group(
                            new GroupId(row.getLong(1)),
                            row.getString(2),
                            new PosixTime(row.getLong(3)),
                            members.getOrDefault(row.getLong(1), List.of())))
                    .list();
        });
    }

    public Optional<Group> group(GroupId id) {
        return database.with(jdbc -> {
            List<ClientId> members = jdbc.sql(
                            "select person from group_member where chat = ? and place >= 0 order by place")
                    .param(id.value())
                    .query((row, n) -> new ClientId(row.getLong(1)))
                    .list();
            return jdbc.sql("select name, created_at from chat_group where id = ?")
                    .param(id.value())
                    .query((row, n) -> new Group(id, row.getString(1), new PosixTime(row.getLong(2)), members))
                    .optional();
        });
    }

    public boolean isGroup(Address chat) {
        return database.with(jdbc -> jdbc.sql("select count(*) from chat_group where id = ?")
                        .param(chat.value())
                        .query(Long.class)
                        .single()
                == 1);
    }

    /**
     * Returns whether an 11 has named the members of a group. Of a group that only a message has named they are
     * unknown.
     */
    public boolean areMembersKnown(GroupId group) {
        return group(group).filter(known -> !known.members().isEmpty()).isPresent();
    }

    /**
     * The change that an 11 has made.
     *
     * @param isNew whether the members were unknown before
     * @param left the former members who are not in the group any more
     */
    public record GroupChange(boolean isNew, List<ClientId> left) {}

    /**
     * Adds a group, or replaces the members of a known one.
     *
     * <p>The name of a known group stays, and whether it is muted or left. A name that has been given to another person
     * or group meanwhile is not taken.
     *
     * @param group without members when only a message has named it: then nothing is replaced
     */
    public GroupChange add(Group group) {
        return database.inTransaction(jdbc -> {
            @Nullable String name = isTaken(group.name()) ? null : group.name();
            int added = jdbc.sql("insert into chat_group (id, name, folded, created_at) values (?, ?, ?, ?)"
                            + " on conflict (id) do nothing")
                    .param(group.id().value())
                    .param(name)
                    .param(name == null ? null : Names.key(name))
                    .param(group.createdAt().seconds())
                    .update();
            if (group.members().isEmpty()) {
                return new GroupChange(added > 0, List.of());
            }
            List<ClientId> before = GroupMembers.replace(jdbc, group.id(), group.members());
            if (before.isEmpty()) {
                jdbc.sql("update chat_group set created_at = ?, maker = coalesce(maker, ?) where id = ?")
                        .params(
                                group.createdAt().seconds(),
                                group.members().getFirst().value(),
                                group.id().value())
                        .update();
                if (added == 0 && name != null) {
                    // A message of the group came before its 11.
                    jdbc.sql("update chat_group set name = ?, folded = ? where id = ? and name is null")
                            .params(name, Names.key(name), group.id().value())
                            .update();
                }
            }
            List<ClientId> left = before.stream()
                    .filter(member -> !group.members().contains(member))
                    .toList();
            return new GroupChange(before.isEmpty(), left);
        });
    }

    /** Writes the key of each name, which SQL cannot compute. */
    static void writeKeys(JdbcClient jdbc) {
        for (String table : List.of("person", "chat_group")) {
            jdbc.sql("select distinct name from " + table + " where name is not null")
                    .query(String.class)
                    .list()
                    .forEach(name -> jdbc.sql("update or ignore " + table + " set folded = ? where name = ?")
                            .params(Names.key(name), name)
                            .update());
        }
    }

    private boolean isTaken(@Nullable String name) {
        return name != null
                && database.with(jdbc -> jdbc.sql("select exists (select 1 from person where folded = ?1"
                                        + " union all select 1 from chat_group where folded = ?1)")
                                .param(Names.key(name))
                                .query(Integer.class)
                                .single()
                        == 1);
    }

    /** Sets the maker of a group, where the server does not name one. */
    public void madeBy(GroupId group, ClientId maker) {
        database.with(jdbc -> jdbc.sql("update chat_group set maker = ? where id = ?")
                .params(maker.value(), group.value())
                .update());
    }

    public void name(GroupId id, String name) {
        database.with(jdbc -> jdbc.sql("update chat_group set name = ?, folded = ? where id = ?")
                .params(name, Names.key(name), id.value())
                .update());
    }

    public boolean isMuted(Address chat) {
        return database.with(jdbc -> jdbc.sql("select count(*) from muted where chat = ?")
                        .param(chat.value())
                        .query(Long.class)
                        .single()
                == 1);
    }

    public void mute(Address chat, boolean muted) {
        database.with(jdbc -> jdbc.sql(
                        muted
                                ? "insert into muted (chat) values (?) on conflict (chat) do nothing"
                                : "delete from muted where chat = ?")
                .param(chat.value())
                .update());
    }
}
