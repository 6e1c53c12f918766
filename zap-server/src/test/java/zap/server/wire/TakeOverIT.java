package zap.server.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static zap.server.testing.FrameText.connect;
import static zap.server.testing.FrameText.deliver;
import static zap.server.testing.FrameText.delivered;
import static zap.server.testing.FrameText.send;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import zap.protocol.ClientId;
import zap.protocol.Frame;
import zap.protocol.Reason;
import zap.protocol.StreamId;
import zap.server.testing.AssuredPeer;
import zap.server.testing.BesideOthers;
import zap.server.testing.FrameText;
import zap.server.testing.RunningServer;
import zap.server.testing.TestAuthority;
import zap.server.testing.Together;
import zap.server.testing.WireClient;

/** Take-over: several connections claim the same client at about the same time, and one of them keeps it. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@BesideOthers
class TakeOverIT {

    private static final int CONNECTIONS = 100;
    private static final int ROUNDS = Integer.getInteger("zap.takeover.rounds", 2);
    private static final int OPEN_TO_ALL = 2;
    private static final int FRAME = 256;

    private SSLContext trust;
    private RunningServer server;

    /** A port that a connection may come in through. */
    private enum Port {
        MAIN,
        RECV,
        TLS
    }

    @BeforeAll
    void start(@TempDir Path folder) throws IOException {
        Path certificates = Files.createDirectories(folder.resolve("certificates"));
        var authority = new TestAuthority(folder.resolve("authority"), "Authority of the tests");
        trust = authority.trust();
        authority.forLocalhost().into(certificates);
        server = RunningServer.startNew(
                "zap.gateway.tls-bundle=zap",
                "zap.gateway.recv-gap=1ms",
                "zap.gateway.recv-answer-connect=false",
                "spring.ssl.bundle.pem.zap.keystore.certificate=" + certificates.resolve("cert.pem"),
                "spring.ssl.bundle.pem.zap.keystore.private-key=" + certificates.resolve("key.pem"));
    }

    @AfterAll
    void stop() {
        server.close();
    }

    private WireClient connectTo(Port port, String name) {
        return switch (port) {
            case MAIN -> server.connect(name);
            case RECV -> server.connectRecv(name);
            case TLS -> WireClient.connectTls(name, server.tlsPort(), trust);
        };
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void ofAHundredConnectionsInARowTheNewestKeepsTheClient(long seed) {
        for (int round = 0; round < ROUNDS; round++) {
            play(seed * 1000 + round, List.of(Port.MAIN));
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void itIsTheSameBetweenTheListeners(long seed) {
        for (int round = 0; round < ROUNDS; round++) {
            play(seed * 1000 + round, List.of(Port.MAIN, Port.RECV));
            play(seed * 1000 + 500 + round, List.of(Port.MAIN, Port.RECV, Port.TLS));
        }
    }

    /** Half of the older ones reset their connection, the others close it, each as soon as it has identified itself. */
    private void play(long seed, List<Port> ports) {
        String label =
                "seed " + seed + " over " + ports.stream().map(Port::toString).collect(Collectors.joining(", ")) + ": ";
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        try (WireClient ana = server.connect("ana")) {
            String anasId = ana.register();
            String bobsId = newClient();
            for (int i = 1; i < CONNECTIONS; i++) {
                WireClient older = connectTo(ports.get(random.nextInt(ports.size())), "bob " + i);
                older.send(connect(bobsId));
                if (random.nextBoolean()) {
                    older.breaksOff();
                } else {
                    older.close();
                }
            }
            Port port = ports.get(random.nextInt(ports.size()));
            try (WireClient newest = connectTo(port, label + "the newest")) {
                newest.send(connect(bobsId));
                ana.send(send(anasId, bobsId, 1, "to the newest"));
                expect(newest, port, deliver(anasId, bobsId, 1, "to the newest"));
                ana.expectFrame(delivered(bobsId, 1));
                RunningServer.await(label + "all the older ones have ended", () -> openSessions() == OPEN_TO_ALL);
                ana.send(send(anasId, bobsId, 2, "still there?"));
                expect(newest, port, deliver(anasId, bobsId, 2, "still there?"));
                ana.expectFrame(delivered(bobsId, 2));
            }
            RunningServer.await("the newest has ended", () -> openSessions() == 1);
        }
        RunningServer.await("all have ended", () -> openSessions() == 0);
    }

    /** Accepted first, and silent: as soon as it says who it is, it is the one that said so last. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void whoWasAcceptedFirstAndSaysItLaterWins(long seed) {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        Port[] ports = Port.values();
        for (int round = 0; round < 20 * ROUNDS; round++) {
            try (WireClient ana = server.connect("ana")) {
                String anasId = ana.register();
                String bobsId = newClient();
                Port firstPort = ports[random.nextInt(ports.length)];
                Port secondPort = ports[random.nextInt(ports.length)];
                WireClient first = connectTo(firstPort, "accepted first");
                RunningServer.await("it is accepted", () -> openSessions() == 2);
                WireClient second = connectTo(secondPort, "accepted second");
                RunningServer.await("both are accepted", () -> openSessions() == 3);
                second.send(connect(bobsId));
                ana.send(send(anasId, bobsId, 1, "one"));
                expect(second, secondPort, deliver(anasId, bobsId, 1, "one"));
                first.send(connect(bobsId));
                second.expectClosed();
                ana.send(send(anasId, bobsId, 2, "two"));
                expect(first, firstPort, deliver(anasId, bobsId, 2, "two"));
                first.close();
                second.close();
            }
            RunningServer.await("all have ended", () -> openSessions() == 0);
        }
    }

    /** The database is slow, so that both wait to take over; in whichever order they have said it. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void whileSeveralWaitTheOneAcceptedLastKeepsTheClient(boolean lastSpeaksFirst) throws SQLException {
        String anasId = newClient();
        long before = server.refusals(Reason.REPLACED);
        var waiting = new ArrayList<WireClient>();
        for (int i = 0; i < 3; i++) {
            waiting.add(server.connect("accepted as number " + i));
            int accepted = i + 1;
            RunningServer.await("it is accepted", () -> openSessions() == accepted);
        }
        server.whileNothingIsStored(() -> {
            List<WireClient> order = lastSpeaksFirst ? waiting.reversed() : waiting;
            order.getFirst().send(connect(anasId));
            RunningServer.await("it waits to take over", () -> !server.isOffline(anasId));
            order.stream().skip(1).forEach(each -> each.send(connect(anasId)));
            RunningServer.await("two have lost", () -> server.refusals(Reason.REPLACED) == before + 2);
        });
        waiting.get(0).expectClosed();
        waiting.get(1).expectClosed();
        WireClient last = waiting.get(2);
        last.send(send(anasId, anasId, 1, "me"));
        last.expectFrame(deliver(anasId, anasId, 1, "me"));
        last.expectFrame(delivered(anasId, 1));
        last.close();
        RunningServer.await("all have ended", () -> openSessions() == 0);
    }

    /** A session that loses its client gets the reason (39 with 013), and the one that keeps the client continues. */
    @Test
    void anAssuredSessionThatLosesIsToldWhy() throws SQLException {
        KeyPair key = AssuredPeer.newKey();
        ClientId id;
        try (AssuredPeer peer = AssuredPeer.on(server.connect("new"))) {
            id = peer.register(key);
        }
        RunningServer.await("it has ended", () -> openSessions() == 0);
        try (AssuredPeer first = AssuredPeer.on(server.connect("accepted first"));
                AssuredPeer second = AssuredPeer.on(server.connect("accepted second"))) {
            var ofFirst = AssuredPeer.resumption(key, first.hello(), id, new StreamId(1));
            var ofSecond = AssuredPeer.resumption(key, second.hello(), id, new StreamId(2));
            long before = server.refusals(Reason.REPLACED);
            server.whileNothingIsStored(() -> {
                second.send(ofSecond);
                RunningServer.await("it waits to take over", () -> !server.isOffline(id.toString()));
                first.send(ofFirst);
                RunningServer.await("the other has lost", () -> server.refusals(Reason.REPLACED) == before + 1);
            });
            assertThat(first.hear(Frame.Refused.class)).isEqualTo(new Frame.Refused(0, Reason.REPLACED));
            first.expectClosed();
            assertThat(second.hear(Frame.Resumed.class)).isNotNull();
        }
        RunningServer.await("all have ended", () -> openSessions() == 0);
    }

    /**
     * Two come while the first one is in the middle of a write: the newest goes on behind that, and nothing comes
     * twice.
     */
    @Test
    void whoWaitsBehindAnotherOneWaitsForTheWriteOfTheFirstToo() {
        int messages = 3_000;
        String bobsId = newClient();
        try (WireClient ana = server.connect("ana");
                Together together = new Together()) {
            String anasId = ana.register();
            for (int i = 0; i < messages; i++) {
                ana.send(send(anasId, bobsId, i, "number " + i));
            }
            ana.send(send(anasId, anasId, 1, "me"));
            ana.expectFrame(deliver(anasId, anasId, 1, "me"));
            WireClient writing =
                    WireClient.connect("bob 0", server.port(), 4096).connectAs(bobsId);
            var heard = new ArrayList<String>();
            heard.add(writing.readFrame());
            WireClient between = server.connectAs("bob 1", bobsId);
            WireClient newest = server.connectAs("bob 2", bobsId);
            var rest = together.ask(writing::readToTheEnd);
            between.expectClosed();
            String all = together.resultOf(rest);
            for (int at = 0; at < all.length(); at += FRAME) {
                heard.add(all.substring(at, at + FRAME));
            }
            while (heard.size() < messages) {
                heard.add(newest.readFrame());
            }
            FrameText.assertSame(
                    heard,
                    IntStream.range(0, messages)
                            .mapToObj(i -> deliver(anasId, bobsId, i, "number " + i))
                            .toList());
            List.of(writing, between, newest).forEach(WireClient::close);
        }
        RunningServer.await("all have ended", () -> openSessions() == 0);
    }

    private String newClient() {
        try (WireClient client = server.connect("somebody")) {
            String id = client.register();
            client.saysNoMore();
            client.expectClosed();
            return id;
        } finally {
            // Ana may be there.
            RunningServer.await("it has ended", () -> openSessions() <= 1);
        }
    }

    private static void expect(WireClient peer, Port port, String frame) {
        String shown = port == Port.RECV ? frame.stripTrailing() : frame;
        assertThat(peer.read(shown.length())).as("%s hears", peer).isEqualTo(shown);
    }

    private long openSessions() {
        return Math.round(List.of("main", "recv", "tls").stream()
                .mapToDouble(listener -> server.gauge("zap.sessions.open", "listener", listener))
                .sum());
    }
}
