package zap.server.cluster;

import java.net.ServerSocket;
import java.net.SocketException;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.BeanFactory;
import org.springframework.integration.channel.DirectChannel;
import org.springframework.integration.ip.tcp.connection.DefaultTcpNetSSLSocketFactorySupport;
import org.springframework.integration.ip.tcp.connection.DefaultTcpSocketSupport;
import org.springframework.integration.ip.tcp.connection.TcpConnectionServerExceptionEvent;
import org.springframework.integration.ip.tcp.connection.TcpNetServerConnectionFactory;
import org.springframework.integration.ip.tcp.inbound.TcpReceivingChannelAdapter;
import org.springframework.integration.ip.tcp.outbound.TcpSendingMessageHandler;
import org.springframework.messaging.Message;
import zap.server.mailbox.ClientMail;
import zap.server.mailbox.ClientMailFormat;

/**
 * The end of links at which a node takes mail from the others. A program without a certificate of a node in the
 * database gets no further than TLS.
 */
final class LinkListener implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(LinkListener.class);

    private static final Duration OPEN_WITHIN = Duration.ofSeconds(5);

    private final TcpNetServerConnectionFactory factory;
    private final TcpReceivingChannelAdapter inbound = new TcpReceivingChannelAdapter();
    private final TcpSendingMessageHandler outbound = new TcpSendingMessageHandler();
    private final Consumer<List<ClientMail>> mail;
    private volatile boolean failed;

    /**
     * Opens the port.
     *
     * @param host the local name or address; null for all addresses
     * @param port the port; 0 for any that is free
     * @param mail receives the mail of each message; runs on the link's thread
     */
    LinkListener(@Nullable String host, int port, SSLContext tls, BeanFactory beans, Consumer<List<ClientMail>> mail) {
        this.mail = mail;
        this.factory = new TcpNetServerConnectionFactory(port);
        if (host != null) {
            factory.setLocalAddress(host);
        }
        factory.setTcpSocketFactorySupport(new DefaultTcpNetSSLSocketFactorySupport(() -> tls));
        factory.setTcpSocketSupport(new ClientsWithCertificates());
        LinkFormat.set(factory, beans);
        factory.setApplicationEventPublisher(event -> {
            if (event instanceof TcpConnectionServerExceptionEvent) {
                failed = true;
            }
        });

        var received = new DirectChannel();
        received.subscribe(this::received);
        inbound.setConnectionFactory(factory);
        inbound.setOutputChannel(received);
        inbound.setBeanFactory(beans);
        inbound.afterPropertiesSet();
        outbound.setConnectionFactory(factory);
        outbound.setBeanFactory(beans);
        outbound.afterPropertiesSet();
    }

    /**
     * Starts to listen.
     *
     * @return the port; 0 when it could not be opened
     */
    int open() throws InterruptedException {
        outbound.start();
        inbound.start();
        long until = System.nanoTime() + OPEN_WITHIN.toNanos();
        while (!factory.isListening() && !failed && System.nanoTime() - until < 0) {
            Thread.sleep(10); // its thread opens the port, and does not tell when
        }
        return factory.isListening() ? factory.getPort() : 0;
    }

    /** Returns whether the port is open. */
    boolean isOpen() {
        return factory.isListening();
    }

    private void received(Message<?> message) {
        byte[] bytes = (byte[]) message.getPayload();
        if (LinkFormat.isProbe(bytes)) {
            outbound.handleMessage(message); // to the connection that its header names
            return;
        }
        try {
            mail.accept(ClientMailFormat.read(bytes));
        } catch (IllegalArgumentException e) {
            // The mail is in the log, and is found there. Servers of two versions may be running for a while.
            log.debug("Another server has handed over what this one does not understand: {}", e.getMessage());
        }
    }

    /** Closes the port and all links to it. */
    @Override
    public void close() {
        inbound.stop();
        outbound.stop();
        factory.stop();
    }

    /** The sockets of the port: the other side, too, has to show a certificate. */
    private static final class ClientsWithCertificates extends DefaultTcpSocketSupport {

        ClientsWithCertificates() {
            super(false); // a node's certificate names no host
        }

        @Override
        public void postProcessServerSocket(ServerSocket socket) {
            try {
                socket.setReuseAddress(true);
            } catch (SocketException e) {
                log.debug("Could not set an option of the port for links: {}", e.getMessage());
            }
            ((SSLServerSocket) socket).setNeedClientAuth(true);
        }
    }
}
