package zap.server.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static zap.server.testing.FrameText.deliver;
import static zap.server.testing.FrameText.readReceipt;
import static zap.server.testing.FrameText.send;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.springframework.beans.factory.annotation.Autowired;
import zap.protocol.Body;
import zap.protocol.ClientId;
import zap.protocol.Frame;
import zap.protocol.HistoryDigest;
import zap.protocol.Nonce;
import zap.protocol.Position;
import zap.protocol.PosixTime;
import zap.protocol.PublicKeyBytes;
import zap.protocol.Reason;
import zap.protocol.SignatureBytes;
import zap.protocol.StreamId;
import zap.server.testing.AssuredPeer;
import zap.server.testing.RunningServer;
import zap.server.testing.ServerProcess;
import zap.server.testing.TestPostgres;
import zap.server.testing.TestedServer;
import zap.server.testing.Together;
import zap.server.testing.WireClient;
import zap.server.testing.ZapServerTest;

/**
 * Attacks and their outcomes: the part of docs/attackers-notebook.md that has no test elsewhere. Ana and Bob are the
 * clients that must not notice.
 *
 * <p>Two run only on request, and print their results: {@code -Dzap.attackers.hellos=50000} and {@code
 * -Dzap.attackers.guesses=1000}.
 */
@ZapServerTest
class AttackersIT {

    private static final StreamId STREAM = new StreamId(7_770_000_000_007L);
    /** Code, version and nonce. */
    private static final int WELCOME_WIDTH = 2 + 2 + 2 * Nonce.BYTES;

    private static final ClientId NOBODY = new ClientId(1_999_999_999_999L);

    /** Four times {@code zap.gateway.silence} of the impatient server, and what a busy machine adds. */
    private static final Duration PATIENCE_OF_THE_IMPATIENT = Duration.ofSeconds(40);

    @Autowired
    private TestedServer server;

    private final KeyPair anasKey = AssuredPeer.newKey();
    private final KeyPair mallorysKey = AssuredPeer.newKey();

    // ----------------------------------------------------------------------------------------------------- to be
    // somebody else

    /** The base protocol knows nothing else: that is what keys are for. */
    @Test
    void whoKnowsAnIdWithoutAKeyIsThatClient() {
        try (WireClient ana = server.connect("ana");
                WireClient bob = server.connect("bob")) {
            String anasId = ana.register();
            String bobsId = bob.register();
            try (WireClient thief = server.connectAs("thief", anasId)) {
                ana.expectClosed();
                bob.send(send(bobsId, anasId, 1, "for Ana's eyes"));
                thief.expectFrame(deliver(bobsId, anasId, 1, "for Ana's eyes"));
            }
        }
    }

    @Test
    void aSignatureOfSomebodyElseIsNoProof() {
        try (AssuredPeer ana = peer();
                AssuredPeer mallory = peer()) {
            ClientId anasId = ana.register(anasKey);
            ClientId mallorysId = mallory.register(mallorysKey);

            expectBadProof(nonce -> AssuredPeer.resumption(mallorysKey, nonce, anasId, STREAM));
            expectBadProof(nonce -> {
                Frame.Resume hers = AssuredPeer.resumption(mallorysKey, nonce, mallorysId, STREAM);
                return new Frame.Resume(
                        anasId, hers.stream(), hers.accepted(), hers.position(), hers.digest(), hers.signature());
            });

            // Neither session has noticed.
            for (AssuredPeer peer : List.of(ana, mallory)) {
                peer.send(new Frame.Ping());
                assertThat(peer.hear()).isEqualTo(new Frame.Ping());
            }
        }
    }

    @Test
    void aKeyIsRegisteredByWhoHasItsSecretAndByNobodyElse() {
        Frame.RegisterKey anas;
        try (AssuredPeer ana = peer()) {
            anas = AssuredPeer.registration(anasKey, ana.hello(), STREAM);
            ana.send(anas);
            ana.hear(Frame.Registered.class);
        }
        PublicKeyBytes anasPublicKey = anas.key();

        expectBadProof(nonce -> anas);
        expectBadProof(nonce -> new Frame.RegisterKey(
                anasPublicKey,
                STREAM,
                AssuredPeer.registration(mallorysKey, nonce, STREAM).signature()));
        // For this one, the neutral element, everybody has a signature of everything.
        byte[] neutral = new byte[PublicKeyBytes.BYTES];
        neutral[0] = 1;
        expectBadProof(nonce -> new Frame.RegisterKey(
                PublicKeyBytes.of(neutral), STREAM, SignatureBytes.of(Arrays.copyOf(neutral, SignatureBytes.BYTES))));
    }

    /** No way leads from a hello back to where knowing an id is enough. */
    @Test
    void whoSaidHelloProvesItselfOrIsNobody() {
        String keyless;
        try (WireClient ana = server.connect("ana")) {
            keyless = ana.register();
        }
        Map<Reason, Long> before = server.refusals();
        try (AssuredPeer mallory = peer()) {
            ClientId id = ClientId.parse(keyless);
            mallory.hello();
            mallory.send(new Frame.Connect(id), new Frame.Register(), message(id, id, 1), new Frame.Ping());
            assertThat(mallory.hear()).isEqualTo(new Frame.Ping());
        }
        assertThat(server.refusals(Reason.NOT_YOURS_TO_SEND)).isEqualTo(before.get(Reason.NOT_YOURS_TO_SEND) + 2);
        assertThat(server.refusals(Reason.NOT_CONNECTED)).isEqualTo(before.get(Reason.NOT_CONNECTED) + 1);
    }

    /** 05 and 10 name who speaks, and are refused; 08 names who wrote, and what comes of it names who really spoke. */
    @Test
    void nobodySpeaksInSomebodyElsesNameOrWhereTheyDoNotBelong() {
        try (WireClient ana = server.connect("ana");
                WireClient bob = server.connect("bob");
                AssuredPeer mallory = peer()) {
            String anasId = ana.register();
            String bobsId = bob.register();
            ClientId mallorysId = mallory.register(mallorysKey);
            ClientId asAna = ClientId.parse(anasId);
            ClientId asBob = ClientId.parse(bobsId);
            ana.send("10" + anasId + "1795372030" + bobsId + " ".repeat(6 * 13));
            String created = ana.readFrame();
            bob.expectFrame(created);
            var group = ClientId.parse(created.substring(2, 15));

            mallory.send(message(asAna, asBob, 1));
            expectRefused(mallory, 1, Reason.SPOOFED);
            mallory.send(new Frame.CreateGroup(asAna, new PosixTime(1), List.of(asBob)));
            expectRefused(mallory, 2, Reason.SPOOFED);
            mallory.send(message(mallorysId, group, 1));
            expectRefused(mallory, 3, Reason.NOT_A_MEMBER);
            mallory.send(new Frame.Read(asBob, new PosixTime(7)));
            assertThat(mallory.hear()).isEqualTo(accepted(4));

            bob.expectFrame(readReceipt(mallorysId.toString(), 7));
            Dialogue.talk(ana, anasId, bob, bobsId, 1);
        }
    }

    // ------------------------------------------------------------------------------------------------------ to find
    // out who exists

    @Test
    void whoGuessesIdsHearsNothingThatTellsAKeyFromNobody() {
        ClientId withKey;
        try (AssuredPeer ana = peer()) {
            withKey = ana.register(anasKey);
        }
        for (ClientId guess : List.of(withKey, NOBODY)) {
            try (WireClient main = server.connectAs("main", guess.toString());
                    WireClient recv = server.connectRecv("recv")) {
                recv.send("03" + guess + "\n");
                main.expectClosed();
                recv.expectClosed();
            }
        }
    }

    /** Prints how long the answers take; it asserts nothing about that, for a machine has its moods. */
    @Test
    @EnabledIfSystemProperty(named = "zap.attackers.guesses", matches = "\\d+")
    void howLongAnAnswerTakesForAnIdThatExistsAndForOneThatDoesNot() {
        int guesses = Integer.getInteger("zap.attackers.guesses");
        var ids = new TreeMap<String, ClientId>();
        ids.put("nobody", NOBODY);
        try (AssuredPeer ana = peer();
                WireClient bob = server.connect("bob")) {
            ids.put("somebody with a key", ana.register(anasKey));
            ids.put("somebody without a key", ClientId.parse(bob.register()));
        }
        Map<String, List<Long>> taken = new TreeMap<>();
        var order = new ArrayList<>(ids.keySet());
        for (int i = 0; i < guesses; i++) {
            // Whoever always comes after the same one could be slower for that.
            Collections.shuffle(order);
            order.forEach(who -> {
                ClientId id = ids.get(who);
                try (AssuredPeer mallory = peer()) {
                    Frame.Resume frame = AssuredPeer.resumption(mallorysKey, mallory.hello(), id, STREAM);
                    long started = System.nanoTime();
                    mallory.send(frame);
                    assertThat(mallory.hear()).isEqualTo(new Frame.Refused(0, Reason.BAD_PROOF));
                    taken.computeIfAbsent(who, _ -> new ArrayList<>()).add(System.nanoTime() - started);
                }
            });
        }
        taken.forEach((who, nanos) -> {
            nanos.sort(null);
            System.out.printf(
                    "%s: %d guesses; microseconds at 10, 25, 50, 75, 90 percent: %s%n",
                    who,
                    nanos.size(),
                    List.of(10, 25, 50, 75, 90).stream()
                            .map(percent -> nanos.get(nanos.size() * percent / 100) / 1_000)
                            .toList());
        });
    }

    // ------------------------------------------------------------------------------------------------------- too much

    @Test
    void aConnectionRegistersOnce() {
        int times = 1_000;
        long before = server.refusals(Reason.ALREADY_CONNECTED);
        try (WireClient mallory = server.connect("mallory")) {
            mallory.send("01".repeat(times));
            String id = mallory.readFrame().substring(2);
            mallory.send(send(id, id, 1, "marker"));
            mallory.expectFrame(deliver(id, id, 1, "marker"));
        }
        assertThat(server.refusals(Reason.ALREADY_CONNECTED)).isEqualTo(before + times - 1);
    }

    @Test
    void aThousandWhoRegisterAtOnceAreAThousandAndDisturbNobody() {
        int crowds = 10;
        int each = 100;
        Set<String> ids = ConcurrentHashMap.newKeySet();
        try (WireClient ana = server.connect("ana");
                WireClient bob = server.connect("bob");
                Together together = new Together()) {
            String anasId = ana.register();
            String bobsId = bob.register();
            long started = System.nanoTime();
            for (int i = 0; i < crowds; i++) {
                together.start(() -> {
                    for (int j = 0; j < each; j++) {
                        try (WireClient one = server.connect("one of many")) {
                            assertThat(ids.add(one.register())).isTrue();
                            one.breaksOff();
                        }
                    }
                });
            }
            Dialogue.talk(ana, anasId, bob, bobsId, 20);
            together.finish();
            System.out.printf(
                    "%d registrations, %.0f a second%n",
                    ids.size(), ids.size() / ((System.nanoTime() - started) / 1e9));
        }
        assertThat(ids).hasSize(crowds * each);
    }

    @Test
    void whoSaysHelloAndNothingElseKeepsNobodyOut() {
        try (WireClient ana = server.connect("ana");
                WireClient bob = server.connect("bob")) {
            String anasId = ana.register();
            String bobsId = bob.register();
            sayHello(server.port(), 2_000, () -> {
                Dialogue.talk(ana, anasId, bob, bobsId, 20);
                try (WireClient newcomer = server.connect("newcomer")) {
                    newcomer.register();
                }
            });
        }
    }

    /** As many at a time as a process may have open files, by waves. */
    @Test
    @EnabledIfSystemProperty(named = "zap.attackers.hellos", matches = "\\d+")
    void tensOfThousandsOfHellos() throws Exception {
        int all = Integer.getInteger("zap.attackers.hellos");
        int wave = Integer.getInteger("zap.attackers.wave", 15_000);
        try (var process = new ServerProcess("attackers", List.of("-Xmx1g"), onANewDatabase()).start();
                WireClient ana = WireClient.connect("ana", process.port());
                WireClient bob = WireClient.connect("bob", process.port())) {
            String anasId = ana.register();
            String bobsId = bob.register();
            System.out.printf("quiet: %s%n", roundTrips(ana, anasId, bob, bobsId));
            for (int said = 0; said < all; said += wave) {
                int now = Math.min(wave, all - said);
                long started = System.nanoTime();
                sayHello(process.port(), now, () -> {
                    System.out.printf(
                            "%d hellos in %.1f s; with them open: %s%n",
                            now, (System.nanoTime() - started) / 1e9, roundTrips(ana, anasId, bob, bobsId));
                });
            }
            assertThat(process.log()).noneMatch(line -> line.contains(" ERROR "));
        }
    }

    /** Connected clients need no new connections; others have to wait until the flood is over. */
    @Test
    void whoTakesAllOpenFilesHarmsNobodyWhoIsConnected() throws Exception {
        Path prlimit = Path.of("/usr/bin/prlimit");
        assumeTrue(Files.isExecutable(prlimit), "there is no " + prlimit + " to leave a server few open files with");
        try (var process = new ServerProcess("open-files", List.of(), onANewDatabase()).start();
                WireClient ana = WireClient.connect("ana", process.port());
                WireClient bob = WireClient.connect("bob", process.port())) {
            String anasId = ana.register();
            String bobsId = bob.register();
            Dialogue.talk(ana, anasId, bob, bobsId, 20);
            int most = openFiles(process) + 50;
            var limiting = new ProcessBuilder(
                    prlimit.toString(), "--pid", Long.toString(process.pid()), "--nofile=" + most + ":" + most);
            assertThat(limiting.inheritIO().start().waitFor()).isZero();

            var flood = new ArrayList<WireClient>();
            try {
                for (int i = 0; i < 200; i++) {
                    flood.add(WireClient.connect("one of many", process.port()));
                }
                RunningServer.await(
                        "no more are accepted",
                        () -> process.log().stream()
                                .anyMatch(line -> line.contains("Cannot accept connections at the moment")));
                Dialogue.talk(ana, anasId, bob, bobsId, 20);
            } finally {
                flood.forEach(WireClient::breaksOff);
            }
            try (WireClient newcomer = WireClient.connect("newcomer", process.port())) {
                newcomer.register();
            }
            Dialogue.talk(ana, anasId, bob, bobsId, 1);
        }
    }

    private static int openFiles(ServerProcess process) throws IOException {
        try (Stream<Path> files = Files.list(Path.of("/proc/" + process.pid() + "/fd"))) {
            return Math.toIntExact(files.count());
        }
    }

    private static List<String> onANewDatabase() {
        TestPostgres.Database database = TestPostgres.newDatabase();
        return List.of(
                "zap.database.url=" + database.url(),
                "zap.database.user=" + database.user(),
                "zap.database.password=" + database.password());
    }

    /** Opens connections, sends hello on each and reads the welcome. While all are open, runs an action. */
    private static void sayHello(int port, int count, Runnable meanwhile) {
        var nonces = new HashSet<Nonce>();
        var open = new ArrayList<WireClient>(count);
        try {
            for (int i = 0; i < count; i++) {
                WireClient wire = WireClient.connect("half open " + i, port);
                open.add(wire);
                wire.send("3002");
            }
            for (WireClient wire : open) {
                String welcome = wire.read(WELCOME_WIDTH);
                assertThat(welcome).startsWith("3102");
                assertThat(nonces.add(Nonce.of(HexFormat.of().parseHex(welcome.substring(4)))))
                        .isTrue();
            }
            meanwhile.run();
        } finally {
            open.forEach(WireClient::breaksOff);
        }
    }

    private static String roundTrips(WireClient ana, String anasId, WireClient bob, String bobsId) {
        var nanos = new ArrayList<Long>();
        for (int i = 0; i < 200; i++) {
            long started = System.nanoTime();
            Dialogue.talk(ana, anasId, bob, bobsId, 1);
            nanos.add(System.nanoTime() - started);
        }
        nanos.sort(null);
        return String.format(
                Locale.ROOT,
                "200 times there and back, median %.1f ms, slowest %.1f ms",
                nanos.get(100) / 1e6,
                nanos.getLast() / 1e6);
    }

    /**
     * Says these one after the other, and the last of them again and again, each well within the time limit for
     * silence.
     */
    private static void drip(Together together, AtomicBoolean over, WireClient peer, String... words) {
        together.start(() -> {
            try {
                for (int i = 0; !over.get(); i++) {
                    peer.send(words[Math.min(i, words.length - 1)]);
                    Thread.sleep(400); // a fifth of what the server bears
                }
            } catch (UncheckedIOException e) {
                // hung up on
            }
        });
    }

    @Test
    void manyFramesInOnePacketAreAnsweredOneAndAll() {
        int pings = 20_000;
        try (WireClient wire = server.connect("mallory");
                Together together = new Together()) {
            AssuredPeer mallory = AssuredPeer.on(wire);
            ClientId id = mallory.register(mallorysKey);
            together.start(() -> wire.send("38".repeat(pings)));
            assertThat(wire.read(2 * pings)).isEqualTo("38".repeat(pings));
            together.finish();

            mallory.send(message(id, id, 1));
            assertThat(mallory.hear()).isEqualTo(new Frame.Accepted(1, new Position(1)));
        }
    }

    @Test
    void whoAsksAndDoesNotListenIsHungUpOnAndNobodyElseWaits() {
        long before = server.refusals(Reason.SLOW_CONSUMER);
        try (WireClient ana = server.connect("ana");
                WireClient bob = server.connect("bob");
                WireClient deaf = WireClient.connect("who does not listen", server.port(), 4096);
                Together together = new Together()) {
            String anasId = ana.register();
            String bobsId = bob.register();
            AssuredPeer.on(deaf).hello();
            together.start(() -> {
                try {
                    String pings = "38".repeat(5_000);
                    while (true) {
                        deaf.send(pings);
                    }
                } catch (UncheckedIOException e) {
                    // hung up on
                }
            });
            Dialogue.talk(ana, anasId, bob, bobsId, 20);
            RunningServer.await("it is hung up on", () -> server.refusals(Reason.SLOW_CONSUMER) > before);
            together.finish();
            Dialogue.talk(ana, anasId, bob, bobsId, 1);
        }
    }

    // --------------------------------------------------------------------------------------------------------- bytes
    // and numbers

    @Test
    void aLineThatNeverEndsIsDroppedAsItComes() {
        try (WireClient mallory = server.connectRecv("mallory")) {
            mallory.send("01\n");
            String id = mallory.recv(15).substring(2);
            String junk = "x".repeat(64 * 1024);
            for (int i = 0; i < 32; i++) {
                mallory.send(junk);
            }
            mallory.send("\n05" + id + id + "1795372030" + "still here\n");
            assertThat(mallory.read(48)).isEqualTo("06" + id + id + "1795372030" + "still here");
        }
    }

    @Test
    void numbersBeyondAllBoundsChangeNothing() {
        ClientId id;
        try (AssuredPeer mallory = peer()) {
            id = mallory.register(mallorysKey);
            mallory.send(message(id, id, 100));
            mallory.hear(Frame.Accepted.class);
            assertThat(mallory.hear(Frame.Deliver.class).sentAt()).isEqualTo(new PosixTime(100));
            mallory.send(new Frame.Received(new Position(Long.MAX_VALUE)));
            assertThat(mallory.hear()).isEqualTo(new Frame.Refused(0, Reason.MALFORMED));
            mallory.expectClosed();
        }
        try (WireClient wire = server.connect("mallory")) {
            AssuredPeer mallory = AssuredPeer.on(wire);
            mallory.resume(mallorysKey, id, STREAM);
            assertThat(mallory.hear(Frame.Deliver.class).sentAt()).isEqualTo(new PosixTime(100));
            wire.send("37" + "9".repeat(19)); // more than there are
            assertThat(mallory.hear()).isEqualTo(new Frame.Refused(0, Reason.MALFORMED));
            mallory.expectClosed();
        }
        // In a 33 such numbers say that she knows another history than the server: it goes on from its own.
        try (AssuredPeer mallory = peer()) {
            Frame.Resumed resumed =
                    mallory.resume(mallorysKey, id, STREAM, Long.MAX_VALUE, Long.MAX_VALUE, new HistoryDigest(7));
            assertThat(resumed.accepted()).isZero();
            assertThat(resumed.position()).isEqualTo(new Position(0));
            assertThat(resumed.digest()).isEqualTo(HistoryDigest.EMPTY);
            assertThat(mallory.hear(Frame.Deliver.class).sentAt()).isEqualTo(new PosixTime(100));
        }
    }

    // ----------------------------------------------------------------------------------------------------------------

    private interface Proof {
        Frame of(Nonce nonce);
    }

    private void expectBadProof(Proof proof) {
        try (AssuredPeer mallory = peer()) {
            mallory.send(proof.of(mallory.hello()));
            assertThat(mallory.hear()).isEqualTo(new Frame.Refused(0, Reason.BAD_PROOF));
            mallory.expectClosed();
        }
    }

    private static void expectRefused(AssuredPeer peer, long ordinal, Reason reason) {
        assertThat(peer.hear()).isEqualTo(new Frame.Refused(ordinal, reason));
        assertThat(peer.hear()).isEqualTo(accepted(ordinal));
    }

    /** Returns a 35 for a sender whose own mailbox is empty. */
    private static Frame.Accepted accepted(long count) {
        return new Frame.Accepted(count, new Position(0));
    }

    private AssuredPeer peer() {
        return AssuredPeer.on(server.connect("peer"));
    }

    private static Frame.Send message(ClientId from, ClientId to, long second) {
        return new Frame.Send(from, to.asAddress(), new PosixTime(second), Body.of("olá 🦜"));
    }

    /** Two seconds for silence. */
    @Nested
    @Impatient
    class OnAnImpatientServer {

        @Autowired
        private TestedServer impatient;

        /**
         * A byte, or a frame that leads nowhere, in each time limit: it keeps a connection for a while, and not for
         * ever.
         */
        @Test
        void whoDripsIsHungUpOnInTheEndInEveryStateAndNobodyElseIs() {
            long before = impatient.refusals(Reason.TIMED_OUT);
            String timedOut = "39" + "0".repeat(19) + "012";
            var over = new AtomicBoolean();
            var peers = new ArrayList<WireClient>();
            try (Together together = new Together()) {
                // Each is opened when it has something to say, because the limit runs from then.
                WireClient assured = opened(peers, impatient.connect("in an assured session"));
                AssuredPeer.on(assured).register(mallorysKey);
                WireClient ana = opened(peers, impatient.connect("ana"));
                String anasId = ana.register();
                WireClient slow = opened(peers, impatient.connect("slow"));
                String slowsId = slow.register();
                WireClient connected = opened(peers, impatient.connect("in a message"));
                String fixed = "05" + connected.register() + anasId + "1795372030";

                WireClient beforeTheFirst = opened(peers, impatient.connectRecv("before its first frame"));
                drip(together, over, beforeTheFirst, "\n");
                WireClient inTheFirst = opened(peers, impatient.connect("in its first frame"));
                drip(together, over, inTheFirst, "0", "5", "1");
                WireClient refused = opened(peers, impatient.connect("nobody, who speaks all the same"));
                drip(together, over, refused, "08" + anasId + "1795372030");
                WireClient greeted = opened(peers, impatient.connect("after its hello"));
                greeted.send("3002");
                drip(together, over, greeted, "38");
                WireClient proving = opened(peers, impatient.connect("in its proof"));
                proving.send("3002");
                drip(together, over, proving, "3", "3", "1");
                drip(together, over, connected, fixed, "x");
                drip(together, over, assured, "0", "5", "1");
                // Whole frames, however slowly they come, are what a connection is for.
                drip(together, over, slow, send(slowsId, anasId, 1, "still here"));

                for (WireClient peer : List.of(beforeTheFirst, inTheFirst, refused, connected)) {
                    assertThat(peer.patience(PATIENCE_OF_THE_IMPATIENT).readToTheEnd())
                            .as("what %s heard", peer)
                            .isEmpty();
                }
                for (WireClient peer : List.of(greeted, proving, assured)) {
                    assertThat(peer.patience(PATIENCE_OF_THE_IMPATIENT).readToTheEnd())
                            .as("what %s heard last", peer)
                            .endsWith(timedOut);
                }
                assertThat(impatient.refusals(Reason.TIMED_OUT) - before).isGreaterThanOrEqualTo(7);
                over.set(true);
                together.finish();
                slow.send(send(slowsId, anasId, 2, "and now goodbye"));
                String frame;
                do {
                    frame = ana.readFrame();
                    assertThat(frame).startsWith("06" + slowsId);
                } while (!frame.equals(deliver(slowsId, anasId, 2, "and now goodbye")));
            } finally {
                peers.forEach(WireClient::close);
            }
        }

        private static WireClient opened(List<WireClient> peers, WireClient peer) {
            peers.add(peer);
            return peer;
        }
    }
}
