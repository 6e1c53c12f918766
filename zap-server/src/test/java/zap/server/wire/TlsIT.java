package zap.server.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static zap.server.testing.FrameText.deliver;
import static zap.server.testing.FrameText.delivered;
import static zap.server.testing.FrameText.send;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.cert.X509Certificate;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.annotation.Autowired;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import zap.protocol.ClientId;
import zap.protocol.Frame;
import zap.protocol.HistoryDigest;
import zap.protocol.Position;
import zap.protocol.Reason;
import zap.protocol.StreamId;
import zap.server.gateway.Gateway;
import zap.server.gateway.tcp.ProxyHeaders;
import zap.server.testing.AssuredPeer;
import zap.server.testing.RunningServer;
import zap.server.testing.TestAuthority;
import zap.server.testing.TestedServer;
import zap.server.testing.WireClient;
import zap.server.testing.ZapServerTest;

/**
 * The TLS listener, on a server with the actuator over TLS, no recv listener and short time limits. Sessions behave as
 * without TLS, and a peer that fails the handshake disturbs no other.
 */
@ZapServerTest
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TlsIT {

    private static final String NOT_TLS_ALERT = "\u0015\u0003\u0001\u0000\u0002\u0002\n";

    private Path certificates;
    private TestAuthority authority;
    private SSLContext trust;
    private RunningServer server;

    @Autowired
    private TestedServer plain;

    private final ListAppender<ILoggingEvent> log = new ListAppender<>();
    private final ListAppender<ILoggingEvent> bootLog = new ListAppender<>();

    @BeforeAll
    void start(@TempDir Path folder) throws IOException {
        certificates = Files.createDirectories(folder.resolve("in a folder with blanks"));
        authority = new TestAuthority(folder.resolve("authority"), "Authority of the tests");
        trust = authority.trust();
        authority.forLocalhost().into(certificates);
        server = RunningServer.startNew(
                "zap.gateway.tls-bundle=zap",
                "zap.gateway.recv-port=-1",
                "zap.gateway.silence=3s",
                "zap.gateway.slow-consumer=2s",
                "zap.gateway.proxy-protocol=127.0.0.9",
                "server.ssl.bundle=zap",
                "spring.ssl.bundle.pem.zap.keystore.certificate=" + certificates.resolve("cert.pem"),
                "spring.ssl.bundle.pem.zap.keystore.private-key=" + certificates.resolve("key.pem"),
                "spring.ssl.bundle.pem.zap.keystore.verify-keys=true",
                "spring.ssl.bundle.pem.zap.reload-on-update=true",
                "spring.ssl.bundle.watch.file.quiet-period=200ms");
        log.start();
        gatewayLog().addAppender(log);
        bootLog.start();
        logOfBundles().addAppender(bootLog);
    }

    @AfterAll
    void stop() {
        gatewayLog().detachAppender(log);
        logOfBundles().detachAppender(bootLog);
        server.close();
    }

    private static Logger gatewayLog() {
        return (Logger) LoggerFactory.getLogger("zap.server.gateway");
    }

    private static Logger logOfBundles() {
        return (Logger) LoggerFactory.getLogger("org.springframework.boot.autoconfigure.ssl");
    }

    private WireClient encrypted(String name, String... protocols) {
        return WireClient.connectTls(name, server.tlsPort(), trust, protocols);
    }

    @Test
    void whoIsEncryptedAndWhoIsNotTalkToEachOther() {
        try (WireClient ana = encrypted("ana", "TLSv1.3");
                WireClient bob = server.connect("bob");
                WireClient carla = encrypted("carla", "TLSv1.2")) {
            assertThat(ana.tls().getProtocol()).isEqualTo("TLSv1.3");
            assertThat(carla.tls().getProtocol()).isEqualTo("TLSv1.2");
            String anasId = ana.register();
            String bobsId = bob.register();
            String carlasId = carla.register();
            // Those of the test before may not have ended yet.
            RunningServer.await(
                    "two encrypted sessions", () -> server.gauge("zap.sessions.open", "listener", "tls") == 2);
            tell(ana, anasId, bob, bobsId);
            tell(bob, bobsId, carla, carlasId);
            tell(carla, carlasId, ana, anasId);
        }
    }

    /** And hears of it: also where it was encrypted, what the other's TCP has acknowledged is known. */
    private static void tell(WireClient from, String fromId, WireClient to, String toId) {
        from.send(send(fromId, toId, 1795372030, "olá 🦜"));
        to.expectFrame(deliver(fromId, toId, 1795372030, "olá 🦜"));
        from.expectFrame(delivered(toId, 1795372030));
    }

    @Test
    void anAssuredSessionIsTheSameOverTlsAndGoesOnFromPortToPort() {
        KeyPair key = AssuredPeer.newKey();
        var stream = new StreamId(1_234_567_890_123L);
        ClientId id;
        try (AssuredPeer ana = AssuredPeer.on(encrypted("ana"))) {
            id = ana.register(key);
        }
        try (WireClient bob = server.connect("bob")) {
            bob.send(send(bob.register(), id.toString(), 7, "while she was away"));
            Frame mail;
            try (AssuredPeer ana = AssuredPeer.on(encrypted("ana again"))) {
                assertThat(ana.resume(key, id, stream)).isEqualTo(resumedAt(0, HistoryDigest.EMPTY));
                mail = ana.hear(Frame.Deliver.class);
                ana.send(new Frame.Received(new Position(1)));
                bob.expectFrame(delivered(id.toString(), 7));
            }
            try (AssuredPeer ana = AssuredPeer.on(server.connect("ana in the clear"))) {
                HistoryDigest digest = AssuredPeer.digestOf(mail);
                assertThat(ana.resume(key, id, stream, 0, 1, digest)).isEqualTo(resumedAt(1, digest));
            }
        }
    }

    private static Frame.Resumed resumedAt(long position, HistoryDigest digest) {
        return new Frame.Resumed(0, HistoryDigest.EMPTY, new Position(0), new Position(position), digest);
    }

    @Test
    void whoSaysNoMoreOverTlsStillHearsWhatWasDue() {
        try (WireClient ana = encrypted("ana", "TLSv1.3")) {
            ana.send("01");
            ana.saysNoMore();
            assertThat(ana.readFrame()).startsWith("02");
            ana.expectClosed();
        }
    }

    @Test
    @EnabledOnOs(value = OS.LINUX, disabledReason = "only Linux tells what a peer's TCP has acknowledged")
    void whatNobodyReadsIsNotDeliveredAlsoWhenEncryptedAndComesAgain() {
        int messages = 150;
        try (WireClient ana = server.connect("ana");
                WireClient bob = WireClient.connectTls("bob", server.tlsPort(), trust, 4096)) {
            String anasId = ana.register();
            String bobsId = bob.register();
            double before = server.counter("zap.frames.sent", "code", "06");
            for (int i = 0; i < messages; i++) {
                ana.send(send(anasId, bobsId, 1000 + i, "number " + i));
            }
            RunningServer.await(
                    "all is written", () -> server.counter("zap.frames.sent", "code", "06") >= before + messages);
            RunningServer.await("most of it is not acknowledged", () -> server.gauge("zap.outbox.unacknowledged") > 40);
            for (int i = 0; i < messages; i++) {
                bob.expectFrame(deliver(anasId, bobsId, 1000 + i, "number " + i));
            }
            RunningServer.await("all of it is acknowledged", () -> server.gauge("zap.outbox.unacknowledged") == 0);
            String frame;
            do {
                frame = ana.readFrame();
            } while (!frame.equals(delivered(bobsId, 1000 + messages - 1)));
        }
    }

    /**
     * TLS answers its close_notify, and a peer that has closed its socket never acknowledges that. What it had read
     * before counts as delivered all the same.
     */
    @Test
    void whoHangsUpRightAfterReadingOverTlsGetsNothingTwice() {
        try (WireClient ana = server.connect("ana")) {
            String anasId = ana.register();
            for (String protocol : List.of("TLSv1.3", "TLSv1.2")) {
                String bobsId;
                try (WireClient bob = encrypted("bob", protocol)) {
                    bobsId = bob.register();
                }
                for (int i = 0; i < 20; i++) {
                    ana.send(send(anasId, bobsId, 1000 + i, "number " + i));
                    try (WireClient bob = encrypted("bob again", protocol).connectAs(bobsId)) {
                        bob.expectFrame(deliver(anasId, bobsId, 1000 + i, "number " + i));
                    }
                    ana.expectFrame(delivered(bobsId, 1000 + i));
                }
            }
        }
    }

    /** Closing must not wait for the write that does not end; and it is one thread that closes for all. */
    @Test
    void whoDoesNotReadOverTlsIsHungUpOnAndHoldsUpNobody() {
        try (WireClient ana = server.connect("ana");
                WireClient bob = WireClient.connectTls("bob", server.tlsPort(), trust, 4096)) {
            String anasId = ana.register();
            String bobsId = bob.register();
            for (int i = 0; i < 2_000; i++) {
                ana.send(send(anasId, bobsId, 1000 + i, "🦜".repeat(218)));
            }
            // Its time is over a moment after Bob's, and the same thread hangs up on both.
            try (WireClient silent = server.connect("silent")) {
                RunningServer.await("Bob is let go", () -> server.isOffline(bobsId));
                silent.expectClosed();
            }
            try (WireClient back = encrypted("bob again").connectAs(bobsId)) {
                assertThat(back.readFrame()).startsWith("06" + anasId + bobsId);
            }
        }
    }

    @Test
    @EnabledOnOs(value = OS.LINUX, disabledReason = "only Linux has all of 127.0.0.0/8")
    void aProxyNamesItsClientBeforeTheHandshake() {
        WireClient proxy = WireClient.connectFrom("127.0.0.9", "proxy", server.tlsPort());
        proxy.send(ProxyHeaders.of(new InetSocketAddress("203.0.113.7", 5001)));
        try (WireClient ana = proxy.encrypt(server.tlsPort(), trust)) {
            var id = new ClientId(Long.parseLong(ana.register()));
            assertThat(server.bean(Gateway.class).sessionOf(id))
                    .hasValueSatisfying(session -> assertThat(session.peer()).isEqualTo("203.0.113.7:5001"));
        }
    }

    @Test
    @EnabledOnOs(value = OS.LINUX, disabledReason = "only Linux has all of 127.0.0.0/8")
    void aProxyThatNamesNoClientIsClosedForThat() {
        log.list.clear();
        try (WireClient silent = WireClient.connectFrom("127.0.0.9", "silent", server.tlsPort());
                WireClient dripping = WireClient.connectFrom("127.0.0.9", "dripping", server.port())) {
            dripping.send("\r\n\r\n");
            silent.expectClosed();
            dripping.expectClosed();
        }
        RunningServer.await(
                "both are logged",
                () -> linesWith("NO_PROXY_HEADER").stream()
                                .filter(line -> line.contains("127.0.0.9"))
                                .filter(line -> line.endsWith("none came in time (zap.gateway.silence)"))
                                .count()
                        == 2);
    }

    @Test
    void aHandshakeThatStallsIsClosedAndHarmsNobody() {
        double failed = server.counter("zap.tls.handshakes", "outcome", "failed");
        try (WireClient silent = WireClient.connect("silent", server.tlsPort());
                WireClient half = WireClient.connect("half", server.tlsPort());
                WireClient dripping = WireClient.connect("dripping", server.tlsPort());
                WireClient ana = encrypted("ana");
                WireClient bob = encrypted("bob")) {
            byte[] hello = clientHello(3);
            half.send(java.util.Arrays.copyOf(hello, 20));
            dripping.send(java.util.Arrays.copyOf(hello, 1));
            String anasId = ana.register();
            String bobsId = bob.register();
            for (int i = 1; i < 8; i++) {
                dripping.send(java.util.Arrays.copyOfRange(hello, i, i + 1));
                tell(ana, anasId, bob, bobsId);
            }
            silent.expectClosed();
            half.expectClosed();
            dripping.expectClosed();
            tell(bob, bobsId, ana, anasId);
        }
        RunningServer.await(
                "two had begun one", () -> server.counter("zap.tls.handshakes", "outcome", "failed") == failed + 2);
    }

    /** As a load balancer does it every few seconds: some close the connection, some reset it. */
    @Test
    void aHealthCheckThatEndsAfterItsHandshakeIsNoFailureAndNoLine() throws IOException {
        double failed = server.counter("zap.tls.handshakes", "outcome", "failed");
        log.list.clear();
        for (String protocol : new String[] {"TLSv1.3", "TLSv1.2"}) {
            for (int check = 0; check < 20; check++) {
                try (var socket = new Socket(InetAddress.getLoopbackAddress(), server.tlsPort())) {
                    var tls = (SSLSocket) trust.getSocketFactory().createSocket(socket, "localhost", 0, false);
                    tls.setEnabledProtocols(new String[] {protocol});
                    tls.startHandshake();
                    if (check % 2 == 0) {
                        socket.setSoLinger(true, 0); // closes it with a reset, whatever the server is still saying
                    }
                }
            }
        }
        // And one that looks whether the port is open, and resets the connection.
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), server.tlsPort())) {
            socket.setSoLinger(true, 0);
        }
        // Connections are accepted in their order: when this one is served, those before it were accepted.
        try (WireClient ana = encrypted("ana")) {
            ana.register();
            RunningServer.await(
                    "the others have left", () -> server.bean(Gateway.class).connections() == 1);
        }
        assertThat(linesWith("tls)")).isEmpty();
        assertThat(server.counter("zap.tls.handshakes", "outcome", "failed")).isEqualTo(failed);
    }

    @Test
    void whoSpeaksInTheClearOnThePortForTlsIsToldAndClosedWithOneLine() {
        long before = server.refusals(Reason.MALFORMED);
        log.list.clear();
        try (WireClient ana = WireClient.connect("ana", server.tlsPort())) {
            ana.send("3002");
            ana.expect(NOT_TLS_ALERT);
            ana.expectClosed();
        }
        RunningServer.await("it is counted", () -> server.refusals(Reason.MALFORMED) == before + 1);
        RunningServer.await("it is logged", () -> !linesWith("NOT_TLS").isEmpty());
        assertThat(linesWith("tls)")).singleElement().asString().contains("it speaks in the clear on the port for TLS");
    }

    @Test
    void whoSpeaksTlsOnAPortThatDoesNotIsClosedWithOneLine() {
        log.list.clear();
        for (int port : new int[] {plain.port(), plain.recvPort()}) {
            assertThatThrownBy(() -> WireClient.connectTls("ana", port, trust).close())
                    .isInstanceOf(UncheckedIOException.class);
        }
        RunningServer.await(
                "both are logged",
                () -> linesWith("it speaks TLS on a port that does not").size() == 2);
        assertThat(linesWith("not identified")).hasSize(2).allMatch(line -> line.contains("closed: MALFORMED"));
    }

    private List<String> linesWith(String part) {
        return List.copyOf(log.list).stream()
                .map(ILoggingEvent::getFormattedMessage)
                .filter(line -> line.contains(part))
                .toList();
    }

    @Test
    void nothingOlderThanTls12IsSpoken() {
        try (WireClient old = WireClient.connect("old", server.tlsPort())) {
            old.send(clientHello(2));
            byte[] answer = old.recvBytes();
            assertThat(answer[0]).as("an alert").isEqualTo((byte) 21);
            assertThat(answer[6]).as("protocol_version").isEqualTo((byte) 70);
            old.expectClosed();
        }
    }

    @Test
    void nobodyNegotiatesAnew() throws IOException {
        try (WireClient ana = encrypted("ana", "TLSv1.2")) {
            ana.register();
            ana.negotiatesAnew();
            assertThatThrownBy(ana::readFrame).isInstanceOfAny(UncheckedIOException.class, AssertionError.class);
        }
    }

    @Test
    void aRenewedCertificateIsForNewConnectionsAndTheOthersGoOn() throws IOException {
        try (WireClient ana = encrypted("ana");
                WireClient bob = encrypted("bob")) {
            String anasId = ana.register();
            String bobsId = bob.register();
            BigInteger before = serialNumber(ana);
            assertThat(log.list).noneMatch(event -> event.getFormattedMessage().contains("cannot be used"));

            TestAuthority.Issued next = authority.forLocalhost().into(certificates);
            RunningServer.await("new connections get the new one", () -> {
                try (WireClient newcomer = encrypted("newcomer")) {
                    return serialNumber(newcomer).equals(next.x509().getSerialNumber());
                }
            });
            assertThat(before).isNotEqualTo(next.x509().getSerialNumber());
            tell(ana, anasId, bob, bobsId);

            // A renewal that cannot be used changes nothing; the one after it can.
            Files.writeString(certificates.resolve("key.pem"), "-----BEGIN PRIVATE KEY-----\nnonsense\n");
            RunningServer.await(
                    "it is noticed",
                    () -> List.copyOf(bootLog.list).stream()
                            .anyMatch(event -> event.getFormattedMessage().contains("reload")));
            try (WireClient newcomer = encrypted("newcomer")) {
                assertThat(serialNumber(newcomer)).isEqualTo(next.x509().getSerialNumber());
            }
            TestAuthority.Issued last = authority.forLocalhost().into(certificates);
            RunningServer.await("and goes on being renewed", () -> {
                try (WireClient newcomer = encrypted("newcomer")) {
                    return serialNumber(newcomer).equals(last.x509().getSerialNumber());
                }
            });
            tell(bob, bobsId, ana, anasId);
        }
    }

    private static BigInteger serialNumber(WireClient peer) {
        try {
            return ((X509Certificate) peer.tls().getPeerCertificates()[0]).getSerialNumber();
        } catch (SSLPeerUnverifiedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void theActuatorIsEncryptedTooAndTellsHowLongTheCertificateLasts() throws Exception {
        JsonNode health = JsonMapper.shared().readTree(get("/actuator/health"));
        assertThat(health.at("/components/ssl/status").asString()).isEqualTo("UP");
        assertThat(health.at("/components/listeners/details/tls").asInt()).isEqualTo(server.tlsPort());
        assertThat(health.at("/components/listeners/details/recv").asString()).isEqualTo("off");

        assertThat(get("/actuator/info")).contains("\"ssl\"", "validityEnds");
        String seconds = get("/actuator/prometheus")
                .lines()
                .filter(line -> line.startsWith("ssl_chain_expiry_seconds{") && line.contains("bundle=\"zap\""))
                .findFirst()
                .orElseThrow();
        assertThat(Double.parseDouble(seconds.substring(seconds.lastIndexOf(' ') + 1)))
                .isBetween(80 * 86_400.0, 91 * 86_400.0);
    }

    private String get(String path) throws IOException, InterruptedException {
        try (HttpClient http = HttpClient.newBuilder().sslContext(trust).build()) {
            URI uri = URI.create("https://localhost:" + server.httpPort() + path);
            return http.send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString())
                    .body();
        }
    }

    /**
     * Returns the ClientHello of a client that offers a single cipher suite.
     *
     * @param minor the version: 2 is TLS 1.1, 3 is TLS 1.2
     */
    private static byte[] clientHello(int minor) {
        byte[] body = new byte[2 + 32 + 1 + 2 + 2 + 2];
        body[0] = 3;
        body[1] = (byte) minor;
        int at = 2 + 32 + 1;
        body[at + 1] = 2;
        body[at + 2] = (byte) 0xC0; // TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA
        body[at + 3] = 0x09;
        body[at + 4] = 1;
        byte[] hello = new byte[5 + 4 + body.length];
        hello[0] = 22;
        hello[1] = 3;
        hello[2] = 1;
        hello[4] = (byte) (4 + body.length);
        hello[5] = 1;
        hello[8] = (byte) body.length;
        System.arraycopy(body, 0, hello, 9, body.length);
        return hello;
    }
}
