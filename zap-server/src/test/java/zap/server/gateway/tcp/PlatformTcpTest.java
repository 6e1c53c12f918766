package zap.server.gateway.tcp;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import zap.server.gateway.settings.GatewayProperties.DeliveredWhen;

class PlatformTcpTest {

    private static final PlatformTcp.Finder PLAN_9 = () -> {
        throw new UnsupportedOperationException("Plan 9 is not Linux");
    };

    @Test
    void aPlatformThatDoesNotTellSaysWhyAndWhatCountsInstead() {
        assertThat(new PlatformTcp(PLAN_9, DeliveredWhen.ACKNOWLEDGED, Duration.ofMinutes(1)).deliveredWhen())
                .isEqualTo("it was written to the recipient's connection, for this platform does not tell more"
                        + " (Plan 9 is not Linux)");
    }

    @Test
    void whereThePlatformDoesNotTellWhatWasWrittenCounts() throws IOException {
        try (SocketChannel channel = SocketChannel.open()) {
            var queue = new PlatformTcp(PLAN_9, DeliveredWhen.ACKNOWLEDGED, Duration.ofMinutes(1))
                    .sendQueueOf(channel.socket());
            var output = queue.ofFrames(queue.counting(new ByteArrayOutputStream()));
            output.write(new byte[256]);
            output.write(7);
            assertThat(queue.written()).isEqualTo(257);
            assertThat(queue.acknowledged()).isEqualTo(257);
        }
    }
}
