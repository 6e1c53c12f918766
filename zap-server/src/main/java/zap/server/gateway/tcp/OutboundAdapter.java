package zap.server.gateway.tcp;

import org.springframework.integration.ip.tcp.outbound.TcpSendingMessageHandler;
import org.springframework.integration.support.management.metrics.MetricsCaptor;

/**
 * The outbound adapter of a listener. It finds the connection of a message by the id in its header, and calls {@link
 * ZapConnection#send}. It is never started: the inbound adapter starts and stops the listener.
 */
final class OutboundAdapter extends TcpSendingMessageHandler {

    OutboundAdapter(Listener listener) {
        setConnectionFactory(listener);
    }

    /** Registers nothing: see {@link UnmeteredChannel}. */
    @Override
    public void registerMetricsCaptor(MetricsCaptor captor) {}
}
