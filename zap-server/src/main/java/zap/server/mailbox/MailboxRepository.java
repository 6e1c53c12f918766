package zap.server.mailbox;

import org.springframework.data.repository.Repository;

/** The mailbox table. All its statements work on sets of rows. */
interface MailboxRepository extends Repository<MailboxEntry, MailboxEntryId>, MailboxStatements {}
