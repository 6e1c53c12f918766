package zap.server.ops;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.io.StringReader;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import zap.server.testing.TestedServer;

/** The program that {@code ./zap admin} runs, for tests. */
public final class AdminProgram {

    private AdminProgram() {}

    /** The program's exit code and output. */
    public record Said(int status, String out, String err) {}

    /** Runs a command at a server. */
    public static Said run(TestedServer server, String token, String... arguments) {
        return run(server, Map.of("ZAP_ADMIN_TOKEN", token), "", arguments);
    }

    /**
     * Runs a command at a server.
     *
     * @param typed the operator's answer to a question of the program
     */
    public static Said run(TestedServer server, Map<String, String> environment, String typed, String... arguments) {
        var out = new ByteArrayOutputStream();
        var err = new ByteArrayOutputStream();
        var all = new HashMap<>(Map.of("ZAP_ADMIN_URL", "http://127.0.0.1:" + server.httpPort()));
        all.putAll(environment);
        int status = new AdminCommand(
                        all,
                        new StringReader(typed),
                        new PrintStream(out, true, UTF_8),
                        new PrintStream(err, true, UTF_8),
                        ZoneOffset.UTC)
                .run(List.of(arguments));
        return new Said(status, out.toString(UTF_8), err.toString(UTF_8));
    }
}
