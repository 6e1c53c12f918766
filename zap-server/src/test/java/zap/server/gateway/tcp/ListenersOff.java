package zap.server.gateway.tcp;

import org.springframework.integration.ip.tcp.inbound.TcpReceivingChannelAdapter;
import zap.server.gateway.session.Sessions;
import zap.server.gateway.settings.GatewayMeters;
import zap.server.gateway.settings.GatewayProperties;

/** Listeners that are all switched off, for tests of other packages. */
public final class ListenersOff {

    private ListenersOff() {}

    public static Listeners create(Sessions sessions, GatewayMeters meters) {
        return new Listeners(off(sessions, meters), off(sessions, meters), off(sessions, meters));
    }

    private static Listeners.ListenerEndpoint off(Sessions sessions, GatewayMeters meters) {
        return new Listeners.ListenerEndpoint(
                new Listener(GatewayProperties.OFF, sessions, meters), new TcpReceivingChannelAdapter());
    }
}
