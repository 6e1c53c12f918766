package zap.server.mailbox;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.TransactionStatus;
import org.springframework.transaction.support.SimpleTransactionStatus;
import zap.protocol.ClientId;
import zap.protocol.Frame;
import zap.protocol.HistoryDigest;
import zap.protocol.PosixTime;
import zap.protocol.StreamId;

/**
 * A mailbox without a database, for tests of the packages that use it. It isolates transactions as far as the single
 * writer needs: changes are visible after the commit. {@link MailboxStatementsContract} compares it with the real
 * store.
 */
final class InMemoryMailbox implements MailboxRepository, PlatformTransactionManager {

    private record Row(
            long session, long node, StreamState stream, long tail, long given, HistoryDigest digest, long settled) {

        static Row of(Counters counters) {
            return new Row(
                    counters.session,
                    counters.node,
                    counters.stream,
                    counters.tail,
                    counters.given,
                    counters.digest,
                    counters.settled);
        }

        Counters counters(long client) {
            return new Counters(client, session, node, stream, tail, given, digest, settled);
        }

        /** Returns whether all that only a session of the client changes is as it was read. */
        boolean isOwnedAsBefore(Counters counters) {
            return session == counters.session
                    && stream.id() == counters.streamBefore.id()
                    && stream.accepted() == counters.streamBefore.accepted()
                    && given == counters.givenBefore
                    && settled == counters.settledBefore;
        }

        boolean isAsBefore(Counters counters) {
            return isOwnedAsBefore(counters) && tail == counters.tailBefore;
        }
    }

    /** A stream that was put aside, and the session that put it aside. */
    private record Aside(long client, StreamState stream, long session) {}

    private record Entry(long recipient, long position, StoredFrame frame) {}

    private TreeMap<Long, Row> clients = new TreeMap<>();
    private List<Entry> entries = new ArrayList<>();
    private TreeMap<Long, Row> clientsInTransaction = new TreeMap<>();
    private List<Entry> entriesInTransaction = new ArrayList<>();
    private List<Aside> aside = new ArrayList<>();
    private List<Aside> asideInTransaction = new ArrayList<>();
    private List<KeptRefusal> refusals = new ArrayList<>();
    private List<KeptRefusal> refusalsInTransaction = new ArrayList<>();
    /** By writer. A writer that was not started has the number 0. */
    private final Map<Long, Long> lastBatches = new HashMap<>(Map.of(0L, 0L));

    private @Nullable BatchName batchInTransaction;
    private boolean inTransaction;
    private long writers;

    /** Actions in place of the next commits; each is used once. */
    final List<Runnable> insteadOfCommit = new ArrayList<>();

    /** Actions before the next queries of a batch's fate; each is used once. */
    final List<Runnable> beforeFate = new ArrayList<>();

    /** Another node's action before each time that rows are locked; null for none. */
    @Nullable
    Runnable beforeLock;

    /** Actions before the next shared batches, which are decided already; each is used once. */
    final List<Runnable> beforeShared = new ArrayList<>();

    /** Takes the place of the database by another one that has not received the batches after this one. */
    synchronized void losesBatchesAfter(long writer, long batch) {
        lastBatches.put(writer, batch);
    }

    /** Takes the place of the database by another one that does not know the writer. */
    synchronized void forgetsWriter(long writer) {
        lastBatches.remove(writer);
    }

    private void checkNothingIsLost(BatchName batch) {
        long known = lastBatches.getOrDefault(batch.writer(), NO_ROW);
        if (known < batch.confirmed() || known == NO_ROW) {
            throw new BatchesLostException(batch, known);
        }
    }

    synchronized void register(long client) {
        (inTransaction ? clientsInTransaction : clients)
                .put(client, new Row(0, Counters.NO_NODE, StreamState.NONE, 0, 0, HistoryDigest.EMPTY, 0));
    }

    /** Removes the client; its mail is not deleted yet. */
    synchronized void unregister(long client) {
        (inTransaction ? clientsInTransaction : clients).remove(client);
    }

    /** Sets the stream that the client sends from. */
    synchronized void name(long client, StreamId stream) {
        (inTransaction ? clientsInTransaction : clients)
                .put(client, new Row(0, Counters.NO_NODE, StreamState.fresh(stream), 0, 0, HistoryDigest.EMPTY, 0));
    }

    synchronized long acceptedOf(long client) {
        return clients.get(client).stream.accepted();
    }

    synchronized StreamState streamOf(long client) {
        return clients.get(client).stream;
    }

    synchronized HistoryDigest digestOf(long client) {
        return clients.get(client).digest;
    }

    synchronized List<MailboxItem> mailOf(long client) {
        return entries.stream()
                .filter(entry -> entry.recipient == client)
                .map(entry -> new MailboxItem(entry.position, entry.frame.frame(), MailboxItem.NOT_MEASURED))
                .toList();
    }

    synchronized long givenOf(long client) {
        return clients.get(client).given;
    }

    synchronized long tailOf(long client) {
        return clients.get(client).tail;
    }

    synchronized long settledOf(long client) {
        return clients.get(client).settled;
    }

    @Override
    public synchronized TransactionStatus getTransaction(TransactionDefinition definition) {
        inTransaction = true;
        batchInTransaction = null;
        clientsInTransaction = new TreeMap<>(clients);
        entriesInTransaction = new ArrayList<>(entries);
        asideInTransaction = new ArrayList<>(aside);
        refusalsInTransaction = new ArrayList<>(refusals);
        return new SimpleTransactionStatus();
    }

    @Override
    public synchronized void commit(TransactionStatus status) {
        if (status.isRollbackOnly()) {
            rollback(status);
            return;
        }
        if (!insteadOfCommit.isEmpty()) {
            insteadOfCommit.removeFirst().run();
        }
        reallyCommit();
    }

    synchronized void reallyCommit() {
        clients = clientsInTransaction;
        entries = entriesInTransaction;
        aside = asideInTransaction;
        refusals = refusalsInTransaction;
        inTransaction = false;
        if (batchInTransaction != null) {
            lastBatches.put(batchInTransaction.writer(), batchInTransaction.number());
        }
    }

    synchronized void abort() {
        inTransaction = false;
    }

    @Override
    public synchronized void rollback(TransactionStatus status) {
        inTransaction = false;
    }

    @Override
    public synchronized List<Counters> lock(long[] wanted) {
        @Nullable Runnable others = beforeLock;
        if (others != null && inTransaction) {
            beforeLock = null;
            others.run();
            beforeLock = others;
            getTransaction(TransactionDefinition.withDefaults());
        }
        var found = new ArrayList<Counters>();
        Arrays.stream(wanted)
                .filter(clientsInTransaction::containsKey)
                .forEach(client -> found.add(clientsInTransaction.get(client).counters(client)));
        return found;
    }

    @Override
    public synchronized List<Counters> read(long[] wanted) {
        clientsInTransaction = new TreeMap<>(clients);
        return lock(wanted);
    }

    @Override
    public synchronized void store(List<NewEntry> newEntries, List<Counters> counters, BatchName batch) {
        TransactionStatus status = getTransaction(TransactionDefinition.withDefaults());
        if (lastBatches.getOrDefault(batch.writer(), NO_ROW) < batch.confirmed()
                || !lastBatches.containsKey(batch.writer())) {
            rollback(status);
            checkNothingIsLost(batch);
        }
        boolean asBefore = counters.stream()
                .allMatch(one -> clients.containsKey(one.client)
                        && clients.get(one.client).isAsBefore(one));
        if (!asBefore || lastBatches.getOrDefault(batch.writer(), 0L) >= batch.number()) {
            rollback(status);
            throw new CountersChangedException();
        }
        insert(newEntries);
        advance(counters, batch);
        commit(status);
    }

    @Override
    public synchronized Placement storeShared(SharedBatch batch) {
        if (!beforeShared.isEmpty()) {
            beforeShared.removeFirst().run();
        }
        checkNothingIsLost(batch.name());
        TransactionStatus status = getTransaction(TransactionDefinition.withDefaults());
        Set<Integer> due = IntStream.range(0, batch.receipts().size())
                .filter(i -> isTrue(batch.receipts().get(i)))
                .boxed()
                .collect(Collectors.toSet());
        boolean fits = batch.rows().stream()
                        .allMatch(row -> clients.containsKey(row.client)
                                && (!row.ownChanged() || clients.get(row.client).isOwnedAsBefore(row))
                                && hasRoom(row, batch))
                && batch.reads().stream().allMatch(this::isTrue);
        if (!fits
                || lastBatches.getOrDefault(batch.name().writer(), 0L)
                        >= batch.name().number()) {
            rollback(status);
            throw new CountersChangedException();
        }
        var tails = new HashMap<Long, Long>();
        batch.rows().forEach(row -> tails.put(row.client, clients.get(row.client).tail));
        Map<Long, Long> before = Map.copyOf(tails);
        batch.entries().forEach(entry -> place(entry.recipient(), entry.item().frame(), tails));
        for (int i = 0; i < batch.receipts().size(); i++) {
            if (due.contains(i)) {
                DueReceipt receipt = batch.receipts().get(i);
                place(
                        receipt.originator(),
                        new Frame.Delivered(new ClientId(receipt.recipient()), new PosixTime(receipt.upTo())),
                        tails);
            }
        }
        for (Counters row : batch.rows()) {
            Row there = clients.get(row.client);
            boolean owed = IntStream.range(0, batch.receipts().size())
                    .anyMatch(i -> batch.receipts().get(i).recipient() == row.client && !due.contains(i));
            StreamState stream = row.streamChanged()
                    ? row.stream.at(row.stream.at() - row.tailBefore + before.get(row.client))
                    : there.stream;
            clientsInTransaction.put(
                    row.client,
                    row.ownChanged()
                            ? new Row(
                                    there.session,
                                    there.node,
                                    stream,
                                    tails.get(row.client),
                                    row.given,
                                    row.digest,
                                    owed ? there.settled : row.settled)
                            : new Row(
                                    there.session,
                                    there.node,
                                    there.stream,
                                    tails.get(row.client),
                                    there.given,
                                    there.digest,
                                    there.settled));
        }
        batchInTransaction = batch.name();
        commit(status);
        var places = new HashMap<Long, Placement.Place>();
        tails.forEach((client, tail) -> places.put(client, new Placement.Place(tail, clients.get(client).node)));
        return new Placement(places, due, 0);
    }

    private void place(long recipient, Frame.ForMailbox frame, Map<Long, Long> tails) {
        long position = tails.merge(recipient, 1L, Long::sum);
        entriesInTransaction.add(new Entry(recipient, position, StoredFrame.of(frame)));
    }

    private boolean hasRoom(Counters row, SharedBatch batch) {
        List<Frame.ForMailbox> added = batch.entries().stream()
                .filter(entry -> entry.recipient() == row.client)
                .map(entry -> entry.item().frame())
                .toList();
        Row there = clients.get(row.client);
        long given = row.ownChanged() ? row.given : there.given;
        return added.stream().noneMatch(frame -> frame instanceof Frame.Deliver || frame instanceof Frame.Message)
                || there.tail + added.size() - given <= batch.maxWaiting();
    }

    private boolean isTrue(DueReceipt receipt) {
        return entries.stream()
                .noneMatch(entry -> entry.recipient == receipt.recipient()
                        && entry.position > receipt.known()
                        && (entry.frame.code() == StoredFrame.DELIVER || entry.frame.code() == StoredFrame.MESSAGE)
                        && entry.frame.src() == receipt.originator()
                        && entry.frame.sentAt() <= receipt.upTo());
    }

    @Override
    public synchronized void insert(List<NewEntry> newEntries) {
        for (NewEntry entry : newEntries) {
            entriesInTransaction.add(new Entry(
                    entry.recipient(),
                    entry.item().position(),
                    StoredFrame.of(entry.item().frame())));
        }
    }

    @Override
    public synchronized void advance(List<Counters> counters, BatchName batch) {
        checkNothingIsLost(batch);
        batchInTransaction = batch;
        for (Counters row : counters) {
            clientsInTransaction.computeIfPresent(row.client, (_, _) -> Row.of(row));
        }
    }

    @Override
    public synchronized Map<Long, ReceiptLedger> ledgers(Collection<Long> wanted) {
        var ledgers = new HashMap<Long, ReceiptLedger>();
        for (long client : wanted) {
            Row row = clients.get(client);
            if (row == null) {
                continue;
            }
            var ledger = new ReceiptLedger(row.given, row.tail);
            entries.stream()
                    .filter(entry -> entry.recipient == client
                            && entry.position > row.settled
                            && (entry.frame.code() == StoredFrame.DELIVER || entry.frame.code() == StoredFrame.MESSAGE))
                    .forEach(entry -> ledger.loaded(entry.position, entry.frame.src(), entry.frame.sentAt()));
            ledgers.put(client, ledger);
        }
        return ledgers;
    }

    @Override
    public synchronized StreamState changeStream(long client, StreamState current, long wanted, long session) {
        StreamState found = asideInTransaction.stream()
                .filter(one -> one.client == client && one.stream.id() == wanted)
                .map(Aside::stream)
                .findFirst()
                .orElseGet(() -> StreamState.fresh(wanted));
        asideInTransaction.removeIf(one -> one.client == client && one.stream.id() == wanted);
        if (!current.isNone()) {
            asideInTransaction.add(new Aside(client, current, session));
            asideInTransaction.stream()
                    .filter(one -> one.client == client)
                    .sorted(Comparator.comparingLong(Aside::session).reversed())
                    .skip(KEPT_STREAMS - 1)
                    .toList()
                    .forEach(gone -> {
                        asideInTransaction.remove(gone);
                        forgetRefusals(client, gone.stream.id());
                    });
        }
        return found;
    }

    @Override
    public synchronized void keepRefusals(List<KeptRefusal> refusals, DroppedRefusals dropped) {
        refusalsInTransaction.addAll(refusals);
        refusals.stream()
                .map(kept -> List.of(kept.client(), kept.stream()))
                .distinct()
                .forEach(stream -> {
                    List<KeptRefusal> all = refusals(stream.getFirst(), stream.getLast(), 0);
                    int tooMany = all.size() - KEPT_REFUSALS;
                    if (tooMany > 0) {
                        refusalsInTransaction.removeAll(all.subList(0, tooMany));
                        dropped.dropped(
                                stream.getFirst(),
                                stream.getLast(),
                                all.get(tooMany - 1).ordinal());
                    }
                });
    }

    @Override
    public synchronized List<KeptRefusal> refusals(long client, long stream, long after) {
        return refusalsInTransaction.stream()
                .filter(kept -> kept.client() == client && kept.stream() == stream && kept.ordinal() > after)
                .sorted(Comparator.comparingLong(KeptRefusal::ordinal))
                .toList();
    }

    @Override
    public synchronized void forgetRefusals(long client, long stream) {
        refusalsInTransaction.removeIf(kept -> kept.client() == client && kept.stream() == stream);
    }

    @Override
    public synchronized long registerWriter() {
        lastBatches.put(++writers, 0L);
        return writers;
    }

    @Override
    public synchronized void removeWriter(long writer) {
        // Numbers are never given out twice, so there is nothing to remove.
    }

    @Override
    public synchronized Fate fateOf(BatchName batch, long instead) {
        if (!beforeFate.isEmpty()) {
            beforeFate.removeFirst().run();
        }
        if (inTransaction) {
            return Fate.IN_PROGRESS;
        }
        checkNothingIsLost(batch);
        if (lastBatches.get(batch.writer()) == batch.number()) {
            return Fate.COMMITTED;
        }
        lastBatches.put(batch.writer(), instead);
        return Fate.ABORTED;
    }

    @Override
    public synchronized boolean endSession(long client, long session, long node) {
        @Nullable Row row = clients.get(client);
        if (row == null || row.session != session || row.node != node) {
            return false;
        }
        clients.put(
                client,
                new Row(session + 1, Counters.NO_NODE, row.stream, row.tail, row.given, row.digest, row.settled));
        return true;
    }

    @Override
    public synchronized long waiting() {
        return clients.values().stream().mapToLong(row -> row.tail - row.given).sum();
    }

    @Override
    public synchronized int clear(int limit) {
        List<Entry> orphans = entriesInTransaction.stream()
                .filter(entry -> !clientsInTransaction.containsKey(entry.recipient))
                .limit(limit)
                .toList();
        entriesInTransaction.removeAll(orphans);
        return orphans.size();
    }

    @Override
    public synchronized List<MailboxItem> page(long recipient, long after, int limit) {
        return entries.stream()
                .filter(entry -> entry.recipient == recipient && entry.position > after)
                .sorted((one, other) -> Long.compare(one.position, other.position))
                .limit(limit)
                .map(entry -> new MailboxItem(entry.position, entry.frame.frame(), MailboxItem.NOT_MEASURED))
                .toList();
    }
}
