package zap.server.identity;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.PostLoad;
import jakarta.persistence.PostPersist;
import jakarta.persistence.Table;
import jakarta.persistence.Transient;
import java.time.Instant;
import org.springframework.data.domain.Persistable;

/** Somebody who registered. The mailbox's counters stand on the same row and belong to the mailbox. */
@Entity
@Table(name = "client")
class Client implements Persistable<Long> {

    @Id
    private Long id;

    @Column(name = "registered_at", nullable = false, updatable = false)
    private Instant registeredAt;

    /** Ids are assigned by us, so Spring Data cannot tell a new client by its missing id. */
    @Transient
    private boolean stored;

    protected Client() {}

    Client(long id, Instant registeredAt) {
        this.id = id;
        this.registeredAt = registeredAt;
    }

    @Override
    public Long getId() {
        return id;
    }

    Instant registeredAt() {
        return registeredAt;
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
