package zap.server.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static zap.server.testing.FrameText.deliver;
import static zap.server.testing.FrameText.delivered;
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
import zap.server.testing.RunningServer;
import zap.server.testing.Together;
import zap.server.testing.WireClient;

/** The server stops, and starts again: what it had accepted is there. */
class StoppingIT {

    private static final RunningServer SERVER = RunningServer.startNew("zap.gateway.drain=2s");

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

    /** Bob is given what is due, the rest waits for him; nothing is missing and nothing comes twice. */
    @Test
    void whatWasAcceptedBeforeTheStopIsThereAfterIt() {
        int messages = 2_000;
        WireClient ana = SERVER.connect("ana");
        WireClient bob = SERVER.connect("bob");
        String anasId = ana.register();
        String bobsId = bob.register();
        for (int i = 0; i < messages; i++) {
            ana.send(send(anasId, bobsId, i, "number " + i));
        }
        // When this has come back, all of the above has been accepted.
        ana.send(send(anasId, anasId, 1, "marker"));
        String frame;
        do {
            frame = ana.readFrame();
        } while (!frame.equals(deliver(anasId, anasId, 1, "marker")));

        SERVER.stop();
        ana.readToTheEnd();
        List<String> heard = frames(bob.readToTheEnd());
        SERVER.start();
        try (WireClient back = SERVER.connectAs("bob again", bobsId)) {
            while (heard.size() < messages) {
                heard.add(back.readFrame());
            }
            back.send(send(bobsId, bobsId, 1, "marker"));
            back.expectFrame(deliver(bobsId, bobsId, 1, "marker"));
        }
        assertThat(heard)
                .isEqualTo(IntStream.range(0, messages)
                        .mapToObj(i -> deliver(anasId, bobsId, i, "number " + i))
                        .toList());
    }

    /** While somebody goes on sending, there is an end to what is accepted, and no gap before it. */
    @Test
    void aStopWhileMessagesComeCutsThemOffAtOnePlace() {
        try (Together together = new Together()) {
            WireClient ana = SERVER.connect("ana");
            WireClient bob = SERVER.connect("bob");
            String anasId = ana.register();
            String bobsId = bob.register();
            together.start(() -> {
                try {
                    for (int i = 0; i < 1_000_000; i++) {
                        ana.send(send(anasId, bobsId, i, "number " + i));
                    }
                    throw new AssertionError("The server did not stop");
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
            assertThat(heard)
                    .isEqualTo(IntStream.range(500, 500 + heard.size())
                            .mapToObj(i -> deliver(anasId, bobsId, i, "number " + i))
                            .toList());
        }
    }

    /** Whoever balances the load has to see it before the connections are gone: Dia, who does not read, makes the stop last. */
    @Test
    void readinessGoesDownWhileTheSessionsAreStillOpen() throws Exception {
        assertThat(readiness()).isEqualTo(200);
        try (WireClient ana = SERVER.connect("ana");
                WireClient stalled = WireClient.connect("dia, who does not read", SERVER.port(), 4096);
                Together together = new Together()) {
            String anasId = ana.register();
            String diasId = stalled.register();
            for (int i = 0; i < 2_000; i++) {
                ana.send(send(anasId, diasId, 1795372031, "number " + i));
            }
            ana.send(send(anasId, anasId, 1795372031, "marker"));
            ana.expectFrame(deliver(anasId, anasId, 1795372031, "marker"));
            ana.expectFrame(delivered(anasId, 1795372031));

            int httpPort = SERVER.httpPort();
            int port = SERVER.port();
            together.start(SERVER::stop);
            RunningServer.await("readiness is down", Duration.ofSeconds(10), () -> readiness(httpPort) == 503);
            // Not closed yet.
            ana.expectSilence(Duration.ofMillis(100));
            // Nobody new gets in.
            assertThat(catchThrowable(() -> {
                        try (WireClient late = WireClient.connect("late", port)) {
                            late.register();
                        }
                    }))
                    .isNotNull();
            ana.expectClosed();
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
