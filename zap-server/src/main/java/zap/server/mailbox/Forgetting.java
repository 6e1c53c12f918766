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
 * <p>Nearly all of them go with their generation ({@link Generations}). A round moves what still waits out of the young one that is not in use, and the round after it
 * empties that one, and lets what is new go there from then on. So an entry stays for two to four rounds after it came, and for as long as it waits.
 *
 * <p>Not both in one round, for the sake of a dump that begins between the two: it sees the database as it was then, with what was moved in its old place,
 * but a table that has been emptied is empty for everybody, at whatever time they look at it.
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

    /** The turn in which the last round has found all that waits, and moved it; belongs to the thread of the rounds. */
    private long lookedThrough = -1;

    Forgetting(Generations generations, OrphanedMail orphaned) {
        this.generations = generations;
        this.orphaned = orphaned;
    }

    /** A round. Other nodes may be at theirs. */
    @Scheduled(
            fixedDelayString = "${zap.mailbox.forget-every:2m}",
            initialDelayString = "${zap.mailbox.forget-every:2m}")
    void run() {
        try {
            long deleted = overAllClients(after -> generations.forget(after, ENTRIES_AT_ONCE));
            log.debug("Forgot {} entries of the old generation", deleted);
            tidyTheElderYoungOne();
            orphaned.clear();
        } catch (CannotAcquireLockException e) {
            log.info(
                    "The mailbox could not be tidied up, as somebody is reading all of it (a backup, perhaps); it is tried again in a while: {}",
                    e.getMessage());
        } catch (DataAccessException | TransactionException e) {
            log.warn("Could not forget delivered mailbox entries, will try again: {}", e.getMessage());
        }
    }

    private void tidyTheElderYoungOne() {
        long turn = generations.turn();
        long all = 0;
        long moved;
        do {
            moved = overAllClients(after -> generations.promote(turn, after, ENTRIES_AT_ONCE));
            all += moved;
        } while (moved > 0); // so that the last look at all of it has found nothing that waits
        log.debug("Moved {} entries that wait to the old generation", all);
        if (all == 0 && lookedThrough == turn) {
            generations.change(turn);
        }
        lookedThrough = turn;
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
