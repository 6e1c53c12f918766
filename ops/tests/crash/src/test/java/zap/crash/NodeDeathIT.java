package zap.crash;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.security.KeyPair;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import zap.protocol.Body;
import zap.protocol.ClientId;
import zap.protocol.Frame;
import zap.protocol.Position;
import zap.protocol.PosixTime;
import zap.protocol.Reason;
import zap.server.testing.AssuredPeer;
import zap.server.testing.RunningServer;
import zap.server.testing.ServerProcess;
import zap.server.testing.TestPostgres;
import zap.server.testing.WireClient;

/**
 * A node dies, or is paused, while messages flow through it. Its clients go on at another node of the same database,
 * and nothing is lost, doubled or falsely told.
 */
@Execution(ExecutionMode.CONCURRENT)
class NodeDeathIT {

    private static final String OFTEN = "zap.cluster.look-every=50ms";
    private static final int MESSAGES = 200;

    private final TestPostgres.Database database = TestPostgres.newDatabase();
    private final KeyPair anasKey = AssuredPeer.newKey();
    private final KeyPair bobsKey = AssuredPeer.newKey();

    private ServerProcess process(String name) {
        return new ServerProcess(
                        name,
                        List.of(),
                        List.of(
                                "zap.database.url=" + database.url(),
                                "zap.database.user=" + database.user(),
                                "zap.database.password=" + database.password(),
                                OFTEN))
                .start();
    }

    private static Frame.Send message(ClientId from, ClientId to, long second) {
        return new Frame.Send(from, to.asAddress(), new PosixTime(second), Body.of("message " + second));
    }

    private static AssuredPeer connectTo(int port, String name) {
        return AssuredPeer.on(WireClient.connect(name, port));
    }

    /** A sender's node is killed. The sender goes on at another one, and sends again what was not accepted. */
    @Test
    void theClientsOfAKilledNodeGoOnAtAnother() {
        try (ServerProcess dying = process("dying-node");
                RunningServer other = RunningServer.startOn(database, OFTEN);
                AssuredPeer bob = connectTo(other.port(), "bob")) {
            ClientId bobsId = bob.register(bobsKey);
            ClientId anasId;
            List<Long> heard = new ArrayList<>();
            try (AssuredPeer ana = connectTo(dying.port(), "ana")) {
                anasId = ana.register(anasKey);
                Frame[] all = IntStream.rangeClosed(1, MESSAGES)
                        .mapToObj(second -> message(anasId, bobsId, second))
                        .toArray(Frame[]::new);
                ana.send(all);
                while (heard.size() < MESSAGES / 10) {
                    heard.add(bob.hear(Frame.Deliver.class).sentAt().seconds());
                }
                dying.kill();
            }
            try (AssuredPeer ana = connectTo(other.port(), "ana again")) {
                long accepted =
                        ana.resume(anasKey, anasId, AssuredPeer.FIRST_STREAM).accepted();
                assertThat(accepted).isGreaterThanOrEqualTo(heard.size());
                for (long second = accepted + 1; second <= MESSAGES; second++) {
                    ana.send(message(anasId, bobsId, second));
                }
                while (heard.size() < MESSAGES) {
                    heard.add(bob.hear(Frame.Deliver.class).sentAt().seconds());
                }
                assertThat(heard)
                        .containsExactlyElementsOf(
                                LongStream.rangeClosed(1, MESSAGES).boxed().toList());
                assertThat(heardUntilPong(bob)).isEmpty();
                bob.send(new Frame.Received(new Position(MESSAGES)));
                assertThat(lastReceipt(ana)).isEqualTo(new Frame.Delivered(bobsId, new PosixTime(MESSAGES)));
            }
        }
    }

    /** A recipient goes to another node while its own is paused. What the paused one does later counts no more. */
    @Test
    void aPausedNodeCanNeitherAcceptNorConfirmForAClientThatHasGone() throws Exception {
        try (ServerProcess paused = process("paused-node");
                RunningServer other = RunningServer.startOn(database, OFTEN);
                AssuredPeer ana = connectTo(other.port(), "ana");
                AssuredPeer bob = connectTo(paused.port(), "bob")) {
            ClientId anasId = ana.register(anasKey);
            ClientId bobsId = bob.register(bobsKey);
            signal("STOP", paused);
            bob.send(message(bobsId, anasId, 1)); // waits in the paused node's socket
            try (AssuredPeer again = connectTo(other.port(), "bob again")) {
                again.resume(bobsKey, bobsId, AssuredPeer.FIRST_STREAM);
                ana.send(message(anasId, bobsId, 5));
                again.hear(Frame.Deliver.class);
                again.send(new Frame.Received(new Position(1)));
                assertThat(lastReceipt(ana)).isEqualTo(new Frame.Delivered(bobsId, new PosixTime(5)));
                signal("CONT", paused);
                assertThat(bob.hear(Frame.Refused.class)).isEqualTo(new Frame.Refused(0, Reason.REPLACED));
                bob.expectClosed();
                again.send(message(bobsId, anasId, 9));
                Frame.Deliver first = ana.hear(Frame.Deliver.class);
                assertThat(first.sentAt().seconds()).isEqualTo(9);
                assertThat(heardUntilPong(ana)).isEmpty();
            } finally {
                signal("CONT", paused);
            }
        }
    }

    /** Returns the mail that is waiting: a pong comes after it. */
    private static List<Frame> heardUntilPong(AssuredPeer peer) {
        var heard = new ArrayList<Frame>();
        peer.send(new Frame.Ping());
        Frame frame = peer.hear();
        while (!(frame instanceof Frame.Ping)) {
            if (!(frame instanceof Frame.Accepted)) {
                heard.add(frame);
            }
            frame = peer.hear();
        }
        return heard;
    }

    private static Frame.Delivered lastReceipt(AssuredPeer peer) {
        while (true) {
            Frame frame = peer.hear();
            if (frame instanceof Frame.Delivered receipt) {
                return receipt;
            }
            assertThat(frame).isInstanceOf(Frame.Accepted.class);
        }
    }

    private static void signal(String name, ServerProcess process) throws IOException, InterruptedException {
        int status = new ProcessBuilder("kill", "-" + name, String.valueOf(process.pid()))
                .start()
                .waitFor();
        assertThat(status).isZero();
    }
}
