package zap.shell.connection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.EOFException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import org.junit.jupiter.api.Test;
import zap.protocol.ClientId;
import zap.protocol.Frame;
import zap.protocol.MalformedFrameException;
import zap.protocol.PosixTime;

class FrameChannelTest {

    private static final String RECEIPT = "07" + "1000000000002" + "1800000000";
    private static final Frame HEARD =
            new Frame.Delivered(ClientId.parse("1000000000002"), PosixTime.parse("1800000000"));

    /** The server counts these frames as delivered. */
    @Test
    void framesBeforeNonsenseInTheSamePacketAreTakenIn() throws Exception {
        var channel = new FrameChannel(new Packets(RECEIPT + RECEIPT + "07x"), new FullWidth());

        assertThat(channel.read(Duration.ZERO)).containsExactly(HEARD, HEARD);
        assertThatThrownBy(() -> channel.read(Duration.ZERO)).isInstanceOf(MalformedFrameException.class);
    }

    @Test
    void whatIsHalfAFrameWaitsForTheRest() throws Exception {
        var channel = new FrameChannel(new Packets(RECEIPT + "0710", RECEIPT.substring(4)), new FullWidth());

        assertThat(channel.read(Duration.ZERO)).containsExactly(HEARD);
        assertThat(channel.read(Duration.ZERO)).containsExactly(HEARD);
        assertThatThrownBy(() -> channel.read(Duration.ZERO)).isInstanceOf(EOFException.class);
    }

    /** The received packets, and then the end. A read beyond the end would block forever. */
    private static final class Packets implements Transport {

        private final ArrayDeque<String> packets;
        private boolean ended;

        Packets(String... packets) {
            this.packets = new ArrayDeque<>(List.of(packets));
        }

        @Override
        public int read(ByteBuffer into, Duration wait) {
            if (packets.isEmpty()) {
                assertThat(ended).as("read once more after the end").isFalse();
                ended = true;
                return -1;
            }
            byte[] packet = packets.removeFirst().getBytes(StandardCharsets.UTF_8);
            into.put(packet);
            return packet.length;
        }

        @Override
        public void write(byte[] bytes) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void finishWriting() {
            throw new UnsupportedOperationException();
        }

        @Override
        public void close() {}
    }
}
