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

/** A group. It is made with its members; of these it only ever loses some, when the server forgets them. */
@Entity
@Table(name = "chat_group")
class ChatGroup implements Persistable<Long> {

    @Id
    private Long id;

    @Column(name = "created_at", nullable = false, updatable = false)
    private Instant createdAt;

    /** The second of the 10 that asked for it; null for groups from before that was kept. */
    @Column(name = "requested_at", updatable = false)
    private @Nullable Long requestedAt;

    /** How many members it was asked for with, the creator included. */
    @Column(name = "requested_members", updatable = false)
    private @Nullable Short requestedMembers;

    @OneToMany(mappedBy = "group", cascade = CascadeType.PERSIST, fetch = FetchType.EAGER)
    @OrderBy("id.slot")
    private List<GroupMember> members = new ArrayList<>();

    /** Ids are assigned by us, so Spring Data cannot tell a new group by its missing id. */
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

    /** The creator, then the others in the order in which they were named. */
    List<ClientId> members() {
        return members.stream().map(member -> new ClientId(member.clientId())).toList();
    }

    /** Returns the 11 that tells its members of it. */
    Frame.GroupCreated announcement() {
        return new Frame.GroupCreated(new GroupId(id), PosixTime.of(createdAt), members());
    }

    /**
     * Whether it was asked for with these members, the creator first. Some of them may have been taken out since.
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
