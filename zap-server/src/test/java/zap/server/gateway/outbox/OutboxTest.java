package zap.server.gateway.outbox;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.stream.LongStream;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.dao.DataAccessResourceFailureException;
import zap.protocol.ClientId;
import zap.protocol.Frame;
import zap.protocol.HistoryDigest;
import zap.protocol.Position;
import zap.protocol.PosixTime;
import zap.server.gateway.settings.Framing;
import zap.server.gateway.settings.GatewayMeters;
import zap.server.mailbox.ConfirmWrite;
import zap.server.mailbox.MailboxCursor;
import zap.server.mailbox.MailboxItem;
import zap.server.testing.RunningServer;
import zap.server.tracing.Tracing;

class OutboxTest {

    private static final ClientId ANA = new ClientId(1000000000017L);
    private static final ClientId BOB = new ClientId(1739250018846L);
    private static final Duration SOON = Duration.ofSeconds(20);

    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final GatewayMeters meters = new GatewayMeters(registry);
    private final AcknowledgementWatch watch = new AcknowledgementWatch();
    private final Peer peer = new Peer();
    private final Log log = new Log();
    private final Owner owner = new Owner();
    private final Outbox outbox =
            new Outbox(owner, peer, log, watch, meters, Tracing.OFF, Framing.FULL_WIDTH, Duration.ZERO);

    @Test
    void waitingMailGoesOutFromWhereTheClientStands() throws Exception {
        log.append(10);
        outbox.open(ANA, standing(4, 10), false);

        assertThat(outbox.awaitIdle(SOON)).isTrue();
        assertThat(peer.positions()).isEqualTo(positions(5, 10));
        assertThat(log.confirmed()).isEqualTo(10);
    }

    @Test
    void mailThatArrivesInOrderIsHandedOverWithoutReadingTheLog() throws Exception {
        outbox.open(ANA, standing(0, 0), false);
        for (int i = 0; i < 20; i++) {
            outbox.arrived(log.append(1));
        }

        assertThat(outbox.awaitIdle(SOON)).isTrue();
        assertThat(peer.positions()).isEqualTo(positions(1, 20));
        assertThat(log.pagesRead).isZero();
    }

    /** The names and fields of the event are those that the load generator reads ({@code ServerRecording}). */
    @Test
    void aRecordingThatAsksForItHasEachMessageThatThisServerReceived(@TempDir Path folder) throws Exception {
        Path file = folder.resolve("mail.jfr");
        long received = System.nanoTime();
        var frame = new Frame.Delivered(BOB, new PosixTime(1));
        try (var recording = new Recording()) {
            recording.enable("zap.MailWritten");
            recording.start();
            outbox.open(ANA, standing(0, 0), false);
            outbox.arrived(
                    List.of(new MailboxItem(1, frame, received), new MailboxItem(2, frame, MailboxItem.NOT_MEASURED)));
            assertThat(outbox.awaitIdle(SOON)).isTrue();
            recording.dump(file);
        }
        long after = System.nanoTime();

        assertThat(RecordingFile.readAllEvents(file)).singleElement().satisfies(event -> {
            assertThat(event.getLong("client")).isEqualTo(ANA.value());
            assertThat(event.getLong("position")).isEqualTo(1);
            assertThat(event.getLong("received")).isEqualTo(received);
            assertThat(event.getLong("begun")).isBetween(received, event.getLong("written"));
            assertThat(event.getLong("written")).isLessThanOrEqualTo(after);
        });
    }

    @Test
    void mailBeyondAGapIsReadFromTheLog() throws Exception {
        outbox.open(ANA, standing(0, 0), false);
        log.append(3);
        outbox.arrived(log.append(1));

        assertThat(outbox.awaitIdle(SOON)).isTrue();
        assertThat(peer.positions()).isEqualTo(positions(1, 4));
    }

    @Test
    void mailThatIsHandedOverAfterALookAtTheRowBringsTheRestFromTheLog() throws Exception {
        peer.blocked = new CountDownLatch(1);
        outbox.open(ANA, standing(0, 0), false);
        outbox.arrived(log.append(1));
        assertThat(peer.called.await(SOON.toSeconds(), TimeUnit.SECONDS)).isTrue();
        List<MailboxItem> handedOver = log.append(2);
        log.append(3);
        outbox.follow(standing(0, 6));
        outbox.arrived(handedOver);
        peer.blocked.countDown();

        assertThat(outbox.awaitIdle(SOON)).isTrue();
        assertThat(peer.positions()).isEqualTo(positions(1, 6));
    }

    @Test
    void whatWasAlreadyReadFromTheLogIsNotGivenAgain() throws Exception {
        List<MailboxItem> late = log.append(2);
        outbox.open(ANA, standing(0, 2), false);
        assertThat(outbox.awaitIdle(SOON)).isTrue();
        outbox.arrived(late);

        assertThat(outbox.awaitIdle(SOON)).isTrue();
        assertThat(peer.positions()).isEqualTo(positions(1, 2));
    }

    @Test
    void mailThatAnotherNodeHandsOverBeforeTheDeliveryStartsIsReadFromTheLog() throws Exception {
        outbox.arrived(log.append(2));
        outbox.open(ANA, standing(0, 0), false); // the row was read before that mail was stored

        assertThat(outbox.awaitIdle(SOON)).isTrue();
        assertThat(peer.positions()).isEqualTo(positions(1, 2));
    }

    @Test
    void mailBeforeTheSessionIsSomebodyIsLeftInTheLog() throws Exception {
        outbox.arrived(log.append(1));

        assertThat(outbox.awaitIdle(SOON)).isTrue();
        assertThat(peer.written).isEmpty();
    }

    @Test
    void answersGoOutBeforeMail() throws Exception {
        peer.blocked = new CountDownLatch(1);
        outbox.reply(new Frame.Registered(ANA));
        log.append(1);
        outbox.open(ANA, standing(0, 1), false);
        outbox.reply(new Frame.Connected(ANA));
        peer.blocked.countDown();

        assertThat(outbox.awaitIdle(SOON)).isTrue();
        assertThat(peer.written)
                .startsWith(new Frame.Registered(ANA), new Frame.Connected(ANA))
                .hasSize(3);
    }

    @Test
    void aPeerThatDoesNotReadHoldsUpNobodyAndGetsAllOfItLater() throws Exception {
        peer.blocked = new CountDownLatch(1);
        outbox.open(ANA, standing(0, 0), false);
        for (int i = 0; i < 5_000; i++) {
            outbox.arrived(log.append(1));
        }
        assertThat(peer.called.await(SOON.toSeconds(), TimeUnit.SECONDS)).isTrue();
        assertThat(outbox.writingFor()).isPositive();
        peer.blocked.countDown();

        assertThat(outbox.awaitIdle(SOON)).isTrue();
        assertThat(peer.positions()).isEqualTo(positions(1, 5_000));
        assertThat(outbox.writingFor()).isZero();
    }

    @Test
    void aPeerThatConfirmsIsTakenAtItsWordAndAtNothingElse() throws Exception {
        log.append(10);
        outbox.open(ANA, standing(0, 10), true);
        assertThat(outbox.awaitIdle(SOON)).isTrue();

        assertThat(log.confirmations).isEmpty();
        assertThat(outbox.received(7)).isTrue();
        assertThat(log.confirmed()).isEqualTo(7);
        assertThat(outbox.received(11)).as("a position it was not given").isFalse();
        assertThat(log.confirmed()).isEqualTo(7);
        assertThat(outbox.received(5)).as("an old one").isTrue();
        assertThat(log.confirmed()).isEqualTo(7);
    }

    @Test
    void aPingIsAnsweredBehindTheMailThatWaitedWhenItCame() throws Exception {
        log.append(300);
        peer.blocked = new CountDownLatch(1);
        outbox.open(ANA, standing(0, 300), true);
        outbox.pong();
        outbox.arrived(log.append(1));
        peer.blocked.countDown();

        assertThat(outbox.awaitIdle(SOON)).isTrue();
        assertThat(peer.written.indexOf(new Frame.Ping())).isBetween(300, 301);
        assertThat(peer.written).hasSize(302);
        outbox.pong();
        assertThat(outbox.awaitIdle(SOON)).isTrue();
        assertThat(peer.written).last().isEqualTo(new Frame.Ping());
    }

    @Test
    void aPingOfASessionThatGetsNoMoreMailIsAnsweredAtOnce() throws Exception {
        log.append(300);
        peer.blocked = new CountDownLatch(1);
        outbox.open(ANA, standing(0, 300), true);
        outbox.pong();
        outbox.stopMail();
        outbox.pong();
        peer.blocked.countDown();

        assertThat(outbox.awaitIdle(SOON)).isTrue();
        assertThat(peer.written).filteredOn(Frame.Ping.class::isInstance).hasSize(2);
    }

    @Test
    void oneAcceptedStandsForAllThatCameMeanwhile() throws Exception {
        peer.blocked = new CountDownLatch(1);
        for (long count = 1; count <= 100; count++) {
            outbox.accepted(count, 200);
        }
        peer.blocked.countDown();

        assertThat(outbox.awaitIdle(SOON)).isTrue();
        assertThat(peer.written).last().isEqualTo(new Frame.Accepted(100, new Position(200)));
        assertThat(peer.written).hasSizeLessThanOrEqualTo(2);
    }

    /** Otherwise the receipt of position 8 would not count for frame 2, and its sender would miss it. */
    @Test
    void framesThatWereAcceptedAtDifferentPositionsAreToldApart() throws Exception {
        peer.blocked = new CountDownLatch(1);
        outbox.accepted(1, 5);
        outbox.accepted(2, 7);
        outbox.accepted(3, 8);
        peer.blocked.countDown();

        assertThat(outbox.awaitIdle(SOON)).isTrue();
        assertThat(peer.written)
                .containsSubsequence(new Frame.Accepted(2, new Position(7)), new Frame.Accepted(3, new Position(8)));
    }

    @Test
    void aPeerThatNeverListensHasFewAcceptancesWaiting() throws Exception {
        peer.blocked = new CountDownLatch(1);
        outbox.accepted(1, 2);
        assertThat(peer.called.await(SOON.toSeconds(), TimeUnit.SECONDS)).isTrue();
        for (long count = 2; count <= 1_000; count++) {
            outbox.accepted(count, 2 * count);
        }
        peer.blocked.countDown();

        assertThat(outbox.awaitIdle(SOON)).isTrue();
        assertThat(peer.written).last().isEqualTo(new Frame.Accepted(1_000, new Position(2_000)));
        assertThat(peer.written).hasSizeLessThanOrEqualTo(17);
    }

    @Test
    void aPeerThatAsksAndNeverListensIsLetGo() {
        peer.blocked = new CountDownLatch(1);
        for (int i = 0; i < 3_000; i++) {
            outbox.reply(new Frame.Ping());
        }

        assertThat(owner.broken).isTrue();
        peer.blocked.countDown();
    }

    @Test
    void aPeerThatAsksFasterThanWeWriteWaitsAndGetsAllItsAnswers() throws Exception {
        peer.blocked = new CountDownLatch(1);
        for (int i = 0; i < 1_024; i++) {
            outbox.reply(new Frame.Ping());
        }
        var asking = new CompletableFuture<Void>();
        Thread.ofVirtual().start(() -> {
            try {
                for (int i = 0; i < 3_000; i++) {
                    outbox.pong();
                }
                asking.complete(null);
            } catch (InterruptedException e) {
                asking.completeExceptionally(e);
            }
        });
        peer.blocked.countDown();

        asking.get(SOON.toSeconds(), TimeUnit.SECONDS);
        assertThat(outbox.awaitIdle(SOON)).isTrue();
        assertThat(owner.broken).isFalse();
        assertThat(peer.written).hasSize(4_024);
    }

    @Test
    void onlyWhatWasWrittenIsConfirmed() throws Exception {
        log.append(3);
        peer.breaksAt = 1;
        outbox.open(ANA, standing(0, 3), false);

        assertThat(outbox.awaitIdle(SOON)).isTrue();
        assertThat(log.confirmations).isEmpty();
        RunningServer.await("the session is told", () -> owner.broken); // after the outbox has come to rest
    }

    @Test
    void onlyWhatThePeersTcpHasAcknowledgedIsConfirmed() throws Exception {
        peer.acknowledged = 0;
        log.append(10);
        outbox.open(ANA, standing(0, 10), false);
        awaitWritten(10);
        assertThat(outbox.awaitIdle(Duration.ofMillis(50))).isFalse();
        assertThat(log.confirmations).isEmpty();
        assertThat(unacknowledged()).isEqualTo(10);

        outbox.arrived(log.append(5));
        awaitWritten(15);
        peer.acknowledged = 14;
        RunningServer.await("what was acknowledged is confirmed", () -> log.confirmed() == 14);
        assertThat(outbox.awaitIdle(Duration.ofMillis(50))).isFalse();
        assertThat(log.confirmed()).isEqualTo(14);
        assertThat(unacknowledged()).isEqualTo(1);

        peer.acknowledged = 15;
        assertThat(outbox.awaitIdle(SOON)).isTrue();
        assertThat(log.confirmed()).isEqualTo(15);
        assertThat(unacknowledged()).isZero();
    }

    /** Otherwise a peer with a small buffer would get a hundred frames again because only the last one is missing. */
    @Test
    void aLargeWriteIsConfirmedPieceByPiece() throws Exception {
        peer.acknowledged = 40;
        outbox.open(ANA, standing(0, 0), false);
        outbox.arrived(log.append(128));
        awaitWritten(128);
        RunningServer.await("a piece is confirmed", () -> log.confirmed() > 0);

        assertThat(outbox.awaitIdle(Duration.ofMillis(50))).isFalse();
        assertThat(peer.sizesOfWrites).containsExactly(128);
        assertThat(log.confirmed()).isBetween(24L, 40L);
    }

    @Test
    void whatIsAcknowledgedAtOnceIsConfirmedAtOnceAndNotAskedAboutAgain() throws Exception {
        log.append(10);
        outbox.open(ANA, standing(0, 10), false);
        assertThat(outbox.awaitIdle(SOON)).isTrue();
        assertThat(log.confirmations).containsExactly(10L);
        assertThat(peer.asked).hasValue(1);
    }

    @Test
    void oneConfirmationStandsForAllThatWasAcknowledgedMeanwhile() throws Exception {
        peer.acknowledged = 0;
        outbox.open(ANA, standing(0, 0), false);
        for (int i = 1; i <= 1_000; i++) {
            outbox.arrived(log.append(1));
            if (i % 10 == 0) {
                awaitWritten(i);
            }
        }
        peer.acknowledged = 1_000;
        assertThat(outbox.awaitIdle(SOON)).isTrue();
        assertThat(log.confirmed()).isEqualTo(1_000);
        assertThat(log.confirmations).hasSizeLessThan(10);
    }

    /** It marks its mail as read (08) while the thread that wrote the mail has not been scheduled again. */
    @Test
    void aPeerThatRespondsBeforeTheWriteReturnsHasItsMailConfirmed() throws Exception {
        peer.blocked = new CountDownLatch(1);
        log.append(3);
        outbox.open(ANA, standing(0, 3), false);
        assertThat(peer.called.await(SOON.toSeconds(), TimeUnit.SECONDS)).isTrue();
        CompletableFuture<Long> confirmed = confirmedAfterReadMark();
        Thread.sleep(50); // the time that the peer's response needs: without it, the write would return first
        peer.blocked.countDown();

        assertThat(confirmed.get(SOON.toSeconds(), TimeUnit.SECONDS)).isEqualTo(3);
    }

    /** It marks its mail as read (08) while the thread that confirms the mail has not been scheduled again. */
    @Test
    void aPeerThatRespondsBeforeItsMailIsConfirmedHasItConfirmedFirst() throws Exception {
        log.blocked = new CountDownLatch(1);
        log.append(3);
        outbox.open(ANA, standing(0, 3), false);
        assertThat(log.called.await(SOON.toSeconds(), TimeUnit.SECONDS)).isTrue();
        CompletableFuture<Long> confirmed = confirmedAfterReadMark();
        Thread.sleep(50); // the time that the peer's response needs: without it, the confirmation would be first
        log.blocked.countDown();

        assertThat(confirmed.get(SOON.toSeconds(), TimeUnit.SECONDS)).isEqualTo(3);
    }

    /** Returns the position that is confirmed when the outbox has dealt with a read mark. */
    private CompletableFuture<Long> confirmedAfterReadMark() {
        var confirmed = new CompletableFuture<Long>();
        Thread.ofVirtual().start(() -> {
            try {
                outbox.read(new Frame.Read(BOB, new PosixTime(3)));
                confirmed.complete(log.confirmed());
            } catch (InterruptedException e) {
                confirmed.completeExceptionally(e);
            }
        });
        return confirmed;
    }

    @Test
    void aPeerThatDoesNotReadOnHoldsUpItsOwnRequestsForASecondAtMost() throws Exception {
        peer.blocked = new CountDownLatch(1);
        log.append(3);
        outbox.open(ANA, standing(0, 3), false);
        assertThat(peer.called.await(SOON.toSeconds(), TimeUnit.SECONDS)).isTrue();

        outbox.read(new Frame.Read(BOB, new PosixTime(3)));

        assertThat(outbox.writingFor()).isPositive();
        peer.blocked.countDown();
        assertThat(outbox.awaitIdle(SOON)).isTrue();
        assertThat(log.confirmed()).isEqualTo(3);
    }

    /** Behind a proxy: bytes that the proxy has acknowledged may never reach the peer. */
    @Test
    void mailThroughAProxyIsNotConfirmedForItsAcknowledgement() throws Exception {
        peer.deliveredAfter = Duration.ofHours(1);
        log.append(10);
        outbox.open(ANA, standing(0, 10), false);

        assertThat(outbox.awaitIdle(SOON)).isTrue();
        outbox.read(new Frame.Read(BOB, new PosixTime(10))); // these entries are no messages
        outbox.close();
        assertThat(outbox.awaitIdle(SOON)).isTrue();
        assertThat(peer.positions()).isEqualTo(positions(1, 10));
        assertThat(log.confirmations).isEmpty();
        assertThat(unacknowledged()).isZero();
    }

    @Test
    void mailThroughAProxyIsConfirmedWhenTheConnectionHasStoodForLongEnough() throws Exception {
        peer.deliveredAfter = Duration.ofMillis(100);
        log.append(10);
        outbox.open(ANA, standing(0, 10), false);

        RunningServer.await("the confirmation", () -> log.confirmed() == 10);
    }

    /** At the end of a session, however it ends, only what was acknowledged counts. */
    @Test
    void aSessionThatEndsConfirmsWhatWasAcknowledgedAndNoMore() throws Exception {
        peer.acknowledged = 0;
        log.append(10);
        outbox.open(ANA, standing(0, 10), false);
        awaitWritten(10);
        outbox.arrived(log.append(5));
        awaitWritten(15);
        outbox.stopMail();
        assertThat(outbox.awaitIdle(Duration.ofMillis(50))).isFalse();
        peer.acknowledged = 12;
        outbox.close();

        assertThat(outbox.awaitIdle(SOON)).isTrue();
        assertThat(log.confirmed()).isEqualTo(12);
        assertThat(unacknowledged()).isZero();
    }

    @Test
    void aConnectionThatBreaksWhileItIsWrittenToConfirmsWhatWasAcknowledgedAndNoMore() throws Exception {
        peer.acknowledged = 0;
        log.append(10);
        outbox.open(ANA, standing(0, 10), false);
        awaitWritten(10);
        peer.breaksAt = 0;
        peer.acknowledged = 10;
        outbox.arrived(log.append(5));

        RunningServer.await("the outbox has noticed", () -> owner.broken);
        assertThat(outbox.awaitIdle(SOON)).isTrue();
        assertThat(log.confirmed()).isEqualTo(10);
        assertThat(unacknowledged()).isZero();
    }

    @Test
    void aPeerThatConfirmsIsNotAskedAboutByOtherMeans() throws Exception {
        log.append(10);
        outbox.open(ANA, standing(0, 10), true);
        assertThat(outbox.awaitIdle(SOON)).isTrue();
        assertThat(peer.asked).hasValue(0);
        assertThat(unacknowledged()).isZero();
    }

    @Test
    void afterTheEndNothingIsWritten() throws Exception {
        outbox.open(ANA, standing(0, 0), false);
        outbox.close();
        outbox.arrived(log.append(1));
        outbox.reply(new Frame.Registered(ANA));

        assertThat(outbox.awaitIdle(SOON)).isTrue();
        assertThat(peer.written).isEmpty();
    }

    @Test
    void whoSaysNoMoreStillGetsAnswersButNoMail() throws Exception {
        log.append(1);
        outbox.stopMail();
        outbox.open(ANA, standing(0, 1), false);
        outbox.reply(new Frame.Registered(ANA));

        assertThat(outbox.awaitIdle(SOON)).isTrue();
        assertThat(peer.written).containsExactly(new Frame.Registered(ANA));
    }

    @Test
    void aLogThatCannotBeReadAtTheMomentIsAskedAgain() throws Exception {
        log.append(3);
        log.failures = 1;
        outbox.open(ANA, standing(0, 3), false);

        assertThat(outbox.awaitIdle(SOON)).isTrue();
        assertThat(peer.positions()).isEqualTo(positions(1, 3));
    }

    @Test
    void onTheRecvWireEachFrameIsAWriteOfItsOwnWithAGapAfterIt() throws Exception {
        var slow = new Outbox(owner, peer, log, watch, meters, Tracing.OFF, Framing.RECV, Duration.ofMillis(30));
        log.append(4);
        slow.open(ANA, standing(0, 4), false);

        assertThat(slow.awaitIdle(SOON)).isTrue();
        assertThat(peer.sizesOfWrites).containsExactly(1, 1, 1, 1);
        for (int i = 1; i < 4; i++) {
            assertThat(peer.timesOfWrites.get(i) - peer.timesOfWrites.get(i - 1))
                    .isGreaterThanOrEqualTo(TimeUnit.MILLISECONDS.toNanos(30));
        }
    }

    @Test
    void whateverIsHandedOverLateOrNeverTheClientGetsItsLogOnceAndInOrder() throws Exception {
        for (long seed = 0; seed < 300; seed++) {
            RandomGenerator random =
                    RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
            var oneLog = new Log();
            var onePeer = new Peer();
            var one = new Outbox(owner, onePeer, oneLog, watch, meters, Tracing.OFF, Framing.FULL_WIDTH, Duration.ZERO);
            int before = random.nextInt(4) * random.nextInt(200);
            oneLog.append(before);
            one.open(ANA, standing(0, before), false);
            List<MailboxItem> last = List.of();
            var late = new ArrayDeque<List<MailboxItem>>();
            for (int i = 0; i < 40; i++) {
                last = oneLog.append(1 + random.nextInt(5));
                switch (random.nextInt(6)) {
                    case 0 -> {}
                    case 1, 2 -> late.add(last);
                    default -> one.arrived(last);
                }
                if (random.nextInt(4) == 0) {
                    one.follow(standing(0, last.getLast().position())); // a look sees what was not handed over yet
                }
                while (!late.isEmpty() && random.nextInt(3) == 0) {
                    one.arrived(late.remove());
                }
                if (random.nextInt(8) == 0) {
                    Thread.yield();
                }
            }
            one.arrived(last); // a later arrival makes up for those that were missed

            assertThat(one.awaitIdle(SOON)).as("seed %d", seed).isTrue();
            assertThat(onePeer.positions())
                    .as("seed %d", seed)
                    .isEqualTo(positions(1, last.getLast().position()));
            assertThat(oneLog.confirmed())
                    .as("seed %d", seed)
                    .isEqualTo(last.getLast().position());
        }
    }

    @Test
    void howeverAcknowledgementsComeAndWheneverTheSessionEndsNoneIsConfirmedTooEarly() throws Exception {
        for (long seed = 0; seed < 100; seed++) {
            RandomGenerator random =
                    RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
            var oneLog = new Log();
            var onePeer = new Peer();
            onePeer.acknowledged = 0;
            var one = new Outbox(owner, onePeer, oneLog, watch, meters, Tracing.OFF, Framing.FULL_WIDTH, Duration.ZERO);
            one.open(ANA, standing(0, 0), false);
            for (int i = 0; i < 40; i++) {
                one.arrived(oneLog.append(1 + random.nextInt(5)));
                if (random.nextInt(4) == 0) {
                    onePeer.acknowledged += random.nextInt(12);
                }
                if (random.nextInt(8) == 0) {
                    Thread.yield();
                }
            }
            one.close();

            assertThat(one.awaitIdle(SOON)).as("seed %d", seed).isTrue();
            assertThat(oneLog.confirmed()).as("seed %d", seed).isLessThanOrEqualTo(onePeer.acknowledged);
            assertThat(oneLog.confirmations).as("seed %d", seed).isSorted();
            assertThat(unacknowledged()).as("seed %d", seed).isZero();
        }
    }

    private void awaitWritten(int frames) {
        RunningServer.await(frames + " frames are written", () -> peer.written.size() == frames);
    }

    private double unacknowledged() {
        return registry.get("zap.outbox.unacknowledged").gauge().value();
    }

    private static List<Long> positions(long first, long last) {
        return LongStream.rangeClosed(first, last).boxed().toList();
    }

    /** A log whose entries tell their own position, in the timestamp. */
    private static final class Log implements Outbox.Log {

        private final List<MailboxItem> entries = new ArrayList<>();
        private final List<Long> confirmations = new CopyOnWriteArrayList<>();
        private final CountDownLatch called = new CountDownLatch(1);
        private volatile CountDownLatch blocked = new CountDownLatch(0);
        private volatile int pagesRead;
        private volatile int failures;

        synchronized List<MailboxItem> append(int count) {
            int from = entries.size();
            for (int i = 1; i <= count; i++) {
                long position = from + i;
                entries.add(new MailboxItem(
                        position, new Frame.Delivered(BOB, new PosixTime(position)), MailboxItem.NOT_MEASURED));
            }
            return List.copyOf(entries.subList(from, entries.size()));
        }

        @Override
        public synchronized List<MailboxItem> page(ClientId client, long after) {
            if (failures > 0) {
                failures--;
                throw new DataAccessResourceFailureException("away");
            }
            pagesRead++;
            return List.copyOf(
                    entries.subList(Math.toIntExact(after), Math.min(entries.size(), Math.toIntExact(after) + 100)));
        }

        /** One after the other, as the writer takes them: the outbox and the watch may come at the same time. */
        @Override
        public void confirm(ConfirmWrite confirmation) throws InterruptedException {
            called.countDown();
            blocked.await();
            synchronized (this) {
                confirmation.leaveQueue(); // as the writer does when it takes it
                confirmations.add(confirmation.upTo());
            }
        }

        long confirmed() {
            return confirmations.stream().mapToLong(Long::longValue).max().orElse(0);
        }
    }

    private static final class Peer implements Outbox.Peer {

        private final List<Frame> written = new CopyOnWriteArrayList<>();
        private final List<Integer> sizesOfWrites = new CopyOnWriteArrayList<>();
        private final List<Long> timesOfWrites = new CopyOnWriteArrayList<>();
        private final CountDownLatch called = new CountDownLatch(1);
        private volatile CountDownLatch blocked = new CountDownLatch(0);
        private volatile int breaksAt = Integer.MAX_VALUE;
        /** A frame is a byte here. */
        private volatile long bytes;
        /** Most bytes that the peer acknowledges. */
        private volatile long acknowledged = Long.MAX_VALUE;

        /** Set when a proxy stands between. */
        private volatile Duration deliveredAfter;

        private final AtomicInteger asked = new AtomicInteger();

        @Override
        public void write(List<Frame> frames) {
            called.countDown();
            try {
                blocked.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            if (written.size() + frames.size() >= breaksAt) {
                throw new UncheckedIOException(new IOException("Broken pipe"));
            }
            bytes += frames.size();
            timesOfWrites.add(System.nanoTime());
            sizesOfWrites.add(frames.size());
            written.addAll(frames);
        }

        @Override
        public int lengthOf(Frame frame) {
            return 1;
        }

        @Override
        public long written() {
            return bytes;
        }

        @Override
        public long acknowledged() {
            asked.incrementAndGet();
            return Math.min(bytes, acknowledged);
        }

        @Override
        public Duration deliveredAfter() {
            return deliveredAfter;
        }

        List<Long> positions() {
            return written.stream()
                    .map(frame -> ((Frame.Delivered) frame).upTo().seconds())
                    .toList();
        }
    }

    private static final class Owner implements Outbox.Owner {

        private volatile boolean broken;

        @Override
        public long number() {
            return 1;
        }

        @Override
        public void tooSlow() {
            broken = true;
        }

        @Override
        public void waits(Exception cause) {}

        @Override
        public void writeFailed(Exception cause) {
            broken = true;
        }

        @Override
        public void failed(Throwable cause) {
            throw new AssertionError(cause);
        }
    }

    private static MailboxCursor standing(long given, long tail) {
        return new MailboxCursor(0, given, HistoryDigest.EMPTY, tail);
    }
}
