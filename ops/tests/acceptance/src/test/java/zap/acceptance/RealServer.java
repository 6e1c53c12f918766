package zap.acceptance;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import zap.server.testing.ServerProcess;
import zap.server.testing.WireClient;

/**
 * {@code ./zap server}, with a PostgreSQL of its own and the certificate that {@code ./zap certs} made, as whoever
 * starts it has it. All tests share one, as starting it takes seconds; a test that ends it starts it again.
 */
final class RealServer {

    private static final Path DATA = Path.of("target", "server-data").toAbsolutePath();

    private RealServer() {}

    /** It, running. */
    static synchronized ServerProcess get() {
        ServerProcess server = Started.SERVER;
        if (!server.isAlive()) {
            server.start();
        }
        return server;
    }

    /** Returns the value of {@code --server}. */
    static String address() {
        return "127.0.0.1:" + get().port();
    }

    /** Returns the value of {@code --server} for encrypted connections. */
    static String encryptedAddress() {
        return "localhost:" + get().tlsPort();
    }

    /** Returns the value of {@code --ca}, as {@code ./zap certs} prints it. */
    static String authority() {
        get();
        return Started.authority;
    }

    /** Lets it forget a client, as an operator does. */
    static void forget(String id) {
        var environment = new TreeMap<>(Checkout.environment());
        environment.put("ZAP_DATA", DATA.toString());
        Outcome outcome = Outcome.of(
                List.of(
                        Checkout.zap().toString(),
                        "admin",
                        "--server",
                        "http://127.0.0.1:" + get().httpPort(),
                        "forget",
                        "--yes",
                        id),
                environment,
                new byte[0]);
        if (outcome.status() != 0) {
            throw new AssertionError(outcome);
        }
    }

    /** A peer that is nothing but a socket. */
    static WireClient connect(String name) {
        return WireClient.connect(name, get().port());
    }

    /** Started by whoever asks first. */
    private static final class Started {

        private static String authority;

        static final ServerProcess SERVER = start();

        private static ServerProcess start() {
            endPostgres();
            delete(DATA);
            var environment = new TreeMap<>(Checkout.environment());
            environment.put("ZAP_DATA", DATA.toString());
            String certs = Outcome.of(List.of(Checkout.zap().toString(), "certs"), environment, new byte[0])
                    .out();
            authority = part(certs, "./zap shell --tls --ca (\\S+)");
            var server = new ServerProcess(
                    "acceptance",
                    List.of(Checkout.zap().toString(), "server"),
                    Map.of(
                            "ZAP_DATA", DATA.toString(),
                            "ZAP_DATABASE_URL", "",
                            "ZAP_JAVA_HOME", System.getProperty("java.home"),
                            "PATH", Checkout.environment().get("PATH"),
                            // It lives for a minute or two: what counts is how soon it is there.
                            "ZAP_JAVA_OPTS", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"),
                    List.of(part(certs, "./zap server --(\\S+)")));
            Runtime.getRuntime().addShutdownHook(new Thread(() -> end(server)));
            return server.start();
        }

        private static String part(String text, String pattern) {
            Matcher matcher = Pattern.compile(pattern).matcher(text);
            if (!matcher.find()) {
                throw new AssertionError("no " + pattern + " in " + text);
            }
            return matcher.group(1);
        }
    }

    private static void end(ServerProcess server) {
        if (server.isAlive()) {
            ProcessHandle process = ProcessHandle.of(server.pid()).orElseThrow();
            process.destroy();
            process.onExit().completeOnTimeout(process, 20, TimeUnit.SECONDS).join();
        }
        endPostgres();
    }

    /** A server that was killed has left it behind. */
    private static void endPostgres() {
        Path pid = DATA.resolve("postgresql/data/postmaster.pid");
        if (!Files.exists(pid)) {
            return;
        }
        try {
            ProcessHandle.of(Long.parseLong(Files.readAllLines(pid).getFirst().strip()))
                    .filter(process -> process.info().command().orElse("").endsWith("/postgres"))
                    .ifPresent(postmaster -> {
                        List<ProcessHandle> children = postmaster.descendants().toList();
                        postmaster.destroyForcibly();
                        children.forEach(child -> child.onExit()
                                .completeOnTimeout(child, 10, TimeUnit.SECONDS)
                                .join());
                    });
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void delete(Path folder) {
        if (!Files.exists(folder)) {
            return;
        }
        try (var below = Files.walk(folder)) {
            for (Path path : below.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
