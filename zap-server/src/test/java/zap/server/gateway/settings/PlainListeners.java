package zap.server.gateway.settings;

import java.time.Duration;
import java.util.List;
import org.springframework.util.unit.DataSize;

/**
 * Properties for tests that have sessions and no listeners: no limit delays a session, and written mail counts as
 * delivered.
 */
public final class PlainListeners {

    private PlainListeners() {}

    /** @param drain the time for which a stopping server goes on delivering mail */
    public static GatewayProperties properties(Duration drain) {
        return new GatewayProperties(
                null,
                0,
                0,
                0,
                null,
                1,
                DataSize.ofKilobytes(64),
                1_000_000,
                1_000,
                1_000,
                Duration.ofSeconds(30),
                Duration.ofMinutes(1),
                Duration.ofMinutes(1),
                GatewayProperties.DeliveredWhen.WRITTEN,
                List.of(),
                Duration.ofMinutes(20),
                Duration.ofMillis(100),
                Duration.ZERO,
                true,
                Duration.ZERO,
                100,
                drain);
    }
}
