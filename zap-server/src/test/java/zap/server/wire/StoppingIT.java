package zap.server.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static zap.server.testing.FrameText.deliver;
import static zap.server.testing.FrameText.send;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import zap.server.testing.BesideOthers;
import zap.server.testing.FrameText;
import zap.server.testing.RunningServer;
import zap.server.testing.Together;
import zap.server.testing.WireClient;

/** Stop and restart of the server: all accepted messages are still there. */
@BesideOthers
class StoppingIT {

    private static final RunningServer SERVER = RunningServer.startNew("zap.gateway.drain=3s");

    /**
     * Messages of 256 bytes: what fits into a send buffer of 64 KB, which systems take for twice as much, and one
     * write.
     */
    private static final int MOST_ON_THE_WAY = 2 * 256 + 128;

    @BeforeEach
    void start() {
        if (!SERVER.isRunning()) {
            SERVER.start();
        }
    }

    @AfterAll
    static void stop() {
        SERVER.close();
    }

    /** Bob is given what is due before he is closed, and nothing of it again. */
    @Test
    void whatWasAcceptedIsGivenOutBeforeTheStop() {
        try (Together together = new Together()) {
            WireClient bob = SERVER.connect("bob");
            String bobsId = bob.register();
            List<String> sent = acceptedFor(bobsId);
            var reading = together.ask(bob::readToTheEnd);
            SERVER.stop();
            FrameText.assertSame(frames(together.resultOf(reading)), sent);

            SERVER.start();
            assertThat(waitingFor(bobsId)).isEmpty();
        }
    }

    @Test
    void whatWasAcceptedForSomebodyWhoIsAwayIsThereAfterTheStop() {
        WireClient bob = SERVER.connect("bob");
        String bobsId = bob.register();
        bob.close();
        RunningServer.await("the server has seen him go", () -> SERVER.isOffline(bobsId));
        List<String> sent = acceptedFor(bobsId);
        SERVER.restart();
        FrameText.assertSame(waitingFor(bobsId), sent);
    }

    /**
     * The server does not wait for ever for a client that does not read while it stops. She gets unacknowledged mail
     * again (docs/failures.md), and nothing is missing.
     */
    @Test
    void whoDoesNotReadWhileTheServerStopsMissesNothing() {
        try (WireClient stalled = WireClient.connect("dia, who does not read", SERVER.port(), 4096)) {
            String diasId = stalled.register();
            List<String> sent = acceptedFor(diasId);
            SERVER.stop();
            String heard = stalled.readToTheEnd();
            List<String> before = frames(heard.substring(0, heard.length() - heard.length() % 256));
            FrameText.assertSame(before, sent.subList(0, before.size()));
            assertThat(before.size()).isLessThan(sent.size());
            SERVER.start();
            List<String> after = waitingFor(diasId);
            FrameText.assertSame(after, sent.subList(sent.size() - after.size(), sent.size()));
            assertThat(after.size())
                    .isBetween(sent.size() - before.size(), sent.size() - before.size() + MOST_ON_THE_WAY);
        }
    }

    /** Sends a lot, and waits until all of it has been accepted: what the recipient is to be given. */
    private static List<String> acceptedFor(String id) {
        try (WireClient ana = SERVER.connect("ana")) {
            String anasId = ana.register();
            var frames = new ArrayList<String>();
            for (int i = 0; i < 2_000; i++) {
                ana.send(send(anasId, id, i, "number " + i));
                frames.add(deliver(anasId, id, i, "number " + i));
            }
            ana.send(send(anasId, anasId, 1, "marker"));
            String frame;
            do {
                frame = ana.readFrame();
            } while (!frame.equals(deliver(anasId, anasId, 1, "marker")));
            return frames;
        }
    }

    /** Returns the mail that the client gets when it connects now. */
    private static List<String> waitingFor(String id) {
        try (WireClient back = SERVER.connectAs("back again", id)) {
            var frames = new ArrayList<String>();
            back.send(send(id, id, 1, "marker"));
            String frame;
            while (!(frame = back.readFrame()).equals(deliver(id, id, 1, "marker"))) {
                frames.add(frame);
            }
            return frames;
        }
    }

    /** A client goes on sending during the stop: the accepted messages are a prefix of those sent, without a gap. */
    @Test
    void aStopWhileMessagesComeCutsThemOffAtOnePlace() {
        try (Together together = new Together()) {
            WireClient ana = SERVER.connect("ana");
            WireClient bob = SERVER.connect("bob");
            String anasId = ana.register();
            String bobsId = bob.register();
            together.start(() -> {
                try {
                    // A server that stops goes on reading what it does not take any more: there is no telling how much.
                    for (int i = 0; !Thread.currentThread().isInterrupted(); i++) {
                        ana.send(send(anasId, bobsId, i, "number " + i));
                    }
                } catch (UncheckedIOException closed) {
                    // That is how she notices.
                }
            });
            together.start(ana::readToTheEnd);
            for (int i = 0; i < 500; i++) {
                bob.expectFrame(deliver(anasId, bobsId, i, "number " + i));
            }
            var rest = together.ask(bob::readToTheEnd);
            SERVER.stop();
            List<String> heard = frames(together.resultOf(rest));
            together.finish();

            SERVER.start();
            try (WireClient back = SERVER.connectAs("bob again", bobsId)) {
                back.send(send(bobsId, bobsId, 1, "marker"));
                String frame;
                while (!(frame = back.readFrame()).equals(deliver(bobsId, bobsId, 1, "marker"))) {
                    heard.add(frame);
                }
            }
            FrameText.assertSame(
                    heard,
                    IntStream.range(500, 500 + heard.size())
                            .mapToObj(i -> deliver(anasId, bobsId, i, "number " + i))
                            .toList());
        }
    }

    /**
     * A load balancer has to see it before the connections are closed. Dia does not read, which makes the stop last.
     */
    @Test
    void readinessGoesDownWhileTheSessionsAreStillOpen() throws Exception {
        assertThat(readiness()).isEqualTo(200);
        try (WireClient bob = SERVER.connect("bob");
                WireClient stalled = WireClient.connect("dia, who does not read", SERVER.port(), 4096);
                Together together = new Together()) {
            bob.register();
            acceptedFor(stalled.register());
            int httpPort = SERVER.httpPort();
            int port = SERVER.port();
            together.start(SERVER::stop);
            RunningServer.await("readiness is down", Duration.ofSeconds(10), () -> readiness(httpPort) == 503);
            // Not closed yet.
            bob.expectSilence(Duration.ofMillis(100));
            // Nobody new gets in.
            assertThat(catchThrowable(() -> {
                        try (WireClient late = WireClient.connect("late", port)) {
                            late.register();
                        }
                    }))
                    .isNotNull();
            bob.expectClosed();
            together.finish();
        }
    }

    private static int readiness() {
        return readiness(SERVER.httpPort());
    }

    private static int readiness(int httpPort) {
        try (HttpClient http = HttpClient.newHttpClient()) {
            var request = HttpRequest.newBuilder(
                            URI.create("http://127.0.0.1:" + httpPort + "/actuator/health/readiness"))
                    .timeout(Duration.ofSeconds(10))
                    .build();
            return http.send(request, HttpResponse.BodyHandlers.discarding()).statusCode();
        } catch (IOException e) {
            return -1;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private static List<String> frames(String text) {
        var frames = new ArrayList<String>();
        assertThat(text.length() % 256)
                .as("whole frames in %d characters", text.length())
                .isZero();
        for (int at = 0; at < text.length(); at += 256) {
            frames.add(text.substring(at, at + 256));
        }
        return frames;
    }
}
