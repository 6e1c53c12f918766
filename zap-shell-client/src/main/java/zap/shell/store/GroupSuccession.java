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
 * <p>A lost group is asked for again, with the same members, when the user next writes to it. Messages to it wait for
 * that. The new group takes over the name, the waiting messages, and whether it is muted or left. The old chat stays as
 * its predecessor.
 */
public final class GroupSuccession {

    private final ProfileDatabase database;
    private final People people;

    public GroupSuccession(ProfileDatabase database) {
        this.database = database;
        this.people = new People(database);
    }

    /**
     * Returns whether the refusal of a message shows that the server has lost its group. It does for a group that an 11
     * has named.
     */
    public boolean isLoss(Address chat, Reason reason) {
        return (reason == Reason.UNKNOWN_CLIENT || reason == Reason.NOT_A_MEMBER)
                && people.areMembersKnown(chat.asGroup());
    }

    /** Records that the server no longer knows the group. */
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

    /** Returns the chat that messages to this one go to now: the last group that took its place, or itself. */
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

    /** Adds a request for a lost group, unless there is one already. */
    public void requestAgain(Address chat, ClientId self, PosixTime now) {
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
                long request = new PendingGroups(database).add(null, others, now);
                jdbc.sql("update pending_group set predecessor = ? where number = ?")
                        .params(chat.value(), request)
                        .update();
            });
            return lost.isPresent();
        });
    }

    /**
     * Returns the former number of this profile with which the group knows it; empty when the group knows the present
     * one.
     */
    public Optional<ClientId> formerNumberIn(Group group) {
        Optional<ClientId> self = new ProfileSettings(database).self();
        return self.filter(group.members()::contains).isPresent()
                ? Optional.empty()
                : new HistoryEvents(database)
                        .formerNumbers().stream()
                                .filter(group.members()::contains)
                                .findFirst();
    }

    /** Returns the lost group whose place a pending group is to take. */
    public Optional<GroupId> lostBefore(long request) {
        return database.with(
                jdbc -> jdbc.sql("select predecessor from pending_group where number = ? and predecessor is not null")
                        .param(request)
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
     * Returns the group whose place a new one takes that another member, or another store of this identity, has made.
     *
     * <p>It has the same members, is from before the server lost history, and has no successor.
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

    /** Returns the members of a group, with the profile's former number replaced by the present one. */
    private Set<ClientId> asOfNow(Group group, Optional<ClientId> self) {
        Optional<ClientId> former = formerNumberIn(group);
        Set<ClientId> members = new HashSet<>(group.members());
        if (former.isPresent() && self.isPresent()) {
            members.remove(former.get());
            members.add(self.get());
        }
        return members;
    }

    /** Lets a new group take an old one's place: its name, its waiting messages, and whether it is muted or left. */
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
            jdbc.sql("update message set chat = ?, message_id = " + OutgoingMessages.FRESH_ID + " where "
                            + DeliveryState.WAITING.ofOutgoing() + " and streamed = 0 and chat = ?")
                    .params(fresh.value(), old.value())
                    .update();
            return true;
        });
    }
}
