package zap.crash;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import zap.crash.Correspondent.Pace;
import zap.server.testing.MortalPostgres;
import zap.server.testing.RunningServer;
import zap.server.testing.ServerProcess;

/**
 * The primary dies under load, and its synchronous standby takes over. The server is there all the time: so every
 * message that was written to it arrives, exactly once and in order.
 *
 * <p>{@code -Dzap.crash.seed=…} replays a choice of moments, {@code -Dzap.crash.rounds=…} makes it as long as you like.
 */
class FailoverIT {

    private static final int ROUNDS = Integer.getInteger("zap.crash.rounds", 2);
    private static final Pace PACE = new Pace(6, Duration.ofMillis(40), 200);

    /** Seconds, instead of half a minute: a primary that hangs must not make the test wait. */
    private static final String LIMITS = "connectTimeout=1&socketTimeout=1&sslResponseTimeout=1000";

    @TempDir
    Path folder;

    private volatile MortalPostgres primary;
    private MortalPostgres standby;

    @Test
    void aStandbyTakesOverFromAPrimaryThatHangsAndFromOneThatIsKilled() throws Exception {
        long seed = Long.getLong("zap.crash.seed", RandomGenerator.getDefault().nextLong());
        var random = new SplittableRandom(seed);
        try (MortalPostgres first = MortalPostgres.start("failover");
                MortalPostgres second = first.standby("second")) {
            first.waitFor("second");
            primary = first;
            standby = second;
            List<String> properties = Stream.concat(
                            first.propertiesWith(second, LIMITS).stream(),
                            Stream.of(
                                    "zap.database.replication=required",
                                    "zap.database.directory=" + folder,
                                    "zap.mailbox.forget-every=1h"))
                    .toList();
            try (ServerProcess server = new ServerProcess("failover", List.of(), properties).start();
                    Correspondence correspondence =
                            Correspondence.begin(server.port(), new Logs(() -> primary.connect()), random.nextLong())) {
                correspondence.send(PACE);
                for (int round = 0; round < ROUNDS; round++) {
                    if (round > 0) {
                        makeAStandbyOfTheOther(round, server);
                    }
                    correspondence.awaitProgress();
                    Thread.sleep(random.nextLong(300)); // some moment
                    failOver(round % 2 == 0, server, correspondence);
                }
                correspondence.comeToRest();
                System.out.println(correspondence.judgeThatNothingIsMissing());
                assertThat(server.metric("zap_writer_losses_total")).isZero();
                assertThat(server.log())
                        .anyMatch(line -> line.contains("each commit is on a standby"))
                        .anyMatch(line -> line.contains("its timeline is 2, it was 1 before"));
                assertThat(folder.resolve("timelines")).content().endsWith(" " + (ROUNDS + 1) + "\n");
            }
        } catch (Exception | AssertionError e) {
            throw new AssertionError("Again with -Dzap.crash.seed=" + seed + ": " + e.getMessage(), e);
        }
    }

    private void makeAStandbyOfTheOther(int round, ServerProcess server) {
        standby.follow(primary, "standby" + round);
        primary.waitFor("standby" + round);
        RunningServer.await("the server knows it", () -> metric(server, "zap_database_replicated") == 1);
        RunningServer.await("it knows the lag", () -> metric(server, "zap_database_replication_behind_bytes") >= 0);
    }

    private static double metric(ServerProcess server, String name) {
        try {
            return server.metric(name);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Lets the primary hang or die, and promotes the standby. One that hung comes back, and is a primary still. */
    private void failOver(boolean hangs, ServerProcess server, Correspondence correspondence) throws SQLException {
        MortalPostgres old = primary;
        if (hangs) {
            old.suspend();
        } else {
            old.kill();
        }
        standby.promote();
        primary = standby;
        standby = old;
        correspondence.awaitProgress();
        if (hangs) {
            long before = refusals(server);
            old.resume();
            endConnections(primary);
            RunningServer.await("the old primary is refused", () -> refusals(server) > before);
            correspondence.awaitProgress();
            old.kill();
        }
    }

    private static long refusals(ServerProcess server) {
        return server.log().stream()
                .filter(line -> line.contains("it is an old primary, and another one has taken its place"))
                .count();
    }

    private static void endConnections(MortalPostgres postgres) throws SQLException {
        try (Connection connection = postgres.connect();
                Statement statement = connection.createStatement()) {
            statement.execute("""
                    select pg_terminate_backend(pid) from pg_stat_activity
                    where backend_type = 'client backend' and pid <> pg_backend_pid()
                    """);
        }
    }
}
