package zap.server.group;

import jakarta.persistence.Column;
import jakarta.persistence.Embeddable;
import jakarta.persistence.EmbeddedId;
import jakarta.persistence.Entity;
import jakarta.persistence.FetchType;
import jakarta.persistence.JoinColumn;
import jakarta.persistence.ManyToOne;
import jakarta.persistence.MapsId;
import jakarta.persistence.Table;
import java.io.Serializable;

/** One seat in a group. */
@Entity
@Table(name = "group_member")
class GroupMember {

    /** The group's id and the number of the seat in it. */
    @Embeddable
    record Id(
            @Column(name = "group_id") long groupId,
            @Column(name = "slot") short slot) implements Serializable {}

    @EmbeddedId
    @SuppressWarnings("unused") // read by Hibernate's mapping, not by our code
    private Id id;

    @MapsId("groupId")
    @ManyToOne(fetch = FetchType.LAZY, optional = false)
    @JoinColumn(name = "group_id")
    @SuppressWarnings("unused") // read by Hibernate's mapping, not by our code
    private ChatGroup group;

    @Column(name = "client_id", nullable = false, updatable = false)
    private long clientId;

    protected GroupMember() {}

    GroupMember(ChatGroup group, short slot, long clientId) {
        this.id = new Id(group.getId(), slot);
        this.group = group;
        this.clientId = clientId;
    }

    long clientId() {
        return clientId;
    }
}
