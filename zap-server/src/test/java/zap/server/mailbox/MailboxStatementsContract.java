package zap.server.mailbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.LongStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;
import zap.protocol.Address;
import zap.protocol.Body;
import zap.protocol.ClientId;
import zap.protocol.Frame;
import zap.protocol.GroupId;
import zap.protocol.HistoryDigest;
import zap.protocol.MessageId;
import zap.protocol.PosixTime;
import zap.protocol.Reason;

/** The contract of every store of mailboxes: the real one, and the one in memory that tests use. */
interface MailboxStatementsContract {

    /** Returns the store under test. */
    MailboxRepository store();

    /** Returns the manager of the transactions that the store takes part in. */
    PlatformTransactionManager transactions();

    /** Makes a new client with an empty mailbox. */
    long newClient();

    /** Deletes the client in the open transaction. */
    void forgetClient(long client);

    @Test
    default void locksWhoExistsAndLeavesOutWhoDoesNot() {
        long ana = newClient();
        long bob = newClient();
        long nobody = 1999999999999L;
        long[] wanted = LongStream.of(ana, bob, nobody).sorted().toArray();

        List<Counters> locked = inTransaction(() -> store().lock(wanted));

        assertThat(locked).extracting(counters -> counters.client).containsExactlyInAnyOrder(ana, bob);
        assertThat(locked).allSatisfy(counters -> {
            assertThat(counters.tail).isZero();
            assertThat(counters.given).isZero();
            assertThat(counters.settled).isZero();
        });
    }

    @Test
    default void everyKindOfMailComesBackAsItWentIn() {
        long ana = newClient();
        List<Frame.ForMailbox> frames = List.of(
                new Frame.Deliver(new ClientId(1), new Address(2), new PosixTime(0), Body.of("  olá\n🦜\t")),
                new Frame.Deliver(new ClientId(1), new Address(2), new PosixTime(9_999_999_999L), Body.EMPTY),
                new Frame.Message(
                        new ClientId(1), new Address(2), new PosixTime(41), new MessageId(0), Body.of("com nome")),
                new Frame.Message(
                        new ClientId(1),
                        new Address(2),
                        new PosixTime(41),
                        new MessageId(9_999_999_999_999L),
                        Body.EMPTY),
                new Frame.Delivered(new ClientId(1_739_250_018_846L), new PosixTime(42)),
                new Frame.ReadReceipt(new ClientId(1_739_250_018_846L), new PosixTime(43)),
                new Frame.GroupCreated(
                        new GroupId(2_450_000_000_031L),
                        new PosixTime(44),
                        List.of(new ClientId(ana), new ClientId(17), new ClientId(1_000_000_000_999L))));

        append(ana, frames);

        assertThat(page(ana, 0, 10)).extracting(MailboxItem::frame).isEqualTo(frames);
    }

    @Test
    default void aPageGoesOnAfterAPositionAndIsNoLongerThanAsked() {
        long ana = newClient();
        append(ana, messages(1, 2, 3, 4, 5));
        append(newClient(), messages(6));

        assertThat(page(ana, 1, 3)).extracting(MailboxItem::position).containsExactly(2L, 3L, 4L);
        assertThat(page(ana, 5, 3)).isEmpty();
    }

    @Test
    default void countersAreKept() {
        long ana = newClient();
        append(ana, messages(1, 2, 3));
        confirm(ana, 2, 1);

        Counters counters = inTransaction(() -> store().lock(new long[] {ana})).getFirst();

        assertThat(counters.tail).isEqualTo(3);
        assertThat(counters.given).isEqualTo(2);
        assertThat(counters.settled).isEqualTo(1);
    }

    @Test
    default void everythingThatASessionChangesIsKept() {
        long ana = newClient();
        var stream = new StreamState(9_999_999_999_999L, 5, new HistoryDigest(0xfedcba98), 3, 4);
        inTransaction(() -> {
            Counters counters = store().lock(new long[] {ana}).getFirst();
            counters.session = 17;
            counters.stream = stream;
            counters.digest = new HistoryDigest(0x80000001);
            store().advance(List.of(counters), new MailboxStatements.BatchName(store().registerWriter(), 1, 0));
            return counters;
        });

        Counters counters = store().read(new long[] {ana}).getFirst();

        assertThat(counters.session).isEqualTo(17);
        assertThat(counters.stream).isEqualTo(stream);
        assertThat(counters.digest).isEqualTo(new HistoryDigest(0x80000001));
    }

    @Test
    default void aStreamThatWasPutAsideGoesOnWhereItWas() {
        long ana = newClient();
        var first = new StreamState(1, 5, new HistoryDigest(-7), 3, 2);

        assertThat(change(ana, StreamState.NONE, 1, 1)).isEqualTo(StreamState.fresh(1));
        assertThat(change(ana, first, 2, 2)).isEqualTo(StreamState.fresh(2));
        assertThat(change(newClient(), StreamState.NONE, 1, 1))
                .as("another client's stream of that number")
                .isEqualTo(StreamState.fresh(1));
        assertThat(change(ana, StreamState.fresh(2), 1, 3)).isEqualTo(first);
    }

    @Test
    default void thirtyTwoStreamsAreKeptTheOnesThatWereUsedLast() {
        long ana = newClient();
        long kept = MailboxStatements.KEPT_STREAMS;
        for (long stream = 1; stream <= kept; stream++) {
            var current = stream == 1 ? StreamState.NONE : new StreamState(stream - 1, 9, HistoryDigest.EMPTY, 0, 0);
            change(ana, current, stream, stream);
        }
        var refusal = new KeptRefusal(ana, 2, 9, Reason.UNKNOWN_CLIENT);
        keep(List.of(refusal), new ArrayList<>());

        StreamState first = change(ana, new StreamState(kept, 9, HistoryDigest.EMPTY, 0, 0), 1, kept + 1);
        assertThat(first.accepted()).as("the first of %d", kept).isEqualTo(9);
        change(ana, first, kept + 1, kept + 2);

        assertThat(inTransaction(() -> store().refusals(ana, 2, 0)))
                .as("stream 2 is the one that was not used for the longest time")
                .isEmpty();
        assertThat(change(ana, StreamState.fresh(kept + 1), 2, kept + 3)).isEqualTo(StreamState.fresh(2));
        assertThat(change(ana, StreamState.fresh(2), 1, kept + 4).accepted()).isEqualTo(9);
    }

    @Test
    default void refusalsAreKeptInTheirOrderAndTheLastThousandOfAStream() {
        long ana = newClient();
        long most = MailboxStatements.KEPT_REFUSALS;
        var other = new KeptRefusal(ana, 8, 1, Reason.MAILBOX_FULL);
        var dropped = new ArrayList<String>();
        keep(List.of(refusal(ana, 2), refusal(ana, 1), other), dropped);
        keep(LongStream.rangeClosed(3, most).mapToObj(n -> refusal(ana, n)).toList(), dropped);
        assertThat(dropped).isEmpty();

        keep(List.of(refusal(ana, most + 1), refusal(ana, most + 2)), dropped);

        assertThat(dropped).containsExactly("7 up to 2");
        assertThat(inTransaction(() -> store().refusals(ana, 7, 0)))
                .hasSize((int) most)
                .startsWith(refusal(ana, 3))
                .endsWith(refusal(ana, most + 2));
        assertThat(inTransaction(() -> store().refusals(ana, 7, most)))
                .containsExactly(refusal(ana, most + 1), refusal(ana, most + 2));
        inTransaction(() -> {
            store().forgetRefusals(ana, 7);
            return ana;
        });
        assertThat(inTransaction(() -> store().refusals(ana, 7, 0))).isEmpty();
        assertThat(inTransaction(() -> store().refusals(ana, 8, 0))).containsExactly(other);
    }

    private static KeptRefusal refusal(long client, long ordinal) {
        return new KeptRefusal(client, 7, ordinal, Reason.UNKNOWN_CLIENT);
    }

    private void keep(List<KeptRefusal> refusals, List<String> dropped) {
        inTransaction(() -> {
            store().keepRefusals(refusals, (_, stream, ordinal) -> dropped.add(stream + " up to " + ordinal));
            return refusals;
        });
    }

    private StreamState change(long client, StreamState current, long wanted, long session) {
        return inTransaction(() -> store().changeStream(client, current, wanted, session));
    }

    @Test
    default void whatIsRolledBackHasNotHappened() {
        long ana = newClient();
        var batch = new MailboxStatements.BatchName(store().registerWriter(), 1, 0);

        new TransactionTemplate(transactions()).executeWithoutResult(status -> {
            store().insert(newEntries(ana, 1, messages(1)));
            store().advance(store().lock(new long[] {ana}), batch);
            status.setRollbackOnly();
        });

        assertThat(page(ana, 0, 10)).isEmpty();
        assertThat(store().fateOf(batch, 99)).isEqualTo(MailboxStatements.Fate.ABORTED);
    }

    @Test
    default void tellsWhatBecameOfABatch() {
        long ana = newClient();
        var other = new MailboxStatements.BatchName(store().registerWriter(), 7, 0);
        var batch = new MailboxStatements.BatchName(store().registerWriter(), 7, 0);
        assertThat(store().fateOf(batch, 6)).isEqualTo(MailboxStatements.Fate.ABORTED);

        inTransaction(() -> {
            store().advance(store().lock(new long[] {ana}), batch);
            // Another connection that asks meanwhile is told to wait.
            assertThat(CompletableFuture.supplyAsync(() -> store().fateOf(batch, 99))
                            .join())
                    .isEqualTo(MailboxStatements.Fate.IN_PROGRESS);
            return batch;
        });

        assertThat(store().fateOf(batch, 99)).isEqualTo(MailboxStatements.Fate.COMMITTED);
        assertThat(store().fateOf(other, 99)).isEqualTo(MailboxStatements.Fate.ABORTED);
    }

    @Test
    default void aBatchThatChangesNoCounterCanBeAskedForToo() {
        var batch = new MailboxStatements.BatchName(store().registerWriter(), 1, 0);

        inTransaction(() -> {
            store().advance(List.of(), batch);
            return batch;
        });

        assertThat(store().fateOf(batch, 99)).isEqualTo(MailboxStatements.Fate.COMMITTED);
    }

    @Test
    default void aBatchIsStoredInOneGo() {
        long ana = newClient();
        long bob = newClient();
        var batch = new MailboxStatements.BatchName(store().registerWriter(), 1, 0);
        List<Counters> counters =
                store().read(LongStream.of(ana, bob, 1999999999999L).sorted().toArray());
        assertThat(counters).extracting(one -> one.client).containsExactlyInAnyOrder(ana, bob);
        counters.forEach(one -> {
            one.stream = one.stream.next(new HistoryDigest(-3), 2);
            one.tail = 2;
            one.given = 1;
            one.digest = new HistoryDigest(-2);
            one.settled = 1;
        });
        counters.sort(Comparator.comparingLong(one -> one.client));

        store().store(newEntries(ana, 1, messages(100, 90)), counters, batch);

        assertThat(page(ana, 0, 10)).extracting(MailboxItem::position).containsExactly(1L, 2L);
        assertThat(store().read(new long[] {ana})).allSatisfy(one -> {
            assertThat(one.stream).isEqualTo(StreamState.NONE.next(new HistoryDigest(-3), 2));
            assertThat(one.digest).isEqualTo(new HistoryDigest(-2));
            assertThat(one.tail).isEqualTo(2);
            assertThat(one.given).isEqualTo(1);
            assertThat(one.settled).isEqualTo(1);
        });
        assertThat(store().fateOf(batch, 2)).isEqualTo(MailboxStatements.Fate.COMMITTED);
    }

    @Test
    default void nothingIsStoredWhenACounterIsNotAsItWasRead() {
        long ana = newClient();
        long bob = newClient();
        long writer = store().registerWriter();
        List<Consumer<Counters>> changes = List.of(
                one -> one.session++,
                one -> one.stream = StreamState.fresh(9),
                one -> one.stream = one.stream.next(HistoryDigest.EMPTY, 0),
                one -> one.tail++,
                one -> one.given++,
                one -> one.settled++);
        append(bob, messages(1, 2, 3, 4));
        for (int i = 0; i < changes.size(); i++) {
            List<Counters> read = store().read(LongStream.of(ana, bob).sorted().toArray());
            read.sort(Comparator.comparingLong(one -> one.client));
            List<Counters> others = store().read(new long[] {bob});
            changes.get(i).accept(others.getFirst());
            var batch = new MailboxStatements.BatchName(writer, 10 + i, 0);
            inTransaction(() -> {
                store().advance(others, batch);
                return others;
            });
            long tail = others.getFirst().tail;

            read.forEach(one -> one.tail++);
            var late = new MailboxStatements.BatchName(writer, 20 + i, 0);
            assertThatThrownBy(() -> store().store(newEntries(ana, 1, messages(5)), read, late))
                    .isInstanceOf(MailboxStatements.CountersChangedException.class);

            assertThat(page(ana, 0, 10)).isEmpty();
            assertThat(store().read(new long[] {ana}).getFirst().tail).isZero();
            assertThat(store().read(new long[] {bob}).getFirst().tail).isEqualTo(tail);
            assertThat(store().fateOf(late, 10 + i)).isEqualTo(MailboxStatements.Fate.ABORTED);
        }
    }

    @Test
    default void aSharedBatchGetsThePlacesBehindWhatOtherNodesHaveStored() {
        long ana = newClient();
        long bob = newClient();
        long writer = store().registerWriter();
        List<Counters> rows = readInOrder(ana, bob);
        append(ana, messages(1, 2, 3));
        append(bob, messages(4));
        Counters anas = row(rows, ana);
        Counters bobs = row(rows, bob);
        anas.stream = anas.stream.next(new HistoryDigest(-3), 1);
        anas.tail = 2;
        bobs.tail = 1;
        var entries = new ArrayList<>(newEntries(ana, 1, messages(5, 6)));
        entries.addAll(newEntries(bob, 1, messages(7)));

        Placement placement = store().storeShared(shared(writer, 1, rows, entries, List.of(), List.of()));

        assertThat(tails(placement)).isEqualTo(Map.of(ana, 5L, bob, 2L));
        assertThat(secondsAndPositions(ana)).containsExactly("1@1", "2@2", "3@3", "5@4", "6@5");
        assertThat(secondsAndPositions(bob)).containsExactly("4@1", "7@2");
        Counters stored = readInOrder(ana).getFirst();
        assertThat(stored.tail).isEqualTo(5);
        assertThat(stored.stream)
                .as("accepted behind ana's first entry of the batch")
                .isEqualTo(StreamState.NONE.next(new HistoryDigest(-3), 4));
        assertThat(store().fateOf(new MailboxStatements.BatchName(writer, 1, 0), 2))
                .isEqualTo(MailboxStatements.Fate.COMMITTED);
    }

    /** Ana's mailbox has a message of bob that this node does not know, with the second of the receipt. */
    @Test
    default void aReceiptThatAnotherNodesMessageMakesUntrueIsNotStored() {
        long ana = newClient();
        long bob = newClient();
        long carla = newClient();
        long writer = store().registerWriter();
        append(ana, List.of(messageOf(bob, 10), messageOf(carla, 10)));
        List<Counters> rows = readInOrder(ana, bob, carla);
        append(ana, List.of(messageOf(bob, 10), messageOf(carla, 11)));
        Counters anas = row(rows, ana);
        anas.given = 2;
        anas.digest = new HistoryDigest(-2);
        anas.settled = 2;
        row(rows, bob).tail = 1;
        row(rows, carla).tail = 1;
        var toBob = new DueReceipt(ana, bob, 10, 2);
        var toCarla = new DueReceipt(ana, carla, 10, 2);

        Placement placement =
                store().storeShared(shared(writer, 1, rows, List.of(), List.of(toBob, toCarla), List.of()));

        assertThat(placement.stored()).containsExactly(1);
        assertThat(tails(placement)).isEqualTo(Map.of(ana, 4L, bob, 0L, carla, 1L));
        assertThat(page(bob, 0, 10)).isEmpty();
        assertThat(page(carla, 0, 10))
                .extracting(MailboxItem::frame)
                .containsExactly(new Frame.Delivered(new ClientId(ana), new PosixTime(10)));
        Counters stored = readInOrder(ana).getFirst();
        assertThat(stored.given).isEqualTo(2);
        assertThat(stored.digest).isEqualTo(new HistoryDigest(-2));
        assertThat(stored.settled).as("the receipt for bob is still owed").isZero();
    }

    @Test
    default void receiptsComeBehindTheEntriesAndInTheirOrder() {
        long ana = newClient();
        long bob = newClient();
        long carla = newClient();
        append(ana, List.of(messageOf(carla, 20), messageOf(carla, 20)));
        append(bob, List.of(messageOf(carla, 21)));
        List<Counters> rows = readInOrder(ana, bob, carla);
        List.of(ana, bob).forEach(client -> {
            Counters own = row(rows, client);
            own.given = own.tail;
            own.settled = own.tail;
        });
        append(carla, messages(1));
        row(rows, carla).tail = 3;

        Placement placement = store().storeShared(shared(
                store().registerWriter(),
                1,
                rows,
                newEntries(carla, 1, messages(2)),
                List.of(new DueReceipt(ana, carla, 20, 2), new DueReceipt(bob, carla, 21, 1)),
                List.of()));

        assertThat(placement.stored()).containsExactlyInAnyOrder(0, 1);
        assertThat(page(carla, 2, 10))
                .extracting(MailboxItem::frame)
                .containsExactly(
                        new Frame.Delivered(new ClientId(ana), new PosixTime(20)),
                        new Frame.Delivered(new ClientId(bob), new PosixTime(21)));
        assertThat(tails(placement)).containsEntry(carla, 4L);
        assertThat(row(readInOrder(ana), ana).settled).isEqualTo(2);
    }

    @Test
    default void aSharedBatchFailsWhenWhatOnlyASessionChangesIsNotAsItWasRead() {
        long ana = newClient();
        long writer = store().registerWriter();
        append(ana, messages(1, 2, 3, 4));
        List<Consumer<Counters>> changes = List.of(
                one -> one.session++,
                one -> one.stream = StreamState.fresh(9),
                one -> one.stream = one.stream.next(HistoryDigest.EMPTY, 0),
                one -> one.given++,
                one -> one.settled++);
        for (int i = 0; i < changes.size(); i++) {
            List<Counters> read = readInOrder(ana);
            List<Counters> others = readInOrder(ana);
            changes.get(i).accept(others.getFirst());
            var batch = new MailboxStatements.BatchName(store().registerWriter(), 1, 0);
            inTransaction(() -> {
                store().advance(others, batch);
                return others;
            });
            read.getFirst().stream = read.getFirst().stream.next(new HistoryDigest(5), 0);
            long number = 2L * i + 1;

            assertThatThrownBy(() -> store().storeShared(shared(writer, number, read, List.of(), List.of(), List.of())))
                    .as("change %d", i)
                    .isInstanceOf(MailboxStatements.CountersChangedException.class);

            // Mail alone does not depend on it.
            read.getFirst().stream = read.getFirst().streamBefore;
            read.getFirst().tail++;
            store().storeShared(shared(writer, number + 1, read, receipt(ana), List.of(), List.of()));
        }
        assertThat(page(ana, 4, 10)).hasSameSizeAs(changes);
    }

    @Test
    default void aSharedBatchFailsForAReadReceiptThatIsNotTrueAndForAMailboxWithoutRoom() {
        long ana = newClient();
        long bob = newClient();
        long writer = store().registerWriter();
        List<Counters> rows = readInOrder(ana, bob);
        append(ana, List.of(messageOf(bob, 10)));
        List<Counters> bobs = List.of(row(rows, bob));
        bobs.getFirst().tail = 1;
        List<NewEntry> read = newEntries(bob, 1, List.of(new Frame.ReadReceipt(new ClientId(ana), new PosixTime(10))));
        assertThatThrownBy(() -> store().storeShared(
                                shared(writer, 1, bobs, read, List.of(), List.of(new DueReceipt(ana, bob, 10, 0)))))
                .isInstanceOf(MailboxStatements.CountersChangedException.class);
        store().storeShared(shared(writer, 2, bobs, read, List.of(), List.of(new DueReceipt(ana, bob, 9, 0))));
        assertThat(page(bob, 0, 10)).hasSize(1);

        List<Counters> full = readInOrder(ana);
        full.getFirst().tail += 6;
        assertThatThrownBy(() -> store().storeShared(shared(
                        writer, 3, full, newEntries(ana, 2, messages(1, 2, 3, 4, 5, 6)), List.of(), List.of())))
                .as("a seventh where six may wait")
                .isInstanceOf(MailboxStatements.CountersChangedException.class);
        assertThat(page(ana, 0, 10)).hasSize(1);
    }

    private static Map<Long, Long> tails(Placement placement) {
        var tails = new HashMap<Long, Long>();
        placement.places().forEach((client, place) -> tails.put(client, place.tail()));
        return tails;
    }

    /** Returns a batch for mailboxes that hold six messages at the most. */
    private static SharedBatch shared(
            long writer,
            long number,
            List<Counters> rows,
            List<NewEntry> entries,
            List<DueReceipt> receipts,
            List<DueReceipt> reads) {
        return new SharedBatch(new MailboxStatements.BatchName(writer, number, 0), rows, entries, receipts, reads, 6);
    }

    /** Returns an entry that goes into full mailboxes, too. */
    private static List<NewEntry> receipt(long client) {
        return newEntries(client, 1, List.of(new Frame.Delivered(SENDER, new PosixTime(100))));
    }

    private List<Counters> readInOrder(long... clients) {
        List<Counters> rows = store().read(clients);
        rows.sort(Comparator.comparingLong(one -> one.client));
        return rows;
    }

    private static Counters row(List<Counters> rows, long client) {
        return rows.stream().filter(row -> row.client == client).findFirst().orElseThrow();
    }

    private List<String> secondsAndPositions(long client) {
        return page(client, 0, 100).stream()
                .map(item -> ((Frame.Deliver) item.frame()).sentAt().seconds() + "@" + item.position())
                .toList();
    }

    private static Frame.ForMailbox messageOf(long originator, long second) {
        return new Frame.Deliver(new ClientId(originator), new Address(7), new PosixTime(second), Body.of("oi"));
    }

    /** Checks that the batch's statement, which may still be on its way or running, can no longer succeed. */
    @Test
    default void aBatchThatWasGivenUpIsNeverStored() {
        long ana = newClient();
        var batch = new MailboxStatements.BatchName(store().registerWriter(), 1, 0);
        List<Counters> counters = store().read(new long[] {ana});
        counters.forEach(one -> one.tail++);
        assertThat(store().fateOf(batch, 2)).isEqualTo(MailboxStatements.Fate.ABORTED);

        assertThatThrownBy(() -> store().store(newEntries(ana, 1, messages(5)), counters, batch))
                .isInstanceOf(MailboxStatements.CountersChangedException.class);

        assertThat(page(ana, 0, 10)).isEmpty();
        store().store(newEntries(ana, 1, messages(5)), counters, new MailboxStatements.BatchName(batch.writer(), 3, 0));
        assertThat(page(ana, 0, 10)).hasSize(1);
    }

    /** Checks that a database that was set back says so, whichever statement is the first to reach it. */
    @Test
    default void aBatchAfterOneThatTheDatabaseHasLostIsNotStored() {
        long ana = newClient();
        long writer = store().registerWriter();
        List<Counters> counters = store().read(new long[] {ana});
        counters.forEach(one -> one.tail++);
        for (long number : new long[] {writer, Long.MAX_VALUE}) {
            var batch = new MailboxStatements.BatchName(number, 8, 7);
            long known = number == writer ? 0 : MailboxStatements.NO_ROW;
            List<ThrowingCallable> statements = List.of(
                    () -> store().store(newEntries(ana, 1, messages(5)), counters, batch),
                    () -> inTransaction(() -> {
                        store().advance(counters, batch);
                        return batch;
                    }),
                    () -> store().fateOf(batch, 9));
            for (ThrowingCallable statement : statements) {
                assertThatThrownBy(statement)
                        .isInstanceOfSatisfying(MailboxStatements.BatchesLostException.class, lost -> {
                            assertThat(lost.known()).isEqualTo(known);
                            assertThat(lost.confirmed()).isEqualTo(7);
                        });
            }
        }
        assertThat(page(ana, 0, 10)).isEmpty();
        assertThat(store().read(new long[] {ana}).getFirst().tail).isZero();
    }

    @Test
    default void aLedgerIsBuiltFromWhatIsNotSettled() {
        long ana = newClient();
        append(
                ana,
                List.of(
                        message(100),
                        new Frame.Message(SENDER, new Address(7), new PosixTime(90), new MessageId(5), Body.of("oi"))));
        append(ana, messages(95));
        confirm(ana, 1, 0);

        Map<Long, ReceiptLedger> ledgers = store().ledgers(List.of(ana, 1999999999999L));

        assertThat(ledgers).containsOnlyKeys(ana);
        ReceiptLedger ledger = ledgers.get(ana);
        assertThat(ledger.matches(
                        new Counters(ana, 0, Counters.NO_NODE, StreamState.NONE, 3, 1, HistoryDigest.EMPTY, 0)))
                .isTrue();
        assertThat(ledger.confirmed(2)).containsExactly(new ReceiptLedger.Due(SENDER.value(), 90));
        assertThat(ledger.confirmed(3)).containsExactly(new ReceiptLedger.Due(SENDER.value(), 100));
    }

    @Test
    default void aClientWithoutMailHasAnEmptyLedger() {
        long ana = newClient();

        assertThat(store().ledgers(List.of(ana))
                        .get(ana)
                        .matches(
                                new Counters(ana, 0, Counters.NO_NODE, StreamState.NONE, 0, 0, HistoryDigest.EMPTY, 0)))
                .isTrue();
    }

    @Test
    default void whatWaitsForThoseWhoWereForgottenIsDeletedAndNothingElse() {
        long ana = newClient();
        long bob = newClient();
        append(ana, messages(1, 2, 3));
        append(bob, messages(4));
        inTransaction(() -> {
            forgetClient(ana);
            return ana;
        });

        int first = inTransaction(() -> store().clear(2));
        int second = inTransaction(() -> store().clear(2));

        assertThat(first).isEqualTo(2);
        assertThat(second).isOne();
        assertThat(inTransaction(() -> store().clear(2))).isZero();
        assertThat(page(ana, 0, 10)).isEmpty();
        assertThat(page(bob, 0, 10)).hasSize(1);
    }

    @Test
    default void countsWhatWaits() {
        long before = store().waiting();
        long ana = newClient();
        append(ana, messages(1, 2, 3));
        confirm(ana, 1, 1);

        assertThat(store().waiting() - before).isEqualTo(2);
    }

    @Test
    default void aSessionThatIsEndedHasAnotherNumberAndNoNode() {
        long ana = newClient();
        inTransaction(() -> {
            Counters counters = store().lock(new long[] {ana}).getFirst();
            counters.session = 4;
            counters.node = 7;
            store().advance(List.of(counters), new MailboxStatements.BatchName(store().registerWriter(), 1, 0));
            return counters;
        });

        assertThat(store().endSession(ana, 3, 7)).as("an older session").isFalse();
        assertThat(store().endSession(ana, 4, 6)).as("another node").isFalse();
        assertThat(store().endSession(ana, 4, 7)).isTrue();

        Counters counters = store().read(new long[] {ana}).getFirst();
        assertThat(counters.session).isEqualTo(5);
        assertThat(counters.node).isEqualTo(Counters.NO_NODE);
        assertThat(store().endSession(ana, 4, 7)).as("again").isFalse();
    }

    ClientId SENDER = new ClientId(1_000_000_000_017L);

    private List<MailboxItem> page(long client, long after, int most) {
        return store().page(client, after, most);
    }

    private static List<Frame.ForMailbox> messages(long... seconds) {
        return LongStream.of(seconds)
                .mapToObj(MailboxStatementsContract::message)
                .toList();
    }

    private static Frame.ForMailbox message(long second) {
        return new Frame.Deliver(SENDER, new Address(7), new PosixTime(second), Body.of("oi " + second));
    }

    private static List<NewEntry> newEntries(long client, long first, List<Frame.ForMailbox> frames) {
        var newEntries = new ArrayList<NewEntry>();
        for (Frame.ForMailbox frame : frames) {
            newEntries.add(
                    new NewEntry(client, new MailboxItem(first + newEntries.size(), frame, MailboxItem.NOT_MEASURED)));
        }
        return newEntries;
    }

    private void append(long client, List<Frame.ForMailbox> frames) {
        inTransaction(() -> {
            Counters counters = store().lock(new long[] {client}).getFirst();
            store().insert(newEntries(client, counters.tail + 1, frames));
            counters.tail += frames.size();
            store().advance(List.of(counters), new MailboxStatements.BatchName(store().registerWriter(), 1, 0));
            return counters;
        });
    }

    private void confirm(long client, long given, long settled) {
        inTransaction(() -> {
            Counters counters = store().lock(new long[] {client}).getFirst();
            counters.given = given;
            counters.settled = settled;
            store().advance(List.of(counters), new MailboxStatements.BatchName(store().registerWriter(), 1, 0));
            return counters;
        });
    }

    private <T> T inTransaction(Supplier<T> work) {
        return new TransactionTemplate(transactions()).execute(_ -> work.get());
    }
}
