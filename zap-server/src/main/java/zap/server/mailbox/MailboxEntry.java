package zap.server.mailbox;

import jakarta.persistence.Column;
import jakarta.persistence.EmbeddedId;
import jakarta.persistence.Entity;
import jakarta.persistence.Table;
import org.jspecify.annotations.Nullable;

/** One row of the mailbox table. {@link StoredFrame} says what its columns mean for each kind of frame. */
@Entity
@Table(name = "mailbox")
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

    protected MailboxEntry() {}

    /** An entry as the table would give it. */
    static MailboxEntry of(long recipient, long position, StoredFrame frame) {
        var entry = new MailboxEntry();
        entry.id = new MailboxEntryId(recipient, position);
        entry.code = frame.code();
        entry.src = frame.src();
        entry.dst = frame.dst();
        entry.sentAt = frame.sentAt();
        entry.body = frame.body();
        return entry;
    }

    /** The entry as its owner is told of it. */
    Mail mail() {
        return new Mail(id.position(), new StoredFrame(code, src, dst, sentAt, body).frame(), Mail.NOT_MEASURED);
    }
}
