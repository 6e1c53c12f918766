package zap.server.mailbox;

import org.springframework.stereotype.Component;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/** The mail of deleted clients. */
@Component
class OrphanedMail {

    /** Maximum number of entries in one transaction, which must be short. */
    private static final int ENTRIES_AT_ONCE = 2_000;

    private final MailboxRepository repository;
    private final TransactionTemplate transactions;

    OrphanedMail(MailboxRepository repository, PlatformTransactionManager transactionManager) {
        this.repository = repository;
        this.transactions = new TransactionTemplate(transactionManager);
    }

    /** Deletes it. Called when an operator has had a client forgotten, and in each round of {@link Forgetting}. */
    synchronized void clear() {
        int deleted;
        do {
            deleted = transactions.execute(status -> repository.clear(ENTRIES_AT_ONCE));
        } while (deleted == ENTRIES_AT_ONCE);
    }
}
