package zap.crash;

import static org.assertj.core.api.Assertions.assertThat;
import static zap.server.testing.FrameText.deliver;
import static zap.server.testing.FrameText.delivered;
import static zap.server.testing.FrameText.send;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import zap.server.database.ReadyFolders;
import zap.server.testing.PrivateNetwork;
import zap.server.testing.RunningServer;
import zap.server.testing.ServerProcess;
import zap.server.testing.WireClient;

/**
 * The cable between the server and Bob, who speaks the base protocol, is cut while messages flow to him. Nobody's TCP
 * says a word about that, and the server writes as if nothing had happened.
 */
@Execution(ExecutionMode.CONCURRENT)
class LostLinkIT {

    private static final Duration USER_TIMEOUT = Duration.ofSeconds(20);
    private static final Duration NOTICED_WITHIN = USER_TIMEOUT.multipliedBy(4);
    private static final long FIRST = 1795372000;
    private static final int BEFORE = 10;
    private static final int MESSAGES = 60;

    private static PrivateNetwork network;
    private static ServerProcess server;

    private PrivateNetwork.Cable cable;
    private PrivateNetwork.Peer ana;
    private PrivateNetwork.Peer bob;
    private String anasId;
    private String bobsId;

    @BeforeAll
    static void makeTheNetwork(@TempDir Path folder) {
        try {
            network = PrivateNetwork.make();
        } catch (IOException e) {
            Assumptions.abort(
                    "Network namespaces are not to be had here, so nobody can pull a cable: " + e.getMessage());
        }
        server = ServerProcess.on(
                network.first(),
                "lost-link",
                List.of(
                        "zap.database.directory=" + ReadyFolders.make(folder),
                        "zap.gateway.user-timeout=" + USER_TIMEOUT.toSeconds() + "s"));
        server.start();
    }

    @AfterAll
    static void end() {
        if (server != null && server.isAlive()) {
            server.stop(); // and its PostgreSQL
        }
        if (server != null) {
            server.close();
        }
        if (network != null) {
            network.close();
        }
    }

    @BeforeEach
    void messagesFlow() throws IOException {
        cable = network.addHostWithCable();
        ana = network.first().connect("ana", "127.0.0.1", server.port());
        bob = cable.host().connect("bob", cable.address(), server.port());
        anasId = ana.wire().register();
        bobsId = bob.wire().register();
        for (int i = 0; i < BEFORE; i++) {
            say(i);
            bob.wire().expectFrame(message(i));
        }
        awaitPromise(BEFORE - 1);
    }

    @AfterEach
    void hangUp() {
        ana.close();
        bob.close();
    }

    @Test
    void whatWasWrittenWhileTheCableWasCutArrivesOnceWhenItIsMended() {
        cutTheCableAndGoOn();
        cable.mend();
        for (int i = BEFORE; i < MESSAGES; i++) {
            bob.wire().expectFrame(message(i));
        }
        awaitPromise(MESSAGES - 1);
        expectNothingMore(bob.wire());
    }

    @Test
    void whoseHostVanishesIsGivenItAgainWhenHeComesBackFromElsewhere() throws IOException {
        cutTheCableAndGoOn();
        bob.vanish();
        comesBackAndIsGivenTheRest();
    }

    /** Keepalive is silent as long as something is unacknowledged: it is the user timeout that ends it. */
    @Test
    void theServerNoticesByItselfThatAHostHasVanished() throws IOException {
        long before = lost();
        cutTheCableAndGoOn();
        bob.vanish();
        RunningServer.await("the server has noticed", NOTICED_WITHIN, () -> lost() > before);
        expectNoPromise();
        comesBackAndIsGivenTheRest();
    }

    private long lost() {
        return server.log().stream()
                .filter(line -> line.contains(bobsId) && line.contains("PEER_LOST"))
                .count();
    }

    private void cutTheCableAndGoOn() {
        cable.cut();
        for (int i = BEFORE; i < MESSAGES; i++) {
            say(i);
        }
        // Each question takes at least as long as the server needs to write, and to promise what it should not.
        for (int i = 0; i < 5; i++) {
            expectNoPromise();
        }
    }

    private void comesBackAndIsGivenTheRest() throws IOException {
        PrivateNetwork.Cable elsewhere = network.addHostWithCable();
        try (PrivateNetwork.Peer back = elsewhere.host().connect("bob again", elsewhere.address(), server.port())) {
            back.wire().connectAs(bobsId);
            for (int i = BEFORE; i < MESSAGES; i++) {
                back.wire().expectFrame(message(i));
            }
            awaitPromise(MESSAGES - 1);
            expectNothingMore(back.wire());
        }
    }

    private void say(int number) {
        ana.wire().send(send(anasId, bobsId, FIRST + number, "number " + number));
    }

    private String message(int number) {
        return deliver(anasId, bobsId, FIRST + number, "number " + number);
    }

    private void awaitPromise(int number) {
        String frame;
        do {
            frame = ana.wire().readFrame();
            assertThat(frame).startsWith("07" + bobsId);
        } while (!frame.equals(delivered(bobsId, FIRST + number)));
    }

    /** Ana hears of nothing but of what she says to herself. */
    private void expectNoPromise() {
        ana.wire().send(send(anasId, anasId, 7, "marker"));
        ana.wire().expectFrame(deliver(anasId, anasId, 7, "marker"));
        ana.wire().expectFrame(delivered(anasId, 7));
    }

    private void expectNothingMore(WireClient peer) {
        peer.send(send(bobsId, bobsId, 3, "marker"));
        peer.expectFrame(deliver(bobsId, bobsId, 3, "marker"));
        peer.expectFrame(delivered(bobsId, 3));
    }
}
