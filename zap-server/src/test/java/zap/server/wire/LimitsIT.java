package zap.server.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static zap.server.testing.FrameText.deliver;
import static zap.server.testing.FrameText.send;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import zap.protocol.Frame;
import zap.protocol.Reason;
import zap.server.database.ReadyFolders;
import zap.server.testing.AssuredPeer;
import zap.server.testing.FrameText;
import zap.server.testing.PrivateNetwork;
import zap.server.testing.RunningServer;
import zap.server.testing.ServerProcess;
import zap.server.testing.WireClient;

/** Limits: one peer asks too much of a server, and others notice nothing of it. */
@Execution(ExecutionMode.CONCURRENT)
class LimitsIT {

    private static final int PER_SECOND = 100;
    private static final int MESSAGES = 4 * PER_SECOND;

    @Test
    void aConnectionTooManyIsClosedAtOnceAndThereIsRoomAgainWhenSomebodyHasLeft() throws Exception {
        try (RunningServer server = RunningServer.startNew("zap.gateway.max-connections=2");
                WireClient ana = server.connect("ana");
                WireClient bob = server.connect("bob")) {
            String anasId = ana.register();
            String bobsId = bob.register();
            try (WireClient mallory = server.connect("mallory")) {
                mallory.expectClosed();
            }
            assertThat(server.counter("zap.connections.turned.away")).isOne();
            assertThat(readiness(server)).contains("\"trouble\":\"there are 2 already (zap.gateway.max-connections)\"");

            ana.send(send(anasId, bobsId, 1, "oi"));
            bob.expectFrame(deliver(anasId, bobsId, 1, "oi"));

            ana.close();
            RunningServer.await("room", () -> hasRoom(server));
        }
    }

    private static String readiness(RunningServer server) throws IOException, InterruptedException {
        try (HttpClient http = HttpClient.newHttpClient()) {
            URI uri = URI.create("http://127.0.0.1:" + server.httpPort() + "/actuator/health/readiness");
            HttpResponse<String> answer =
                    http.send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString());
            assertThat(answer.statusCode()).isEqualTo(503);
            return answer.body();
        }
    }

    private static boolean hasRoom(RunningServer server) {
        try (WireClient carla = server.connect("carla")) {
            carla.register();
            return true;
        } catch (AssertionError | RuntimeException _) {
            return false; // closed at once, still
        }
    }

    @Test
    void aClientMakesSoManyGroupsAndNoMore() {
        try (RunningServer server = RunningServer.startNew("zap.groups.max-created=2");
                WireClient ana = server.connect("ana");
                WireClient bob = server.connect("bob")) {
            String anasId = ana.register();
            String bobsId = bob.register();
            String request = FrameText.createGroup(anasId, 1, bobsId);
            // In one write, so that they may be in one batch.
            ana.send(request.repeat(3));
            assertThat(ana.readFrame()).startsWith("11");
            assertThat(ana.readFrame()).startsWith("11");
            RunningServer.await("a refusal", () -> server.refusals(Reason.BAD_GROUP) == 1);

            // It is the creator's limit: others make theirs.
            bob.send(FrameText.createGroup(bobsId, 1, anasId));
            assertThat(ana.readFrame()).startsWith("11");
        }
    }

    @Test
    void whoSendsTooFastIsReadMoreSlowlyAndLosesNothing() {
        try (RunningServer server = RunningServer.startNew("zap.gateway.frames-per-second=" + PER_SECOND);
                WireClient ana = server.connect("ana");
                WireClient bob = server.connect("bob")) {
            String anasId = ana.register();
            String bobsId = bob.register();
            long begun = System.nanoTime();
            for (int i = 0; i < MESSAGES; i++) {
                ana.send(send(anasId, bobsId, i, "number " + i));
            }
            for (int i = 0; i < MESSAGES; i++) {
                bob.expectFrame(deliver(anasId, bobsId, i, "number " + i));
            }
            // A second's worth at once, the others at the pace; a busy machine takes longer, and none takes less.
            assertThat(System.nanoTime() - begun).isGreaterThan((MESSAGES / PER_SECOND - 2) * 1_000_000_000L);
            assertThat(server.counter("zap.sessions.slowed")).isPositive();
        }
    }

    /** The first one's connection may take a moment to be over: until then the address has no room at all. */
    private static void awaitRegistrationRefused(PrivateNetwork.Cable cable, ServerProcess server) {
        RunningServer.await("the second registration is refused", () -> {
            try (var third = cable.host().connect("third", cable.address(), server.port())) {
                third.wire().send(FrameText.register());
                third.wire().expectClosed();
            }
            return server.log().stream().anyMatch(line -> line.contains("TOO_MANY_REGISTRATIONS"));
        });
    }

    /** Returns whether a peer of the assured protocol gets the reason. */
    private static boolean isToldTooFast(PrivateNetwork.Cable cable, ServerProcess server) {
        try (var fourth = cable.host().connect("fourth", cable.address(), server.port())) {
            AssuredPeer peer = AssuredPeer.on(fourth.wire());
            peer.send(AssuredPeer.registration(AssuredPeer.newKey(), peer.hello(), AssuredPeer.FIRST_STREAM));
            return peer.hear(Frame.Refused.class).equals(new Frame.Refused(0, Reason.TOO_FAST));
        } catch (AssertionError | RuntimeException _) {
            return false; // the one before may not be over yet, and there is room for one
        }
    }

    @Test
    void oneAddressCanTakeNeitherAllConnectionsNorAllNumbers(@TempDir Path folder) {
        try (PrivateNetwork network = PrivateNetwork.make();
                ServerProcess server = ServerProcess.on(
                        network.first(),
                        "limits",
                        List.of(
                                "zap.database.directory=" + ReadyFolders.make(folder),
                                "zap.gateway.max-connections-per-address=1",
                                "zap.gateway.registrations-per-minute=1"))) {
            server.start();
            PrivateNetwork.Cable cable = network.addHostWithCable();
            try (var first = cable.host().connect("first", cable.address(), server.port());
                    var here = network.first().connect("here", "127.0.0.1", server.port());
                    var alsoHere = network.first().connect("also here", "127.0.0.1", server.port())) {
                first.wire().register();
                here.wire().register();
                alsoHere.wire().register();
                try (var second = cable.host().connect("second", cable.address(), server.port())) {
                    second.wire().expectClosed();
                }
                first.close();
                awaitRegistrationRefused(cable, server);
                RunningServer.await("an assured peer is told", () -> isToldTooFast(cable, server));
            } finally {
                server.stop(); // and its PostgreSQL
            }
            assertThat(server.log())
                    .anyMatch(line -> line.contains("max-connections-per-address"))
                    .anyMatch(line -> line.contains("closed: TOO_MANY_REGISTRATIONS"));
        } catch (IOException e) {
            Assumptions.abort(
                    "Network namespaces are not to be had here, so nobody has another address: " + e.getMessage());
        }
    }
}
