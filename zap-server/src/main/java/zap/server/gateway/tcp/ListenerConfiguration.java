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

    private final GatewayProperties properties;
    private final PlatformTcp tcp;
    private final SessionOpener opener;
    private final Sessions sessions;
    private final GatewayMeters meters;

    ListenerConfiguration(
            GatewayProperties properties,
            PlatformTcp tcp,
            SessionOpener opener,
            Sessions sessions,
            GatewayMeters meters) {
        this.properties = properties;
        this.tcp = tcp;
        this.opener = opener;
        this.sessions = sessions;
        this.meters = meters;
    }

    /** Creates a bean that this configuration itself needs, hence without an instance of it. */
    @Bean
    static PlatformTcp platformTcp(GatewayProperties properties) {
        return new PlatformTcp(PlatformTcp::find, properties.deliveredWhen(), properties.userTimeout());
    }

    @Bean
    DirectChannel inbound(FrameDispatcher dispatcher) {
        var channel = new DirectChannel();
        channel.subscribe(message -> dispatcher.dispatch((Inbound) message.getPayload()));
        return channel;
    }

    @Bean
    Listener mainListener(DirectChannel mainOutbound) {
        return listener(properties.port(), Framing.FULL_WIDTH, null, mainOutbound);
    }

    @Bean
    Listener recvListener(DirectChannel recvOutbound) {
        return listener(properties.recvPort(), Framing.RECV, null, recvOutbound);
    }

    @Bean
    Listener tlsListener(TlsBundle bundle, DirectChannel tlsOutbound) {
        int port = bundle.isThere() ? properties.tlsPort() : GatewayProperties.OFF;
        return listener(port, Framing.FULL_WIDTH, bundle, tlsOutbound);
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

    /**
     * Returns a listener.
     *
     * @param bundle the certificate that encrypts its connections; null for no encryption
     */
    private Listener listener(int port, Framing framing, @Nullable TlsBundle bundle, MessageChannel outbound) {
        var listener = new Listener(port, sessions, meters);
        if (properties.address() != null) {
            listener.setLocalAddress(properties.address().getHostAddress());
        }
        listener.setBacklog(properties.backlog());
        listener.setSoTcpNoDelay(true);
        listener.setSoKeepAlive(true);
        listener.setSoSendBufferSize(Math.toIntExact(properties.sendBuffer().toBytes()));
        listener.setTcpSocketSupport(new KeptAliveSockets(tcp));
        listener.setTaskExecutor(ListenerConfiguration::start);
        listener.setMapper(new FrameMapper());
        listener.setDeserializer(new FrameDeserializer());
        listener.setTcpNetConnectionSupport(new Connections(framing, bundle, outbound));
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

    /** The factory of a listener's connections, each with its session. */
    private final class Connections implements TcpNetConnectionSupport {

        private final Framing framing;
        private final @Nullable TlsBundle bundle;
        private final MessageChannel outbound;

        Connections(Framing framing, @Nullable TlsBundle bundle, MessageChannel outbound) {
            this.framing = framing;
            this.bundle = bundle;
            this.outbound = outbound;
        }

        @Override
        public ZapConnection createNewConnection(
                Socket socket,
                boolean server,
                boolean lookupHost,
                @Nullable ApplicationEventPublisher events,
                @Nullable String factory) {
            try {
                SendQueue sendQueue = tcp.sendQueueOf(socket);
                @Nullable
                TlsLayer tls = bundle == null
                        ? null
                        : new TlsLayer(socket, sendQueue.counting(socket.getOutputStream()), bundle, meters);
                return new ZapConnection(
                        socket,
                        lookupHost,
                        events,
                        factory,
                        framing,
                        tls,
                        properties,
                        sendQueue,
                        tcp.peerOf(socket),
                        outbound,
                        opener::open);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
