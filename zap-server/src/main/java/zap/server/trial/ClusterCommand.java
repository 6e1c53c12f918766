package zap.server.trial;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Clock;
import java.time.ZoneId;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import zap.server.database.CannotUseDatabaseException;
import zap.server.trial.ClusterRequest.WrongRequestException;
import zap.server.trial.ControlPort.Answer;
import zap.server.trial.TrialCluster.CannotStartException;

/**
 * {@code ./zap cluster}: starts a cluster and stays with it until Ctrl-C, or tells a running one what to do.
 *
 * <p>The environment names the data folder ({@code ZAP_DATA}); the cluster is in {@code cluster/} in it. After the
 * words of the user and {@code --} comes the command of a server, which the script knows.
 */
final class ClusterCommand {

    private static final String HELP = """
            Usage: ./zap cluster [NODES] [--port PORT] [--any.spring.property=value …]
                   ./zap cluster status
                   ./zap cluster kill MEMBER | start MEMBER
                   ./zap cluster promote

            The first form starts, on this machine, a PostgreSQL primary with a synchronous standby and 1 to 9 nodes
            (3) that use them. It needs nothing installed, is for trying, tests and chaos, and stops at Ctrl-C. The
            next start goes on with the same data, which is in cluster/ in the data folder (ZAP_DATA).

              --port PORT    begin the ports of the first node there (7777); where a port is taken, others are used
              --a.b=value    a property of every node; with --zap.gateway.address=0.0.0.0 others can connect, too

            The other forms tell a running cluster what to do:

              status         what runs where
              kill MEMBER    kill -9 for a node (a, b, …), for the primary, or for the standby
              start MEMBER   start it again; an old primary becomes the standby, with a new copy of the data
              promote        make the standby the primary, when the primary has ended or hangs
            """;

    private static final String SERVER_FOLLOWS = "--";

    private final Map<String, String> environment;
    private final PrintStream out;
    private final PrintStream err;
    private final Clock clock;

    ClusterCommand(Map<String, String> environment, PrintStream out, PrintStream err, Clock clock) {
        this.environment = environment;
        this.out = out;
        this.err = err;
        this.clock = clock;
    }

    public static void main(String[] args) {
        System.setProperty("logback.configurationFile", "zap/server/database/commands-logback.xml");
        int status = new ClusterCommand(System.getenv(), System.out, System.err, Clock.system(ZoneId.systemDefault()))
                .run(List.of(args));
        System.exit(status);
    }

    /** Executes the command, and returns the program's exit code. */
    int run(List<String> arguments) {
        int end = arguments.indexOf(SERVER_FOLLOWS);
        List<String> words = end < 0 ? arguments : arguments.subList(0, end);
        List<String> server = end < 0 ? List.of() : arguments.subList(end + 1, arguments.size());
        try {
            return switch (ClusterRequest.parse(words)) {
                case ClusterRequest.Help _ -> {
                    out.print(HELP);
                    yield TrialCluster.OK;
                }
                case ClusterRequest.Start start -> start(start, server);
                case ClusterRequest.Kill _,
                        ClusterRequest.StartAgain _,
                        ClusterRequest.Promote _,
                        ClusterRequest.ShowStatus _ -> ask(words);
            };
        } catch (WrongRequestException e) {
            return failed(TrialCluster.USAGE, e.getMessage());
        } catch (CannotUseDatabaseException e) {
            return failed(TrialCluster.UNAVAILABLE, (e.getMessage() + " " + e.advice()).strip());
        } catch (CannotStartException | IOException e) {
            return failed(TrialCluster.UNAVAILABLE, e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return failed(TrialCluster.UNAVAILABLE, "interrupted");
        }
    }

    private int failed(int status, @Nullable String message) {
        err.println("zap: " + message);
        return status;
    }

    private Path folder() {
        return Path.of(environment.getOrDefault("ZAP_DATA", "var")).resolve("cluster");
    }

    private int start(ClusterRequest.Start request, List<String> server)
            throws CannotStartException, IOException, InterruptedException {
        var cluster = new TrialCluster(folder(), clock, out, server);
        // After Ctrl-C, all is stopped before the process ends.
        Runtime.getRuntime().addShutdownHook(new Thread(cluster::stop, "stop"));
        try {
            cluster.start(request);
            try (var _ = ControlPort.open(cluster.folder(), cluster::execute)) {
                cluster.watch();
            }
            return TrialCluster.OK;
        } catch (CannotStartException | CannotUseDatabaseException e) {
            if (cluster.isStopping()) {
                return TrialCluster.OK; // Ctrl-C came while it started
            }
            throw e;
        } finally {
            cluster.stop();
        }
    }

    private int ask(List<String> words) throws IOException {
        Optional<Answer> answer = ControlPort.ask(folder(), words);
        if (answer.isEmpty()) {
            return failed(
                    TrialCluster.UNAVAILABLE,
                    "No cluster runs in " + folder() + ". Start one with ./zap cluster, in another terminal.");
        }
        (answer.get().status() == TrialCluster.OK ? out : err)
                .print(answer.get().text());
        return answer.get().status();
    }
}
