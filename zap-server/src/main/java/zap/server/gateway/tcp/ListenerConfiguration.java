package zap.server.gateway.tcp;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Socket;
import org.jspecify.annotations.Nullable;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.integration.channel.DirectChannel;
import org.springframework.integration.ip.tcp.connection.TcpNetConnectionSupport;
import org.springframework.integration.ip.tcp.inbound.TcpReceivingChannelAdapter;
import org.springframework.messaging.MessageChannel;
import zap.server.gateway.session.FrameDispatcher;
import zap.server.gateway.session.Inbound;
import zap.server.gateway.session.SessionOpener;
import zap.server.gateway.session.Sessions;
import zap.server.gateway.settings.Framing;
import zap.server.gateway.settings.GatewayMeters;
import zap.server.gateway.settings.GatewayProperties;
import zap.server.gateway.tls.TlsBundle;
import zap.server.gateway.tls.TlsLayer;

/** The configuration of the listeners, and of the channel from them to the dispatcher. */
@Configuration(proxyBeanMethods = false)
class ListenerConfiguration {

    @Bean
    PlatformTcp platformTcp(GatewayProperties properties) {
        return new PlatformTcp(PlatformTcp::find, properties.deliveredWhen(), properties.userTimeout());
    }

    @Bean
    DirectChannel inbound(FrameDispatcher dispatcher) {
        var channel = new DirectChannel();
        channel.subscribe(message -> dispatcher.dispatch((Inbound) message.getPayload()));
        return channel;
    }

    @Bean
    Listener mainListener(
            GatewayProperties properties,
            PlatformTcp tcp,
            SessionOpener opener,
            Sessions sessions,
            GatewayMeters meters,
            DirectChannel mainOutbound) {
        return listener(
                properties.port(),
                properties,
                sessions,
                meters,
                new Connections(Framing.FULL_WIDTH, null, properties, tcp, meters, mainOutbound, opener));
    }

    @Bean
    Listener recvListener(
            GatewayProperties properties,
            PlatformTcp tcp,
            SessionOpener opener,
            Sessions sessions,
            GatewayMeters meters,
            DirectChannel recvOutbound) {
        return listener(
                properties.recvPort(),
                properties,
                sessions,
                meters,
                new Connections(Framing.RECV, null, properties, tcp, meters, recvOutbound, opener));
    }

    @Bean
    Listener tlsListener(
            GatewayProperties properties,
            TlsBundle bundle,
            PlatformTcp tcp,
            SessionOpener opener,
            Sessions sessions,
            GatewayMeters meters,
            DirectChannel tlsOutbound) {
        return listener(
                bundle.isThere() ? properties.tlsPort() : GatewayProperties.OFF,
                properties,
                sessions,
                meters,
                new Connections(Framing.FULL_WIDTH, bundle, properties, tcp, meters, tlsOutbound, opener));
    }

    @Bean
    TcpReceivingChannelAdapter mainInbound(Listener mainListener, DirectChannel inbound) {
        return adapter(mainListener, inbound);
    }

    @Bean
    TcpReceivingChannelAdapter recvInbound(Listener recvListener, DirectChannel inbound) {
        return adapter(recvListener, inbound);
    }

    @Bean
    TcpReceivingChannelAdapter tlsInbound(Listener tlsListener, DirectChannel inbound) {
        return adapter(tlsListener, inbound);
    }

    @Bean
    DirectChannel mainOutbound() {
        return new UnmeteredChannel();
    }

    @Bean
    DirectChannel recvOutbound() {
        return new UnmeteredChannel();
    }

    @Bean
    DirectChannel tlsOutbound() {
        return new UnmeteredChannel();
    }

    @Bean
    OutboundAdapter mainOutboundAdapter(Listener mainListener, DirectChannel mainOutbound) {
        return outboundAdapter(mainListener, mainOutbound);
    }

    @Bean
    OutboundAdapter recvOutboundAdapter(Listener recvListener, DirectChannel recvOutbound) {
        return outboundAdapter(recvListener, recvOutbound);
    }

    @Bean
    OutboundAdapter tlsOutboundAdapter(Listener tlsListener, DirectChannel tlsOutbound) {
        return outboundAdapter(tlsListener, tlsOutbound);
    }

    @Bean
    Listeners listeners(
            Listener mainListener,
            TcpReceivingChannelAdapter mainInbound,
            Listener recvListener,
            TcpReceivingChannelAdapter recvInbound,
            Listener tlsListener,
            TcpReceivingChannelAdapter tlsInbound) {
        return new Listeners(
                new Listeners.ListenerEndpoint(mainListener, mainInbound),
                new Listeners.ListenerEndpoint(recvListener, recvInbound),
                new Listeners.ListenerEndpoint(tlsListener, tlsInbound));
    }

    private static TcpReceivingChannelAdapter adapter(Listener listener, DirectChannel inbound) {
        var adapter = new TcpReceivingChannelAdapter();
        adapter.setConnectionFactory(listener);
        adapter.setOutputChannel(inbound);
        adapter.setAutoStartup(false); // see Gateway
        return adapter;
    }

    private static OutboundAdapter outboundAdapter(Listener listener, DirectChannel outbound) {
        var adapter = new OutboundAdapter(listener);
        outbound.subscribe(adapter);
        return adapter;
    }

    private static Listener listener(
            int port, GatewayProperties properties, Sessions sessions, GatewayMeters meters, Connections connections) {
        var listener = new Listener(port, sessions, meters);
        if (properties.address() != null) {
            listener.setLocalAddress(properties.address().getHostAddress());
        }
        listener.setBacklog(properties.backlog());
        listener.setSoTcpNoDelay(true);
        listener.setSoKeepAlive(true);
        listener.setSoSendBufferSize(Math.toIntExact(properties.sendBuffer().toBytes()));
        listener.setTcpSocketSupport(new KeptAliveSockets(connections.tcp()));
        listener.setTaskExecutor(ListenerConfiguration::start);
        listener.setMapper(new FrameMapper());
        listener.setDeserializer(new FrameDeserializer());
        listener.setTcpNetConnectionSupport(connections);
        return listener;
    }

    /**
     * Starts a thread for a listener, or for a connection.
     *
     * <p>Listeners must not wait behind thousands of sessions: the order in which connections are accepted decides
     * which one keeps a client, and between two listeners it is only known as far as both accept at once.
     */
    private static void start(Runnable task) {
        if (task instanceof Listener listener) {
            Thread.ofPlatform().daemon().name("accept-" + listener.getPort()).start(task);
        } else {
            Thread.startVirtualThread(task);
        }
    }

    /**
     * The factory of a listener's connections, each with its session.
     *
     * @param bundle the certificate that encrypts them; null for no encryption
     */
    private record Connections(
            Framing framing,
            @Nullable TlsBundle bundle,
            GatewayProperties properties,
            PlatformTcp tcp,
            GatewayMeters meters,
            MessageChannel outbound,
            SessionOpener opener)
            implements TcpNetConnectionSupport {

        @Override
        public ZapConnection createNewConnection(
                Socket socket,
                boolean server,
                boolean lookupHost,
                @Nullable ApplicationEventPublisher events,
                @Nullable String factory) {
            try {
                @Nullable TlsLayer tls = bundle == null ? null : new TlsLayer(socket, bundle, meters);
                return new ZapConnection(
                        socket,
                        lookupHost,
                        events,
                        factory,
                        framing,
                        tls,
                        properties,
                        tcp.sendQueueOf(socket),
                        tcp.peerOf(socket),
                        outbound,
                        opener::open);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
