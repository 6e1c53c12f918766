package zap.server.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static zap.server.testing.FrameText.deliver;
import static zap.server.testing.FrameText.delivered;
import static zap.server.testing.FrameText.read;
import static zap.server.testing.FrameText.readReceipt;
import static zap.server.testing.FrameText.send;
import static zap.server.testing.TestedServer.await;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.UncheckedIOException;
import java.security.KeyPair;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import zap.protocol.ClientId;
import zap.protocol.Frame;
import zap.protocol.Position;
import zap.protocol.Reason;
import zap.server.gateway.Gateway;
import zap.server.ops.AdminProgram;
import zap.server.testing.AssuredPeer;
import zap.server.testing.BesideOthers;
import zap.server.testing.RunningServer;
import zap.server.testing.TestPostgres;
import zap.server.testing.Together;
import zap.server.testing.WireClient;

/** Two servers on one database are one zap: a client may connect to either, and has one session. */
@BesideOthers
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class NodesIT {

    private static final String OFTEN = "zap.cluster.look-every=50ms";
    private static final String SELDOM = "zap.cluster.look-every=1m";
    private static final Duration SHORTLY = Duration.ofMillis(300);
    private static final String TOKEN = "the token of this test";

    private final TestPostgres.Database database = TestPostgres.newDatabase();
    private RunningServer one;
    private RunningServer other;

    @BeforeAll
    void startTwo() {
        one = RunningServer.startOn(database, OFTEN, "zap.admin.token=" + TOKEN);
        other = RunningServer.startOn(database, OFTEN, "zap.admin.token=" + TOKEN);
        await("the first to see the second", () -> !one.bean(Nodes.class).isAlone());
    }

    @AfterAll
    void stopBoth() {
        one.close();
        other.close();
    }

    @Test
    void mailAndReceiptsReachAClientOnAnotherNodeWhileItIsConnected() {
        try (WireClient ana = one.connect("ana");
                WireClient bob = other.connect("bob")) {
            String anasId = ana.register();
            String bobsId = bob.register();
            ana.send(send(anasId, bobsId, 1, "oi"));
            bob.expectFrame(deliver(anasId, bobsId, 1, "oi"));
            ana.expectFrame(delivered(bobsId, 1));
            bob.send(read(anasId, 1));
            ana.expectFrame(readReceipt(bobsId, 1));
            for (int i = 2; i < 100; i++) {
                ana.send(send(anasId, bobsId, i, "message " + i));
            }
            for (int i = 2; i < 100; i++) {
                bob.expectFrame(deliver(anasId, bobsId, i, "message " + i));
            }
        }
    }

    @Test
    void bothNodesWriteToOneClientAtTheSameTimeAndNothingIsLostOrDoubled() {
        try (WireClient ana = one.connect("ana");
                WireClient carla = other.connect("carla");
                WireClient bob = other.connect("bob")) {
            String anasId = ana.register();
            String carlasId = carla.register();
            String bobsId = bob.register();
            int each = 200;
            for (int i = 1; i <= each; i++) {
                ana.send(send(anasId, bobsId, i, "a"));
                carla.send(send(carlasId, bobsId, i, "c"));
            }
            int fromAna = 0;
            int fromCarla = 0;
            for (int i = 0; i < 2 * each; i++) {
                String frame = bob.readFrame();
                if (frame.startsWith("06" + anasId)) {
                    assertThat(frame).isEqualTo(deliver(anasId, bobsId, ++fromAna, "a"));
                } else {
                    assertThat(frame).isEqualTo(deliver(carlasId, bobsId, ++fromCarla, "c"));
                }
            }
            bob.expectSilence(SHORTLY);
        }
    }

    @Test
    void theNewestSessionWinsOverAllNodes() {
        KeyPair key = AssuredPeer.newKey();
        AssuredPeer older = AssuredPeer.on(one.connect("bob"));
        ClientId bob = older.register(key);
        try (WireClient ana = one.connect("ana");
                AssuredPeer newer = AssuredPeer.on(other.connect("bob again"))) {
            newer.resume(key, bob, AssuredPeer.FIRST_STREAM);
            assertThat(older.hear(Frame.Refused.class)).isEqualTo(new Frame.Refused(0, Reason.REPLACED));
            older.expectClosed();
            String anasId = ana.register();
            ana.send(send(anasId, bob.toString(), 1, "where are you?"));
            assertThat(newer.hear(Frame.Deliver.class).src().toString()).isEqualTo(anasId);
        }
        older.close();
    }

    @Test
    void whatAnOlderSessionStillConfirmsOnAnotherNodeCountsNoMore() {
        KeyPair key = AssuredPeer.newKey();
        // This node does not notice that its client has gone.
        try (RunningServer slow = RunningServer.startOn(database, SELDOM);
                AssuredPeer older = AssuredPeer.on(slow.connect("bob"));
                WireClient ana = slow.connect("ana")) {
            ClientId bob = older.register(key);
            String anasId = ana.register();
            try (AssuredPeer newer = AssuredPeer.on(other.connect("bob again"))) {
                newer.resume(key, bob, AssuredPeer.FIRST_STREAM);
                ana.send(send(anasId, bob.toString(), 1, "oi"));
                older.hear(Frame.Deliver.class);
                older.send(new Frame.Received(new Position(1)));
                newer.hear(Frame.Deliver.class);
                ana.expectSilence(SHORTLY);
                newer.send(new Frame.Received(new Position(1)));
                // Ana's node looks for other nodes' mail once a minute only: the other one tells it.
                ana.expectFrame(delivered(bob.toString(), 1));
            }
        }
    }

    @Test
    void afterTheDeathOfANodeItsClientsGoOnAtAnother() {
        KeyPair key = AssuredPeer.newKey();
        ClientId bob;
        try (RunningServer dying = RunningServer.startOn(database);
                AssuredPeer atTheFirst = AssuredPeer.on(dying.connect("bob"))) {
            bob = atTheFirst.register(key);
            long number = dying.bean(Nodes.class).number();
            await("the other to see it", () -> knows(other, number));
            dying.stop();
            await("the other to miss it", () -> !knows(other, number));
        }
        try (WireClient ana = other.connect("ana")) {
            String anasId = ana.register();
            ana.send(send(anasId, bob.toString(), 1, "still there?"));
            try (AssuredPeer atTheOther = AssuredPeer.on(other.connect("bob"))) {
                assertThat(atTheOther
                                .resume(key, bob, AssuredPeer.FIRST_STREAM)
                                .position()
                                .value())
                        .isZero();
                atTheOther.hear(Frame.Deliver.class);
                atTheOther.send(new Frame.Received(new Position(1)));
                ana.expectFrame(delivered(bob.toString(), 1));
            }
        }
    }

    @Test
    void aNodeThatIsDrainedSendsItsClientsToAnother() throws Exception {
        KeyPair key = AssuredPeer.newKey();
        try (RunningServer drained = RunningServer.startOn(database, OFTEN);
                AssuredPeer bob = AssuredPeer.on(drained.connect("bob"));
                WireClient carla = drained.connect("carla")) {
            ClientId id = bob.register(key);
            carla.register();
            Gateway gateway = drained.bean(Gateway.class);

            assertThat(gateway.drain(Duration.ZERO, Duration.ofMillis(200))).isEqualTo(2);

            assertThat(bob.hear(Frame.Refused.class)).isEqualTo(new Frame.Refused(0, Reason.SHUTTING_DOWN));
            bob.expectClosed();
            carla.expectClosed();
            drained.connect("dora").expectClosed();
            assertThat(gateway.full()).hasValueSatisfying(why -> assertThat(why).contains("drained"));
            try (AssuredPeer again = AssuredPeer.on(other.connect("bob again"))) {
                again.resume(key, id, AssuredPeer.FIRST_STREAM);
            }
            assertThat(gateway.endDrain()).isTrue();
            try (WireClient dora = drained.connect("dora again")) {
                dora.register();
            }
            assertThat(gateway.endDrain()).isFalse();
        }
    }

    /** A stop among other nodes closes sessions while the server still works for the others. */
    @Test
    void aNodeThatIsStoppedSendsItsClientsToAnotherAndTheirMailWithThem() {
        KeyPair key = AssuredPeer.newKey();
        try (RunningServer stopped = RunningServer.startOn(database, OFTEN);
                AssuredPeer bob = AssuredPeer.on(stopped.connect("bob"));
                WireClient ana = other.connect("ana");
                Together together = new Together()) {
            ClientId id = bob.register(key);
            String anasId = ana.register();
            int port = stopped.port();
            await("it to see the other", () -> !stopped.bean(Nodes.class).isAlone());

            together.start(stopped::stop);

            assertThat(bob.hear(Frame.Refused.class)).isEqualTo(new Frame.Refused(0, Reason.SHUTTING_DOWN));
            bob.expectClosed();
            // A balancer, or the client, goes to another node at once.
            assertThatThrownBy(() -> WireClient.connect("late", port).register())
                    .isInstanceOfAny(UncheckedIOException.class, AssertionError.class);
            ana.send(send(anasId, id.toString(), 1, "where do you go?"));
            try (AssuredPeer again = AssuredPeer.on(other.connect("bob again"))) {
                again.resume(key, id, AssuredPeer.FIRST_STREAM);
                assertThat(again.hear(Frame.Deliver.class).sentAt().seconds()).isEqualTo(1);
                again.send(new Frame.Received(new Position(1)));
                ana.expectFrame(delivered(id.toString(), 1));
            }
            together.finish();
        }
    }

    private static boolean knows(RunningServer server, long number) {
        return server.bean(Nodes.class).others().stream().anyMatch(node -> node.number() == number);
    }

    @Test
    void aNodeThatCannotReachTheDatabaseSendsItsClientsElsewhere() throws Exception {
        String[] quick = {OFTEN, "zap.cluster.heartbeat=100ms", "zap.cluster.gone-after=2s"};
        TestPostgres.Database own = TestPostgres.newDatabase();
        KeyPair key = AssuredPeer.newKey();
        try (RunningServer first = RunningServer.startOn(own, quick);
                RunningServer second = RunningServer.startOn(own, quick);
                AssuredPeer bob = AssuredPeer.on(first.connect("bob"));
                WireClient ana = first.connect("ana")) {
            long number = second.bean(Nodes.class).number();
            await("the first to see the second", () -> knows(first, number));
            ClientId id = bob.register(key);
            ana.register();
            try (Connection connection = own.connect();
                    Statement statement = connection.createStatement()) {
                connection.setAutoCommit(false);
                statement.execute("lock table node in access exclusive mode");
                assertThat(bob.hear(Frame.Refused.class)).isEqualTo(new Frame.Refused(0, Reason.SHUTTING_DOWN));
                bob.expectClosed();
                ana.expectClosed();
                connection.rollback();
            }
            // A busy machine may be too slow for these short limits, and be cut off again for a moment.
            await("a session after the outage", () -> comesBack(first, key, id));
        }
    }

    private static boolean comesBack(RunningServer server, KeyPair key, ClientId id) {
        try (AssuredPeer again = AssuredPeer.on(server.connect("bob again"))) {
            again.resume(key, id, AssuredPeer.FIRST_STREAM);
            return true;
        } catch (AssertionError e) {
            return false;
        }
    }

    @Test
    void aClientThatWasDeletedOnOneNodeHasNoSessionOnAnother() throws Exception {
        try (WireClient bob = other.connect("bob");
                Connection connection = database.connect();
                Statement statement = connection.createStatement()) {
            String id = bob.register();
            statement.executeUpdate("delete from client where id = " + id);
            bob.expectClosed();
        }
    }

    @Test
    void aNodeKnowsTheOthersByTheirNumbers() {
        Nodes first = one.bean(Nodes.class);
        Nodes second = other.bean(Nodes.class);
        assertThat(first.number()).isNotEqualTo(second.number());
        assertThat(first.others())
                .extracting(Node::number)
                .contains(second.number())
                .doesNotContain(first.number());
        assertThat(second.others()).extracting(Node::number).contains(first.number());
    }

    private AdminProgram.Said admin(String... arguments) {
        return AdminProgram.run(other, TOKEN, arguments);
    }

    @Test
    void anOperatorAtAnyNodeSeesAClientAndClosesItsSession() {
        String node = one.bean(Nodes.class).thisNode().toString();
        try (WireClient ana = one.connect("ana")) {
            String id = ana.register();
            assertThat(admin("client", id).out())
                    .containsPattern("session      [0-9]+, from 127.0.0.1:[0-9]+ over main, base, for [0-9]+ s")
                    .contains("last on      " + node + ", at 127.0.0.1:" + one.port() + "\n");

            assertThat(admin("disconnect", id)).isEqualTo(said("Its session on " + node + " was closed."));
            ana.expectClosed();
            assertThat(admin("disconnect", id)).isEqualTo(said("It has no session."));
            assertThat(admin("client", id).out()).contains("session      none");

            try (WireClient back = other.connectAs("ana", id)) {
                await("her session", () -> admin("client", id).out().contains(": this one"));
                assertThat(admin("disconnect", id)).isEqualTo(said("Its session was closed."));
                back.expectClosed();
            }
        }
    }

    private static AdminProgram.Said said(String sentence) {
        return new AdminProgram.Said(0, sentence + "\n", "");
    }

    @Test
    void theSessionOfANodeThatDoesNotAnswerIsFenced() {
        KeyPair key = AssuredPeer.newKey();
        NodeRequests mute = one.bean(NodeRequests.class);
        mute.stop();
        NodeRequests asking = other.bean(NodeRequests.class);
        Duration patience = asking.patience();
        asking.setPatience(SHORTLY);
        try (AssuredPeer bob = AssuredPeer.on(one.connect("bob"))) {
            String id = bob.register(key).toString();
            String node = one.bean(Nodes.class).thisNode().toString();
            assertThat(admin("client", id).out()).contains("session      not known", node, ": no answer");

            assertThat(admin("disconnect", id).out())
                    .contains("no answer from " + node)
                    .contains("it is fenced");

            // Not as one that was replaced: then its user would look for another session.
            bob.expectClosed();
            assertThat(admin("client", id).out()).contains("session      none").contains("last on      none");
        } finally {
            asking.setPatience(patience);
            mute.start();
        }
    }

    @Test
    void aClientIsBlockedAndUnblockedOnAllNodes() {
        try (WireClient ana = one.connect("ana")) {
            String id = ana.register();
            assertThat(admin("block", id).out()).startsWith("It is blocked, and its session on node ");
            ana.expectClosed();
            assertThat(admin("unblock", id).out()).contains("It may connect.");
            try (WireClient again = one.connectAs("ana", id)) {
                again.send(send(id, id, 1, "here again"));
                again.expectFrame(deliver(id, id, 1, "here again"));
            }
        }
    }

    @Test
    void anOperatorSeesAllNodes() {
        try (WireClient ana = one.connect("ana")) {
            ana.register();
            await("the heartbeat with ana", () -> admin("nodes").out().lines().anyMatch(this::isOneWithAClient));
        }
        assertThat(admin("nodes").out().lines().filter(line -> line.contains("this one")))
                .singleElement()
                .satisfies(line -> assertThat(line)
                        .startsWith(other.bean(Nodes.class).number() + " ")
                        .contains("127.0.0.1:" + other.port(), " s ago"));
        assertThat(admin("stats").out()).contains("\n" + one.bean(Nodes.class).number() + " ");
    }

    private boolean isOneWithAClient(String line) {
        return line.matches(one.bean(Nodes.class).number() + " +127.0.0.1:" + one.port() + " +[^ ]+ +[1-9].*");
    }

    /** Returns how often a node has told others of mail: a link may be broken for a moment. */
    private static double told(RunningServer node) {
        return count(node, "zap.cluster.entries", "sent") + count(node, "zap.cluster.notices", "sent");
    }

    @Test
    void nodesCountWhatTheyHandOverAndTheSessionsThatMove() {
        try (WireClient ana = one.connect("ana");
                WireClient bob = other.connect("bob")) {
            String anasId = ana.register();
            String bobsId = bob.register();
            double told = told(one);
            double found = found(other);
            ana.send(send(anasId, bobsId, 1, "oi"));
            bob.expectFrame(deliver(anasId, bobsId, 1, "oi"));
            await("the hand-over", () -> told(one) > told);
            assertThat(found(other)).isGreaterThan(found);
            assertThat(one.gauge("zap.cluster.nodes")).isGreaterThanOrEqualTo(2);
            await("the link", () -> one.gauge("zap.cluster.links") >= 1);

            double in = count(one, "zap.cluster.sessions.moved", "in");
            double out = count(other, "zap.cluster.sessions.moved", "out");
            try (WireClient again = one.connectAs("bob", bobsId)) {
                bob.expectClosed();
                await("it is counted", () -> count(other, "zap.cluster.sessions.moved", "out") > out);
                await("it is counted", () -> count(one, "zap.cluster.sessions.moved", "in") > in);
            }
        }
    }

    private static double found(RunningServer server) {
        return server.bean(MeterRegistry.class).get("zap.cluster.mail.found").functionCounters().stream()
                .mapToDouble(FunctionCounter::count)
                .sum();
    }

    private static double count(RunningServer server, String counter, String way) {
        return server.bean(MeterRegistry.class)
                .get(counter)
                .tag("way", way)
                .functionCounter()
                .count();
    }
}
