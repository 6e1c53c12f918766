package zap.server.mailbox;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.scheduling.annotation.Scheduled;
import org.springframework.stereotype.Component;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Deletes entries that were delivered and whose receipts were given out, and those of clients that are no more. In bulk and now and then: deleting
 * each entry when it is delivered would cost more than all else that is done for a message.
 */
@Component
class Forgetting {

    private static final Logger log = LoggerFactory.getLogger(Forgetting.class);

    /** How many entries go in one transaction: it should be over in a moment. */
    private static final int ENTRIES_AT_ONCE = 5_000;

    private final MailboxRepository repository;
    private final TransactionTemplate transactions;

    Forgetting(MailboxRepository repository, PlatformTransactionManager transactionManager) {
        this.repository = repository;
        this.transactions = new TransactionTemplate(transactionManager);
    }

    /** Goes once over all clients. */
    @Scheduled(
            fixedDelayString = "${zap.mailbox.forget-every:5m}",
            initialDelayString = "${zap.mailbox.forget-every:5m}")
    void run() {
        try {
            long entries = 0;
            long after = 0;
            MailboxSets.Forgotten round;
            do {
                long from = after;
                round = transactions.execute(status -> repository.forget(from, ENTRIES_AT_ONCE));
                after = round.lastClient();
                entries += round.entries();
            } while (round.clients() > 0);
            log.debug("Forgot {} delivered mailbox entries", entries);
            clear();
        } catch (DataAccessException | org.springframework.transaction.TransactionException e) {
            log.warn("Could not forget delivered mailbox entries, will try again: {}", e.getMessage());
        }
    }

    /** Deletes what waits for clients that are no more. Called when an operator has had one forgotten, and with each round. */
    synchronized void clear() {
        int deleted;
        do {
            deleted = transactions.execute(status -> repository.clear(ENTRIES_AT_ONCE));
        } while (deleted == ENTRIES_AT_ONCE);
    }
}
