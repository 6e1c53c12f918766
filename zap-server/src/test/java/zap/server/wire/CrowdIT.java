package zap.server.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static zap.server.testing.FrameText.deliver;
import static zap.server.testing.FrameText.delivered;
import static zap.server.testing.FrameText.send;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.DoubleSupplier;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import zap.protocol.Reason;
import zap.server.testing.RunningServer;
import zap.server.testing.TestedServer;
import zap.server.testing.Together;
import zap.server.testing.WireClient;
import zap.server.testing.ZapServerTest;

/** Many clients at once: none waits for another, and none loses a message. */
@ZapServerTest
class CrowdIT {

    @Autowired
    private TestedServer server;

    /** All clients write to all clients at the same time. */
    @Test
    void eachPairHasItsMessagesOnceAndInOrderUnderLoad() {
        int people = 6;
        int messages = 300; // to each of the others
        var peers = new ArrayList<WireClient>();
        var ids = new ArrayList<String>();
        try (Together together = new Together()) {
            for (int i = 0; i < people; i++) {
                peers.add(server.connect("peer " + i));
                ids.add(peers.get(i).register());
            }
            for (int i = 0; i < people; i++) {
                int self = i;
                together.start(() -> {
                    for (int message = 0; message < messages; message++) {
                        for (int other = 0; other < people; other++) {
                            if (other != self) {
                                peers.get(self).send(send(ids.get(self), ids.get(other), message, "number " + message));
                            }
                        }
                    }
                });
                together.start(() -> hearsAll(peers.get(self), ids.get(self), ids, messages));
            }
            together.finish();
        } finally {
            peers.forEach(WireClient::close);
        }
    }

    private static void hearsAll(WireClient peer, String self, List<String> ids, int messages) {
        Map<String, Integer> next = new HashMap<>();
        Map<String, Long> promised = new HashMap<>();
        ids.stream().filter(id -> !id.equals(self)).forEach(id -> {
            next.put(id, 0);
            promised.put(id, -1L);
        });
        while (next.values().stream().anyMatch(count -> count < messages)
                || promised.values().stream().anyMatch(second -> second < messages - 1)) {
            String frame = peer.readFrame();
            if (frame.startsWith("06")) {
                String from = frame.substring(2, 15);
                int message = next.get(from);
                assertThat(frame).isEqualTo(deliver(from, self, message, "number " + message));
                next.put(from, message + 1);
            } else {
                assertThat(frame).startsWith("07");
                String to = frame.substring(2, 15);
                long second = Long.parseLong(frame.substring(15));
                assertThat(second).as("promises rise").isGreaterThan(promised.get(to));
                promised.put(to, second);
            }
        }
        peer.send(send(self, self, 1, "marker"));
        peer.expectFrame(deliver(self, self, 1, "marker"));
    }

    @Test
    void aThousandSilentConnectionsDoNotDisturbAPairThatTalks() {
        long timedOut = server.refusals(Reason.TIMED_OUT);
        var silent = new ArrayList<WireClient>();
        try (WireClient ana = server.connect("ana");
                WireClient bob = server.connect("bob")) {
            String anasId = ana.register();
            String bobsId = bob.register();
            // Half of them never say who they are, the others do and are silent then.
            for (int i = 0; i < 1_000; i++) {
                WireClient one = server.connect("silent " + i);
                silent.add(one);
                if (i % 2 == 0) {
                    one.send("01");
                }
            }
            for (int i = 0; i < 1_000; i += 2) {
                assertThat(silent.get(i).readFrame()).startsWith("02");
            }
            // Those who say nothing are answered nothing: the last of them may be waiting to be accepted.
            DoubleSupplier thereOrTimedOut = () -> server.gauge("zap.sessions.open", "listener", "main")
                    + (server.refusals(Reason.TIMED_OUT) - timedOut);
            RunningServer.await("all are there", () -> thereOrTimedOut.getAsDouble() >= 1_002);
            Dialogue.talk(ana, anasId, bob, bobsId, 200);
            // They are all there still, unless the talk took longer than one may be silent who has not said who they
            // are.
            assertThat(thereOrTimedOut.getAsDouble()).isGreaterThanOrEqualTo(1_002);
            assertThat(server.gauge("zap.sessions.open", "listener", "main")).isGreaterThanOrEqualTo(502);
        } finally {
            silent.forEach(WireClient::close);
        }
        RunningServer.await(
                "the server has seen them go", () -> server.gauge("zap.sessions.open", "listener", "main") < 100);
    }

    @Test
    void aStormOfReconnectionsGivesEveryoneTheirMailOnce() {
        int clients = 500;
        int rounds = 3;
        try (WireClient ana = server.connect("ana");
                Together together = new Together()) {
            String anasId = ana.register();
            var ids = new ArrayList<String>();
            for (int i = 0; i < clients; i++) {
                try (WireClient client = server.connect("client " + i)) {
                    ids.add(client.register());
                }
            }
            together.start(() -> {
                // Ana hears her receipts: the last of each client is the last promise that there is.
                Map<String, Long> promised = new HashMap<>();
                while (promised.size() < clients
                        || promised.values().stream().anyMatch(second -> second < 2 * rounds - 1)) {
                    String frame = ana.readFrame();
                    assertThat(frame).startsWith("07");
                    promised.merge(frame.substring(2, 15), Long.parseLong(frame.substring(15)), Math::max);
                }
            });
            for (int round = 0; round < rounds; round++) {
                int first = 2 * round;
                for (String id : ids) {
                    ana.send(send(anasId, id, first, "first of round " + round)
                            + send(anasId, id, first + 1, "second of round " + round));
                }
                String inThisRound = " of round " + round;
                var storm = new ArrayList<Future<?>>();
                for (String id : ids) {
                    storm.add(together.ask(() -> {
                        try (WireClient client = server.connectAs("client " + id, id)) {
                            client.expectFrame(deliver(anasId, id, first, "first" + inThisRound));
                            client.expectFrame(deliver(anasId, id, first + 1, "second" + inThisRound));
                            client.send(send(id, id, 1, "marker"));
                            client.expectFrame(deliver(id, id, 1, "marker"));
                            client.expectFrame(delivered(id, 1));
                        }
                        return null;
                    }));
                }
                storm.forEach(together::resultOf);
            }
            together.finish();
        }
    }

    @Test
    void aReaderThatStopsReadingHoldsUpNobodyAndThenGetsAllInOrder() {
        int messages = 20_000;
        int burst = 200;
        try (WireClient ana = server.connect("ana");
                WireClient bob = server.connect("bob");
                WireClient cid = server.connect("cid");
                WireClient stalled = WireClient.connect("dia, who does not read", server.port(), 4096);
                Together together = new Together()) {
            String anasId = ana.register();
            String bobsId = bob.register();
            String cidsId = cid.register();
            String diasId = stalled.register();

            var receipts = together.ask(() -> {
                long promised = -1;
                while (promised < messages - 1) {
                    String frame = ana.readFrame(Duration.ofSeconds(80));
                    assertThat(frame).startsWith("07" + diasId);
                    promised = Long.parseLong(frame.substring(15));
                }
                return promised;
            });
            var sending = new AtomicBoolean(true);
            together.start(() -> {
                for (int i = 0; i < messages; i += burst) {
                    var frames = new StringBuilder();
                    for (int j = i; j < i + burst; j++) {
                        frames.append(send(anasId, diasId, j, "number " + j));
                    }
                    ana.send(frames.toString());
                }
                sending.set(false);
            });
            var talks = together.ask(() -> {
                int count = 0;
                while (sending.get()) {
                    Dialogue.talk(bob, bobsId, cid, cidsId, 1);
                    count++;
                }
                return count;
            });
            assertThat(together.resultOf(talks))
                    .as("round trips of the others meanwhile")
                    .isPositive();
            RunningServer.await(
                    "all are stored",
                    Duration.ofSeconds(60),
                    () -> server.gauge("zap.mailbox.backlog") >= messages / 2 && server.gauge("zap.writer.queue") == 0);
            assertThat(receipts.isDone()).isFalse();
            Dialogue.talk(bob, bobsId, cid, cidsId, 20);

            for (int i = 0; i < messages; i++) {
                stalled.expectFrame(deliver(anasId, diasId, i, "number " + i));
            }
            together.finish();
        }
    }

    /** A second for a reader that does not read. */
    @Nested
    @Strict
    class OnAStrictServer {

        @Autowired
        private TestedServer strict;

        /** In the end a reader that reads nothing is closed; what it was not given waits for it. */
        @Test
        void aReaderThatDoesNotReadForTooLongIsClosedAndItsMailWaits() {
            int messages = 3_000;
            long before = strict.refusals(Reason.SLOW_CONSUMER);
            try (WireClient ana = strict.connect("ana");
                    WireClient stalled = WireClient.connect("dia, who does not read", strict.port(), 4096)) {
                String anasId = ana.register();
                String diasId = stalled.register();
                for (int i = 0; i < messages; i++) {
                    ana.send(send(anasId, diasId, i, "number " + i));
                }
                RunningServer.await("she is closed", () -> strict.refusals(Reason.SLOW_CONSUMER) == before + 1);
                assertThat(strict.isOffline(diasId)).isTrue();
                String heard = stalled.readToTheEnd();
                int first = heard.length() / 256;
                assertThat(first).isLessThan(messages);
                try (WireClient back = strict.connectAs("dia again", diasId)) {
                    // What her host had not acknowledged when she was closed comes again, though it may have come after
                    // that: at most what the send buffer held, which Linux makes twice as large as asked. Nothing is
                    // missing.
                    String frame = back.readFrame();
                    int next = Integer.parseInt(frame.substring(28, 38));
                    assertThat(next).isBetween(Math.max(0, first - 128 - 512), first);
                    while (++next < messages) {
                        back.expectFrame(deliver(anasId, diasId, next, "number " + next));
                    }
                }
            }
        }
    }
}
