package zap.server.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static zap.server.testing.FrameText.deliver;
import static zap.server.testing.FrameText.delivered;
import static zap.server.testing.FrameText.send;

import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import zap.protocol.Reason;
import zap.server.testing.FrameText;
import zap.server.testing.RunningServer;
import zap.server.testing.TestedServer;
import zap.server.testing.Together;
import zap.server.testing.WireClient;
import zap.server.testing.ZapServerTest;

/** Sessions: which client is connected, and the state that a session leaves when it ends. */
@ZapServerTest
class SessionsIT {

    @Autowired
    private TestedServer server;

    /** The newer session continues directly after the last mail of the older one. */
    @Test
    void mailGoesOnceToOneOfTheSessionsThatReplaceEachOther() {
        int sessions = 20;
        int inEach = 50;
        int messages = sessions * inEach;
        try (WireClient ana = server.connect("ana");
                Together together = new Together()) {
            String anasId = ana.register();
            WireClient bob = server.connect("bob 0");
            String bobsId = bob.register();
            var heard = new ArrayList<String>();
            for (int i = 0; i < sessions; i++) {
                int first = i * inEach;
                var sending = together.ask(() -> {
                    for (int message = first; message < first + inEach; message++) {
                        ana.send(send(anasId, bobsId, message, "number " + message));
                    }
                    return null;
                });
                // In the middle of it somewhere.
                heard.add(bob.readFrame());
                WireClient newer = server.connectAs("bob " + (i + 1), bobsId);
                heard.addAll(frames(bob.readToTheEnd()));
                bob.close();
                bob = newer;
                together.resultOf(sending);
            }
            while (heard.size() < messages) {
                heard.add(bob.readFrame());
            }
            FrameText.assertSame(
                    heard,
                    IntStream.range(0, messages)
                            .mapToObj(i -> deliver(anasId, bobsId, i, "number " + i))
                            .toList());
            expectNothingMore(bob, bobsId);
            bob.close();
        }
    }

    /**
     * The older session is in the middle of a write then, for its peer has little room: it may end it, and nothing
     * comes twice.
     */
    @Test
    void aSessionThatIsReplacedWhileItIsGivenALotLeavesTheRestToTheNext() {
        int messages = 20_000;
        int sessions = 10;
        try (WireClient ana = server.connect("ana");
                Together together = new Together()) {
            String anasId = ana.register();
            String bobsId;
            try (WireClient bob = server.connect("bob")) {
                bobsId = bob.register();
            }
            RunningServer.await("the server has seen him go", () -> server.isOffline(bobsId));
            for (int i = 0; i < messages; i++) {
                ana.send(send(anasId, bobsId, i, "number " + i));
            }
            expectNothingMore(ana, anasId);

            var heard = new ArrayList<String>();
            WireClient bob = connectWithLittleRoom("bob 0", bobsId);
            for (int i = 1; i <= sessions && heard.size() < messages; i++) {
                heard.add(bob.readFrame());
                untilNothingMoreFitsOnTheWay();
                WireClient older = bob;
                var rest = together.ask(older::readToTheEnd);
                bob = connectWithLittleRoom("bob " + i, bobsId);
                heard.addAll(frames(together.resultOf(rest)));
                older.close();
            }
            while (heard.size() < messages) {
                heard.add(bob.readFrame());
            }
            FrameText.assertSame(
                    heard,
                    IntStream.range(0, messages)
                            .mapToObj(i -> deliver(anasId, bobsId, i, "number " + i))
                            .toList());
            expectNothingMore(bob, bobsId);
            bob.close();
        }
    }

    /** Then a write is in progress, which is what makes the test sharp; what it asserts holds at any time. */
    private void untilNothingMoreFitsOnTheWay() {
        var before = new AtomicReference<>(-1.0);
        RunningServer.await("the way is full", () -> {
            double sent = server.counter("zap.frames.sent", "code", "06");
            return sent == before.getAndSet(sent);
        });
    }

    private WireClient connectWithLittleRoom(String name, String id) {
        return WireClient.connect(name, server.port(), 4096).connectAs(id);
    }

    @Test
    void nobodyIsGivenAnythingTwiceWhoHangsUpAndComesBackAtOnce() {
        try (WireClient ana = server.connect("ana")) {
            String anasId = ana.register();
            WireClient bob = server.connect("bob");
            String bobsId = bob.register();
            for (int i = 0; i < 50; i++) {
                ana.send(send(anasId, bobsId, i, "number " + i));
                bob.expectFrame(deliver(anasId, bobsId, i, "number " + i));
                bob.close();
                bob = server.connectAs("bob again", bobsId);
            }
            expectNothingMore(bob, bobsId);
            bob.close();
        }
    }

    @Test
    void whoBreaksOffWithoutAGoodbyeHarmsNobodyAndItsMailWaits() {
        try (WireClient ana = server.connect("ana")) {
            String anasId = ana.register();
            WireClient bob = server.connect("bob");
            String bobsId = bob.register();
            bob.breaksOff();
            RunningServer.await("the server has noticed", () -> server.isOffline(bobsId));
            ana.send(send(anasId, bobsId, 1795372031, "where are you?"));
            ana.send(send(anasId, anasId, 1795372031, "marker"));
            ana.expectFrame(deliver(anasId, anasId, 1795372031, "marker"));
            ana.expectFrame(delivered(anasId, 1795372031));
            try (WireClient back = server.connectAs("bob again", bobsId)) {
                back.expectFrame(deliver(anasId, bobsId, 1795372031, "where are you?"));
                ana.expectFrame(delivered(bobsId, 1795372031));
            }
        }
    }

    /** Fifty messages that wait are one promise when they are given. */
    @Test
    void theReceiptsForMailThatWaitedComeAsOneAndNotBefore() {
        try (WireClient ana = server.connect("ana")) {
            String anasId = ana.register();
            WireClient bob = server.connect("bob");
            String bobsId = bob.register();
            bob.close();
            RunningServer.await("the server has noticed", () -> server.isOffline(bobsId));
            for (int i = 1; i <= 50; i++) {
                ana.send(send(anasId, bobsId, 1795372000 + i, "number " + i));
            }
            expectNothingMore(ana, anasId);
            try (WireClient back = server.connectAs("bob again", bobsId)) {
                for (int i = 1; i <= 50; i++) {
                    back.expectFrame(deliver(anasId, bobsId, 1795372000 + i, "number " + i));
                }
                ana.expectFrame(delivered(bobsId, 1795372050));
                expectNothingMore(ana, anasId);
            }
        }
    }

    /**
     * A receipt is true. Bob has more mail than fits into the buffers on its way to him, and reads nothing. No receipt
     * that Ana gets covers a message that is delivered to him later, on another connection.
     */
    @Test
    void noReceiptCoversAMessageThatStillWaits() {
        int messages = 3_000;
        try (WireClient ana = server.connect("ana")) {
            String anasId = ana.register();
            assertThat(promisedToStalledBob(ana, anasId, messages, i -> 1795372031))
                    .as("receipts while equally old messages waited")
                    .isEmpty();
            assertThat(promisedToStalledBob(ana, anasId, messages, i -> 1795372031 - i))
                    .as("receipts while older messages waited")
                    .isEmpty();
            // Here there may be some, and they are true.
            promisedToStalledBob(ana, anasId, messages, i -> 1795372031 + i);
        }
    }

    private interface Clock {
        long timeOf(int message);
    }

    /** @return the seconds of the receipts that came while he did not read */
    private List<Long> promisedToStalledBob(WireClient ana, String anasId, int messages, Clock clock) {
        String bobsId;
        try (WireClient bob = server.connect("bob")) {
            bobsId = bob.register();
        }
        RunningServer.await("the server has seen him go", () -> server.isOffline(bobsId));
        for (int i = 0; i < messages; i++) {
            ana.send(send(anasId, bobsId, clock.timeOf(i), "number " + i));
        }
        // When Ana's own mark has come back, all of the above is stored: what is promised from now on covers what
        // waits, or does not.
        assertThat(receiptsUntilMark(ana, anasId, bobsId)).isEmpty();
        WireClient stalled = connectWithLittleRoom("bob who does not read", bobsId);
        stalled.readFrame();
        untilNothingMoreFitsOnTheWay();
        var receipts = new ArrayList<>(receiptsUntilMark(ana, anasId, bobsId));
        stalled.breaksOff();
        RunningServer.await("the server has noticed", () -> server.isOffline(bobsId));
        // What is out by now is all that was promised before he came back.
        receipts.addAll(receiptsUntilMark(ana, anasId, bobsId));
        long promised = receipts.stream().mapToLong(second -> second).max().orElse(-1);

        try (WireClient back = server.connectAs("bob again", bobsId)) {
            back.send(send(bobsId, bobsId, 1, "marker"));
            String frame;
            int later = 0;
            while (!(frame = back.readFrame()).equals(deliver(bobsId, bobsId, 1, "marker"))) {
                later++;
                long second = Long.parseLong(frame.substring(28, 38));
                assertThat(second)
                        .as("the second of a message that waited when %d was promised", promised)
                        .isGreaterThan(promised);
            }
            assertThat(later).as("messages that waited").isPositive();
            long newest =
                    IntStream.range(0, messages).mapToLong(clock::timeOf).max().orElseThrow();
            long last;
            do {
                last = secondOf(ana.readFrame(), bobsId);
                assertThat(last).isGreaterThan(promised).isLessThanOrEqualTo(newest);
            } while (last < newest);
        }
        return receipts;
    }

    private static List<Long> receiptsUntilMark(WireClient ana, String anasId, String bobsId) {
        var receipts = new ArrayList<Long>();
        ana.send(send(anasId, anasId, 7, "marker"));
        String frame;
        while (!(frame = ana.readFrame()).equals(delivered(anasId, 7))) {
            if (!frame.equals(deliver(anasId, anasId, 7, "marker"))) {
                receipts.add(secondOf(frame, bobsId));
            }
        }
        return receipts;
    }

    private static long secondOf(String frame, String bobsId) {
        assertThat(frame).startsWith("07" + bobsId);
        return Long.parseLong(frame.substring(15));
    }

    private static List<String> frames(String text) {
        var frames = new ArrayList<String>();
        int width = 256;
        assertThat(text.length() % width)
                .as("whole frames in %d characters", text.length())
                .isZero();
        for (int at = 0; at < text.length(); at += width) {
            frames.add(text.substring(at, at + width));
        }
        return frames;
    }

    /** Checks that no frame is on its way: the next one is the one that the peer causes now. */
    private static void expectNothingMore(WireClient peer, String id) {
        peer.send(send(id, id, 3, "marker"));
        peer.expectFrame(deliver(id, id, 3, "marker"));
        peer.expectFrame(delivered(id, 3));
    }

    /** Two seconds for silence. */
    @Nested
    @Impatient
    class OnAnImpatientServer {

        @Autowired
        private TestedServer impatient;

        /** It is the peer's silence that has a limit, and not ours. */
        @Test
        void aNewSessionIsNotClosedWhileTheServerIsSlow() throws SQLException {
            long before = impatient.refusals(Reason.TIMED_OUT);
            try (WireClient ana = impatient.connect("ana")) {
                impatient.whileNothingIsStored(() -> {
                    ana.send("01");
                    ana.expectSilence(Duration.ofSeconds(3));
                });
                assertThat(ana.readFrame()).startsWith("02");
            }
            assertThat(impatient.refusals(Reason.TIMED_OUT)).isEqualTo(before);
        }
    }
}
