package zap.server.wire;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static zap.server.testing.FrameText.deliver;
import static zap.server.testing.FrameText.delivered;
import static zap.server.testing.FrameText.read;
import static zap.server.testing.FrameText.readReceipt;
import static zap.server.testing.FrameText.send;

import java.io.ByteArrayOutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.springframework.beans.factory.annotation.Autowired;
import zap.protocol.ClientId;
import zap.server.gateway.Gateway;
import zap.server.gateway.tcp.ProxyHeaders;
import zap.server.testing.TestedServer;
import zap.server.testing.WireClient;
import zap.server.testing.ZapServerTest;

/** A server behind a proxy that names its clients: one that connects from 127.0.0.9. TLS is in {@code TlsIT}. */
@ZapServerTest
@Strict
@EnabledOnOs(value = OS.LINUX, disabledReason = "only Linux has all of 127.0.0.0/8")
class BehindProxyIT {

    private static final String PROXY = "127.0.0.9";

    @Autowired
    private TestedServer server;

    @Autowired
    private Gateway gateway;

    @Test
    void limitsCountTheClientAndNotTheProxy() {
        double before = server.counter("zap.connections.turned.away");
        try (WireClient first = proxied("first", "203.0.113.7");
                WireClient second = proxied("second", "203.0.113.7");
                WireClient another = proxied("another", "203.0.113.8");
                WireClient other = proxied("other", "2001:db8::1");
                WireClient check = connectProxy("health check")) {
            String id = first.register();
            second.register();
            try (WireClient third = proxied("third", "203.0.113.7")) {
                third.expectClosed();
            }
            assertThat(server.counter("zap.connections.turned.away")).isEqualTo(before + 1);
            another.register();
            other.register();
            check.send(ProxyHeaders.local());
            String checksId = check.register();

            assertThat(peerOf(id)).isEqualTo("203.0.113.7:5001");
            assertThat(peerOf(checksId)).startsWith(PROXY + ":");
            second.close();
            TestedServer.await("there is room again", () -> hasRoom("203.0.113.7"));
        }
    }

    @Test
    void framesMayComeInOneSegmentWithTheHeaderOnBothPorts() {
        byte[] together = concat(ProxyHeaders.of(new InetSocketAddress("203.0.113.9", 5002)), "01");
        try (WireClient ana = connectProxy("ana");
                WireClient bob = WireClient.connectFrom(PROXY, "bob", server.recvPort())) {
            ana.send(together);
            assertThat(ana.readFrame()).startsWith("02");
            bob.send(together);
            assertThat(bob.read(15)).startsWith("02");
        }
    }

    /** The header of others than the proxy is bad input, as before. */
    @Test
    void aHeaderIsReadFromTheProxyOnlyAndFromThereThereMustBeOne() {
        try (WireClient mallory = server.connect("mallory");
                WireClient direct = connectProxy("direct")) {
            mallory.send(concat(ProxyHeaders.of(new InetSocketAddress("203.0.113.9", 5002)), "01"));
            mallory.expectClosed();
            direct.send("01");
            direct.expectClosed();
        }
    }

    /** What the proxy's TCP has acknowledged may never reach Bob: his end of the stream is the proxy's, too. */
    @Test
    void aMessageThroughAProxyIsDeliveredWhenItWasReadAndComesAgainUntilThen() {
        try (WireClient ana = server.connect("ana")) {
            String anasId = ana.register();
            String bobsId;
            String oi;
            try (WireClient bob = proxied("bob", "203.0.113.10")) {
                bobsId = bob.register();
                oi = deliver(anasId, bobsId, 1795372030, "oi");
                ana.send(send(anasId, bobsId, 1795372030, "oi"));
                bob.expectFrame(oi);
            }
            try (WireClient bob = proxied("bob again", "203.0.113.10").connectAs(bobsId)) {
                bob.expectFrame(oi);
                expectNothingMore(ana, anasId);
                ana.send(send(anasId, bobsId, 1795372031, "tudo bem?"));
                bob.expectFrame(deliver(anasId, bobsId, 1795372031, "tudo bem?"));

                bob.send(read(anasId, 1795372030));
                assertThat(List.of(ana.readFrame(), ana.readFrame()))
                        .containsExactlyInAnyOrder(delivered(bobsId, 1795372030), readReceipt(bobsId, 1795372030));
            }
            try (WireClient bob = server.connectAs("bob without a proxy", bobsId)) {
                bob.expectFrame(deliver(anasId, bobsId, 1795372031, "tudo bem?"));
                ana.expectFrame(delivered(bobsId, 1795372031));
            }
        }
    }

    private static void expectNothingMore(WireClient peer, String id) {
        peer.send(send(id, id, 3, "marker"));
        peer.expectFrame(deliver(id, id, 3, "marker"));
        peer.expectFrame(delivered(id, 3));
    }

    private boolean hasRoom(String address) {
        try (WireClient newcomer = proxied("newcomer", address)) {
            newcomer.register();
            return true;
        } catch (AssertionError | RuntimeException _) {
            return false; // closed at once, still
        }
    }

    private String peerOf(String id) {
        return gateway.sessionOf(new ClientId(Long.parseLong(id))).orElseThrow().peer();
    }

    private WireClient connectProxy(String name) {
        return WireClient.connectFrom(PROXY, name, server.port());
    }

    /** Connects a client through the proxy, from an address of the client's own. */
    private WireClient proxied(String name, String address) {
        WireClient client = connectProxy(name);
        client.send(ProxyHeaders.of(new InetSocketAddress(InetAddress.ofLiteral(address), 5001)));
        return client;
    }

    private static byte[] concat(byte[] header, String frames) {
        var all = new ByteArrayOutputStream();
        all.writeBytes(header);
        all.writeBytes(frames.getBytes(UTF_8));
        return all.toByteArray();
    }
}
