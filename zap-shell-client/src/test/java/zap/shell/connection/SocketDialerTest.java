package zap.shell.connection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.UnknownHostException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import zap.shell.connection.ServerConnection.ConnectionProblem;

/** Tests that a name with several addresses leads to one that serves, with sockets on this computer. */
@Timeout(30)
class SocketDialerTest {

    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final List<AutoCloseable> open = new ArrayList<>();

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable one : open) {
            one.close();
        }
    }

    private <T extends AutoCloseable> T closed(T later) {
        open.add(later);
        return later;
    }

    /** Returns a socket that accepts connections, and is at the same port on another address for each test's name. */
    private ServerSocket listening(String address, int port) throws IOException {
        return closed(new ServerSocket(port, 50, InetAddress.ofLiteral(address)));
    }

    /** Returns a socket that accepts no more connections, and does not answer. */
    private ServerSocket dead(String address, int port) throws IOException {
        var full = closed(new ServerSocket(port, 1, InetAddress.ofLiteral(address)));
        // Linux lets one more wait than it is told, and answers no further one.
        for (int waiting = 0; waiting < 2; waiting++) {
            closed(new Socket(full.getInetAddress(), full.getLocalPort()));
        }
        return full;
    }

    private static AddressLookup.Resolver name(String... addresses) {
        return host -> {
            if (!host.equals("zap.example")) {
                throw new UnknownHostException(host);
            }
            return Stream.of(addresses).map(InetAddress::ofLiteral).toList();
        };
    }

    private static TcpDialer dialer(int port, AddressLookup.Resolver resolver) {
        return new TcpDialer(List.of(new Endpoint("zap.example", port)), resolver, PATIENCE);
    }

    private static String address(Transport transport) {
        return String.valueOf(transport.address());
    }

    @Test
    void anAddressThatRefusesIsPassedOver() throws Exception {
        int port = listening("127.0.0.3", 0).getLocalPort();
        var dialer = dialer(port, name("127.0.0.2", "127.0.0.3"));
        try (Transport transport = dialer.dial()) {
            assertThat(address(transport)).isEqualTo("zap.example:" + port + " (127.0.0.3)");
        }
    }

    @Test
    void anAddressThatDoesNotAnswerIsPassedOver() throws Exception {
        int port = listening("127.0.0.3", 0).getLocalPort();
        dead("127.0.0.2", port);
        var dialer = dialer(port, name("127.0.0.2", "127.0.0.3"));
        try (Transport transport = dialer.dial()) {
            assertThat(address(transport)).endsWith("(127.0.0.3)");
        }
    }

    @Test
    void anAddressThatDoesNotServeIsLeftForTheOtherAndThisOneIsStayedWith() throws Exception {
        int port = listening("127.0.0.2", 0).getLocalPort();
        listening("127.0.0.3", port);
        var dialer = dialer(port, name("127.0.0.2", "127.0.0.3"));
        try (Transport transport = dialer.dial()) {
            assertThat(address(transport)).endsWith("(127.0.0.2)");
        }
        assertThat(dialer.failed()).isTrue();
        for (Dial dial : List.<Dial>of(dialer::dial, dialer::redial, dialer::dial)) {
            try (Transport transport = dial.call()) {
                assertThat(address(transport)).endsWith("(127.0.0.3)");
            }
        }
        assertThat(dialer.failed()).isFalse();
    }

    private interface Dial {
        Transport call() throws IOException;
    }

    @Test
    void theSameAddressAgainMeansNoOther() throws Exception {
        ServerSocket first = listening("127.0.0.2", 0);
        listening("127.0.0.3", first.getLocalPort());
        var dialer = dialer(first.getLocalPort(), name("127.0.0.2", "127.0.0.3"));
        dialer.dial().close();
        first.close();
        assertThatThrownBy(dialer::redial)
                .isInstanceOfSatisfying(
                        NoConnectionException.class,
                        none -> assertThat(none.problem()).isEqualTo(ConnectionProblem.REFUSED));
        assertThat(dialer.failed()).isTrue();
        try (Transport transport = dialer.dial()) {
            assertThat(address(transport)).endsWith("(127.0.0.3)");
        }
    }

    @Test
    void allThatWereTriedAreNamed() throws Exception {
        int free;
        try (var socket = new ServerSocket(0, 1, InetAddress.ofLiteral("127.0.0.2"))) {
            free = socket.getLocalPort();
        }
        var dialer = new TcpDialer(
                List.of(new Endpoint("nowhere.example", free), new Endpoint("zap.example", free)),
                name("127.0.0.2", "127.0.0.3"),
                PATIENCE);
        assertThatThrownBy(dialer::dial).isInstanceOfSatisfying(NoConnectionException.class, none -> {
            assertThat(none.problem()).isEqualTo(ConnectionProblem.REFUSED);
            assertThat(none.attempts().stream().map(attempt -> attempt.address().toString()))
                    .containsExactly("zap.example:" + free + " (127.0.0.2)", "zap.example:" + free + " (127.0.0.3)");
        });
        assertThat(dialer.failed()).isFalse();
    }

    @Test
    void aNameThatIsUnknownStaysThat() {
        assertThatThrownBy(() -> new TcpDialer(List.of(new Endpoint("nowhere.example", 1)), name(), PATIENCE).dial())
                .isInstanceOf(UnknownHostException.class)
                .hasMessage("nowhere.example");
    }

    @Test
    void theHandshakeIsForTheWinnerAlone() throws Exception {
        ServerSocket first = listening("127.0.0.2", 0);
        ServerSocket second = listening("127.0.0.3", first.getLocalPort());
        BlockingQueue<Integer> firstBytes = new LinkedBlockingQueue<>();
        acceptAndHangUp(first, firstBytes);
        var dialer = new TlsDialer(
                List.of(new Endpoint("zap.example", first.getLocalPort())),
                name("127.0.0.2", "127.0.0.3"),
                PATIENCE,
                null,
                null,
                InstantSource.system());
        assertThatThrownBy(dialer::dial).isInstanceOf(TlsFaultException.class);
        assertThat(firstBytes.take()).isEqualTo(22); // a TLS handshake
        assertThat(dialer.failed()).isTrue();
        BlockingQueue<Integer> secondBytes = new LinkedBlockingQueue<>();
        acceptAndHangUp(second, secondBytes);
        assertThatThrownBy(dialer::dial).isInstanceOf(TlsFaultException.class);
        assertThat(secondBytes.take()).isEqualTo(22);
        assertThat(firstBytes).isEmpty();
        assertThat(dialer.failed()).isFalse();
    }

    private static void acceptAndHangUp(ServerSocket server, BlockingQueue<Integer> firstBytes) {
        Thread.ofVirtual().start(() -> {
            while (true) {
                try (Socket socket = server.accept()) {
                    firstBytes.add(socket.getInputStream().read());
                } catch (IOException e) {
                    return; // the test is over
                }
            }
        });
    }

    @Test
    void anInterruptEndsADialAtOnceAndLeavesNoSocket() throws Exception {
        ServerSocket silent = listening("127.0.0.2", 0);
        var plain = dialer(dead("127.0.0.3", 0).getLocalPort(), name("127.0.0.3"));
        var encrypted = new TlsDialer(
                List.of(new Endpoint("zap.example", silent.getLocalPort())),
                name("127.0.0.2"),
                Duration.ofHours(1),
                null,
                null,
                InstantSource.system());
        BlockingQueue<Map.Entry<String, IOException>> ended = new LinkedBlockingQueue<>();
        Thread plainly = dialing("plain", plain, ended);
        Thread secretly = dialing("encrypted", encrypted, ended);
        try (Socket accepted = silent.accept()) {
            assertThat(accepted.getInputStream().read()).isEqualTo(22);
            plainly.interrupt();
            secretly.interrupt();
            for (int i = 0; i < 2; i++) {
                var end = ended.poll(10, TimeUnit.SECONDS);
                assertThat(end.getValue()).as(end.getKey()).isInstanceOf(InterruptedIOException.class);
            }
            // Its end of the connection is closed.
            accepted.getInputStream().readAllBytes();
        }
    }

    private static Thread dialing(
            String name, Transport.Dialer dialer, BlockingQueue<Map.Entry<String, IOException>> ended) {
        return Thread.ofPlatform().daemon().name(name).start(() -> {
            try {
                dialer.dial().close();
            } catch (IOException e) {
                ended.add(Map.entry(name, e));
            }
        });
    }

    @Test
    void aNameServerThatDoesNotAnswerDoesNotKeepTheClientFromAnAddressThatItKnows() throws Exception {
        ServerSocket known = listening("127.0.0.2", 0);
        var answers = new LinkedBlockingQueue<InetAddress>();
        var dialer = new TcpDialer(
                List.of(new Endpoint("slow.example", 1), new Endpoint("127.0.0.2", known.getLocalPort())),
                host -> {
                    try {
                        return List.of(answers.take());
                    } catch (InterruptedException e) {
                        throw new AssertionError(e);
                    }
                },
                PATIENCE);
        try (Transport transport = dialer.dial()) {
            assertThat(transport.address())
                    .extracting(ServerAddress::socket)
                    .isEqualTo(new InetSocketAddress(known.getInetAddress(), known.getLocalPort()));
        } finally {
            answers.add(InetAddress.ofLiteral("127.0.0.2"));
        }
    }
}
