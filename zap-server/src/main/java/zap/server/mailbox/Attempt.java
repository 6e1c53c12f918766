package zap.server.mailbox;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import zap.protocol.Reason;
import zap.server.tracing.Tracing;

/**
 * One try to store some writes. Belongs to the writer's thread.
 *
 * <pre>
 *   withLocks | withoutLocks ──→ STORED ──→ remember, tell
 *                            ──→ STALE, NEEDS_LOCKS or an exception ──→ undo
 * </pre>
 */
final class Attempt {

    private static final Logger log = LoggerFactory.getLogger(MailboxWriter.class);

    /** How a try ended that did not fail. */
    enum Result {
        /** All writes were stored or refused. */
        STORED,
        /** What was remembered does not hold any more. Nothing was stored. */
        STALE,
        /** A decision was taken that only holds with the rows locked. Nothing was stored. */
        NEEDS_LOCKS
    }

    private final List<Write> writes;
    private final @Nullable Reason[] refusals;
    private final MailboxStatements.BatchName name;
    private final MailboxRepository repository;
    private final ReceiptLedgers ledgers;
    private final CounterCache known;
    private final MailArrivals arrivals;
    private final Tracing tracing;
    private final long maxWaiting;
    private final Set<Long> touched = new TreeSet<>();
    private @Nullable Batch batch;
    /** It may have been committed, or may yet be: before that it surely is not. */
    private boolean complete;

    /**
     * @param name what the database knows the batch by
     * @param maxWaiting how many entries may wait in one mailbox
     */
    Attempt(
            List<Write> writes,
            MailboxStatements.BatchName name,
            MailboxRepository repository,
            ReceiptLedgers ledgers,
            CounterCache known,
            MailArrivals arrivals,
            Tracing tracing,
            long maxWaiting) {
        this.writes = writes;
        this.name = name;
        this.refusals = new Reason[writes.size()];
        this.repository = repository;
        this.ledgers = ledgers;
        this.known = known;
        this.arrivals = arrivals;
        this.tracing = tracing;
        this.maxWaiting = maxWaiting;
    }

    MailboxStatements.BatchName name() {
        return name;
    }

    /** Returns whether the batch may have been committed, or may yet be, although the try has failed. */
    boolean mayHaveCommitted() {
        return complete;
    }

    Batch batch() {
        if (batch == null) {
            throw new IllegalStateException("The attempt has not run");
        }
        return batch;
    }

    /** Within a transaction: lock, decide, write. Where something else than mail is stored too, or what is remembered did not hold. */
    Result withLocks() {
        try {
            Set<Long> ledgersNeeded = prepare();
            Batch current = begin(repository.lock(ids(touched)));
            if (!decide(current, ledgersNeeded)) {
                return Result.STALE;
            }
            if (!current.appends().isEmpty()) {
                repository.insert(current.appends());
            }
            current.keepRefusals();
            repository.advance(current.changed(), name);
            complete = true;
            return Result.STORED;
        } catch (MailboxStatements.CountersChangedException e) {
            return Result.STALE;
        }
    }

    /** Decides by what is remembered, and writes in one statement, which is a transaction by itself: one round trip. */
    Result withoutLocks() {
        try {
            Set<Long> ledgersNeeded = prepare();
            long[] missing = known.missing(touched);
            if (missing.length > 0) {
                known.put(repository.read(missing));
            }
            Result decided = decideByHearsay(ledgersNeeded);
            if (decided != Result.STORED) {
                return decided;
            }
            List<Counters> changed = batch().changed();
            if (!changed.isEmpty()) {
                complete = true;
                repository.store(batch().appends(), changed, name);
            }
            return Result.STORED;
        } catch (MailboxStatements.CountersChangedException e) {
            return Result.STALE;
        }
    }

    /** Nobody is refused, and nothing is taken for a mistake of ours, for something that another node may have changed. */
    private Result decideByHearsay(Set<Long> ledgersNeeded) {
        try {
            if (!decide(begin(known.of(touched)), ledgersNeeded)) {
                return Result.STALE;
            }
        } catch (MailboxStatements.CountersChangedException | DataAccessException e) {
            throw e;
        } catch (RuntimeException e) {
            log.debug("What is remembered does not fit, and is looked at again", e);
            return Result.NEEDS_LOCKS;
        }
        return Arrays.stream(refusals).anyMatch(Objects::nonNull) ? Result.NEEDS_LOCKS : Result.STORED;
    }

    /** @return the clients whose ledgers are needed: those that are to be confirmed, and those that a write asks about */
    private Set<Long> prepare() {
        var confirming = new LinkedHashMap<Long, Long>();
        var ledgersNeeded = new LinkedHashSet<Long>();
        for (Write write : writes) {
            write.prepare();
            if (write instanceof ConfirmWrite confirmation) {
                confirming.merge(confirmation.client().value(), confirmation.taken(), Math::max);
            }
            write.readsLedgerOf(ledgersNeeded::add);
        }
        ledgersNeeded.addAll(confirming.keySet());
        ledgers.load(ledgersNeeded, repository::ledgers);
        writes.forEach(write -> write.touch(touched::add));
        confirming.forEach((client, upTo) -> ledgers.originatorsUpTo(client, upTo, touched::add));
        return ledgersNeeded;
    }

    private Batch begin(List<Counters> counters) {
        Batch current = new Batch(counters, repository, ledgers, arrivals::isOnline, maxWaiting, writes.size());
        batch = current;
        return current;
    }

    /** @return false when the ledgers did not match the counters: the next try has those that were read now */
    private boolean decide(Batch current, Set<Long> ledgersNeeded) {
        if (!ledgers.matchOrReload(current.countersOf(ledgersNeeded), repository::ledgers)) {
            return false;
        }
        for (int i = 0; i < refusals.length; i++) {
            refusals[i] = writes.get(i).apply(current);
        }
        current.settleConfirmations();
        return true;
    }

    /** It has not happened, or nobody knows: nothing of what it has touched is remembered. */
    void undo() {
        ledgers.rolledBack();
        known.forget(touched);
    }

    /** It has happened. */
    void remember() {
        known.put(batch().counters());
        known.forget(batch().removed());
        ledgers.forget(batch().removed());
    }

    /** After the commit: whoever waits for an answer, then whoever has mail. */
    void tell() {
        for (int i = 0; i < refusals.length; i++) {
            try {
                writes.get(i).settled(refusals[i]);
            } catch (RuntimeException e) {
                // A bug of ours, but what is stored is stored, and the others want to hear of it.
                log.error("What became of a write could not be told: {}", writes.get(i), e);
            }
        }
        Map<Long, List<MailboxItem>> arrived = new LinkedHashMap<>();
        for (NewEntry append : batch().appends()) {
            if (arrivals.isOnline(append.recipient())) {
                arrived.computeIfAbsent(append.recipient(), _ -> new ArrayList<>())
                        .add(append.mail());
            }
        }
        arrived.forEach(arrivals::arrived);
        batch().confirmations().forEach(tracing::confirmed);
        writes.forEach(Write::told);
    }

    private static long[] ids(Set<Long> clients) {
        return clients.stream().mapToLong(Long::longValue).toArray();
    }
}
