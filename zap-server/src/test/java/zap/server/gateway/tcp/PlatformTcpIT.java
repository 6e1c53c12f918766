package zap.server.gateway.tcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.channels.ServerSocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import zap.server.gateway.settings.GatewayProperties.DeliveredWhen;
import zap.server.testing.RunningServer;

/** The system's facts about real connections, on Linux. */
@EnabledOnOs(value = OS.LINUX, disabledReason = "only Linux tells what a peer's TCP has acknowledged")
class PlatformTcpIT {

    private final PlatformTcp tcp =
            new PlatformTcp(PlatformTcp::find, DeliveredWhen.ACKNOWLEDGED, Duration.ofMinutes(1));
    private ServerSocketChannel listening;
    private final List<Socket> sockets = new ArrayList<>();

    private record Connection(Socket peer, Socket accepted, SendQueue queue, OutputStream output) {}

    @BeforeEach
    void listen() throws IOException {
        listening = ServerSocketChannel.open();
        listening.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    }

    @AfterEach
    void close() throws IOException {
        for (Socket socket : sockets) {
            socket.close();
        }
        listening.close();
    }

    private Connection connect() throws IOException {
        var peer = new Socket();
        peer.setReceiveBufferSize(4096);
        peer.connect(listening.getLocalAddress());
        Socket accepted = listening.socket().accept();
        accepted.setSendBufferSize(64 * 1024);
        sockets.addAll(List.of(peer, accepted));
        SendQueue queue = tcp.sendQueueOf(accepted);
        return new Connection(peer, accepted, queue, queue.ofFrames(queue.counting(accepted.getOutputStream())));
    }

    @Test
    void theFallbackIsNotNeededHere() {
        assertThat(tcp.deliveredWhen()).isEqualTo("the recipient's TCP has acknowledged it");
    }

    @Test
    void somebodyMayNotWantToWaitForIt() throws IOException {
        var written = new PlatformTcp(PlatformTcp::find, DeliveredWhen.WRITTEN, Duration.ofMinutes(1));
        assertThat(written.deliveredWhen())
                .isEqualTo("it was written to the recipient's connection, as zap.gateway.delivered-when says");
        Connection connection = connect();
        SendQueue queue = written.sendQueueOf(connection.accepted());
        queue.ofFrames(queue.counting(connection.accepted().getOutputStream())).write(new byte[50_000]);
        assertThat(queue.acknowledged()).isEqualTo(50_000);
    }

    @Test
    void whatDoesNotFitIntoThePeersSystemIsNotAcknowledgedBeforeItReads() throws IOException {
        Connection connection = connect();
        connection.output().write(new byte[50_000]);
        assertThat(connection.queue().written()).isEqualTo(50_000);
        assertThat(connection.queue().acknowledged()).isLessThan(25_000);

        connection.peer().getInputStream().readNBytes(50_000);
        RunningServer.await(
                "all of it is acknowledged", () -> connection.queue().acknowledged() == 50_000);
    }

    /** TLS does that: the handshake before the frames, and close_notify after them. */
    @Test
    void bytesThatAreNotOfFramesDoNotCountAfterTheLastFrame() throws IOException {
        Connection connection = connect();
        OutputStream below = connection.queue().counting(connection.accepted().getOutputStream());
        OutputStream frames = connection.queue().ofFrames(below);
        below.write(new byte[300]);
        assertThat(connection.queue().written()).isZero();
        frames.write(new byte[100]);
        below.write(new byte[30]);
        assertThat(connection.queue().written()).isEqualTo(400);
        RunningServer.await(
                "all of it is acknowledged", () -> connection.queue().acknowledged() == 430);
    }

    @Test
    void whatWasNotAcknowledgedBeforeAResetNeverIs() throws IOException {
        Connection connection = connect();
        connection.output().write(new byte[50_000]);
        connection.peer().setSoLinger(true, 0);
        connection.peer().close();
        assertThat(catchThrowable(() -> connection.accepted().getInputStream().read()))
                .isInstanceOf(IOException.class);
        long acknowledged = connection.queue().acknowledged();
        assertThat(acknowledged).isLessThan(25_000);
        assertThat(catchThrowable(() -> connection.output().write(1))).isInstanceOf(IOException.class);
        assertThat(connection.queue().acknowledged()).isEqualTo(acknowledged);
    }

    /** The number of its descriptor is another's by then, who has acknowledged everything. */
    @Test
    void aConnectionThatIsClosedIsNotTakenForTheNextOne() throws IOException {
        for (int i = 0; i < 50; i++) {
            Connection connection = connect();
            connection.output().write(new byte[50_000]);
            long acknowledged = connection.queue().acknowledged();
            connection.accepted().close();
            connect();
            assertThat(connection.queue().acknowledged()).isEqualTo(acknowledged);
        }
    }

    /** The thread is two seconds late: that is more than a busy machine makes it, and leaves room for that. */
    @Test
    void whenTheLastBytesCameIsKnownHoweverLateTheyAreRead() throws Exception {
        Connection connection = connect();
        PeerTcp clock = tcp.peerOf(connection.accepted());
        long before = System.nanoTime();
        connection.peer().getOutputStream().write(1);
        RunningServer.await("it has come", () -> available(connection.accepted()) == 1);
        long after = System.nanoTime();
        long late = after + Duration.ofSeconds(2).toNanos();
        RunningServer.await("two seconds have gone", () -> System.nanoTime() - late > 0);
        long tick = Duration.ofMillis(10).toNanos();
        for (int read = 0; read < 2; read++) {
            long said = clock.notLaterThan(System.nanoTime());
            assertThat(said - before).isGreaterThanOrEqualTo(-tick);
            assertThat(said - after).isLessThanOrEqualTo(3 * tick);
            connection.accepted().getInputStream().read();
            // What is sent to the peer changes nothing, and neither does its end.
            connection.output().write(2);
            if (read == 0) {
                connection.peer().shutdownOutput();
            }
        }
        assertThat(clock.notLaterThan(before)).isEqualTo(before);
        connection.accepted().close();
        assertThat(clock.notLaterThan(late)).isEqualTo(late);
    }

    @Test
    void whoHasHungUpOrResetIsKnownBeforeAnybodyReadsThat() throws IOException {
        for (boolean reset : new boolean[] {true, false}) {
            Connection connection = connect();
            PeerTcp peer = tcp.peerOf(connection.accepted());
            connection.peer().getOutputStream().write(1);
            assertThat(peer.hasHungUp()).isFalse();
            connection.peer().setSoLinger(reset, 0);
            connection.peer().close();
            RunningServer.await("it has come", peer::hasHungUp);
            assertThat(connection.accepted().getInputStream().read()).isEqualTo(1);
            connection.accepted().close();
            assertThat(peer.hasHungUp()).isTrue();
        }
    }

    private static int available(Socket socket) {
        try {
            return socket.getInputStream().available();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void theUserTimeoutIsTaken() throws Exception {
        Connection connection = connect();
        var linux = new LinuxTcp();
        int descriptor = linux.descriptorOf(connection.accepted().getChannel());
        assertThat(linux.userTimeout(descriptor, Duration.ofSeconds(30))).isTrue();
        assertThat(linux.userTimeout(-1, Duration.ofSeconds(30))).isFalse();
        assertThat(linux.acknowledged(-1)).isNegative();
    }
}
