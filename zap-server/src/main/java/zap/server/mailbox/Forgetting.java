package zap.server.mailbox;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.CannotAcquireLockException;
import org.springframework.dao.DataAccessException;
import org.springframework.scheduling.annotation.Scheduled;
import org.springframework.stereotype.Component;
import org.springframework.transaction.TransactionException;

/**
 * Deletes entries that were delivered and whose receipts were given out, and those of clients that are no more. In bulk and now and then: deleting
 * each entry when it is delivered would cost more than all else that is done for a message.
 *
 * <p>Nearly all of them go with their generation ({@link Generations}): a round empties the young one that nothing has been added to since the
 * round before, and lets what is new go there from then on. So an entry stays for one to two rounds after it came, and for as long as it waits.
 */
@Component
class Forgetting {

    private static final Logger log = LoggerFactory.getLogger(Forgetting.class);

    /**
     * How many entries are dealt with in one transaction. It should be over in a moment: while it lasts, PostgreSQL keeps all versions of all rows, and
     * those of the counters are many.
     */
    private static final int ENTRIES_AT_ONCE = 2_000;

    private final Generations generations;
    private final OrphanedMail orphaned;

    Forgetting(Generations generations, OrphanedMail orphaned) {
        this.generations = generations;
        this.orphaned = orphaned;
    }

    /** A round. Other nodes may be at theirs. */
    @Scheduled(
            fixedDelayString = "${zap.mailbox.forget-every:5m}",
            initialDelayString = "${zap.mailbox.forget-every:5m}")
    void run() {
        try {
            long deleted = overAllClients(after -> generations.forget(after, ENTRIES_AT_ONCE));
            log.debug("Forgot {} entries of the old generation", deleted);
            emptyTheElderYoungOne();
            orphaned.clear();
        } catch (CannotAcquireLockException e) {
            log.info(
                    "The mailbox could not be tidied up, as somebody is reading all of it (a backup, perhaps); it is tried again in a while: {}",
                    e.getMessage());
        } catch (DataAccessException | TransactionException e) {
            log.warn("Could not forget delivered mailbox entries, will try again: {}", e.getMessage());
        }
    }

    private void emptyTheElderYoungOne() {
        long turn = generations.turn();
        long all = 0;
        long moved;
        do {
            moved = overAllClients(after -> generations.promote(turn, after, ENTRIES_AT_ONCE));
            all += moved;
        } while (moved > 0); // so that the last look at all of it has found nothing that waits
        if (generations.change(turn)) {
            log.debug("Emptied a young generation, of which {} entries wait in the old one now", all);
        }
    }

    private interface Portion {
        Generations.Done from(long after);
    }

    private static long overAllClients(Portion portion) {
        long entries = 0;
        Generations.Done done = new Generations.Done(0, 0, 0);
        do {
            done = portion.from(done.lastClient());
            entries += done.entries();
        } while (done.clients() > 0);
        return entries;
    }
}
