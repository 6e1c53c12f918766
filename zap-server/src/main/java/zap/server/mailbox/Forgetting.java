package zap.server.mailbox;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.CannotAcquireLockException;
import org.springframework.dao.DataAccessException;
import org.springframework.scheduling.annotation.Scheduled;
import org.springframework.stereotype.Component;
import org.springframework.transaction.TransactionException;

/**
 * Deletes entries that were delivered and whose receipts were given out, and the entries of deleted clients. Works in
 * bulk and at intervals, because deleting each entry after its delivery would cost more than everything else that is
 * done for a message.
 *
 * <p>Nearly all entries go with their generation ({@link Generations}). A round moves the entries that still wait out
 * of the young generation that is not in use. The next round empties that generation and directs new entries to it. So
 * an entry stays for two to four rounds after it came, and for as long as it waits.
 *
 * <p>The two steps are in separate rounds because of a dump that begins between them. The dump sees the moved entries
 * in their old place, as the database was when it began. But a truncated table is empty for every transaction, even for
 * one that began earlier.
 */
@Component
class Forgetting {

    private static final Logger log = LoggerFactory.getLogger(Forgetting.class);

    /** The interval as Spring's placeholder, because a schedule cannot read {@link MailboxProperties#forgetEvery}. */
    private static final String EVERY = "${zap.mailbox.forget-every:" + MailboxProperties.FORGET_EVERY + "}";

    /**
     * Maximum number of entries in one transaction. The transaction must be short: while it runs, PostgreSQL keeps all
     * versions of all rows, and the counters have many.
     */
    private static final int ENTRIES_AT_ONCE = 2_000;

    private final Generations generations;
    private final OrphanedMail orphaned;

    /** The turn in which the last round moved all waiting entries. Belongs to the thread of the rounds. */
    private long promotedTurn = -1;

    Forgetting(Generations generations, OrphanedMail orphaned) {
        this.generations = generations;
        this.orphaned = orphaned;
    }

    /** Runs one round. Other nodes may run theirs at the same time. */
    @Scheduled(fixedDelayString = EVERY, initialDelayString = EVERY)
    void run() {
        var event = new ForgettingRoundEvent();
        event.begin();
        try {
            event.deleted = forAllClients(after -> generations.forget(after, ENTRIES_AT_ONCE));
            log.debug("Forgot {} entries of the old generation", event.deleted);
            clearUnusedYoungGeneration(event);
            orphaned.clear();
        } catch (CannotAcquireLockException e) {
            log.info(
                    "Cannot delete delivered mailbox entries while another transaction reads all of them (a backup,"
                            + " perhaps); will try again: {}",
                    e.getMessage());
        } catch (DataAccessException | TransactionException e) {
            log.warn("Could not delete delivered mailbox entries, will try again: {}", e.getMessage());
        } finally {
            event.commit();
        }
    }

    private void clearUnusedYoungGeneration(ForgettingRoundEvent event) {
        long turn = generations.turn();
        long all = 0;
        long moved;
        do {
            moved = forAllClients(after -> generations.promote(turn, after, ENTRIES_AT_ONCE));
            all += moved;
        } while (moved > 0); // so that the last pass over all clients has found no waiting entry
        log.debug("Moved {} entries that wait to the old generation", all);
        event.moved = all;
        if (all == 0 && promotedTurn == turn) {
            generations.change(turn);
            event.generationChanged = true;
        }
        promotedTurn = turn;
    }

    private interface Portion {
        Generations.Done from(long after);
    }

    private static long forAllClients(Portion portion) {
        long entries = 0;
        Generations.Done done = new Generations.Done(0, 0, 0);
        do {
            done = portion.from(done.lastClient());
            entries += done.entries();
        } while (done.clients() > 0);
        return entries;
    }
}
