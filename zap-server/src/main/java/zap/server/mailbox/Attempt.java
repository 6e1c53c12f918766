package zap.server.mailbox;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import zap.server.tracing.Tracing;

/**
 * One attempt to store some writes. Belongs to the writer's thread.
 *
 * <pre>
 *   withLocks | withoutLocks ──→ STORED ──→ updateCaches, report
 *                            ──→ STALE, DISTURBED, NEEDS_LOCKS or an exception ──→ dropCached
 * </pre>
 */
final class Attempt {

    private static final Logger log = LoggerFactory.getLogger(MailboxWriter.class);

    /** The end of an attempt that did not fail. */
    enum Result {
        /** All writes were stored or refused. */
        STORED,
        /** A cached row or ledger was out of date. Nothing was stored. */
        STALE,
        /** Another node has stored something for a client that is here. Nothing was stored. */
        DISTURBED,
        /** A decision holds only while the rows are locked. Nothing was stored. */
        NEEDS_LOCKS
    }

    /** The ways to store a batch. */
    enum Form {
        /** In one statement, at the positions that the cached rows give. */
        ALONE,
        /** In one statement, at the positions that the database gives, because other nodes append, too. */
        SHARED,
        /** In a transaction that reads the rows under locks. */
        LOCKED
    }

    private final List<Write> writes;
    private final WriteOutcome[] outcomes;
    private final MailboxStatements.BatchName name;
    private final MailboxRepository repository;
    private final ReceiptLedgers ledgers;
    private final CounterCache counterCache;
    private final MailArrivals arrivals;
    private final @Nullable MailElsewhere elsewhere;
    private final Tracing tracing;
    private final long maxWaiting;
    private final Set<Long> touched = new TreeSet<>();
    /** The position that each client confirms. */
    private final Map<Long, Long> confirming = new LinkedHashMap<>();

    private @Nullable Batch batch;
    /** Whether the database may give the entries other places than those that the batch assumes. */
    private boolean isShared;
    /** True once a commit is possible: the batch may be committed already, or be committed later. */
    private boolean complete;
    /** True once the database may have given the entries their places. */
    private boolean placedByDatabase;

    private Form form = Form.ALONE;
    /** The time that locking took, as the database has measured it in the shared form; otherwise 0. */
    private long lockNanos;
    /** The time at which the attempt went to the database to store; 0 before that. */
    private long storingNanos;
    /** The changed rows, read after a commit whose answer was lost; empty otherwise. */
    private List<Counters> seenAfter = List.of();

    /**
     * @param name the batch's name in the database
     * @param elsewhere the listener for mail of other nodes' clients; null for none
     * @param maxWaiting maximum number of waiting entries in one mailbox
     */
    Attempt(
            List<Write> writes,
            MailboxStatements.BatchName name,
            MailboxRepository repository,
            ReceiptLedgers ledgers,
            CounterCache counterCache,
            MailArrivals arrivals,
            @Nullable MailElsewhere elsewhere,
            Tracing tracing,
            long maxWaiting) {
        this.writes = writes;
        this.name = name;
        this.outcomes = new WriteOutcome[writes.size()];
        this.repository = repository;
        this.ledgers = ledgers;
        this.counterCache = counterCache;
        this.arrivals = arrivals;
        this.elsewhere = elsewhere;
        this.tracing = tracing;
        this.maxWaiting = maxWaiting;
    }

    MailboxStatements.BatchName name() {
        return name;
    }

    /** Returns the way in which the batch was stored. */
    Form form() {
        return form;
    }

    /** Returns the time that it took to lock the rows in the shared form. */
    long lockNanos() {
        return lockNanos;
    }

    /** Returns the {@link System#nanoTime()} at which the attempt went to the database to store; 0 before that. */
    long storingNanos() {
        return storingNanos;
    }

    /** Returns whether the batch may have been committed, or may yet be, although the attempt has failed. */
    boolean mayHaveCommitted() {
        return complete;
    }

    Batch batch() {
        if (batch == null) {
            throw new IllegalStateException("The attempt has not run");
        }
        return batch;
    }

    /**
     * Locks, decides and writes, within the caller's transaction. Used when a write stores more than mail, or when the
     * cached rows were out of date.
     */
    Result withLocks() {
        try {
            form = Form.LOCKED;
            storingNanos = System.nanoTime();
            Set<Long> ledgersNeeded = prepare();
            Batch current = begin(repository.lock(ids(touched)), false);
            // Under the locks, ledgers that were read again are right. They may only name more originators.
            if (!ledgers.matchOrReload(current.countersOf(ledgersNeeded), repository::ledgers)
                    && !areOriginatorsTouched()) {
                return Result.STALE;
            }
            apply(current);
            if (!current.newEntries().isEmpty()) {
                repository.insert(current.newEntries());
            }
            current.keepRefusals();
            repository.advance(current.changed(), name);
            complete = true;
            return Result.STORED;
        } catch (MailboxStatements.CountersChangedException e) {
            return Result.STALE;
        }
    }

    /**
     * Decides by the cached rows, and writes in one statement, which is a transaction by itself: one round trip.
     *
     * @param undisturbed whether the cached tails may be taken as they are if all clients of the batch are here.
     *     Otherwise the database gives the entries their positions, because other nodes append to the same mailboxes
     */
    Result withoutLocks(boolean undisturbed) {
        try {
            Set<Long> ledgersNeeded = prepare();
            long[] missing = counterCache.missing(touched);
            if (missing.length > 0) {
                counterCache.put(repository.read(missing));
            }
            Result decided = decideByCachedRows(ledgersNeeded);
            if (decided != Result.STORED) {
                return decided;
            }
            List<Counters> changed = batch().changed();
            if (!changed.isEmpty()) {
                complete = true;
                storingNanos = System.nanoTime();
                placedByDatabase = elsewhere != null && !(undisturbed && batch().isAllOn(name.writer()));
                if (placedByDatabase) {
                    form = Form.SHARED;
                    Placement placement = repository.storeShared(batch().shared(name, changed));
                    lockNanos = placement.lockNanos();
                    batch().place(placement);
                } else {
                    repository.store(batch().newEntries(), changed, name);
                }
            }
            return Result.STORED;
        } catch (MailboxStatements.CountersChangedException e) {
            return elsewhere == null || placedByDatabase ? Result.STALE : Result.DISTURBED;
        }
    }

    /** Returns whether the places of the entries are missing, if the batch has been committed after a failure. */
    boolean isPlacedByDatabase() {
        return placedByDatabase;
    }

    /** Reads the changed rows after a commit whose answer, with the places of the entries, was lost. */
    void readPlaces() {
        List<Counters> changed = batch().changed();
        List<Counters> rows = repository.read(
                changed.stream().mapToLong(counters -> counters.client).toArray());
        batch().placedUnseen(rows);
        seenAfter = rows;
    }

    /**
     * Decides by the cached rows. Asks for locks instead of refusing a write or reporting a bug, because another node
     * may have changed the rows.
     */
    private Result decideByCachedRows(Set<Long> ledgersNeeded) {
        try {
            boolean shared = elsewhere != null;
            if (shared) {
                raiseTails(ledgersNeeded);
            }
            Batch current = begin(counterCache.of(touched), shared);
            List<Counters> needed = current.countersOf(ledgersNeeded);
            if (!(shared
                    ? ledgers.beginOrReload(needed, confirming, repository::ledgers)
                    : ledgers.matchOrReload(needed, repository::ledgers))) {
                return Result.STALE;
            }
            apply(current);
        } catch (MailboxStatements.CountersChangedException | DataAccessException e) {
            throw e;
        } catch (RuntimeException e) {
            log.debug("The cached rows do not fit, and are read again", e);
            return Result.NEEDS_LOCKS;
        }
        return Arrays.stream(outcomes).anyMatch(WriteOutcome.Refused.class::isInstance)
                ? Result.NEEDS_LOCKS
                : Result.STORED;
    }

    /** Returns the clients whose ledgers are needed: those with a confirmation, and those that a write asks about. */
    private Set<Long> prepare() {
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

    /** Raises the cached tails to where ledgers end, which may have been read later. */
    private void raiseTails(Set<Long> clients) {
        for (long client : clients) {
            @Nullable Counters counters = counterCache.get(client);
            if (counters != null && counters.tail < ledgers.knownUpTo(client)) {
                counterCache.put(List.of(counters.withTail(ledgers.knownUpTo(client))));
            }
        }
    }

    private Batch begin(List<Counters> counters, boolean shared) {
        isShared = shared;
        Batch current = new Batch(
                counters, repository, ledgers, arrivals::isOnline, maxWaiting, name.writer(), shared, writes.size());
        batch = current;
        return current;
    }

    private boolean areOriginatorsTouched() {
        var originators = new LinkedHashSet<Long>();
        confirming.forEach((client, upTo) -> ledgers.originatorsUpTo(client, upTo, originators::add));
        return touched.containsAll(originators);
    }

    private void apply(Batch current) {
        for (int i = 0; i < outcomes.length; i++) {
            outcomes[i] = writes.get(i).apply(current);
        }
        current.settleConfirmations();
    }

    /** Forgets everything cached about the touched clients, because the attempt failed or its outcome is unknown. */
    void dropCached() {
        ledgers.forget(touched);
        counterCache.forget(touched);
    }

    /** Caches what the attempt has committed. */
    void updateCaches() {
        if (isShared) {
            batch().tellLedgers();
        }
        counterCache.put(batch().counters());
        counterCache.forget(batch().removed());
        ledgers.forget(batch().removed());
        counterCache.forget(batch().outdated());
        ledgers.forget(batch().outdated());
    }

    /** Reports the outcomes to the writes, and then the new mail to the sessions. Called after the commit. */
    void report() {
        for (int i = 0; i < outcomes.length; i++) {
            try {
                writes.get(i).settled(outcomes[i]);
            } catch (RuntimeException e) {
                // A bug of ours. The write is stored all the same, and the other writes still wait for their outcomes.
                log.error("Could not report the outcome of a write: {}", writes.get(i), e);
            }
        }
        Map<Long, List<MailboxItem>> arrived = new LinkedHashMap<>();
        for (NewEntry entry : batch().isPlaced() ? batch().newEntries() : List.<NewEntry>of()) {
            if (arrivals.isOnline(entry.recipient())) {
                arrived.computeIfAbsent(entry.recipient(), _ -> new ArrayList<>())
                        .add(entry.item());
            }
        }
        arrived.forEach(arrivals::arrived);
        for (Counters row : seenAfter) {
            if (arrivals.isOnline(row.client)) {
                arrivals.mayHaveArrived(row.client, new MailboxCursor(row.session, row.given, row.digest, row.tail));
            }
        }
        if (elsewhere != null) {
            reportElsewhere(elsewhere);
        }
        batch().confirmations().forEach(tracing::confirmed);
        writes.forEach(Write::mailReported);
    }

    private void reportElsewhere(MailElsewhere listener) {
        Map<Long, Map<Long, List<MailboxItem>>> byNode = new LinkedHashMap<>();
        for (NewEntry entry : batch().newEntries()) {
            long node = batch().nodeOf(entry.recipient());
            if (node != Counters.NO_NODE && node != name.writer()) {
                List<MailboxItem> mail = byNode.computeIfAbsent(node, _ -> new LinkedHashMap<>())
                        .computeIfAbsent(entry.recipient(), _ -> new ArrayList<>());
                if (batch().isPlaced()) {
                    mail.add(entry.item());
                }
            }
        }
        byNode.forEach((node, byClient) -> listener.stored(
                node,
                byClient.entrySet().stream()
                        .map(one -> new ClientMail(one.getKey(), one.getValue()))
                        .toList()));
    }

    private static long[] ids(Set<Long> clients) {
        return clients.stream().mapToLong(Long::longValue).toArray();
    }
}
