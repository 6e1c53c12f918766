package zap.server.mailbox;

import jakarta.persistence.Column;
import jakarta.persistence.EmbeddedId;
import jakarta.persistence.Entity;
import jakarta.persistence.Table;
import org.jspecify.annotations.Nullable;

/**
 * One row of the mailbox table, for Hibernate's comparison with the database at the server's start. {@link StoredFrame}
 * gives the meaning of its columns for each kind of frame; {@link MailboxStatements} reads and writes them.
 */
@Entity
@Table(name = "mailbox")
@SuppressWarnings("unused") // read by Hibernate's mapping, not by our code
class MailboxEntry {

    @EmbeddedId
    private MailboxEntryId id;

    @Column(nullable = false)
    private short code;

    @Column(nullable = false)
    private long src;

    @Column(nullable = false)
    private long dst;

    @Column(name = "sent_at", nullable = false)
    private long sentAt;

    private byte @Nullable [] body;

    @Column(name = "message_id")
    private @Nullable Long messageId;

    protected MailboxEntry() {}
}
