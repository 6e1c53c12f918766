package zap.server.identity;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.Id;
import jakarta.persistence.PostLoad;
import jakarta.persistence.PostPersist;
import jakarta.persistence.Table;
import jakarta.persistence.Transient;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import org.jspecify.annotations.Nullable;
import org.springframework.data.domain.Persistable;
import zap.protocol.PublicKeyBytes;

/** A registered client. The mailbox's counters are in the same row and belong to the mailbox. */
@Entity
@Table(name = "client")
class Client implements Persistable<Long> {

    @Id
    private Long id;

    @Column(name = "registered_at", nullable = false, updatable = false)
    private Instant registeredAt;

    /** The Ed25519 key that proves the client's identity; null when it registered without one. */
    @Column(name = "public_key", updatable = false)
    private byte @Nullable [] publicKey;

    /**
     * The stream of the client's registration; null when it named none. From then on this column belongs to the
     * mailbox.
     */
    @Column(name = "stream", updatable = false)
    private @Nullable Long stream;

    /** The node of its first session. From then on this column belongs to the mailbox. */
    @Column(name = "node", updatable = false)
    private @Nullable Long node;

    /** The day (UTC) of its last session. */
    @Column(name = "last_used", nullable = false)
    private LocalDate lastUsed;

    /** The time at which it was blocked; null for a client that may connect. */
    @Column(name = "blocked_at", insertable = false, updatable = false)
    private @Nullable Instant blockedAt;

    /**
     * True once the client is stored. We assign the ids, so Spring Data cannot recognize a new client by its missing
     * id.
     */
    @Transient
    private boolean stored;

    protected Client() {}

    /** @param node the number of the node at which it registers */
    Client(long id, Instant registeredAt, long node, @Nullable KeyedRegistration registration) {
        this.id = id;
        this.registeredAt = registeredAt;
        this.node = node;
        this.lastUsed = LocalDate.ofInstant(registeredAt, ZoneOffset.UTC);
        this.publicKey = registration == null ? null : registration.key().bytes();
        this.stream = registration == null ? null : registration.stream().value();
    }

    @Override
    public Long getId() {
        return id;
    }

    Instant registeredAt() {
        return registeredAt;
    }

    LocalDate lastUsed() {
        return lastUsed;
    }

    @Nullable
    Instant blockedAt() {
        return blockedAt;
    }

    @Nullable
    PublicKeyBytes publicKey() {
        return publicKey == null ? null : PublicKeyBytes.of(publicKey);
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
