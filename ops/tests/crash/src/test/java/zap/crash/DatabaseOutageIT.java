package zap.crash;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpResponse;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import zap.crash.Correspondent.Pace;
import zap.server.testing.FrameText;
import zap.server.testing.MortalPostgres;
import zap.server.testing.RunningServer;
import zap.server.testing.ServerProcess;
import zap.server.testing.WireClient;

/**
 * PostgreSQL goes away under load, and comes back. The server is there all the time: so every message that was written
 * to it arrives, exactly once and in order.
 *
 * <p>{@code -Dzap.crash.seed=…} replays a choice of moments, {@code -Dzap.crash.rounds=…} makes it as long as you like.
 */
class DatabaseOutageIT {

    private static final int ROUNDS = Integer.getInteger("zap.crash.rounds", 6);
    private static final Pace PACE = new Pace(12, Duration.ofMillis(15), 200);
    private static final Pace FULL_BLAST = new Pace(64, Duration.ZERO, 100_000);

    private static final Duration OUTAGE = Duration.ofSeconds(10);

    /** Shorter than the outage: senders who are made to wait are not taken for peers who say nothing. */
    private static final Duration SILENCE = Duration.ofSeconds(2);

    private static MortalPostgres postgres;
    private static ServerProcess server;
    private static Logs logs;

    @BeforeAll
    static void start() {
        postgres = MortalPostgres.start("outage");
        server = new ServerProcess("outage", List.of(), properties()).start();
        logs = new Logs(postgres::connect);
    }

    private static List<String> properties() {
        return Stream.concat(
                        postgres.properties().stream(),
                        Stream.of(
                                "zap.mailbox.forget-every=1h",
                                "zap.mailbox.max-queued=512",
                                "zap.gateway.silence=" + SILENCE.toMillis() + "ms"))
                .toList();
    }

    @AfterAll
    static void stop() {
        server.close();
        postgres.close();
    }

    private interface Story {
        void happens(Correspondence correspondence, RandomGenerator random) throws Exception;
    }

    /** Lets something happen while everybody writes as he can, and sees that nothing is missing at the end. */
    private static void under(Pace pace, Story story) throws Exception {
        long seed = Long.getLong("zap.crash.seed", RandomGenerator.getDefault().nextLong());
        var random = new SplittableRandom(seed);
        try (var correspondence = Correspondence.begin(server.port(), logs, random.nextLong())) {
            correspondence.send(pace);
            story.happens(correspondence, random);
            correspondence.comeToRest();
            System.out.println(correspondence.judgeThatNothingIsMissing());
            assertThat(server.isReady()).isTrue();
            assertThat(server.metric("zap_refusals_total")).isZero();
            assertThat(server.log())
                    .noneMatch(line -> line.contains("refused") || line.contains("failed") || line.contains("closed:"));
        } catch (Exception | AssertionError e) {
            throw new AssertionError("Again with -Dzap.crash.seed=" + seed + ": " + e.getMessage(), e);
        }
    }

    @Test
    void tenSecondsWithoutDatabaseSlowTheSendersDownAndNoMore() throws Exception {
        under(FULL_BLAST, (correspondence, random) -> {
            String knownId;
            try (WireClient known = WireClient.connect("known", server.port())) {
                knownId = known.register();
            }
            correspondence.await("is at it", one -> one.position() > 100);
            postgres.stop();
            long stopped = System.nanoTime();

            // It says that it is not ready, and why; but there is no sense in starting it again.
            RunningServer.await("not ready", OUTAGE, () -> !server.isReady());
            HttpResponse<String> readiness = server.health("/readiness");
            assertThat(readiness.statusCode()).isEqualTo(503);
            assertThat(readiness.body()).contains("messages cannot be stored: ").containsIgnoringCase("connection");
            assertThat(server.health("/liveness").statusCode()).isEqualTo(200);

            // Senders are not read any more, and so cannot write.
            correspondence.await("waits", one -> one.writingFor().compareTo(SILENCE) > 0);

            // Who comes now waits too.
            try (WireClient newcomer = WireClient.connect("newcomer", server.port());
                    WireClient known = WireClient.connect("known", server.port())) {
                newcomer.send(FrameText.register());
                known.connectAs(knownId);

                // The rest of the ten seconds: an outage of a known length is what this test is about.
                Thread.sleep(Duration.ofNanos(stopped + OUTAGE.toNanos() - System.nanoTime()));
                correspondence.await("still waits", one -> one.writingFor().compareTo(SILENCE) > 0);
                postgres.start();

                String newId = newcomer.readFrame().substring(2);
                newcomer.send(FrameText.send(newId, knownId, 1, "oi"));
                known.expectFrame(FrameText.deliver(newId, knownId, 1, "oi"));
                newcomer.expectFrame(FrameText.delivered(knownId, 1));
            }
            RunningServer.await("ready again", Duration.ofSeconds(20), server::isReady);
            assertThat(server.log()).anyMatch(line -> line.contains("Storing again"));
        });
    }

    @Test
    void aPostgresThatIsKilledAgainAndAgainLosesNothingAndDoublesNothing() throws Exception {
        under(PACE, (correspondence, random) -> {
            for (int round = 0; round < ROUNDS; round++) {
                correspondence.awaitProgress();
                Thread.sleep(random.nextLong(700)); // some moment
                if (random.nextInt(4) == 0) {
                    postgres.stopImmediately();
                } else {
                    postgres.kill();
                }
                Thread.sleep(random.nextLong(300)); // for some time
                postgres.start();
            }
        });
    }

    @Test
    void connectionsThatAreEndedInALoopLoseNothingAndDoubleNothing() throws Exception {
        under(PACE, (correspondence, random) -> {
            for (int round = 0; round < 10 * ROUNDS; round++) {
                try (Connection connection = postgres.connect();
                        Statement statement = connection.createStatement()) {
                    statement.execute("""
                            select pg_terminate_backend(pid) from pg_stat_activity
                            where backend_type = 'client backend' and pid <> pg_backend_pid() and state <> 'idle'
                            """);
                }
                Thread.sleep(random.nextLong(60)); // some moment
            }
            correspondence.awaitProgress();
        });
    }
}
