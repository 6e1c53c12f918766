package zap.server.mailbox;

import jakarta.persistence.Column;
import jakarta.persistence.Embeddable;
import java.io.Serializable;

/** The key of a mailbox entry: its owner and its position. */
@Embeddable
record MailboxEntryId(
        @Column(name = "recipient") long recipient,
        @Column(name = "position") long position) implements Serializable {}
