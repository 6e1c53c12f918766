package zap.server.gateway;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.integration.channel.DirectChannel;
import org.springframework.integration.ip.tcp.connection.TcpNetConnectionSupport;
import org.springframework.integration.ip.tcp.inbound.TcpReceivingChannelAdapter;

/** The two listeners, and the channel through which their frames come to the dispatcher. */
@Configuration(proxyBeanMethods = false)
class GatewayConfiguration {

    @Bean
    PlatformTcp platformTcp(GatewayProperties properties) {
        return new PlatformTcp(PlatformTcp::find, properties.deliveredWhen(), properties.userTimeout());
    }

    @Bean
    DirectChannel inbound(FrameDispatcher dispatcher) {
        var channel = new DirectChannel();
        channel.subscribe(dispatcher);
        return channel;
    }

    @Bean
    Listener mainListener(
            GatewayProperties properties, PlatformTcp tcp, Sessions sessions, GatewayMeters meters, Outboxes outboxes) {
        return listener(Wire.FULL_WIDTH, properties.port(), properties, tcp, sessions, meters, outboxes);
    }

    @Bean
    Listener recvListener(
            GatewayProperties properties, PlatformTcp tcp, Sessions sessions, GatewayMeters meters, Outboxes outboxes) {
        return listener(Wire.RECV, properties.recvPort(), properties, tcp, sessions, meters, outboxes);
    }

    @Bean
    TcpReceivingChannelAdapter mainInbound(Listener mainListener, DirectChannel inbound) {
        return adapter(mainListener, inbound);
    }

    @Bean
    TcpReceivingChannelAdapter recvInbound(Listener recvListener, DirectChannel inbound) {
        return adapter(recvListener, inbound);
    }

    private static TcpReceivingChannelAdapter adapter(Listener listener, DirectChannel inbound) {
        var adapter = new TcpReceivingChannelAdapter();
        adapter.setConnectionFactory(listener);
        adapter.setOutputChannel(inbound);
        adapter.setAutoStartup(false); // see Gateway
        return adapter;
    }

    private static Listener listener(
            Wire wire,
            int port,
            GatewayProperties properties,
            PlatformTcp tcp,
            Sessions sessions,
            GatewayMeters meters,
            Outboxes outboxes) {
        var listener = new Listener(port);
        if (properties.address() != null) {
            listener.setLocalAddress(properties.address().getHostAddress());
        }
        listener.setBacklog(properties.backlog());
        listener.setSoTcpNoDelay(true);
        listener.setSoKeepAlive(true);
        listener.setSoSendBufferSize(Math.toIntExact(properties.sendBuffer().toBytes()));
        listener.setTcpSocketSupport(new KeptAliveSockets(tcp));
        listener.setTaskExecutor(Executors.newVirtualThreadPerTaskExecutor());
        listener.setMapper(new FrameMapper());
        listener.setDeserializer(new FrameDeserializer());
        listener.setSerializer(new FrameSerializer(wire));
        listener.setTcpNetConnectionSupport(
                new Connections(wire, properties, tcp, sessions, meters, outboxes.on(wire)));
        return listener;
    }

    /** Makes the connections of a listener, each with its session. */
    private record Connections(
            Wire wire,
            GatewayProperties properties,
            PlatformTcp tcp,
            Sessions sessions,
            GatewayMeters meters,
            Session.OutboxFactory outboxes)
            implements TcpNetConnectionSupport {

        /** The socket is the one that the listener accepted: what is to be wrapped around it is wrapped here, and its send queue stays. */
        @Override
        public ZapConnection createNewConnection(
                Socket socket,
                boolean server,
                boolean lookupHost,
                @Nullable ApplicationEventPublisher events,
                @Nullable String factory) {
            try {
                return new ZapConnection(
                        socket, lookupHost, events, factory, wire, properties, tcp.sendQueueOf(socket), this::session);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        private Session session(ZapConnection connection) {
            var session = new Session(sessions.nextNumber(), wire, connection, sessions, meters, outboxes);
            sessions.opened(session);
            return session;
        }
    }
}
