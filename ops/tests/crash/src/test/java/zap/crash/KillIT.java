package zap.crash;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import zap.crash.Correspondent.Pace;
import zap.server.testing.MortalPostgres;
import zap.server.testing.ServerProcess;

/**
 * The server process is killed (kill -9), again and again, at moments that a seed decides: while it starts, in the
 * storm of those who come back, in the middle of everything.
 *
 * <p>{@code -Dzap.crash.seed=…} replays a choice of moments (what the processes make of them is another matter), and
 * {@code -Dzap.crash.rounds=…} makes it as long as you like.
 */
class KillIT {

    private static final int ROUNDS = Integer.getInteger("zap.crash.rounds", 4);

    /** A burst, a moment's rest: some two thousand messages a second from all together. */
    private static final Pace PACE = new Pace(12, Duration.ofMillis(15), 200);

    private static final Duration LONGEST_LIFE = Duration.ofMillis(2_500);
    private static final Duration LONGEST_START = Duration.ofSeconds(6);

    /**
     * Which part of what was given may be given again. Without confirmations, it would be most of it. On an idle
     * machine it is some hundredths; on a busy one, confirmations lag behind by a good part of a server's short life.
     */
    private static final double REPETITIONS = 0.5;

    private enum End {
        KILLED,
        KILLED_WHILE_STARTING,
        STOPPED;

        static End any(RandomGenerator random) {
            return switch (random.nextInt(6)) {
                case 0 -> STOPPED;
                case 1 -> KILLED_WHILE_STARTING;
                default -> KILLED;
            };
        }
    }

    @Test
    void whatWasStoredArrivesInOrderHoweverOftenTheServerIsKilled() throws Exception {
        long seed = Long.getLong("zap.crash.seed", RandomGenerator.getDefault().nextLong());
        try {
            run(new SplittableRandom(seed));
        } catch (Exception | AssertionError e) {
            throw new AssertionError("Again with -Dzap.crash.seed=" + seed + ": " + e.getMessage(), e);
        }
    }

    private static void run(SplittableRandom random) throws Exception {
        try (MortalPostgres postgres = MortalPostgres.start("kill");
                ServerProcess server = new ServerProcess("kill", List.of(), properties(postgres));
                var correspondence =
                        Correspondence.begin(server.start().port(), new Logs(postgres::connect), random.nextLong())) {
            correspondence.send(PACE);
            var givenAgain = new ArrayList<String>();
            for (int round = 1; round <= ROUNDS; round++) {
                End end = round == 1 ? End.KILLED : End.any(random);
                live(server, end, random);
                long again = correspondence.serverDied();
                givenAgain.add(end + " " + again);
                if (end == End.STOPPED) {
                    assertThat(again)
                            .as("given again after a stop in good order")
                            .isZero();
                }
                correspondence.life(round + 1);
            }
            server.start();
            correspondence.await("connected again", Correspondent::isConnected);
            correspondence.comeToRest();

            Correspondence.Outcome outcome = correspondence.judge();
            System.out.println(ROUNDS + " rounds: " + outcome + "; given again " + givenAgain);
            assertThat(outcome.stored()).isPositive();
            assertThat((double) outcome.repetitions()).isLessThan(REPETITIONS * outcome.heard());
            assertThat(server.log()).noneMatch(line -> line.contains(" ERROR "));
        }
    }

    /** Starts the server, unless it runs already, and ends it at some moment. */
    private static void live(ServerProcess server, End end, RandomGenerator random) throws InterruptedException {
        if (end == End.KILLED_WHILE_STARTING) {
            server.launch();
            Thread.sleep(random.nextLong(LONGEST_START.toMillis())); // some moment
        } else {
            if (!server.isAlive()) {
                server.start();
            }
            Thread.sleep(random.nextLong(LONGEST_LIFE.toMillis())); // some moment
        }
        if (end == End.STOPPED) {
            server.stop();
        } else {
            server.kill();
        }
    }

    /** Nothing is forgotten meanwhile: the logs are to be compared as a whole. */
    private static List<String> properties(MortalPostgres postgres) {
        return Stream.concat(postgres.properties().stream(), Stream.of("zap.mailbox.forget-every=1h"))
                .toList();
    }
}
