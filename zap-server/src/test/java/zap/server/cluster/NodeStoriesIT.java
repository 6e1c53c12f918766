package zap.server.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static zap.server.testing.FrameText.deliver;
import static zap.server.testing.FrameText.send;
import static zap.server.testing.TestedServer.await;

import java.security.KeyPair;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import zap.protocol.Body;
import zap.protocol.ClientId;
import zap.protocol.Frame;
import zap.protocol.Position;
import zap.protocol.PosixTime;
import zap.server.testing.AssuredPeer;
import zap.server.testing.BesideOthers;
import zap.server.testing.RunningServer;
import zap.server.testing.ServerProcess;
import zap.server.testing.TestPostgres;
import zap.server.testing.WireClient;

/**
 * Stories that users of other clustered servers have told in their trackers, and what happens here instead.
 *
 * <p>Before the first of them, two nodes have died in turn (kill -9), and each has come back: their clients went to the
 * other one each time. A node that comes back is a new process, which has nothing but the database.
 */
@BesideOthers
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class NodeStoriesIT {

    private static final String[] LIMITS = {
        "zap.cluster.look-every=50ms", "zap.cluster.heartbeat=500ms", "zap.cluster.gone-after=7s"
    };

    private final TestPostgres.Database database = TestPostgres.newDatabase();
    private final ServerProcess first = process("first-of-stories");
    private final ServerProcess second = process("second-of-stories");

    /** The first node, after it has come back. */
    private RunningServer one;

    /** The second node, after it has come back. */
    private RunningServer other;

    private long numberOfFirst;
    private long numberOfSecond;

    private final Traveller ana = new Traveller("ana");
    private final Traveller bob = new Traveller("bob");

    /** Does not come back when her node dies. */
    private final Traveller dora = new Traveller("dora");

    /** Writes through the second node to Felix, who is on the first one, when the second one dies. */
    private final Traveller eva = new Traveller("eva");

    private final Traveller felix = new Traveller("felix");

    /** Writes to Felix through his own node. */
    private final Traveller gina = new Traveller("gina");

    /** A client of the base protocol. */
    private WireClient carla;

    private String carlasId;
    private final List<String> heardByCarla = new ArrayList<>();

    private ServerProcess process(String name) {
        var properties = new ArrayList<>(List.of(LIMITS));
        properties.addAll(List.of(
                "zap.database.url=" + database.url(),
                "zap.database.user=" + database.user(),
                "zap.database.password=" + database.password()));
        return new ServerProcess(name, List.of(), properties);
    }

    /** An assured client with its disk: it goes from node to node, and knows what it has sent and heard. */
    private static final class Traveller implements AutoCloseable {

        private final String name;
        private final KeyPair key = AssuredPeer.newKey();
        private final List<Frame> sent = new ArrayList<>();
        private final List<Frame> heard = new ArrayList<>();
        private AssuredPeer peer;
        private ClientId id;
        private long accepted;

        Traveller(String name) {
            this.name = name;
        }

        /** Goes on at the node with this port, and sends again what was not accepted. */
        void goTo(int port) {
            close();
            peer = AssuredPeer.on(WireClient.connect(name, port));
            if (id == null) {
                id = peer.register(key);
                return;
            }
            Frame.Resumed resumed = peer.resume(
                    key,
                    id,
                    AssuredPeer.FIRST_STREAM,
                    accepted,
                    heard.size(),
                    AssuredPeer.digestOf(heard.toArray(Frame[]::new)));
            assertThat(resumed.position().value())
                    .as("the place where %s's mail goes on", name)
                    .isEqualTo(heard.size());
            accepted = resumed.accepted();
            peer.send(sent.subList(Math.toIntExact(accepted), sent.size()).toArray(Frame[]::new));
        }

        void write(ClientId to, long... seconds) {
            for (long second : seconds) {
                var message = new Frame.Send(id, to.asAddress(), new PosixTime(second), Body.of("message " + second));
                sent.add(message);
                peer.send(message);
            }
        }

        private Frame hear() {
            while (true) {
                Frame frame = peer.hear();
                if (frame instanceof Frame.Accepted news) {
                    accepted = news.accepted();
                } else {
                    if (frame instanceof Frame.ForMailbox) {
                        heard.add(frame);
                    }
                    return frame;
                }
            }
        }

        /** Hears everything up to a message with this second, and confirms it. */
        void hearUpTo(ClientId src, long second) {
            Frame frame = hear();
            while (!(frame instanceof Frame.Deliver message
                    && message.src().equals(src)
                    && message.sentAt().seconds() == second)) {
                frame = hear();
            }
            peer.send(new Frame.Received(new Position(heard.size())));
        }

        /** Hears everything up to this receipt. */
        void hearReceipt(ClientId dst, long second) {
            var receipt = new Frame.Delivered(dst, new PosixTime(second));
            while (!heard.contains(receipt)) {
                hear();
            }
        }

        /** Hears everything that the server has to say before the answer to a ping. */
        void hearTheRest() {
            peer.send(new Frame.Ping());
            Frame frame = hear();
            while (!(frame instanceof Frame.Ping)) {
                frame = hear();
            }
        }

        /** Returns the seconds of all messages that it has ever heard from a client. */
        List<Long> messagesFrom(ClientId src) {
            return heard.stream()
                    .filter(frame -> frame instanceof Frame.Deliver message
                            && message.src().equals(src))
                    .map(frame -> ((Frame.Deliver) frame).sentAt().seconds())
                    .toList();
        }

        @Override
        public void close() {
            if (peer != null) {
                peer.close();
            }
        }
    }

    @BeforeAll
    void bothNodesDieInTurnAndComeBack() throws SQLException {
        first.launch();
        second.launch();
        first.awaitReady();
        second.awaitReady();
        ana.goTo(second.port());
        bob.goTo(first.port());
        dora.goTo(first.port());
        carla = WireClient.connect("carla", first.port());
        carlasId = carla.register();
        numberOfFirst = nodeOf(bob.id);
        numberOfSecond = nodeOf(ana.id);
        everybodyHears(1);

        first.kill();
        bob.goTo(second.port());
        carlaGoesTo(second.port());
        everybodyHears(2);
        one = RunningServer.startOn(database, LIMITS);

        theSecondDiesInTheMiddleOfACommit();
        ana.goTo(one.port());
        bob.goTo(one.port());
        carlaGoesTo(one.port());
        everybodyHears(3);
        other = RunningServer.startOn(database, LIMITS);
    }

    /** Its last commit waits for Felix's row. It takes effect when the node has died, and another one waits as well. */
    private void theSecondDiesInTheMiddleOfACommit() throws SQLException {
        eva.goTo(second.port());
        felix.goTo(one.port());
        gina.goTo(one.port());
        eva.write(felix.id, 1);
        felix.hearUpTo(eva.id, 1);
        eva.hearReceipt(felix.id, 1);
        try (Connection connection = database.connect();
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            statement.execute("select from client where id = " + felix.id + " for update");
            eva.write(felix.id, 2, 3, 4);
            await("the dying node to wait in the middle of a commit", () -> waiting() >= 1);
            second.kill();
            gina.write(felix.id, 1, 2);
            await("the other node to wait, too", () -> waiting() >= 2);
            connection.rollback();
        }
    }

    private long waiting() {
        try {
            return ask("select count(*) from pg_stat_activity"
                    + " where datname = current_database() and wait_event_type = 'Lock'");
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Ana writes to Bob and to Carla, who get it, and she learns it. */
    private void everybodyHears(long second) {
        ana.write(bob.id, second);
        bob.hearUpTo(ana.id, second);
        ana.hearReceipt(bob.id, second);
        ana.write(new ClientId(Long.parseLong(carlasId)), second);
        String expected = fromAna(second);
        String frame;
        do {
            frame = carla.readFrame();
            heardByCarla.add(frame);
        } while (!frame.equals(expected));
        ana.hearReceipt(new ClientId(Long.parseLong(carlasId)), second);
    }

    private String fromAna(long second) {
        return deliver(ana.id.toString(), carlasId, second, "message " + second);
    }

    private void carlaGoesTo(int port) {
        carla.close();
        carla = WireClient.connect("carla", port).connectAs(carlasId);
    }

    @AfterAll
    void stopAll() {
        List.of(ana, bob, dora, eva, felix, gina).forEach(Traveller::close);
        carla.close();
        List.of(first, second).forEach(ServerProcess::close);
        one.close();
        other.close();
    }

    private long ask(String question) throws SQLException {
        try (Connection connection = database.connect();
                Statement statement = connection.createStatement();
                ResultSet answer = statement.executeQuery(question)) {
            answer.next();
            return answer.getLong(1);
        }
    }

    private long nodeOf(ClientId client) throws SQLException {
        return ask("select node from client where id = " + client);
    }

    /**
     * A subscriber's node crashed, and it went to another one; when that crashed as well and it returned to the first
     * one, every message that it had ever been given came again.
     *
     * @see <a href="https://github.com/emqx/emqx/issues/399">EMQX #399</a>
     */
    @Test
    void whatWasDeliveredBeforeTheCrashesIsNotDeliveredAgain() {
        assertThat(bob.messagesFrom(ana.id)).startsWith(1L, 2L, 3L).doesNotHaveDuplicates();
        assertThat(heardByCarla).containsExactly(fromAna(1), fromAna(2), fromAna(3));
    }

    /**
     * After both nodes of a cluster had crashed and come back in turn, each of them took itself for the one that the
     * user was on. A message to the user came twice, and the nodes did not agree on whether the user was there.
     *
     * @see <a href="https://github.com/cometd/cometd/issues/458">CometD #458</a>
     */
    @Test
    void aMessageComesOnceFromEachNodeAfterBothHaveCrashedAndComeBack() {
        try (WireClient hugo = other.connect("hugo")) {
            ClientId hugosId = new ClientId(Long.parseLong(hugo.register()));
            for (long second : List.of(11L, 12L)) {
                ana.write(bob.id, second);
                hugo.send(send(hugosId.toString(), bob.id.toString(), second, "message " + second));
                bob.hearUpTo(ana.id, second);
            }
            while (!bob.messagesFrom(hugosId).contains(12L)) {
                bob.hear();
            }
            bob.hearTheRest();
            assertThat(bob.messagesFrom(ana.id)).endsWith(11L, 12L).doesNotHaveDuplicates();
            assertThat(bob.messagesFrom(hugosId)).containsExactly(11L, 12L);
            assertThat(List.of(one, other))
                    .extracting(node -> node.isOffline(bob.id.toString()))
                    .containsExactly(false, true);
        }
    }

    /**
     * When the node of a session failed, what stood for the session on other nodes stayed for good. A node that was
     * restarted quickly was not even missed.
     *
     * @see <a href="https://github.com/tinode/chat/issues/281">Tinode #281</a>
     */
    @Test
    void nothingStaysOfTheSessionsOfADeadNode() throws SQLException {
        assertThat(nodeOf(dora.id)).as("the node on which dora was last").isEqualTo(numberOfFirst);
        assertThat(List.of(numberOfFirst, numberOfSecond))
                .doesNotContain(numberOf(one), numberOf(other))
                .doesNotHaveDuplicates();
        ana.write(dora.id, 21);
        ana.hearTheRest();
        assertThat(ana.heard).doesNotContain(new Frame.Delivered(dora.id, new PosixTime(21)));
        for (RunningServer node : List.of(one, other)) {
            assertThat(node.isOffline(dora.id.toString())).isTrue();
            await(
                    "the dead nodes to be missed",
                    () -> node.bean(Nodes.class).others().stream()
                            .noneMatch(each ->
                                    List.of(numberOfFirst, numberOfSecond).contains(each.number())));
        }
        dora.goTo(other.port());
        dora.hearUpTo(ana.id, 21);
        ana.hearReceipt(dora.id, 21);
        assertThat(nodeOf(dora.id)).isEqualTo(numberOf(other));
        assertThat(ask("select count(*) from client where node in (%s, %s)".formatted(numberOfFirst, numberOfSecond)))
                .as("clients that a dead node still has")
                .isZero();
    }

    private static long numberOf(RunningServer node) {
        return node.bean(Nodes.class).number();
    }

    /**
     * A message was passed to the node of its recipient, whose session had ended at that moment: the node found nobody,
     * and threw the message away.
     *
     * @see <a href="https://github.com/tinode/chat/issues/548">Tinode #548</a>
     */
    @Test
    void aMessageForASessionThatHasJustGoneWaitsForTheNextOne() {
        try (Traveller writing = new Traveller("writing");
                Traveller going = new Traveller("going")) {
            writing.goTo(one.port());
            going.goTo(other.port());
            for (long second = 1; second <= 20; second++) {
                writing.write(going.id, second);
                // Sometimes before the other node hears of the message, sometimes after it.
                going.goTo(second % 2 == 0 ? other.port() : one.port());
                going.hearUpTo(writing.id, second);
            }
            going.close();
            await("the end of the session", () -> other.isOffline(going.id.toString()));
            writing.write(going.id, 21);
            writing.hearTheRest();
            assertThat(writing.heard).doesNotContain(new Frame.Delivered(going.id, new PosixTime(21)));
            going.goTo(one.port());
            going.hearUpTo(writing.id, 21);
            writing.hearReceipt(going.id, 21);
            going.hearTheRest();
            assertThat(going.messagesFrom(writing.id)).containsExactlyElementsOf(upTo(21));
        }
    }

    private static List<Long> upTo(long last) {
        return LongStream.rangeClosed(1, last).boxed().toList();
    }

    /**
     * Two programs asked and answered each other through a cluster. After several restarts of different nodes, answers
     * were missing for good.
     *
     * @see <a href="https://github.com/nats-io/nats-streaming-server/issues/771">NATS Streaming #771</a>
     */
    @Test
    void noAnswerIsMissingAfterDifferentNodesWereRestarted() {
        try (Traveller asking = new Traveller("asking");
                Traveller answering = new Traveller("answering")) {
            asking.goTo(one.port());
            answering.goTo(other.port());
            long asked = 0;
            for (RunningServer node : List.of(other, one)) {
                RunningServer remaining = node == one ? other : one;
                long until = asked + 50;
                asking.write(
                        answering.id, LongStream.rangeClosed(asked + 1, until).toArray());
                node.stop();
                asking.goTo(remaining.port());
                answering.goTo(remaining.port());
                answering.hearUpTo(asking.id, until);
                answering.write(
                        asking.id, LongStream.rangeClosed(asked + 1, until).toArray());
                asked = until;
                node.start();
            }
            asking.hearUpTo(answering.id, asked);
            answering.hearTheRest();
            assertThat(answering.messagesFrom(asking.id)).containsExactlyElementsOf(upTo(asked));
            assertThat(asking.messagesFrom(answering.id)).containsExactlyElementsOf(upTo(asked));
        }
        comeBack();
    }

    /** Lets those go on that were on a node that has been restarted. */
    private void comeBack() {
        List.of(ana, bob, eva, felix, gina).forEach(traveller -> traveller.goTo(one.port()));
        carlaGoesTo(one.port());
    }

    /**
     * A server took over from one that had died, and read from the database where a channel ended. Then the dead one's
     * last transaction became visible: the numbers that its successor gave were taken, and every further message to
     * that channel was refused by the primary key.
     *
     * @see <a href="https://github.com/nats-io/nats-streaming-server/issues/1048">NATS Streaming #1048</a>
     */
    @Test
    void whatADeadNodeCommitsLateIsInNobodysWay() {
        eva.goTo(one.port());
        eva.write(felix.id, 5, 6);
        gina.write(felix.id, 3);
        felix.hearUpTo(eva.id, 6);
        while (!felix.messagesFrom(gina.id).contains(3L)) {
            felix.hear();
        }
        felix.hearTheRest();
        assertThat(felix.messagesFrom(eva.id)).containsExactlyElementsOf(upTo(6));
        assertThat(felix.messagesFrom(gina.id)).containsExactlyElementsOf(upTo(3));
        // Its place and its digest are those of the server.
        felix.goTo(one.port());
    }
}
