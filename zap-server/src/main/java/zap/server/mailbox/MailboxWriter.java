package zap.server.mailbox;

import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;
import org.springframework.dao.DataAccessException;
import org.springframework.stereotype.Component;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.TransactionException;
import org.springframework.transaction.TransactionSystemException;
import org.springframework.transaction.support.TransactionTemplate;
import zap.protocol.Reason;
import zap.server.tracing.Tracing;

/**
 * The group commit: one thread that takes everything that came while its last commit was running, and stores it in one
 * transaction. A lone write is stored at once.
 *
 * <p>What can go wrong, and what happens then:
 *
 * <ul>
 *   <li>the database is away, full, or ends our transaction: the batch is tried again until it is stored, and nothing more
 *       is taken meanwhile. When the connection broke while committing, the database is asked first whether it did;
 *   <li>one write cannot be stored: the batch is split until the guilty one is alone, and only that one is refused.
 * </ul>
 */
@Component
class MailboxWriter implements SmartLifecycle {

    /** Starts before the listeners, and stops after them. */
    static final int PHASE = SmartLifecycle.DEFAULT_PHASE - 200;

    private static final Logger log = LoggerFactory.getLogger(MailboxWriter.class);

    /** Of how many clients something is remembered: far more than a batch can touch, so that nothing is dropped while its batch is running. */
    private static final int REMEMBERED = 100_000;

    private static final String DISK_FULL = "53100";

    private static final Duration FIRST_PAUSE = Duration.ofMillis(50);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(1);
    /** How long a writer with nothing to do does not see that it is to stop. */
    private static final Duration LOOK_UP = Duration.ofMillis(100);

    private static final Duration STOP_WITHIN = Duration.ofSeconds(10);

    private final MailboxRepository repository;
    private final MailArrivals arrivals;
    private final TransactionTemplate transactions;
    private final WriterMeters meters;
    private final Tracing tracing;
    private final MailboxProperties properties;
    private final WriteQueue queue;
    private final ReceiptLedgers ledgers = new ReceiptLedgers(REMEMBERED);
    private final KnownCounters known = new KnownCounters(REMEMBERED);

    /** What the database knows us by, since the start. */
    private long writer;
    /** How many transactions have been begun since then. Belongs to the writer's thread. */
    private long attempts;

    private volatile @Nullable Thread thread;
    private volatile boolean stopping;
    private volatile @Nullable String trouble;

    MailboxWriter(
            MailboxRepository repository,
            MailArrivals arrivals,
            PlatformTransactionManager transactionManager,
            WriterMeters meters,
            Tracing tracing,
            MailboxProperties properties) {
        this.repository = repository;
        this.arrivals = arrivals;
        this.transactions = new TransactionTemplate(transactionManager);
        this.meters = meters;
        this.tracing = tracing;
        this.properties = properties;
        this.queue = new WriteQueue(properties.maxQueued(), properties.confirmWithin());
        meters.watch(queue);
    }

    /** Takes a write into the queue. */
    void submit(Write write) throws InterruptedException {
        if (write instanceof Confirmation confirmation) {
            queue.confirm(confirmation);
        } else {
            queue.put(write);
        }
    }

    boolean awaitStored(Duration most) throws InterruptedException {
        long until = System.nanoTime() + most.toNanos();
        var barrier = new Barrier();
        return queue.offer(barrier, most) && barrier.passed.await(until - System.nanoTime(), TimeUnit.NANOSECONDS);
    }

    /** What keeps the writer from storing, in words for a person; null when all is well. */
    @Nullable
    String trouble() {
        @Nullable Thread current = thread;
        if (current == null || !current.isAlive()) {
            return "the writer is not running";
        }
        return trouble;
    }

    @Override
    public void start() {
        meters.startBacklog(repository.waiting());
        writer = repository.enroll();
        stopping = false;
        queue.hurry(false);
        // A platform thread: it is always busy when it matters, and must not wait its turn behind thousands of
        // sessions.
        thread = Thread.ofPlatform().name("mailbox-writer").start(this::run);
    }

    /** Stores what was submitted, for a bounded time, and ends. */
    @Override
    public void stop() {
        stopping = true;
        queue.hurry(true);
        @Nullable Thread current = thread;
        if (current == null) {
            return;
        }
        try {
            if (!current.join(STOP_WITHIN)) {
                log.error(
                        "Stopping although {} writes could not be stored within {} s: {}",
                        queue.size(),
                        STOP_WITHIN.toSeconds(),
                        trouble);
                current.interrupt();
                current.join(Duration.ofSeconds(1));
            } else {
                retire();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        thread = null;
    }

    private void retire() {
        try {
            repository.retire(writer);
        } catch (DataAccessException e) {
            log.debug("A row is left in table writer, where it does no harm: {}", e.getMessage());
        }
    }

    @Override
    public boolean isRunning() {
        return thread != null;
    }

    @Override
    public int getPhase() {
        return PHASE;
    }

    private void run() {
        var batch = new ArrayList<Write>(properties.maxBatch());
        try {
            while (true) {
                queue.take(batch, properties.maxBatch(), LOOK_UP);
                if (!batch.isEmpty()) {
                    store(batch);
                    batch.clear();
                } else if (stopping) {
                    return;
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /**
     * Stores the writes in as many transactions as it takes, and does not return before each is stored or refused. The writer's own
     * thread calls it; a test may be that thread.
     */
    void store(List<Write> submitted) throws InterruptedException {
        List<Write> writes = submitted;
        Duration pause = FIRST_PAUSE;
        boolean locking = writes.stream().anyMatch(Write::needsTransaction);
        while (true) {
            var attempt = new Attempt(writes, new MailboxSets.BatchName(writer, ++attempts));
            long started = System.nanoTime();
            try {
                if (locking) {
                    transactions.executeWithoutResult(status -> attempt.withLocks());
                } else {
                    attempt.withoutLocks();
                }
            } catch (StaleLedgersException | MailboxSets.CountersChangedException | LocksNeededException e) {
                // What was remembered does not hold any more. With the rows locked, it is found out what does.
                attempt.undo();
                locking = true;
                // Nobody is refused for a mailbox that is full only because it has not been noted yet what was taken
                // out of it.
                writes = Stream.concat(queue.takeConfirmations().stream(), writes.stream())
                        .toList();
                continue;
            } catch (RuntimeException e) {
                attempt.undo();
                if (isFaultOfOneWrite(e)) {
                    split(writes, e);
                    return;
                }
                meters.failed();
                troubled(e);
                Thread.sleep(pause); // the database needs time to come back; asking faster would only keep it busy
                pause = Duration.ofMillis(Math.min(pause.toMillis() * 2, LONGEST_PAUSE.toMillis()));
                if (!attempt.complete || !hasCommitted(attempt.name)) {
                    continue;
                }
            }
            meters.committed(attempt.batch(), writes.size(), System.nanoTime() - started);
            succeeded(attempt);
            return;
        }
    }

    private void succeeded(Attempt attempt) {
        if (trouble != null) {
            trouble = null;
            log.info("Storing again");
        }
        attempt.remember();
        attempt.tell();
    }

    private void troubled(RuntimeException e) {
        Throwable root = rootOf(e);
        String cause = root.getMessage();
        if (root instanceof SQLException sql && DISK_FULL.equals(sql.getSQLState())) {
            cause = "the disk is full, and everything waits until there is room (" + cause + ")";
        }
        if (trouble == null) {
            log.error("Cannot store messages at the moment, senders have to wait: {}", cause);
        }
        trouble = "messages cannot be stored: " + cause;
    }

    private void split(List<Write> writes, RuntimeException e) throws InterruptedException {
        if (writes.size() == 1) {
            log.error("A write could not be stored and was refused: {}", writes.getFirst(), e);
            @Nullable Write instead = writes.getFirst().whenImpossible();
            if (instead == null) {
                writes.getFirst().settled(Reason.BAD_TEXT);
            } else {
                store(List.of(instead));
            }
            return;
        }
        int middle = writes.size() / 2;
        store(List.copyOf(writes.subList(0, middle)));
        store(List.copyOf(writes.subList(middle, writes.size())));
    }

    private static long[] ids(Set<Long> clients) {
        return clients.stream().mapToLong(Long::longValue).toArray();
    }

    /** Waits until the database says what became of a batch of which we did not see whether it was committed. */
    private boolean hasCommitted(MailboxSets.BatchName batch) throws InterruptedException {
        while (true) {
            try {
                switch (repository.fateOf(batch, ++attempts)) {
                    case COMMITTED -> {
                        return true;
                    }
                    case ABORTED -> {
                        return false;
                    }
                    case IN_PROGRESS -> {}
                }
            } catch (DataAccessException | TransactionException e) {
                meters.failed(); // an outage is spent here, and whoever looks at the metric must see that it lasts
                troubled(e);
            }
            Thread.sleep(LONGEST_PAUSE); // see above
        }
    }

    /** Class 22 (data) and 23 (constraint) are about a row; so is a bug of ours. All else is about the database. */
    private static boolean isFaultOfOneWrite(RuntimeException e) {
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (cause instanceof SQLException sql) {
                @Nullable String state = sql.getSQLState();
                return state != null && (state.startsWith("22") || state.startsWith("23"));
            }
        }
        return !(e instanceof DataAccessException || e instanceof TransactionException);
    }

    /** A rollback on a broken connection fails too; what broke the connection says more than that. */
    private static Throwable rootOf(RuntimeException e) {
        @Nullable
        Throwable original = e instanceof TransactionSystemException both ? both.getOriginalException() : null;
        Throwable root = original == null ? e : original;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return root;
    }

    /** Stores nothing: it has passed when everything before it is stored, and whoever has mail through it has been told. */
    private static final class Barrier implements Write {

        private final CountDownLatch passed = new CountDownLatch(1);

        @Override
        public boolean followsConfirmations() {
            return true;
        }

        @Override
        public void touch(LongConsumer clients) {
            // It concerns nobody.
        }

        @Override
        public @Nullable Reason apply(Batch batch) {
            return null;
        }

        @Override
        public void settled(@Nullable Reason refusal) {
            // Not yet: see told().
        }

        @Override
        public void told() {
            passed.countDown();
        }
    }

    /** The ledgers did not match the rows that were locked: the attempt starts again, with those that were read now. */
    private static final class StaleLedgersException extends RuntimeException {
        private static final long serialVersionUID = 1;

        StaleLedgersException() {
            super("stale ledgers", null, false, false);
        }
    }

    /** A decision was taken that only holds with the rows locked. */
    private static final class LocksNeededException extends RuntimeException {
        private static final long serialVersionUID = 1;

        LocksNeededException() {
            super("locks needed", null, false, false);
        }
    }

    /** One try to store some writes. */
    private final class Attempt {

        private final List<Write> writes;
        private final @Nullable Reason[] refusals;
        private final MailboxSets.BatchName name;
        private final Set<Long> touched = new TreeSet<>();
        private @Nullable Batch batch;
        /** It may have been committed, or may yet be: before that it surely is not. */
        private boolean complete;

        Attempt(List<Write> writes, MailboxSets.BatchName name) {
            this.writes = writes;
            this.name = name;
            this.refusals = new Reason[writes.size()];
        }

        Batch batch() {
            if (batch == null) {
                throw new IllegalStateException("The attempt has not run");
            }
            return batch;
        }

        /** Within a transaction: lock, decide, write. Where something else than mail is stored too, or what is remembered did not hold. */
        void withLocks() {
            Set<Long> ledgersNeeded = prepare();
            Batch current = decide(repository.lock(ids(touched)), ledgersNeeded);
            if (!current.appends().isEmpty()) {
                repository.insert(current.appends());
            }
            current.keepRefusals();
            repository.advance(current.changed(), name);
            complete = true;
        }

        /** Decides by what is remembered, and writes in one statement, which is a transaction by itself: one round trip. */
        void withoutLocks() {
            Set<Long> ledgersNeeded = prepare();
            long[] missing = known.missing(touched);
            if (missing.length > 0) {
                known.put(repository.read(missing));
            }
            Batch current = decideByHearsay(ledgersNeeded);
            List<Counters> changed = current.changed();
            if (!changed.isEmpty()) {
                complete = true;
                repository.store(current.appends(), changed, name);
            }
        }

        /** Nobody is refused, and nothing is taken for a mistake of ours, for something that another node may have changed. */
        private Batch decideByHearsay(Set<Long> ledgersNeeded) {
            Batch current;
            try {
                current = decide(known.of(touched), ledgersNeeded);
            } catch (StaleLedgersException | DataAccessException e) {
                throw e;
            } catch (RuntimeException e) {
                log.debug("What is remembered does not fit, and is looked at again", e);
                throw new LocksNeededException();
            }
            if (Arrays.stream(refusals).anyMatch(Objects::nonNull)) {
                throw new LocksNeededException();
            }
            return current;
        }

        /** @return the clients whose ledgers are needed: those that are to be confirmed, and those that a write asks about */
        private Set<Long> prepare() {
            var confirming = new LinkedHashMap<Long, Long>();
            var ledgersNeeded = new LinkedHashSet<Long>();
            for (Write write : writes) {
                write.prepare();
                if (write instanceof Confirmation confirmation) {
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

        private Batch decide(List<Counters> counters, Set<Long> ledgersNeeded) {
            Batch current = new Batch(
                    counters, repository, ledgers, arrivals::isOnline, properties.maxWaiting(), writes.size());
            batch = current;
            if (!ledgers.matchOrReload(current.countersOf(ledgersNeeded), repository::ledgers)) {
                throw new StaleLedgersException();
            }
            for (int i = 0; i < refusals.length; i++) {
                refusals[i] = writes.get(i).apply(current);
            }
            current.settleConfirmations();
            return current;
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
            Map<Long, List<Mail>> arrived = new LinkedHashMap<>();
            for (Append append : batch().appends()) {
                if (arrivals.isOnline(append.recipient())) {
                    arrived.computeIfAbsent(append.recipient(), _ -> new ArrayList<>())
                            .add(append.mail());
                }
            }
            arrived.forEach(arrivals::arrived);
            batch().confirmations().forEach(tracing::confirmed);
            writes.forEach(Write::told);
        }
    }
}
