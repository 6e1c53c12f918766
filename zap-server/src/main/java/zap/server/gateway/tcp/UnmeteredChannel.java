package zap.server.gateway.tcp;

import org.springframework.integration.channel.DirectChannel;
import org.springframework.integration.support.management.metrics.MetricsCaptor;

/**
 * A channel without Spring Integration's metrics. They would time each message, and tell less than {@link
 * zap.server.gateway.settings.GatewayMeters}, which counts each frame.
 */
final class UnmeteredChannel extends DirectChannel {

    @Override
    public void registerMetricsCaptor(MetricsCaptor captor) {}
}
