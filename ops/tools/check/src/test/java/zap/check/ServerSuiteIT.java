package zap.check;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import zap.server.testing.RunningServer;
import zap.server.testing.TestAuthority;

/** zap passes its own suite completely: on the main listener, the one for short frames, and over TLS, side by side. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ServerSuiteIT {

    private static final String FAR = "15";

    private RunningServer server;
    private Path authority;

    /** The end of one run of the program. */
    private record Ended(String name, int exitCode, String out, String err, long millis) {}

    @BeforeAll
    void start(@TempDir Path folder) {
        var issuer = new TestAuthority(folder.resolve("authority"), "Authority of the tests");
        issuer.forLocalhost().into(folder);
        authority = issuer.certificate();
        server = RunningServer.startNew(
                "zap.gateway.tls-bundle=zap",
                "spring.ssl.bundle.pem.zap.keystore.certificate=" + folder.resolve("cert.pem"),
                "spring.ssl.bundle.pem.zap.keystore.private-key=" + folder.resolve("key.pem"));
    }

    @AfterAll
    void stop() {
        server.close();
    }

    private static CompletableFuture<Ended> run(String name, String... words) {
        var ended = new CompletableFuture<Ended>();
        Thread.ofPlatform().name(name).start(() -> {
            var out = new ByteArrayOutputStream();
            var err = new ByteArrayOutputStream();
            long begin = System.nanoTime();
            try {
                var all = new ArrayList<>(List.of("server"));
                all.addAll(List.of(words));
                int code = new CheckProgram(
                                java.io.InputStream.nullInputStream(), print(out), print(err), Locale.ROOT, false)
                        .run(all);
                ended.complete(new Ended(
                        name,
                        code,
                        out.toString(StandardCharsets.UTF_8),
                        err.toString(StandardCharsets.UTF_8),
                        (System.nanoTime() - begin) / 1_000_000));
            } catch (InterruptedException | RuntimeException e) {
                ended.completeExceptionally(e);
            }
        });
        return ended;
    }

    private static PrintStream print(ByteArrayOutputStream to) {
        return new PrintStream(to, true, StandardCharsets.UTF_8);
    }

    @Test
    void zapPassesItsOwnSuiteOnAllItsPortsSideBySide() throws Exception {
        long begin = System.nanoTime();
        List<CompletableFuture<Ended>> runs = List.of(
                run("main", "127.0.0.1:" + server.port(), "--patience", FAR),
                run("recv", "127.0.0.1:" + server.recvPort(), "--patience", FAR),
                run("tls", "localhost:" + server.tlsPort(), "--ca", authority.toString(), "--patience", FAR));
        for (CompletableFuture<Ended> run : runs) {
            Ended ended = run.get(3, TimeUnit.MINUTES);
            System.out.println("== " + ended.name() + " " + ended.millis() + " ms\n" + ended.out() + ended.err());
        }
        long seconds = TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - begin);
        for (CompletableFuture<Ended> run : runs) {
            assertThat(run.get().out()).as(run.get().name()).doesNotContain("✗").contains("0 failed");
            assertThat(run.get().exitCode()).as(run.get().name()).isZero();
            assertThat(run.get().out().lines().filter(line -> line.contains("○")))
                    .as("left out on %s", run.get().name())
                    .hasSizeLessThanOrEqualTo(run.get().name().equals("recv") ? 10 : 0);
        }
        assertThat(seconds).isLessThan(60);
    }

    @Test
    void theListenerForShortFramesIsNotTheLetter() throws Exception {
        Ended ended = run("strict", "127.0.0.1:" + server.recvPort(), "--strict", "--only", "2.7,3.14", "--json")
                .get(2, TimeUnit.MINUTES);
        assertThat(ended.exitCode()).isEqualTo(1);
        assertThat(ended.out()).contains("\"number\": \"2.7\"", "\"result\": \"failed\"");
    }

    @Test
    void aPortOfAnotherKindIsNamed() throws Exception {
        assertThat(run("http", "127.0.0.1:" + server.httpPort()).get(2, TimeUnit.MINUTES))
                .satisfies(ended -> assertThat(ended.exitCode()).isEqualTo(69))
                .satisfies(ended -> assertThat(ended.err()).contains("web server"));
        assertThat(run("tls without --tls", "127.0.0.1:" + server.tlsPort()).get(2, TimeUnit.MINUTES))
                .satisfies(ended -> assertThat(ended.exitCode()).isEqualTo(69))
                .satisfies(ended -> assertThat(ended.err()).contains("--tls"));
    }
}
