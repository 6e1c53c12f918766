package zap.crash;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import zap.crash.Correspondent.Pace;
import zap.server.database.ReadyFolders;
import zap.server.testing.RunningServer;
import zap.server.testing.ServerProcess;

/**
 * A server with the PostgreSQL that it starts itself, under load: first that one is killed, a few times, then the
 * server.
 */
class OwnPostgresKillIT {

    private static final int ROUNDS = Integer.getInteger("zap.crash.rounds", 3);
    private static final Pace PACE = new Pace(12, Duration.ofMillis(15), 200);

    @TempDir
    Path folder;

    @Test
    void whatWasStoredArrivesWhicheverOfTheTwoIsKilled() throws Exception {
        long seed = Long.getLong("zap.crash.seed", RandomGenerator.getDefault().nextLong());
        var random = new SplittableRandom(seed);
        var properties = List.of("zap.database.directory=" + ReadyFolders.make(folder), "zap.mailbox.forget-every=1h");
        try (var server = new ServerProcess("own-postgres", List.of(), properties);
                var correspondence =
                        Correspondence.begin(server.start().port(), new Logs(this::connect), random.nextLong())) {
            correspondence.send(PACE);
            for (int round = 0; round < ROUNDS; round++) {
                correspondence.awaitProgress();
                Thread.sleep(random.nextLong(700)); // some moment
                postmaster().destroyForcibly();
            }
            correspondence.awaitProgress();
            assertThat(correspondence.all()).allMatch(one -> one.unexpectedEnds() == 0);

            // What was on its way to a client may pass for progress while PostgreSQL is only just being started again.
            RunningServer.await("PostgreSQL is back", Duration.ofSeconds(60), this::canConnect);
            server.kill();
            assertThat(postmaster().isAlive()).as("its PostgreSQL lives on").isTrue();
            correspondence.serverDied();
            correspondence.life(1);
            assertThat(folder.resolve("scratch")).isNotEmptyDirectory();
            Path left = Files.createFile(folder.resolve("scratch/left"));
            server.start();
            assertThat(left).as("what the killed server has left").doesNotExist();
            correspondence.await("connected again", Correspondent::isConnected);
            correspondence.comeToRest();
            System.out.println(correspondence.judge());
            server.stop();
            assertThat(folder.resolve("scratch")).doesNotExist();
        } catch (Exception | AssertionError e) {
            // It would live on: its server was just killed by the end of the story.
            if (Files.exists(folder.resolve("postgresql/data/postmaster.pid"))) {
                postmaster().destroyForcibly();
            }
            throw new AssertionError("Again with -Dzap.crash.seed=" + seed + ": " + e.getMessage(), e);
        }
    }

    private Connection connect() throws SQLException {
        return DriverManager.getConnection(
                "jdbc:postgresql://127.0.0.1:" + remembered("port") + "/zap", "zap", remembered("password"));
    }

    private boolean canConnect() {
        try (Connection _ = connect()) {
            return true;
        } catch (SQLException _) {
            return false; // not yet
        }
    }

    /** Returns the postmaster as soon as there is one: the server may be starting it again at this moment. */
    private ProcessHandle postmaster() {
        RunningServer.await(
                "there is a postmaster",
                Duration.ofSeconds(60),
                () -> startedPostmaster().isPresent());
        return startedPostmaster().orElseThrow();
    }

    private Optional<ProcessHandle> startedPostmaster() {
        try {
            return Files.readString(folder.resolve("postgresql/data/postmaster.pid"))
                    .lines()
                    .findFirst()
                    .flatMap(pid -> ProcessHandle.of(Long.parseLong(pid.strip())));
        } catch (NoSuchFileException _) {
            return Optional.empty();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private String remembered(String file) {
        try {
            return Files.readString(folder.resolve("postgresql").resolve(file)).strip();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
