package zap.server.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static zap.server.testing.FrameText.deliver;
import static zap.server.testing.FrameText.delivered;
import static zap.server.testing.FrameText.send;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.springframework.beans.factory.annotation.Autowired;
import zap.server.testing.RunningServer;
import zap.server.testing.TestedServer;
import zap.server.testing.WireClient;
import zap.server.testing.ZapServerTest;

/**
 * Delivery on a base session: a frame is delivered when the recipient's TCP has acknowledged it. Bob's receive buffer
 * is small, so nearly all mail that is written to him while he does not read stays in the server's send buffer, where
 * all of it fits.
 */
@ZapServerTest
@EnabledOnOs(value = OS.LINUX, disabledReason = "only Linux tells what a peer's TCP has acknowledged")
class DeliveredMeansAcknowledgedIT {

    private static final int MESSAGES = 200;

    /** Many more than fit into Bob's system, with all its generosity, and many fewer than are written. */
    private static final int ROOM = 100;

    private static final long FIRST = 1795372000;

    @Autowired
    private TestedServer server;

    private WireClient ana;
    private WireClient bob;
    private String anasId;
    private String bobsId;

    @BeforeEach
    void anaAndBob() {
        ana = server.connect("ana");
        anasId = ana.register();
        bob = WireClient.connect("bob", server.port(), 4096);
        bobsId = bob.register();
    }

    @AfterEach
    void hangUp() {
        ana.close();
        bob.close();
    }

    @Test
    void whoDoesNotReadHasNotReceivedAndHasWhenHeReads() {
        allIsWrittenToBobWhoDoesNotRead();
        assertThat(promised()).isLessThan(ROOM);
        // What was written is counted as such a moment before it is as unacknowledged.
        RunningServer.await(
                "most is unacknowledged", () -> server.gauge("zap.outbox.unacknowledged") > MESSAGES - ROOM);

        for (int i = 0; i < MESSAGES; i++) {
            bob.expectFrame(message(i));
        }
        awaitPromiseOfAll();
        expectNothingMore(bob);
        RunningServer.await("nothing is unacknowledged", () -> server.gauge("zap.outbox.unacknowledged") == 0);
    }

    @Test
    void whoIsResetHasNotReceivedWhatHisSystemDidNotTakeAndIsGivenItAgain() {
        allIsWrittenToBobWhoDoesNotRead();
        bob.breaksOff();
        RunningServer.await("the server has noticed", () -> server.isOffline(bobsId));
        int promised = promised();
        assertThat(promised).isLessThan(ROOM);
        expectTheRest(promised);
    }

    /** The older one is not broken, as far as the server knows; its peer just does not read. */
    @Test
    void theNewerSessionIsGivenWhatWasNotAcknowledgedOnTheOlderOne() {
        allIsWrittenToBobWhoDoesNotRead();
        expectTheRest(promised());
    }

    private void allIsWrittenToBobWhoDoesNotRead() {
        double before = written();
        for (int i = 0; i < MESSAGES; i++) {
            ana.send(send(anasId, bobsId, FIRST + i, "number " + i));
        }
        RunningServer.await("all is written", () -> written() >= before + MESSAGES);
    }

    private double written() {
        return server.counter("zap.frames.sent", "code", "06");
    }

    /**
     * The number of the last message that Ana has a receipt for, when all receipts are out that are due now; -1 when
     * there is none.
     */
    private int promised() {
        int promised = -1;
        ana.send(send(anasId, anasId, 7, "marker"));
        String frame;
        while (!(frame = ana.readFrame()).equals(delivered(anasId, 7))) {
            if (!frame.equals(deliver(anasId, anasId, 7, "marker"))) {
                promised = numberIn(frame, 15);
            }
        }
        return promised;
    }

    private void awaitPromiseOfAll() {
        String frame;
        do {
            frame = ana.readFrame();
            assertThat(frame).startsWith("07" + bobsId);
        } while (!frame.equals(delivered(bobsId, FIRST + MESSAGES - 1)));
    }

    /**
     * Checks the mail that Bob's system had not taken: none of it is missing, none comes twice, and none was reported
     * as delivered. Bob may or may not have seen the mail that his system had taken.
     */
    private void expectTheRest(int promised) {
        try (WireClient back = server.connectAs("bob again", bobsId)) {
            String first = back.readFrame();
            int number = numberIn(first, 28);
            assertThat(number).isGreaterThan(promised).isLessThan(ROOM);
            assertThat(first).isEqualTo(message(number));
            for (int i = number + 1; i < MESSAGES; i++) {
                back.expectFrame(message(i));
            }
            awaitPromiseOfAll();
            expectNothingMore(back);
        }
    }

    private static int numberIn(String frame, int at) {
        return Math.toIntExact(Long.parseLong(frame.substring(at, at + 10)) - FIRST);
    }

    private String message(int number) {
        return deliver(anasId, bobsId, FIRST + number, "number " + number);
    }

    private void expectNothingMore(WireClient peer) {
        peer.send(send(bobsId, bobsId, 3, "marker"));
        peer.expectFrame(deliver(bobsId, bobsId, 3, "marker"));
        peer.expectFrame(delivered(bobsId, 3));
    }
}
