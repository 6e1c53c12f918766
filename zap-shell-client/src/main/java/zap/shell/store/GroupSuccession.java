package zap.shell.store;

import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import zap.protocol.Address;
import zap.protocol.ClientId;
import zap.protocol.GroupId;
import zap.protocol.PosixTime;
import zap.protocol.Reason;
import zap.shell.store.HistoryEvents.HistoryEvent;
import zap.shell.store.HistoryEvents.Kind;
import zap.shell.store.Messages.DeliveryState;
import zap.shell.store.People.Group;

/**
 * Groups that a restored server no longer knows, and the groups that take their places.
 *
 * <p>A lost group is asked for again, with the same members, when its person next writes to it; what is written to it waits for that.
 * When the new group comes it takes over the name, whether it is muted or left, and what waits. The old chat stays as its predecessor.
 */
public final class GroupSuccession {

    private final ProfileDatabase database;
    private final People people;

    public GroupSuccession(ProfileDatabase database) {
        this.database = database;
        this.people = new People(database);
    }

    /** Returns whether a refusal of a message to a group that this store has an 11 for says that the server has lost the group. */
    public boolean isLoss(Address chat, Reason reason) {
        return (reason == Reason.UNKNOWN_CLIENT || reason == Reason.NOT_A_MEMBER)
                && people.areMembersKnown(chat.asGroup());
    }

    /** Notes that the server no longer knows the group. */
    public void lost(GroupId group) {
        database.with(jdbc -> jdbc.sql("update chat_group set lost = 1 where id = ?")
                .param(group.value())
                .update());
    }

    private boolean isLost(GroupId group) {
        return database.with(jdbc -> jdbc.sql("select count(*) from chat_group where id = ? and lost = 1")
                        .param(group.value())
                        .query(Long.class)
                        .single()
                > 0);
    }

    /** Returns where messages to this chat go now: to the last group that took its place, or to itself. */
    Address destination(Address chat) {
        Address at = chat;
        Set<Address> seen = new HashSet<>();
        Optional<GroupId> next = successor(at);
        while (next.isPresent() && seen.add(at)) {
            at = next.get().asAddress();
            next = successor(at);
        }
        return at;
    }

    /** Returns the group that took this one's place. */
    public Optional<GroupId> successor(Address group) {
        return database.with(jdbc -> jdbc.sql("select successor from chat_group where id = ? and successor is not null")
                .param(group.value())
                .query((row, n) -> new GroupId(row.getLong(1)))
                .optional());
    }

    /** Returns the group whose place this one took. */
    public Optional<GroupId> predecessor(Address group) {
        return database.with(
                jdbc -> jdbc.sql("select id from chat_group where successor = ? order by created_at desc limit 1")
                        .param(group.value())
                        .query((row, n) -> new GroupId(row.getLong(1)))
                        .optional());
    }

    /** Asks for a lost group again, if that has not been done yet. */
    public void wish(Address chat, ClientId self, PosixTime now) {
        database.inTransaction(jdbc -> {
            Optional<Group> lost = jdbc.sql("select id from chat_group where id = ? and lost = 1 and successor is null"
                            + " and not exists (select 1 from pending_group where predecessor = chat_group.id)")
                    .param(chat.value())
                    .query((row, n) -> new GroupId(row.getLong(1)))
                    .optional()
                    .flatMap(people::group);
            lost.ifPresent(group -> {
                List<ClientId> former = new HistoryEvents(database).formerNumbers();
                List<ClientId> others = group.members().stream()
                        .filter(member -> !member.equals(self) && !former.contains(member))
                        .toList();
                if (others.isEmpty()) {
                    return;
                }
                long wish = new Messages(database).want(null, others, now);
                jdbc.sql("update pending_group set predecessor = ? where number = ?")
                        .params(chat.value(), wish)
                        .update();
            });
            return lost.isPresent();
        });
    }

    /** Returns the number that this profile had when it was in the group, if it has another one now, and the group does not know that. */
    public Optional<ClientId> formerNumberIn(Group group) {
        Optional<ClientId> self = new ProfileSettings(database).self();
        return self.filter(group.members()::contains).isPresent()
                ? Optional.empty()
                : new HistoryEvents(database)
                        .formerNumbers().stream()
                                .filter(group.members()::contains)
                                .findFirst();
    }

    /** Returns the lost group that a wish for a group is for. */
    public Optional<GroupId> lostBefore(long wish) {
        return database.with(
                jdbc -> jdbc.sql("select predecessor from pending_group where number = ? and predecessor is not null")
                        .param(wish)
                        .query((row, n) -> new GroupId(row.getLong(1)))
                        .optional());
    }

    /** Returns the messages that wait for a lost group. */
    public List<Long> waitingFor(GroupId lost) {
        return database.with(jdbc -> jdbc.sql("select number from message where " + DeliveryState.WAITING.ofOutgoing()
                        + " and streamed = 0 and chat = ? order by number")
                .param(lost.value())
                .query((row, n) -> row.getLong(1))
                .list());
    }

    /**
     * Returns the group whose place a new one takes that another member, or another store of this identity, has made: of the same members,
     * from before the server lost history, and without a successor.
     */
    public Optional<Group> replacedBy(Group fresh) {
        Set<ClientId> members = new HashSet<>(fresh.members());
        Optional<ClientId> self = new ProfileSettings(database).self();
        long lastLoss = new HistoryEvents(database)
                .all().stream()
                        .filter(event -> event.kind() == Kind.SERVER_LOST || event.kind() == Kind.NEW_STREAM_SERVER)
                        .map(HistoryEvent::notedAt)
                        .mapToLong(noted -> noted.getEpochSecond())
                        .max()
                        .orElse(0);
        return people.groups().stream()
                .filter(group -> !group.id().equals(fresh.id())
                        && (group.createdAt().seconds() < lastLoss || isLost(group.id()))
                        && asOfNow(group, self).equals(members)
                        && successor(group.id().asAddress()).isEmpty())
                .max(Comparator.comparingLong(group -> group.createdAt().seconds()));
    }

    /** Returns the members of a group, with the profile's present number in place of one that it had before. */
    private Set<ClientId> asOfNow(Group group, Optional<ClientId> self) {
        Optional<ClientId> former = formerNumberIn(group);
        Set<ClientId> members = new HashSet<>(group.members());
        if (former.isPresent() && self.isPresent()) {
            members.remove(former.get());
            members.add(self.get());
        }
        return members;
    }

    /** Lets a new group take an old one's place: its name, whether it is muted, and what waits to be sent to it. */
    public void succeed(GroupId old, GroupId fresh) {
        database.inTransaction(jdbc -> {
            Optional<String> name = people.group(old).flatMap(group -> Optional.ofNullable(group.name()));
            jdbc.sql("update chat_group set successor = ?, name = null, folded = null where id = ?")
                    .params(fresh.value(), old.value())
                    .update();
            jdbc.sql("delete from pending_group where predecessor = ? and streamed = 0 and state = "
                            + DeliveryState.WAITING.sql())
                    .param(old.value())
                    .update();
            name.ifPresent(taken -> people.name(fresh, taken));
            if (people.isMuted(old.asAddress())) {
                people.mute(fresh.asAddress(), true);
            }
            jdbc.sql(
                            "update chat_group set (joined, left_after) = (select joined, case when left_after is not null then 0 end"
                                    + " from chat_group where id = ?) where id = ?")
                    .params(old.value(), fresh.value())
                    .update();
            // To another dst it is another message.
            jdbc.sql("update message set chat = ?, message_id = " + Messages.FRESH_ID + " where "
                            + DeliveryState.WAITING.ofOutgoing() + " and streamed = 0 and chat = ?")
                    .params(fresh.value(), old.value())
                    .update();
            return true;
        });
    }
}
