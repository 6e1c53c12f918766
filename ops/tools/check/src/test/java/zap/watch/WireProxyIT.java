package zap.watch;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import zap.kit.KitTexts;
import zap.kit.ListenerCertificate;
import zap.kit.ServerTarget;
import zap.server.testing.RunningServer;
import zap.server.testing.TestAuthority;
import zap.server.testing.WireClient;
import zap.watch.RunningWatch.Setup;

/** The proxy on real sockets: it changes nothing, loses nothing, and shows everything once and in order. */
class WireProxyIT {

    private static final int FRAMES = 100_000;
    private static final String ANA = "1000000000017";
    private static final String BOB = "1739250018846";
    private static final String NOW = "1795372030";
    private static final int PATIENCE_MILLIS = 60_000;
    private static final String NUMBER = "\"data\":\"n";

    @TempDir
    private Path folder;

    /** Checks lines while they come, because all of them would be large. */
    private static final class CheckedLines extends OutputStream {

        private final ByteArrayOutputStream line = new ByteArrayOutputStream();
        private final long[] next = new long[2];
        private long others;
        private @Nullable String wrong;

        @Override
        public void write(int b) {
            write(new byte[] {(byte) b}, 0, 1);
        }

        @Override
        public synchronized void write(byte[] bytes, int from, int count) {
            int begin = from;
            for (int at = from; at < from + count; at++) {
                if (bytes[at] == '\n') {
                    line.write(bytes, begin, at - begin);
                    check(line.toString(UTF_8));
                    line.reset();
                    begin = at + 1;
                }
            }
            line.write(bytes, begin, from + count - begin);
        }

        private void check(String shown) {
            int number = shown.indexOf(NUMBER);
            if (number < 0) {
                // Half a frame for 2 s is a busy machine.
                others += shown.contains("\"event\":\"half-frame\"") ? 0 : 1;
                return;
            }
            int side = shown.contains("\"from\":\"client\"") ? 0 : 1;
            if (!shown.startsWith(next[side] + " ", number + NUMBER.length()) && wrong == null) {
                wrong = "expected number " + next[side] + ", and saw " + shown;
            }
            next[side]++;
        }

        synchronized void assertComplete() {
            assertThat(wrong).isNull();
            assertThat(next).containsExactly(FRAMES, FRAMES);
            // The proxy itself, the connection, its two ends, and its close.
            assertThat(others).isEqualTo(5);
        }
    }

    /** A server of one thread a connection, which the test plays by hand. */
    private static ServerSocket listen() throws IOException {
        return new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    }

    private static ServerTarget target(ServerSocket server) {
        return ServerTarget.plain("127.0.0.1", server.getLocalPort());
    }

    private static RunningWatch watch(
            ServerTarget server,
            @Nullable SSLContext certificate,
            @Nullable Path save,
            FrameWidths widths,
            OutputStream out)
            throws Exception {
        return watch(server, certificate, save, widths, out, Duration.ofMinutes(1));
    }

    private static RunningWatch watch(
            ServerTarget server,
            @Nullable SSLContext certificate,
            @Nullable Path save,
            FrameWidths widths,
            OutputStream out,
            Duration patience)
            throws Exception {
        var texts = new KitTexts("zap.watch.messages", Locale.ROOT);
        var setup = new Setup(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                server,
                certificate,
                save,
                widths,
                new JsonLines(texts),
                gap -> "{\"event\":\"gap\"}\n",
                patience);
        return new RunningWatch(setup, out, trouble -> {});
    }

    private static Socket connect(RunningWatch watch) throws IOException {
        var socket = new Socket(InetAddress.getLoopbackAddress(), watch.port());
        socket.setSoTimeout(PATIENCE_MILLIS);
        return socket;
    }

    private static Socket accept(ServerSocket server) throws IOException {
        server.setSoTimeout(PATIENCE_MILLIS);
        Socket socket = server.accept();
        socket.setSoTimeout(PATIENCE_MILLIS);
        return socket;
    }

    private static CompletableFuture<byte[]> inBackground(java.util.concurrent.Callable<byte[]> action) {
        var result = new CompletableFuture<byte[]>();
        Thread.ofPlatform().daemon().start(() -> {
            try {
                result.complete(action.call());
            } catch (Throwable e) {
                result.completeExceptionally(e);
            }
        });
        return result;
    }

    private static byte[] frames(String code) {
        var all = new StringBuilder();
        for (int i = 0; i < FRAMES; i++) {
            String text = "n" + i + " olá 🦜";
            all.append(code).append(ANA).append(BOB).append(NOW).append(text);
            all.append(" ".repeat(218 - text.codePointCount(0, text.length())));
        }
        return all.toString().getBytes(UTF_8);
    }

    private static byte[] sendInPieces(Socket socket, byte[] bytes, long seed) throws IOException {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        OutputStream out = socket.getOutputStream();
        for (int at = 0; at < bytes.length; ) {
            int count = Math.min(bytes.length - at, 1 + random.nextInt(random.nextInt(20) == 0 ? 40 : 20_000));
            out.write(bytes, at, count);
            at += count;
        }
        socket.shutdownOutput();
        return bytes;
    }

    @Test
    void aHundredThousandFramesEachWayAreUnchangedAndShownAndSavedOnceInOrder() throws Exception {
        long seed = 20_261_128;
        var shown = new CheckedLines();
        Path file = folder.resolve("recording");
        try (ServerSocket server = listen();
                RunningWatch watch = watch(target(server), null, file, FrameWidths.FULL, shown);
                Socket client = connect(watch);
                Socket serverSide = accept(server)) {
            byte[] fromClient = frames("05");
            byte[] fromServer = frames("06");
            CompletableFuture<byte[]> cameToServer = inBackground(serverSide.getInputStream()::readAllBytes);
            CompletableFuture<byte[]> cameToClient = inBackground(client.getInputStream()::readAllBytes);
            CompletableFuture<byte[]> sent = inBackground(() -> sendInPieces(client, fromClient, seed));
            sendInPieces(serverSide, fromServer, seed + 1);
            sent.get(3, TimeUnit.MINUTES);
            assertThat(Arrays.equals(cameToServer.get(3, TimeUnit.MINUTES), fromClient))
                    .as("seed %d", seed)
                    .isTrue();
            assertThat(Arrays.equals(cameToClient.get(3, TimeUnit.MINUTES), fromServer))
                    .as("seed %d", seed)
                    .isTrue();
            awaitFrames(watch, 2 * FRAMES);
        }
        shown.assertComplete();

        var again = new CheckedLines();
        var lines = new JsonLines(new KitTexts("zap.watch.messages", Locale.ROOT));
        var dissection = new Dissection(FrameWidths.FULL, sighting -> {
            try {
                again.write(lines.lines(sighting).getBytes(UTF_8));
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
        });
        SavedWire.Read read = SavedWire.read(file, dissection::accept);
        assertThat(read).isNotNull();
        assertThat(read.ending()).isEqualTo(SavedWire.Ending.COMPLETE);
        again.assertComplete();
    }

    /** Waits until everything was dissected, which may be a little later than it has passed. */
    private static void awaitFrames(RunningWatch watch, long frames) {
        RunningServer.await(frames + " frames", () -> watch.dissection().frames() >= frames);
    }

    @Test
    void aHalfCloseIsPassedOnAsOne() throws Exception {
        var shown = new ByteArrayOutputStream();
        try (ServerSocket server = listen();
                RunningWatch watch = watch(target(server), null, null, FrameWidths.FULL, shown);
                Socket client = connect(watch);
                Socket serverSide = accept(server)) {
            client.getOutputStream().write("01".getBytes(UTF_8));
            client.shutdownOutput();
            assertThat(serverSide.getInputStream().readAllBytes())
                    .asString(UTF_8)
                    .isEqualTo("01");
            serverSide.getOutputStream().write(("02" + ANA).getBytes(UTF_8));
            serverSide.close();
            assertThat(client.getInputStream().readAllBytes()).asString(UTF_8).isEqualTo("02" + ANA);
            awaitFrames(watch, 2);
        }
        assertThat(events(shown))
                .containsExactly(
                        "listening",
                        "opened",
                        "frame client",
                        "ended client",
                        "frame server",
                        "ended server",
                        "closed");
    }

    private static List<String> events(ByteArrayOutputStream shown) {
        var events = new ArrayList<String>();
        Matcher found = Pattern.compile("\"event\":\"([a-z-]+)\"(?:,\"from\":\"([a-z]+)\")?")
                .matcher(shown.toString(UTF_8));
        while (found.find()) {
            events.add(found.group(1) + (found.group(2) == null ? "" : " " + found.group(2)));
        }
        return events;
    }

    @Test
    void aResetIsPassedOnAsOneFromEitherSide() throws Exception {
        var shown = new ByteArrayOutputStream();
        try (ServerSocket server = listen();
                RunningWatch watch = watch(target(server), null, null, FrameWidths.FULL, shown)) {
            try (Socket client = connect(watch);
                    Socket serverSide = accept(server)) {
                client.setSoLinger(true, 0);
                client.close();
                assertThatThrownBy(() -> serverSide.getInputStream().read())
                        .isInstanceOf(SocketException.class)
                        .hasMessageContaining("reset");
            }
            awaitClosed(shown, 1);
            try (Socket client = connect(watch);
                    Socket serverSide = accept(server)) {
                serverSide.setSoLinger(true, 0);
                serverSide.close();
                assertThatThrownBy(() -> client.getInputStream().read())
                        .isInstanceOf(SocketException.class)
                        .hasMessageContaining("reset");
            }
            awaitClosed(shown, 2);
        }
        assertThat(events(shown))
                .containsExactly("listening", "opened", "reset client", "closed", "opened", "reset server", "closed");
    }

    private static void awaitClosed(ByteArrayOutputStream shown, int connections) {
        RunningServer.await(
                connections + " closed",
                () -> events(shown).stream().filter("closed"::equals).count() == connections);
    }

    @Test
    void aSlowReaderSlowsTheSenderAndGetsEverything() throws Exception {
        int total = 200 << 20;
        var written = new AtomicLong();
        try (ServerSocket server = listen();
                RunningWatch watch =
                        watch(target(server), null, null, FrameWidths.FULL, OutputStream.nullOutputStream());
                Socket client = connect(watch);
                Socket serverSide = accept(server)) {
            CompletableFuture<byte[]> sent = inBackground(() -> {
                byte[] some = new byte[64 * 1024];
                for (int at = 0; at < total; at += some.length) {
                    client.getOutputStream().write(some);
                    written.addAndGet(some.length);
                }
                client.shutdownOutput();
                return some;
            });
            awaitStandstill(written);
            // What the systems' buffers took; the proxy itself holds two buffers.
            assertThat(written.get()).isLessThan(total / 2);
            assertThat(sent).isNotDone();
            long came = 0;
            byte[] buffer = new byte[64 * 1024];
            int count;
            while ((count = serverSide.getInputStream().read(buffer)) >= 0) {
                came += count;
            }
            assertThat(came).isEqualTo(total);
        }
    }

    private static void awaitStandstill(AtomicLong counter) throws InterruptedException {
        long before = -1;
        while (counter.get() != before) {
            before = counter.get();
            Thread.sleep(500); // a sender that can go on does so in this time; one that is slower changes no result
        }
    }

    @Test
    void aTerminalThatTakesNothingHoldsNobodyUp() throws Exception {
        var goesOn = new CountDownLatch(1);
        var stopped = new OutputStream() {
            @Override
            public void write(int b) throws IOException {
                try {
                    goesOn.await();
                } catch (InterruptedException e) {
                    throw new IOException(e);
                }
            }
        };
        byte[] frames = frames("05");
        try (ServerSocket server = listen();
                RunningWatch watch =
                        watch(target(server), null, null, FrameWidths.FULL, stopped, LinePrinter.PATIENCE);
                Socket client = connect(watch);
                Socket serverSide = accept(server)) {
            CompletableFuture<byte[]> came = inBackground(serverSide.getInputStream()::readAllBytes);
            sendInPieces(client, frames, 7);
            assertThat(Arrays.equals(came.get(2, TimeUnit.MINUTES), frames)).isTrue();
            goesOn.countDown();
        }
    }

    @Test
    void connectionsAreToldApart() throws Exception {
        var shown = new ByteArrayOutputStream();
        try (ServerSocket server = listen();
                RunningWatch watch = watch(target(server), null, null, FrameWidths.FULL, shown);
                Socket one = connect(watch);
                Socket oneAtServer = accept(server);
                Socket two = connect(watch);
                Socket twoAtServer = accept(server)) {
            one.getOutputStream().write(("03" + ANA.substring(0, 5)).getBytes(UTF_8));
            two.getOutputStream().write(("03" + BOB).getBytes(UTF_8));
            assertThat(twoAtServer.getInputStream().readNBytes(15))
                    .asString(UTF_8)
                    .isEqualTo("03" + BOB);
            one.getOutputStream().write(ANA.substring(5).getBytes(UTF_8));
            assertThat(oneAtServer.getInputStream().readNBytes(15))
                    .asString(UTF_8)
                    .isEqualTo("03" + ANA);
            awaitFrames(watch, 2);
        }
        assertThat(shown.toString(UTF_8))
                .containsPattern("\"connection\":1,\"event\":\"frame\".*\"id\":\"" + ANA)
                .containsPattern("\"connection\":2,\"event\":\"frame\".*\"id\":\"" + BOB);
    }

    @Test
    void aServerThatIsNotThereIsToldToEachClient() throws Exception {
        var shown = new ByteArrayOutputStream();
        try (var taken = new Socket()) {
            taken.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0)); // bound, and nobody listens
            try (RunningWatch watch = watch(
                            ServerTarget.plain("127.0.0.1", taken.getLocalPort()),
                            null,
                            null,
                            FrameWidths.FULL,
                            shown);
                    Socket client = connect(watch)) {
                assertThatThrownBy(() -> client.getInputStream().read()).isInstanceOf(SocketException.class);
            }
        }
        assertThat(shown.toString(UTF_8)).contains("\"event\":\"unreachable\"", "\"cause\":\"refused\"");
    }

    @Test
    void twoClientsTalkThroughItPlainShortAndEncrypted() throws Exception {
        var issuer = new TestAuthority(folder.resolve("authority"), "Authority of the tests");
        TestAuthority.Issued issued = issuer.forLocalhost().into(folder);
        SSLContext listener = ListenerCertificate.read(folder.resolve("cert.pem"), folder.resolve("key.pem"));
        try (RunningServer server = RunningServer.startNew(
                "zap.gateway.tls-bundle=zap",
                "spring.ssl.bundle.pem.zap.keystore.certificate=" + folder.resolve("cert.pem"),
                "spring.ssl.bundle.pem.zap.keystore.private-key=" + folder.resolve("key.pem"))) {
            assertThat(issued.certificate()).isNotBlank();
            var shown = new ByteArrayOutputStream();
            ServerTarget plain = ServerTarget.plain("127.0.0.1", server.port());
            try (RunningWatch watch = watch(plain, null, null, FrameWidths.UNKNOWN, shown);
                    WireClient ana = WireClient.connect("ana", watch.port());
                    WireClient bob = WireClient.connect("bob", watch.port())) {
                talk(ana, bob, 256);
                awaitFrames(watch, 9);
            }
            assertTalkIsShown(shown, true);

            shown = new ByteArrayOutputStream();
            ServerTarget recv = ServerTarget.plain("127.0.0.1", server.recvPort());
            try (RunningWatch watch = watch(recv, null, null, FrameWidths.UNKNOWN, shown);
                    WireClient ana = WireClient.connect("ana", watch.port());
                    WireClient bob = WireClient.connect("bob", watch.port())) {
                talk(ana, bob, 0);
                awaitFrames(watch, 9);
            }
            assertTalkIsShown(shown, false);

            shown = new ByteArrayOutputStream();
            ServerTarget encrypted = ServerTarget.tls("localhost", server.tlsPort(), issuer.certificate(), null);
            try (RunningWatch watch = watch(encrypted, listener, null, FrameWidths.UNKNOWN, shown);
                    WireClient ana = WireClient.connectTls("ana", watch.port(), issuer.trust());
                    WireClient bob = WireClient.connectTls("bob", watch.port(), issuer.trust())) {
                talk(ana, bob, 256);
                awaitFrames(watch, 9);
            }
            assertTalkIsShown(shown, true);

            handshakesThatFail(server, issuer, listener);
        }
    }

    private static void talk(WireClient ana, WireClient bob, int width) {
        String anaId = ana.register();
        String bobId = bob.register();
        String text = anaId + bobId + NOW + "olá, bob";
        ana.send(padded("05" + text, width));
        bob.expect(padded("06" + text, width));
        ana.expect("07" + bobId + NOW);
        bob.send("08" + anaId + NOW);
        ana.expect("09" + bobId + NOW);
    }

    private static String padded(String frame, int width) {
        return frame + " ".repeat(Math.max(0, width - frame.length()));
    }

    private static void assertTalkIsShown(ByteArrayOutputStream shown, boolean isPadded) {
        String lines = shown.toString(UTF_8);
        assertThat(lines).doesNotContain("no-frame", "half-frame", "reset");
        for (String code : List.of("05", "06", "07", "08", "09")) {
            assertThat(lines.lines().filter(line -> line.contains("\"code\":\"" + code + "\"")))
                    .as(code)
                    .hasSize(1);
        }
        assertThat(lines.lines().filter(line -> line.contains("\"data\":\"olá, bob\"")))
                .hasSize(2)
                .allMatch(line -> line.contains("\"padded\":" + isPadded));
    }

    private static void handshakesThatFail(RunningServer server, TestAuthority issuer, SSLContext listener)
            throws Exception {
        var shown = new ByteArrayOutputStream();
        ServerTarget notTls = ServerTarget.tls("localhost", server.port(), issuer.certificate(), null);
        try (RunningWatch watch = watch(notTls, null, null, FrameWidths.UNKNOWN, shown);
                Socket client = connect(watch)) {
            awaitEnd(client);
        }
        assertThat(shown.toString(UTF_8)).contains("\"event\":\"handshake-failed\",\"from\":\"server\"");

        shown = new ByteArrayOutputStream();
        ServerTarget plain = ServerTarget.plain("127.0.0.1", server.port());
        try (RunningWatch watch = watch(plain, listener, null, FrameWidths.UNKNOWN, shown);
                Socket client = connect(watch)) {
            client.getOutputStream().write("01".repeat(20).getBytes(UTF_8));
            awaitEnd(client);
        }
        assertThat(shown.toString(UTF_8))
                .contains("\"event\":\"handshake-failed\",\"from\":\"client\",\"cause\":\"no-tls\"");
    }

    private static void awaitEnd(Socket client) throws IOException {
        try {
            client.getInputStream().readAllBytes();
        } catch (SocketException e) {
            // A reset is an end, too.
        }
    }
}
