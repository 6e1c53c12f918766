package zap.server.group;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongConsumer;
import java.util.function.Predicate;
import zap.protocol.ClientId;
import zap.protocol.Frame;
import zap.protocol.GroupId;
import zap.protocol.PosixTime;
import zap.server.mailbox.Batch;
import zap.server.mailbox.MailboxItem;

/**
 * The departure of a client from all its groups, because the client is being forgotten. The remaining members get an 11
 * with the same id, the group's own second, and the remaining members (protocol section 1). A group of one member
 * remains a group.
 *
 * <p>It is part of another {@link zap.server.mailbox.Write} and belongs to its transaction. For the writer's thread.
 */
public final class DepartureWrite {

    private final ChatGroupRepository repository;
    private final Groups groups;
    private final ClientId client;
    private final Set<Long> touched = new HashSet<>();

    DepartureWrite(ChatGroupRepository repository, Groups groups, ClientId client) {
        this.repository = repository;
        this.groups = groups;
        this.client = client;
    }

    /** Looks up the members of the client's groups: see {@link zap.server.mailbox.Write#prepare}. */
    public void prepare() {
        touched.clear();
        touched.add(client.value());
        repository.seatsOf(client.value()).forEach(seat -> touched.add(seat.clientId()));
    }

    /** Names the client and all members of its groups. */
    public void touch(LongConsumer clients) {
        touched.forEach(clients::accept);
    }

    /**
     * Takes the client out of its groups, and sends the remaining members an 11.
     *
     * @param passedOver members that get no 11
     * @return false when the client was put into a group after {@link #prepare}: that group's members are not locked,
     *     and nothing was done
     */
    public boolean apply(Batch batch, Predicate<ClientId> passedOver) {
        List<StoredMember> seats = repository.seatsOf(client.value()).stream()
                .filter(seat -> seat.clientId() != client.value())
                .toList();
        if (seats.stream().anyMatch(seat -> !touched.contains(seat.clientId()) && !batch.knows(idOf(seat)))) {
            return false;
        }
        groups.remove(client);
        created(seats)
                .forEach(frame -> frame.members().stream()
                        .filter(batch::knows)
                        .filter(passedOver.negate())
                        .forEach(member -> batch.append(member, frame, MailboxItem.NOT_MEASURED)));
        return true;
    }

    /** Sends the client, which stays, an 11 for each of its groups. */
    public void announceToClient(Batch batch) {
        created(repository.seatsOf(client.value()))
                .forEach(frame -> batch.append(client, frame, MailboxItem.NOT_MEASURED));
    }

    /**
     * Returns an 11 for each group, with the members in the order of their seats: the creator first, while it is there.
     */
    private static List<Frame.GroupCreated> created(List<StoredMember> seats) {
        Map<Long, List<StoredMember>> byGroup = new LinkedHashMap<>();
        seats.forEach(seat ->
                byGroup.computeIfAbsent(seat.groupId(), _ -> new ArrayList<>()).add(seat));
        return byGroup.values().stream()
                .map(members -> new Frame.GroupCreated(
                        new GroupId(members.getFirst().groupId()),
                        PosixTime.of(members.getFirst().createdAt()),
                        members.stream().map(DepartureWrite::idOf).toList()))
                .toList();
    }

    private static ClientId idOf(StoredMember seat) {
        return new ClientId(seat.clientId());
    }
}
