package zap.server.group;

import java.time.Clock;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Service;
import zap.protocol.ClientId;
import zap.protocol.Frame;
import zap.protocol.GroupId;
import zap.protocol.PosixTime;
import zap.protocol.Reason;
import zap.server.identity.IdSource;
import zap.server.mailbox.Batch;
import zap.server.mailbox.LruMap;
import zap.server.mailbox.RefusedWrite;
import zap.server.mailbox.Write;
import zap.server.mailbox.WriteOutcome;

/** Makes groups (10 → 11), returns their members, and takes forgotten clients out of them. */
@Service
public class Groups {

    /** Maximum number of members besides the creator: the slots of a 10. */
    static final int MAX_OTHERS = 7;

    /**
     * Capacity of the cache of members. A group's members change only by {@link #remove}, which drops the cached ones.
     */
    private static final int CACHED_GROUPS = 100_000;

    private static final int CACHED_AT_LIMIT = 10_000;

    private final ChatGroupRepository repository;
    private final IdSource ids;
    private final Clock clock;
    private final GroupProperties properties;
    private final LruMap<Long, List<ClientId>> cachedMembers = new LruMap<>(CACHED_GROUPS);

    /**
     * The clients that have made the maximum number of groups. Cached, because counting again for each further request
     * would delay the writer, and with it every sender.
     */
    private final LruMap<Long, Boolean> atLimit = new LruMap<>(CACHED_AT_LIMIT);

    Groups(ChatGroupRepository repository, IdSource ids, Clock clock, GroupProperties properties) {
        this.repository = repository;
        this.ids = ids;
        this.clock = clock;
        this.properties = properties;
    }

    /**
     * Makes a group of the creator and the named members, and announces it to all of them (11).
     *
     * @param creator the session's own client
     * @param request the client's request
     * @param once whether a repeated request makes no second group: its creator gets the first group's 11 again
     *     (protocol section 3)
     * @param receivedAtNanos {@link System#nanoTime()} when the request came
     * @param onSettled receives the outcome once it is durable, on the writer's thread; must not block
     * @return the write to submit to the mailbox
     */
    public Write create(
            ClientId creator,
            Frame.CreateGroup request,
            boolean once,
            long receivedAtNanos,
            Consumer<WriteOutcome> onSettled) {
        if (!request.creator().equals(creator)) {
            return new RefusedWrite(Reason.SPOOFED, onSettled);
        }
        var members = new LinkedHashSet<ClientId>();
        members.add(creator);
        members.addAll(request.members());
        if (members.size() < 2 || members.size() > 1 + MAX_OTHERS) {
            return new RefusedWrite(Reason.BAD_GROUP, onSettled);
        }
        if (!once && isAtLimit(creator)) {
            return new RefusedWrite(Reason.BAD_GROUP, onSettled);
        }
        return new GroupWrite(List.copyOf(members), request.sentAt(), once, receivedAtNanos, onSettled);
    }

    /**
     * Returns the members of a group, the creator first. For the writer's thread, while it prepares a batch.
     *
     * @return null when the group does not exist
     */
    public synchronized @Nullable List<ClientId> membersOf(GroupId group) {
        @Nullable List<ClientId> known = cachedMembers.get(group.value());
        if (known != null) {
            return known;
        }
        @Nullable
        List<ClientId> stored =
                repository.findById(group.value()).map(ChatGroup::members).orElse(null);
        if (stored != null) {
            cachedMembers.put(group.value(), stored);
        }
        return stored;
    }

    /** Returns the number of groups that a client is in. */
    public long countWith(ClientId client) {
        return repository.countWith(client.value());
    }

    /** Returns the number of groups. */
    public long count() {
        return repository.count();
    }

    /** Returns the departure from all its groups of a client that is being forgotten. */
    public DepartureWrite departureOf(ClientId client) {
        return new DepartureWrite(repository, this, client);
    }

    /** Takes a client out of all groups, in the open transaction. For the writer's thread. */
    synchronized void remove(ClientId client) {
        repository.removeMember(client.value());
        cachedMembers.values().removeIf(members -> members.contains(client));
    }

    private synchronized void cacheLimit(ClientId creator) {
        atLimit.put(creator.value(), true);
    }

    private synchronized boolean isAtLimit(ClientId creator) {
        return atLimit.containsKey(creator.value());
    }

    private final class GroupWrite implements Write {

        private final List<ClientId> members;
        private final PosixTime requestedAt;
        private final boolean once;
        private final long receivedAtNanos;
        private final Consumer<WriteOutcome> onSettled;
        private @Nullable GroupId candidate;
        private boolean tooMany;

        GroupWrite(
                List<ClientId> members,
                PosixTime requestedAt,
                boolean once,
                long receivedAtNanos,
                Consumer<WriteOutcome> onSettled) {
            this.members = members;
            this.requestedAt = requestedAt;
            this.once = once;
            this.receivedAtNanos = receivedAtNanos;
            this.onSettled = onSettled;
        }

        @Override
        public void prepare() {
            GroupId id = ids.nextGroup();
            while (repository.existsById(id.value())) {
                id = ids.nextGroup();
            }
            candidate = id;
            tooMany = false;
        }

        @Override
        public boolean needsTransaction() {
            return true;
        }

        @Override
        public void touch(LongConsumer clients) {
            members.forEach(member -> clients.accept(member.value()));
        }

        @Override
        public WriteOutcome apply(Batch batch) {
            ClientId creator = members.getFirst();
            if (candidate == null || !batch.knows(creator)) {
                return WriteOutcome.refused(Reason.BAD_GROUP);
            }
            Optional<ChatGroup> made = once ? requestedBefore(creator) : Optional.empty();
            if (made.isPresent()) {
                batch.append(creator, made.get().announcement(), receivedAtNanos);
                return WriteOutcome.STORED;
            }
            if (!members.stream().allMatch(batch::knows)) {
                return WriteOutcome.refused(Reason.BAD_GROUP);
            }
            if (isAtLimit(creator) || repository.countCreatedBy(creator.value()) >= properties.maxCreated()) {
                // The count may yet be rolled back, so it is cached when the transaction is over.
                tooMany = true;
                return WriteOutcome.refused(Reason.BAD_GROUP);
            }
            var group = new ChatGroup(candidate, clock.instant(), requestedAt, members);
            repository.save(group);
            members.forEach(member -> batch.append(member, group.announcement(), receivedAtNanos));
            return WriteOutcome.STORED;
        }

        /**
         * Returns the group that the same request has made before. It may have fewer members by now, because some have
         * been forgotten.
         */
        private Optional<ChatGroup> requestedBefore(ClientId creator) {
            return repository.requestedBy(creator.value(), requestedAt.seconds()).stream()
                    .filter(group -> group.wasRequestedWith(members))
                    .findFirst();
        }

        @Override
        public void settled(WriteOutcome outcome) {
            if (tooMany) {
                cacheLimit(members.getFirst());
            }
            onSettled.accept(outcome);
        }
    }
}
