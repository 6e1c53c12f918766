package zap.server.mailbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongConsumer;
import java.util.stream.LongStream;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.dao.DataAccessResourceFailureException;
import org.springframework.dao.DataIntegrityViolationException;
import zap.protocol.Address;
import zap.protocol.Body;
import zap.protocol.ClientId;
import zap.protocol.Frame;
import zap.protocol.HistoryDigest;
import zap.protocol.PosixTime;
import zap.protocol.Reason;
import zap.protocol.StreamId;
import zap.server.tracing.MessageTrace;
import zap.server.tracing.Tracing;

class MailboxWriterTest {

    private static final ClientId ANA = new ClientId(1000000000017L);
    private static final ClientId BOB = new ClientId(1739250018846L);
    private static final ClientId NOBODY = new ClientId(1999999999999L);
    private static final StreamId STREAM = new StreamId(7770000000007L);
    private static final Duration SOON = Duration.ofSeconds(20);

    private final InMemoryMailbox store = new InMemoryMailbox();
    private final Set<Long> online = ConcurrentHashMap.newKeySet();
    private final Map<Long, List<MailboxItem>> mailReported = new ConcurrentHashMap<>();
    private final Map<Long, Long> mayHaveMail = new ConcurrentHashMap<>();
    private Runnable teller = () -> {};
    /** How often the sessions were told that history was lost. */
    private final AtomicInteger histories = new AtomicInteger();

    private final List<String> outcomes = new CopyOnWriteArrayList<>();
    private final List<String> accepted = new CopyOnWriteArrayList<>();
    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    /** The events that traces got. */
    private final List<String> traced = new CopyOnWriteArrayList<>();

    private final MailboxWriter writer = new MailboxWriter(
            store,
            new MailArrivals() {
                @Override
                public boolean isOnline(long client) {
                    return online.contains(client);
                }

                @Override
                public void arrived(long client, List<MailboxItem> mail) {
                    teller.run();
                    mailReported
                            .computeIfAbsent(client, _ -> new CopyOnWriteArrayList<>())
                            .addAll(mail);
                }

                @Override
                public void mayHaveArrived(long client, MailboxCursor cursor) {
                    mayHaveMail.put(client, cursor.tail());
                }

                @Override
                public void historyLost() {
                    histories.incrementAndGet();
                }
            },
            store,
            new WriterMeters(meters),
            new RecordingTracing(),
            new MailboxProperties(Duration.ZERO, 100, 1000, 50, 10, 1, Duration.ofMinutes(5)));

    MailboxWriterTest() {
        store.register(ANA.value());
        store.register(BOB.value());
    }

    @AfterEach
    void stop() {
        writer.stop();
    }

    @Test
    void positionsHaveNoGapsAndFollowTheOrderOfSubmission() throws Exception {
        for (int i = 0; i < 25; i++) {
            writer.submit(message(ANA, BOB, 100 + i));
        }
        finish();

        assertThat(store.mailOf(BOB.value()).stream().map(MailboxItem::position))
                .containsExactlyElementsOf(LongStream.rangeClosed(1, 25).boxed().toList());
        assertThat(secondsOf(store.mailOf(BOB.value())))
                .isEqualTo(LongStream.range(100, 125).boxed().toList());
    }

    @Test
    void whatCameTogetherSharesOneCommit() throws Exception {
        for (int i = 0; i < 25; i++) {
            writer.submit(message(ANA, BOB, 100 + i));
        }
        finish();

        assertThat(meters.get("zap.writer.batch.size").summary().max()).isGreaterThanOrEqualTo(25);
    }

    /** The names and fields of the event are those that the load generator reads ({@code ServerRecording}). */
    @Test
    void aRecordingThatAsksForItHasEachBatchWithItsContentsAndSteps(@TempDir Path folder) throws Exception {
        Path file = folder.resolve("batches.jfr");
        long before = System.nanoTime();
        try (var recording = new Recording()) {
            recording.enable("zap.Batch");
            recording.start();
            writer.store(List.of(message(ANA, BOB, 100), message(BOB, ANA, 101), message(ANA, BOB, 102)));
            writer.store(List.of(confirmation(BOB, 2)));
            recording.dump(file);
        }
        long after = System.nanoTime();

        List<RecordedEvent> events = RecordingFile.readAllEvents(file);
        assertThat(events).extracting(event -> event.getInt("writes")).containsExactly(3, 1);
        RecordedEvent messages = events.getFirst();
        assertThat(messages.getInt("messages")).isEqualTo(3);
        assertThat(messages.getLong("bytes")).isEqualTo(3 * "oi".length());
        assertThat(messages.getInt("receipts")).isZero();
        assertThat(messages.getInt("attempts")).isEqualTo(1);
        assertThat(messages.getString("form")).isEqualTo("ALONE");
        RecordedEvent confirmations = events.getLast();
        assertThat(confirmations.getInt("confirmations")).isEqualTo(1);
        assertThat(confirmations.getLong("confirmedEntries")).isEqualTo(2);
        assertThat(confirmations.getInt("receipts")).isEqualTo(1);
        assertThat(confirmations.getInt("messages")).isZero();
        assertThat(confirmations.getLong("number")).isGreaterThan(messages.getLong("number"));
        for (RecordedEvent event : events) {
            assertThat(LongStream.of(
                                    before,
                                    event.getLong("taken"),
                                    event.getLong("storing"),
                                    event.getLong("stored"),
                                    event.getLong("reported"),
                                    after)
                            .boxed()
                            .toList())
                    .isSorted();
        }
    }

    @Test
    void aRecordingThatDoesNotAskForThemHasNoBatches(@TempDir Path folder) throws Exception {
        Path file = folder.resolve("none.jfr");
        try (var recording = new Recording()) {
            recording.start();
            writer.store(List.of(message(ANA, BOB, 100)));
            recording.dump(file);
        }
        assertThat(RecordingFile.readAllEvents(file)).isEmpty();
    }

    /**
     * Checks that a forgotten client gets nothing more, and that its messages reach their recipients, who confirm them
     * as usual.
     */
    @Test
    void whoWasForgottenIsUnknownAndKeepsNobodyFromConfirming() throws Exception {
        writer.submit(message(ANA, BOB, 100));
        writer.submit(message(BOB, ANA, 101));
        finish();
        online.add(BOB.value());

        // In one batch: the message before the deletion is not stored, and the one after it is refused.
        writer.store(List.of(message(BOB, ANA, 102), deletionOf(ANA), message(BOB, ANA, 103)));
        writer.store(List.of(message(BOB, ANA, 104)));
        writer.store(List.of(confirmation(BOB, 1)));

        assertThat(outcomes)
                .containsExactly("stored", "stored", "stored", "deleted", "UNKNOWN_CLIENT", "UNKNOWN_CLIENT");
        assertThat(secondsOf(store.mailOf(ANA.value()))).containsExactly(101L);
        assertThat(store.givenOf(BOB.value())).isOne();
        assertThat(store.settledOf(BOB.value())).isOne();
    }

    private Write deletionOf(ClientId client) {
        return new Write() {
            @Override
            public boolean needsTransaction() {
                return true;
            }

            @Override
            public void touch(LongConsumer clients) {
                clients.accept(client.value());
            }

            @Override
            public WriteOutcome apply(Batch batch) {
                store.unregister(client.value());
                batch.remove(client);
                return WriteOutcome.STORED;
            }

            @Override
            public void settled(WriteOutcome outcome) {
                outcomes.add("deleted");
            }
        };
    }

    /** Checks that outdated cached rows never overwrite a change of another node. */
    @Test
    void whatAnotherNodeHasStoredMeanwhileStays() throws Exception {
        writer.submit(message(ANA, BOB, 100));
        finish();
        List<Counters> theirs = store.read(new long[] {BOB.value()});
        theirs.forEach(one -> one.tail++);
        var mail = new MailboxItem(
                2,
                new Frame.Deliver(ANA, BOB.asAddress(), new PosixTime(150), Body.of("theirs")),
                MailboxItem.NOT_MEASURED);
        store.store(
                List.of(new NewEntry(BOB.value(), mail)),
                theirs,
                new MailboxStatements.BatchName(store.registerWriter(), 1, 0));

        writer.submit(message(ANA, BOB, 200));
        finish();

        assertThat(secondsOf(store.mailOf(BOB.value()))).containsExactly(100L, 150L, 200L);
        assertThat(store.mailOf(BOB.value()).stream().map(MailboxItem::position))
                .containsExactly(1L, 2L, 3L);
        assertThat(outcomes).containsExactly("stored", "stored");
    }

    /** Checks that a node that always appends to a mailbox first does not keep another one from confirming its mail. */
    @Test
    void anotherNodesMailDoesNotKeepAConfirmationWaiting() throws Exception {
        store.registerWriter();
        writer.store(List.of(message(ANA, BOB, 100)));
        long other = store.registerWriter();
        var batches = new AtomicInteger();
        store.beforeLock = () -> {
            List<Counters> theirs = store.read(new long[] {BOB.value()});
            theirs.forEach(one -> one.tail++);
            var mail = new MailboxItem(
                    theirs.getFirst().tail,
                    new Frame.Deliver(ANA, BOB.asAddress(), new PosixTime(200), Body.of("theirs")),
                    MailboxItem.NOT_MEASURED);
            store.store(
                    List.of(new NewEntry(BOB.value(), mail)),
                    theirs,
                    new MailboxStatements.BatchName(other, batches.incrementAndGet(), 0));
        };

        writer.store(List.of(confirmation(BOB, 1), new ComeBack(0)));

        assertThat(batches).hasValueLessThan(5);
        assertThat(store.givenOf(BOB.value())).isOne();
        assertThat(receiptsIn(ANA)).containsExactly(100L);
    }

    /** Checks the case in which another node has emptied a mailbox that was full when this one last read it. */
    @Test
    void nobodyIsRefusedByWhatIsOnlyRemembered() throws Exception {
        for (int i = 0; i < 50; i++) {
            writer.submit(message(ANA, BOB, 100 + i));
        }
        finish();
        List<Counters> theirs = store.read(new long[] {BOB.value()});
        theirs.forEach(one -> {
            one.given = one.tail;
            one.settled = one.tail;
        });
        store.store(List.of(), theirs, new MailboxStatements.BatchName(store.registerWriter(), 1, 0));

        writer.submit(message(ANA, BOB, 200));
        finish();

        assertThat(outcomes).hasSize(51).allMatch("stored"::equals);
    }

    @Test
    void onlyWhoIsOnlineIsToldAndOnlyAfterTheCommit() throws Exception {
        online.add(BOB.value());
        store.insteadOfCommit.add(() -> {
            assertThat(mailReported).isEmpty();
            assertThat(outcomes).isEmpty();
        });
        writer.submit(message(ANA, BOB, 100));
        writer.submit(message(BOB, ANA, 100));
        finish();

        assertThat(mailReported).containsOnlyKeys(BOB.value());
        assertThat(outcomes).containsExactly("stored", "stored");
    }

    /**
     * Checks that the wait for storing ends after the mail is in the outboxes: a stopping server first waits until all
     * is stored, and then until it is delivered.
     */
    @Test
    void whatIsStoredHasBeenToldWhenTheWaitForItIsOver() throws Exception {
        online.add(BOB.value());
        teller = () -> sleep(Duration.ofMillis(50)); // long enough for a wait that would not wait for it
        writer.submit(message(ANA, BOB, 100));
        var waiter = CompletableFuture.supplyAsync(() -> {
            try {
                return writer.awaitStored(SOON) ? List.copyOf(mailReported.getOrDefault(BOB.value(), List.of())) : null;
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
        while (meters.get("zap.writer.queue").gauge().value() < 2) {
            Thread.onSpinWait();
        }
        writer.start();

        assertThat(waiter.get()).hasSize(1);
    }

    private static void sleep(Duration time) {
        try {
            Thread.sleep(time); // for the one test that interrupts
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void aRefusedWriteHarmsNobodyInItsBatch() throws Exception {
        writer.submit(message(ANA, BOB, 100));
        writer.submit(message(ANA, NOBODY, 101));
        writer.submit(message(ANA, BOB, 102));
        finish();

        assertThat(outcomes).containsExactly("stored", "UNKNOWN_CLIENT", "stored");
        assertThat(secondsOf(store.mailOf(BOB.value()))).containsExactly(100L, 102L);
    }

    @Test
    void aDatabaseThatIsAwayIsWaitedForAndNothingIsLostDoubledOrReordered() throws Exception {
        for (int i = 0; i < 4; i++) {
            store.insteadOfCommit.add(() -> {
                store.abort();
                throw new DataAccessResourceFailureException("gone", new SQLException("gone", "57P01"));
            });
        }
        for (int i = 0; i < 10; i++) {
            writer.submit(message(ANA, BOB, 100 + i));
        }
        finish();

        assertThat(secondsOf(store.mailOf(BOB.value())))
                .isEqualTo(LongStream.range(100, 110).boxed().toList());
        assertThat(meters.get("zap.writer.failures").counter().count()).isEqualTo(4);
    }

    @Test
    void aCommitWhoseAnswerWasLostIsNotRepeatedWhenItHadHappened() throws Exception {
        store.insteadOfCommit.add(() -> {
            store.reallyCommit();
            throw new DataAccessResourceFailureException("cut while committing", new SQLException("cut", "08006"));
        });
        online.add(BOB.value());
        writer.submit(message(ANA, BOB, 100));
        finish();

        assertThat(secondsOf(store.mailOf(BOB.value()))).containsExactly(100L);
        assertThat(outcomes).containsExactly("stored");
        assertThat(mailReported.get(BOB.value())).hasSize(1);
    }

    @Test
    void aCommitWhoseAnswerWasLostIsRepeatedWhenItHadNotHappened() throws Exception {
        store.insteadOfCommit.add(() -> {
            store.abort();
            throw new DataAccessResourceFailureException("cut while committing", new SQLException("cut", "08006"));
        });
        writer.submit(message(ANA, BOB, 100));
        finish();

        assertThat(secondsOf(store.mailOf(BOB.value()))).containsExactly(100L);
        assertThat(outcomes).containsExactly("stored");
    }

    /** Checks the case of a standby that was promoted without the last batches, while no batch was under way. */
    @Test
    void aDatabaseThatHasLostWhatItHadConfirmedIsNoticedWithTheNextBatch() throws Exception {
        writer.submit(message(ANA, BOB, 100));
        finish();
        assertThat(writer.loss()).isNull();

        store.losesBatchesAfter(writer.number(), 0);
        writer.store(List.of(message(ANA, BOB, 101)));
        writer.store(List.of(message(ANA, BOB, 102)));

        assertThat(outcomes).containsExactly("stored", "stored", "stored");
        assertThat(histories).hasValue(1);
        assertThat(writer.loss()).contains("lost messages that it had confirmed");
        assertThat(meters.get("zap.writer.losses").counter().count()).isOne();
    }

    /** Checks that a writer whose row is lost, too, does not wait for the fate of its batch for ever. */
    @Test
    void aWriterThatTheDatabaseDoesNotKnowAnyMoreGoesOnWithAnotherNumber() throws Exception {
        writer.submit(message(ANA, BOB, 100));
        finish();
        long number = writer.number();
        store.insteadOfCommit.add(() -> {
            store.abort();
            store.forgetsWriter(number);
            throw new DataAccessResourceFailureException("cut while committing", new SQLException("cut", "08006"));
        });
        writer.store(List.of(message(ANA, BOB, 101)));

        assertThat(outcomes).containsExactly("stored", "stored");
        assertThat(secondsOf(store.mailOf(BOB.value()))).containsExactly(100L, 101L);
        assertThat(histories).hasValue(1);
        assertThat(writer.number()).isNotEqualTo(number);
    }

    /**
     * Checks what the alert CannotStore relies on: a single failure at the beginning would leave the metric after a
     * minute.
     */
    @Test
    void anOutageIsCountedForAsLongAsItLasts() throws Exception {
        Runnable gone = () -> {
            throw new DataAccessResourceFailureException("gone", new SQLException("gone", "57P01"));
        };
        store.insteadOfCommit.add(() -> {
            store.abort();
            gone.run();
        });
        store.beforeFate.addAll(List.of(gone, gone));
        writer.submit(message(ANA, BOB, 100));
        finish();

        assertThat(outcomes).containsExactly("stored");
        assertThat(meters.get("zap.writer.failures").counter().count()).isEqualTo(3);
    }

    @Test
    void oneWriteThatTheDatabaseCannotTakeIsRefusedAloneAndTheOthersKeepTheirOrder() throws Exception {
        for (int i = 0; i < 20; i++) {
            writer.submit(i == 13 ? new Poison() : message(ANA, BOB, 100 + i));
        }
        finish();

        var expected = new ArrayList<>(LongStream.range(100, 120).boxed().toList());
        expected.remove(13);
        assertThat(secondsOf(store.mailOf(BOB.value()))).isEqualTo(expected);
        assertThat(outcomes).filteredOn("poison BAD_TEXT"::equals).hasSize(1);
        assertThat(outcomes).filteredOn("stored"::equals).hasSize(19);
    }

    @Test
    void aBugInOneWriteIsTreatedLikePoison() throws Exception {
        writer.submit(message(ANA, BOB, 100));
        writer.submit(new Poison() {
            @Override
            public WriteOutcome apply(Batch batch) {
                throw new IllegalStateException("a bug");
            }
        });
        writer.submit(message(ANA, BOB, 101));
        finish();

        assertThat(secondsOf(store.mailOf(BOB.value()))).containsExactly(100L, 101L);
    }

    @Test
    void aConfirmationRaisesTheCursorAndPutsTheReceiptIntoTheOriginatorsMailbox() throws Exception {
        writer.submit(message(ANA, BOB, 100));
        finish();
        writer.submit(confirmation(BOB, 1));
        finish();

        assertThat(store.givenOf(BOB.value())).isEqualTo(1);
        assertThat(store.settledOf(BOB.value())).isEqualTo(1);
        assertThat(store.mailOf(ANA.value()).getFirst().frame())
                .isEqualTo(new Frame.Delivered(BOB, new PosixTime(100)));
    }

    @Test
    void aMessageThatIsCommittedTogetherWithAConfirmationCountsAsWaiting() throws Exception {
        writer.submit(message(ANA, BOB, 100));
        finish();
        writer.submit(confirmation(BOB, 1));
        writer.submit(message(ANA, BOB, 100));
        finish();

        assertThat(store.mailOf(ANA.value())).as("held back").isEmpty();
        writer.submit(confirmation(BOB, 2));
        finish();
        assertThat(store.mailOf(ANA.value())).hasSize(1);
    }

    @Test
    void theSameReceiptsComeWhetherTheRecipientIsOnlineOrTheLedgersAreReadFromTheLog() throws Exception {
        online.add(BOB.value());
        for (int i = 0; i < 10; i++) {
            writer.submit(message(ANA, BOB, 100 + i / 3));
            finish();
            writer.submit(confirmation(BOB, i + 1));
            finish();
        }

        assertThat(receiptsIn(ANA)).containsExactly(100L, 100L, 100L, 101L, 101L, 101L, 102L, 102L, 102L, 103L);
    }

    @Test
    void confirmationsDoNotWaitForTheMessagesThatCameBeforeThem() throws Exception {
        writer.submit(message(ANA, BOB, 100));
        finish();
        var givenBeforeTheSecondBatch = new AtomicLong();
        store.insteadOfCommit.add(() -> {});
        store.insteadOfCommit.add(() -> givenBeforeTheSecondBatch.set(store.givenOf(BOB.value())));
        for (int i = 0; i < 250; i++) {
            writer.submit(message(BOB, ANA, 200)); // three batches
        }
        writer.submit(confirmation(BOB, 1));
        finish();

        assertThat(givenBeforeTheSecondBatch).hasValue(1);
    }

    @Test
    void aConfirmationThatIsOlderThanTheCursorChangesNothing() throws Exception {
        writer.submit(message(ANA, BOB, 100));
        writer.submit(message(ANA, BOB, 101));
        finish();
        writer.submit(confirmation(BOB, 2));
        finish();
        writer.submit(confirmation(BOB, 1));
        finish();

        assertThat(store.givenOf(BOB.value())).isEqualTo(2);
        assertThat(receiptsIn(ANA)).containsExactly(101L);
    }

    @Test
    void aRolledBackConfirmationIsDoneAgainInFull() throws Exception {
        online.add(BOB.value());
        writer.submit(message(ANA, BOB, 100));
        finish();
        store.insteadOfCommit.add(() -> {
            store.abort();
            throw new DataAccessResourceFailureException("gone", new SQLException("gone", "57P01"));
        });
        writer.submit(confirmation(BOB, 1));
        finish();

        assertThat(receiptsIn(ANA)).containsExactly(100L);
    }

    /** What a client confirms meanwhile may come after a read mark that waits in the queue, and says nothing of it. */
    @Test
    void aBatchThatIsTriedAgainConfirmsNoMoreThanAtFirst() throws Exception {
        writer.submit(message(ANA, BOB, 100));
        writer.submit(message(ANA, BOB, 101));
        finish();
        ConfirmWrite confirmation = confirmation(BOB, 1);
        store.insteadOfCommit.add(() -> {
            assertThat(confirmation.raise(2, HistoryDigest.EMPTY)).isTrue();
            store.abort();
            throw new DataAccessResourceFailureException("gone", new SQLException("gone", "57P01"));
        });
        writer.submit(confirmation);
        finish();

        assertThat(receiptsIn(ANA)).containsExactly(100L);
        writer.submit(confirmation);
        finish();
        assertThat(receiptsIn(ANA)).containsExactly(100L, 101L);
    }

    @Test
    void aFullMailboxTakesNoMoreMessagesButEveryReceipt() throws Exception {
        for (int i = 0; i < 51; i++) {
            writer.submit(message(ANA, BOB, 100 + i));
        }
        finish();

        assertThat(outcomes.getLast()).isEqualTo("MAILBOX_FULL");
        assertThat(store.mailOf(BOB.value())).hasSize(50);
        writer.submit(confirmation(BOB, 1));
        writer.submit(message(ANA, BOB, 200));
        finish();
        assertThat(store.givenOf(BOB.value())).isEqualTo(1);
    }

    @Test
    void whatWasConfirmedMakesRoomForMessagesInTheSameBatch() throws Exception {
        for (int i = 0; i < 50; i++) {
            writer.submit(message(ANA, BOB, 100 + i));
        }
        finish();
        writer.submit(confirmation(BOB, 2));
        writer.submit(message(ANA, BOB, 200));
        writer.submit(message(ANA, BOB, 201));
        writer.submit(message(ANA, BOB, 202));
        finish();

        assertThat(outcomes.subList(50, 53)).containsExactly("stored", "stored", "MAILBOX_FULL");
    }

    /** Otherwise a client that reconnects at once would get its last mail a second time. */
    @Test
    void whoeverAsksWhereAMailboxStandsIsToldOfConfirmationsInTheSameBatch() throws Exception {
        writer.submit(message(ANA, BOB, 100));
        finish();
        var cursors = new ArrayList<MailboxCursor>();
        writer.submit(confirmation(BOB, 1));
        writer.submit(new Write() {
            private @Nullable Batch batch;

            @Override
            public void touch(LongConsumer clients) {
                clients.accept(BOB.value());
            }

            @Override
            public WriteOutcome apply(Batch batch) {
                assertThatThrownBy(() -> batch.cursorOf(BOB)).isInstanceOf(IllegalStateException.class);
                this.batch = batch;
                return WriteOutcome.STORED;
            }

            @Override
            public void settled(WriteOutcome outcome) {
                cursors.add(batch.cursorOf(BOB));
            }
        });
        writer.submit(message(ANA, BOB, 101));
        finish();

        assertThat(cursors).containsExactly(new MailboxCursor(0, 1, HistoryDigest.EMPTY, 2));
    }

    @Test
    void aNumberedFrameIsCountedTogetherWithItsEffects() throws Exception {
        store.name(ANA.value(), STREAM);
        for (int i = 1; i <= 5; i++) {
            writer.submit(numbered(i, message(ANA, BOB, 100 + i)));
        }
        finish();

        assertThat(store.acceptedOf(ANA.value())).isEqualTo(5);
        assertThat(accepted).containsExactly("1 stored", "2 stored", "3 stored", "4 stored", "5 stored");
    }

    @Test
    void aNumberedFrameThatCameBeforeHasNoEffectAgain() throws Exception {
        store.name(ANA.value(), STREAM);
        writer.submit(numbered(1, message(ANA, BOB, 101)));
        writer.submit(numbered(1, message(ANA, BOB, 101)));
        writer.submit(numbered(2, message(ANA, BOB, 102)));
        finish();
        writer.submit(numbered(2, message(ANA, BOB, 102)));
        finish();

        assertThat(secondsOf(store.mailOf(BOB.value()))).containsExactly(101L, 102L);
        assertThat(accepted).containsExactly("1 stored", "2 stored");
    }

    @Test
    void aFrameOfAStreamThatWasReplacedHasNoEffect() throws Exception {
        store.name(ANA.value(), new StreamId(8));
        writer.submit(numbered(1, message(ANA, BOB, 101)));
        finish();

        assertThat(store.mailOf(BOB.value())).isEmpty();
        assertThat(accepted).isEmpty();
    }

    @Test
    void aRefusedNumberedFrameUsesItsNumberUp() throws Exception {
        store.name(ANA.value(), STREAM);
        writer.submit(numbered(1, message(ANA, NOBODY, 101)));
        writer.submit(numbered(2, new Poison()));
        writer.submit(numbered(3, new RefusedWrite(Reason.SPOOFED, _ -> {})));
        writer.submit(numbered(4, message(ANA, BOB, 104)));
        finish();

        assertThat(store.acceptedOf(ANA.value())).isEqualTo(4);
        assertThat(accepted).containsExactly("1 UNKNOWN_CLIENT", "2 BAD_TEXT", "3 SPOOFED", "4 stored");
        assertThat(secondsOf(store.mailOf(BOB.value()))).containsExactly(104L);
    }

    @Test
    void aNumberedFrameSaysWhereItsSendersMailboxEndedWhenItWasAccepted() throws Exception {
        store.name(ANA.value(), STREAM);
        var ats = new ArrayList<Long>();
        for (int i = 1; i <= 3; i++) {
            writer.submit(message(BOB, ANA, 100 + i));
            writer.submit(new NumberedWrite(
                    message(ANA, i == 2 ? NOBODY : BOB, 100 + i), place(0, i), (_, at, _) -> ats.add(at)));
        }
        writer.submit(new NumberedWrite(message(ANA, ANA, 104), place(0, 4), (_, at, _) -> ats.add(at)));
        finish();

        assertThat(ats).containsExactly(1L, 2L, 3L, 4L);
        assertThat(store.streamOf(ANA.value()).at()).isEqualTo(4);
    }

    /**
     * Checks that the 07 of a batch comes after all frames that are accepted in it, so that it marks none of them
     * falsely.
     */
    @Test
    void aReceiptHasAGreaterPositionThanTheFramesThatAreAcceptedTogetherWithIt() throws Exception {
        store.name(ANA.value(), STREAM);
        writer.submit(message(ANA, BOB, 100));
        finish();
        var ats = new ArrayList<Long>();
        writer.submit(confirmation(BOB, 1));
        writer.submit(new NumberedWrite(message(ANA, BOB, 100), place(0, 1), (_, at, _) -> ats.add(at)));
        finish();
        assertThat(receiptsIn(ANA)).isEmpty();

        writer.submit(confirmation(BOB, 2));
        writer.submit(new NumberedWrite(message(ANA, BOB, 100), place(0, 2), (_, at, _) -> ats.add(at)));
        finish();
        writer.submit(confirmation(BOB, 3));
        finish();

        assertThat(ats).containsExactly(0L, 0L);
        assertThat(receiptsIn(ANA)).containsExactly(100L);
    }

    /** Lets a client reconnect before its last frame is stored, because its connection was cut right after it. */
    @Test
    void aRefusalIsToldToAClientThatComesBackInTheSameBatch() throws Exception {
        store.name(ANA.value(), STREAM);
        var comeBack = new ComeBack(0);
        writer.submit(numbered(1, message(ANA, BOB, 101)));
        writer.submit(numbered(2, message(ANA, NOBODY, 102)));
        writer.submit(comeBack);
        finish();

        assertThat(comeBack.accepted).isEqualTo(2);
        assertThat(comeBack.refusals).containsExactly(new Frame.Refused(2, Reason.UNKNOWN_CLIENT));
        var again = new ComeBack(1);
        writer.submit(again);
        finish();
        assertThat(again.refusals).containsExactly(new Frame.Refused(2, Reason.UNKNOWN_CLIENT));
    }

    @Test
    void whoMissesRefusalsThatAreNotKeptAnyMoreBeginsTheStreamAnewAlsoInTheSameBatch() throws Exception {
        store.name(ANA.value(), STREAM);
        var writes = new ArrayList<Write>();
        for (int i = 1; i <= MailboxStatements.KEPT_REFUSALS + 1; i++) {
            writes.add(numbered(i, message(ANA, NOBODY, 100)));
        }
        var knowsTheFirst = new ComeBack(1);
        var knowsNone = new ComeBack(0);
        writes.add(knowsTheFirst);
        writes.add(knowsNone);
        writer.store(writes);

        assertThat(knowsTheFirst.accepted).isEqualTo(MailboxStatements.KEPT_REFUSALS + 1);
        assertThat(knowsTheFirst.refusals).hasSize(MailboxStatements.KEPT_REFUSALS);
        assertThat(knowsNone.accepted).isZero();
        assertThat(knowsNone.refusals).isEmpty();
        assertThat(store.acceptedOf(ANA.value())).isZero();
    }

    /** Protocol section 3, fence: frames of the older session were in the queue when the newer one's 34 was made. */
    @Test
    void framesAndConfirmationsOfAnEarlierSessionDoNotCountOnceAnotherHasBegun() throws Exception {
        store.name(ANA.value(), STREAM);
        writer.submit(message(BOB, ANA, 100));
        finish();
        writer.submit(numbered(1, message(ANA, BOB, 101)));
        writer.submit(new ComeBack(0));
        writer.submit(numbered(2, message(ANA, BOB, 102)));
        writer.submit(new NumberedWrite(
                message(ANA, BOB, 103), place(1, 2), (number, _, _) -> accepted.add(number + " new")));
        finish();
        // Nor later, when the batch does not begin a session.
        writer.submit(numbered(3, message(ANA, BOB, 104)));
        writer.submit(confirmation(ANA, 1));
        finish();

        assertThat(accepted).containsExactly("1 stored", "2 new");
        assertThat(secondsOf(store.mailOf(BOB.value()))).containsExactly(101L, 103L);
        assertThat(store.givenOf(ANA.value())).isZero();
    }

    @Test
    void aLostCommitDoesNotCountANumberedFrameTwice() throws Exception {
        store.name(ANA.value(), STREAM);
        store.insteadOfCommit.add(() -> {
            store.reallyCommit();
            throw new DataAccessResourceFailureException("cut while committing", new SQLException("cut", "08006"));
        });
        writer.submit(numbered(1, message(ANA, BOB, 101)));
        finish();

        assertThat(store.acceptedOf(ANA.value())).isEqualTo(1);
        assertThat(accepted).containsExactly("1 stored");
        assertThat(store.mailOf(BOB.value())).hasSize(1);
    }

    @Test
    void aConfirmationBeyondTheEndOfTheMailboxChangesNothing() throws Exception {
        writer.submit(message(ANA, BOB, 100));
        finish();
        writer.submit(confirmation(BOB, 2));
        writer.submit(message(BOB, ANA, 100));
        finish();

        assertThat(store.givenOf(BOB.value())).isZero();
        assertThat(outcomes).containsExactly("stored", "stored");
    }

    /** Checks a server that is stopped while commits wait for a standby that is away. */
    @Test
    void aDatabaseThatDoesNotAnswerDoesNotHoldUpTheStop() throws Exception {
        writer.start();
        var held = new CountDownLatch(1);
        var release = new CountDownLatch(1);
        Thread holder = Thread.ofPlatform().start(() -> {
            synchronized (store) {
                held.countDown();
                try {
                    release.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }
        });
        held.await();
        try {
            assertThat(CompletableFuture.runAsync(writer::stop)).succeedsWithin(Duration.ofSeconds(60));
        } finally {
            release.countDown();
            holder.join();
        }
    }

    @Test
    void whatWasSubmittedBeforeTheStopIsStored() throws Exception {
        for (int i = 0; i < 500; i++) {
            writer.submit(message(ANA, BOB, 100));
            if (i % 50 == 49) {
                writer.submit(confirmation(BOB, i / 50));
            }
        }
        writer.start();
        writer.stop();

        assertThat(outcomes).hasSize(500);
    }

    @Test
    void aWriterThatDoesNotRunSaysSo() {
        assertThat(writer.trouble()).isEqualTo("the writer is not running");
    }

    @Test
    void aWriteThatIsFollowedTellsWhatBecomesOfIt() throws Exception {
        writer.store(
                List.of(message(ANA, BOB, 100), followed(message(BOB, ANA, 101)), followed(message(ANA, BOB, 102))));

        assertThat(traced)
                .containsExactly(
                        "begins",
                        "begins",
                        "3 at once: [Entry[recipient=" + ANA + ", position=1]]",
                        "3 at once: [Entry[recipient=" + BOB + ", position=2]]");
        assertThat(outcomes).containsExactly("stored", "stored", "stored");
    }

    /** Checks that only the last decision counts: with the rows locked, the write is decided again. */
    @Test
    void aWriteThatIsFollowedTellsOfEachAttemptAndOfOneOutcome() throws Exception {
        store.name(ANA.value(), STREAM);
        writer.store(List.of(followed(message(ANA, NOBODY, 100)), numbered(1, followed(message(ANA, BOB, 101)))));

        assertThat(traced)
                .containsExactly(
                        "begins",
                        "begins",
                        "begins",
                        "begins",
                        "refused UNKNOWN_CLIENT",
                        "2 at once: [Entry[recipient=" + BOB + ", position=1]]");
        assertThat(outcomes).containsExactly("UNKNOWN_CLIENT", "stored");
        assertThat(accepted).containsExactly("1 stored");
    }

    /** Checks that only the impossible write is refused, and that its refusal is reported like any other. */
    @Test
    void aWriteThatIsFollowedAndCannotBeStoredIsRefused() throws Exception {
        store.name(ANA.value(), STREAM);
        writer.store(List.of(numbered(1, followed(new Poison())), followed(message(ANA, BOB, 101))));

        assertThat(traced).contains("refused BAD_TEXT", "1 at once: [Entry[recipient=" + BOB + ", position=1]]");
        assertThat(outcomes).containsExactly("poison BAD_TEXT", "stored");
        assertThat(accepted).containsExactly("1 BAD_TEXT");
    }

    @Test
    void tracesAreToldHowFarAClientHasConfirmedWhenThatIsStored() throws Exception {
        writer.submit(message(ANA, BOB, 100));
        writer.submit(message(ANA, BOB, 101));
        finish();
        assertThat(traced).isEmpty();

        writer.submit(confirmation(BOB, 2));
        finish();
        assertThat(traced).containsExactly(BOB + " has up to 2");
    }

    private Write followed(Write write) {
        return new TracedWrite(write, new MessageTrace() {
            @Override
            public void transactionBegins() {
                traced.add("begins");
            }

            @Override
            public void committed(int batchSize, List<Entry> entries) {
                traced.add(batchSize + " at once: " + entries);
            }

            @Override
            public void refused(Reason reason) {
                traced.add("refused " + reason);
            }
        });
    }

    private final class RecordingTracing implements Tracing {

        @Override
        public @Nullable MessageTrace begin(long session, ClientId sender, Frame frame, long receivedAtNanos) {
            return null;
        }

        @Override
        public void written(long session, ClientId recipient, long first, long last) {}

        @Override
        public void confirmed(long recipient, long upTo) {
            traced.add(new ClientId(recipient) + " has up to " + upTo);
        }
    }

    /** Lets the writer take the submitted writes, in as few batches as possible, and waits until it has. */
    private void finish() throws InterruptedException {
        writer.start();
        assertThat(writer.awaitStored(SOON)).isTrue();
        assertThat(writer.trouble()).isNull();
        // Stopped between the steps, so that the test's next writes are one batch.
        writer.stop();
    }

    private List<Long> receiptsIn(ClientId originator) {
        return store.mailOf(originator.value()).stream()
                .map(mail -> ((Frame.Delivered) mail.frame()).upTo().seconds())
                .toList();
    }

    private static List<Long> secondsOf(List<MailboxItem> mail) {
        return mail.stream()
                .map(entry -> ((Frame.Deliver) entry.frame()).sentAt().seconds())
                .toList();
    }

    private static ConfirmWrite confirmation(ClientId client, long upTo) {
        var confirmation = new ConfirmWrite(client, 0);
        confirmation.raise(upTo, HistoryDigest.EMPTY);
        confirmation.leaveQueue();
        return confirmation;
    }

    private static NumberedWrite.Place place(long session, long ordinal) {
        return new NumberedWrite.Place(ANA, session, STREAM, ordinal, HistoryDigest.EMPTY);
    }

    /** The write of a 33: begins a session, and asks for the state of the stream. */
    private static final class ComeBack implements Write {

        private final long known;
        private long accepted;
        private List<Frame.Refused> refusals = List.of();

        ComeBack(long known) {
            this.known = known;
        }

        @Override
        public boolean needsTransaction() {
            return true;
        }

        @Override
        public void touch(LongConsumer clients) {
            clients.accept(ANA.value());
        }

        @Override
        public WriteOutcome apply(Batch batch) {
            batch.beginSession(ANA);
            accepted = batch.resume(ANA, STREAM, known).accepted();
            refusals = batch.refusalsAfter(ANA, known);
            return WriteOutcome.STORED;
        }

        @Override
        public void settled(WriteOutcome outcome) {
            // The test reads the fields.
        }
    }

    private static String nameOf(WriteOutcome outcome) {
        return switch (outcome) {
            case WriteOutcome.Stored() -> "stored";
            case WriteOutcome.Refused(Reason reason) -> reason.name();
        };
    }

    private Write numbered(long ordinal, Write write) {
        return new NumberedWrite(
                write, place(0, ordinal), (number, _, outcome) -> accepted.add(number + " " + nameOf(outcome)));
    }

    private Write message(ClientId from, ClientId to, long second) {
        return new Message(from, to, second);
    }

    private final class Message implements Write {

        private final ClientId from;
        private final ClientId to;
        private final long second;

        Message(ClientId from, ClientId to, long second) {
            this.from = from;
            this.to = to;
            this.second = second;
        }

        @Override
        public void touch(LongConsumer clients) {
            clients.accept(to.value());
        }

        @Override
        public WriteOutcome apply(Batch batch) {
            if (!batch.knows(to)) {
                return WriteOutcome.refused(Reason.UNKNOWN_CLIENT);
            }
            if (batch.isFull(to)) {
                return WriteOutcome.refused(Reason.MAILBOX_FULL);
            }
            batch.append(
                    to,
                    new Frame.Deliver(from, new Address(to.value()), new PosixTime(second), Body.of("oi")),
                    MailboxItem.NOT_MEASURED);
            return WriteOutcome.STORED;
        }

        @Override
        public void settled(WriteOutcome outcome) {
            outcomes.add(nameOf(outcome));
        }
    }

    /** A write that no database accepts. */
    private class Poison implements Write {

        @Override
        public void touch(LongConsumer clients) {
            // It concerns no client.
        }

        @Override
        public WriteOutcome apply(Batch batch) {
            throw new DataIntegrityViolationException("poison", new SQLException("no such character", "22021"));
        }

        @Override
        public void settled(WriteOutcome outcome) {
            outcomes.add("poison " + nameOf(outcome));
        }
    }
}
