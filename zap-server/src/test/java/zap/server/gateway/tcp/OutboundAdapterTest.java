package zap.server.gateway.tcp;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.messaging.support.GenericMessage;
import zap.protocol.ClientId;
import zap.protocol.Frame;
import zap.protocol.PosixTime;
import zap.server.gateway.settings.Framing;
import zap.server.gateway.settings.PlainListeners;

/** The way out of a connection: through the channel and the adapter of its listener. */
class OutboundAdapterTest {

    private static final ClientId ANA = new ClientId(1_000_000_000_001L);

    private final Listener listener = new Listener(0, null, null);
    private final OutboundAdapter adapter = new OutboundAdapter(listener);
    private final UnmeteredChannel channel = new UnmeteredChannel();

    @BeforeEach
    void subscribe() {
        listener.setApplicationEventPublisher(_ -> {});
        channel.subscribe(adapter);
    }

    private ZapConnection connectionOver(MemorySocket socket) throws IOException {
        return new ZapConnection(
                socket,
                false,
                null,
                "memory",
                Framing.FULL_WIDTH,
                null,
                PlainListeners.properties(Duration.ZERO),
                new SendQueue(null, null),
                new PeerTcp(null, null),
                channel,
                _ -> null);
    }

    private ZapConnection registeredOver(MemorySocket socket) throws IOException {
        ZapConnection connection = connectionOver(socket);
        connection.registerSenders(List.of(adapter));
        return connection;
    }

    private static Frame delivered(long second) {
        return new Frame.Delivered(ANA, new PosixTime(second));
    }

    @Test
    void eachConnectionGetsItsFramesAndAllOfThemInOneWrite() throws IOException {
        var one = new MemorySocket();
        var other = new MemorySocket();
        ZapConnection toOne = registeredOver(one);
        ZapConnection toOther = registeredOver(other);

        toOne.write(List.of(delivered(1), delivered(2)));
        toOther.write(List.of(delivered(3)));

        assertThat(one.takeWrites())
                .extracting(bytes -> new String(bytes, UTF_8))
                .containsExactly("071000000000001" + "0000000001" + "071000000000001" + "0000000002");
        assertThat(other.takeWrites())
                .extracting(bytes -> new String(bytes, UTF_8))
                .containsExactly("071000000000001" + "0000000003");
    }

    /** The session closes the connection, because it knows why. */
    @Test
    void anErrorComesBackAsItIsAndTheAdapterDoesNotCloseTheConnection() throws IOException {
        var socket = new MemorySocket();
        ZapConnection connection = registeredOver(socket);
        socket.close();

        for (int i = 0; i < 2; i++) {
            assertThatThrownBy(() -> connection.write(List.of(delivered(1))))
                    .isInstanceOf(UncheckedIOException.class)
                    .hasRootCauseMessage("closed");
        }
    }

    @Test
    void aWriteToAConnectionThatTheAdapterHasForgottenFailsAsOneToAClosedSocket() throws IOException {
        var socket = new MemorySocket();
        ZapConnection connection = registeredOver(socket);
        connection.close();

        assertThatThrownBy(() -> connection.write(List.of(delivered(1))))
                .isInstanceOf(UncheckedIOException.class)
                .hasMessageContaining("The connection is closed");
        assertThat(socket.takeWrites()).isEmpty();
    }

    /** So it is counted as a bug, and not as a lost peer. */
    @Test
    void aBugIsNotTakenForALostConnection() throws IOException {
        ZapConnection connection = registeredOver(new MemorySocket());
        channel.unsubscribe(adapter);
        channel.subscribe(_ -> connection.send(new GenericMessage<>("no frames")));

        assertThatThrownBy(() -> connection.write(List.of(delivered(1)))).isInstanceOf(ClassCastException.class);
    }
}
