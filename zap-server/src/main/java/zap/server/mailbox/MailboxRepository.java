package zap.server.mailbox;

import org.springframework.data.repository.Repository;

/** The mailbox table. All that is done with it is done in sets. */
interface MailboxRepository extends Repository<MailboxEntry, MailboxEntryId>, MailboxStatements {}
