package zap.server.group;

import jakarta.persistence.CascadeType;
import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.FetchType;
import jakarta.persistence.Id;
import jakarta.persistence.OneToMany;
import jakarta.persistence.OrderBy;
import jakarta.persistence.PostLoad;
import jakarta.persistence.PostPersist;
import jakarta.persistence.Table;
import jakarta.persistence.Transient;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.data.domain.Persistable;
import zap.protocol.ClientId;
import zap.protocol.Frame;
import zap.protocol.GroupId;
import zap.protocol.PosixTime;

/** A group. Its members are chosen when it is made; later it only loses members that the server forgets. */
@Entity
@Table(name = "chat_group")
class ChatGroup implements Persistable<Long> {

    @Id
    private Long id;

    @Column(name = "created_at", nullable = false, updatable = false)
    private Instant createdAt;

    /** The second of the 10 that requested the group; null for groups that are older than this column. */
    @Column(name = "requested_at", updatable = false)
    private @Nullable Long requestedAt;

    /** The number of members in the request, including the creator. */
    @Column(name = "requested_members", updatable = false)
    private @Nullable Short requestedMembers;

    @OneToMany(mappedBy = "group", cascade = CascadeType.PERSIST, fetch = FetchType.EAGER)
    @OrderBy("id.slot")
    private List<GroupMember> members = new ArrayList<>();

    /**
     * True once the group is stored. We assign the ids, so Spring Data cannot recognize a new group by its missing id.
     */
    @Transient
    private boolean stored;

    protected ChatGroup() {}

    ChatGroup(GroupId id, Instant createdAt, PosixTime requestedAt, List<ClientId> members) {
        this.id = id.value();
        this.createdAt = createdAt;
        this.requestedAt = requestedAt.seconds();
        this.requestedMembers = (short) members.size();
        for (ClientId member : members) {
            this.members.add(new GroupMember(this, (short) this.members.size(), member.value()));
        }
    }

    @Override
    public Long getId() {
        return id;
    }

    Instant createdAt() {
        return createdAt;
    }

    /** Returns the creator, then the other members in the order of the request. */
    List<ClientId> members() {
        return members.stream().map(member -> new ClientId(member.clientId())).toList();
    }

    /** Returns the 11 that announces the group to its members. */
    Frame.GroupCreated announcement() {
        return new Frame.GroupCreated(new GroupId(id), PosixTime.of(createdAt), members());
    }

    /**
     * Returns whether the request named these members, the creator first. Some of them may have been forgotten since.
     */
    boolean wasRequestedWith(List<ClientId> requested) {
        return requestedMembers != null
                && requestedMembers == requested.size()
                && Set.copyOf(requested).containsAll(members());
    }

    @Override
    public boolean isNew() {
        return !stored;
    }

    @PostLoad
    @PostPersist
    void markStored() {
        stored = true;
    }
}
