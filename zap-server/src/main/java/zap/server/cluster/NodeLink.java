package zap.server.cluster;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import javax.net.ssl.SSLContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.BeanFactory;
import org.springframework.integration.channel.DirectChannel;
import org.springframework.integration.ip.tcp.connection.DefaultTcpNetSSLSocketFactorySupport;
import org.springframework.integration.ip.tcp.connection.DefaultTcpSocketSupport;
import org.springframework.integration.ip.tcp.connection.TcpConnectionCloseEvent;
import org.springframework.integration.ip.tcp.connection.TcpNetClientConnectionFactory;
import org.springframework.integration.ip.tcp.inbound.TcpReceivingChannelAdapter;
import org.springframework.integration.ip.tcp.outbound.TcpSendingMessageHandler;
import org.springframework.messaging.support.GenericMessage;
import zap.server.mailbox.ClientMail;
import zap.server.mailbox.ClientMailFormat;

/**
 * The link to another node: hands over the mail that this node has stored for the other's clients.
 *
 * <p>What comes while a message is being sent goes out together in the next one. A link that does not keep up takes
 * nothing more. Mail that is not taken, or is lost with the connection, is told of through the database.
 */
final class NodeLink implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(NodeLink.class);

    /** Most entries that wait. */
    private static final int MOST_WAITING = 20_000;

    /** Most entries in one message. */
    private static final int MOST_IN_ONE = 2_000;

    /** Interval of probes: an idle link shows by them that it works. */
    private static final Duration PROBE_EVERY = Duration.ofSeconds(1);

    private static final Duration ANSWER_WITHIN = Duration.ofSeconds(5);

    private static final long PAUSE_MILLIS = 1_000;
    private static final int CONNECT_WITHIN_SECONDS = 3;

    /** Attempts to connect for the first time until that is worth a line: the other server may be starting, too. */
    private static final int ATTEMPTS_UNTIL_TOLD = 5;

    /**
     * Age from which mail is not handed over any more. This process was paused meanwhile, and the database may have
     * failed over to a standby without this mail.
     */
    private static final long TOO_OLD_NANOS = TimeUnit.SECONDS.toNanos(2);

    /** Mail that waits, and {@link System#nanoTime()} when it was committed. */
    private record Waiting(ClientMail mail, long sinceNanos) {}

    private final Node node;
    private final LinkEnd end;
    private final Consumer<Set<Long>> untaken;
    private final ClusterMeters meters;
    private final TcpSendingMessageHandler outbound = new TcpSendingMessageHandler();
    private final TcpReceivingChannelAdapter inbound = new TcpReceivingChannelAdapter();
    private final ReentrantLock lock = new ReentrantLock();
    /** Signals that there is mail, or that the link begins or ceases to work. */
    private final Condition changed = lock.newCondition();

    // Guarded by the lock.
    private final Queue<Waiting> waiting = new ArrayDeque<>();
    private int entries;
    private boolean connected;
    /** Whether the connection of the current attempt has ended. */
    private boolean ended;

    private boolean closed;

    private final Thread thread;

    /**
     * Makes a link and begins to connect it.
     *
     * @param end where the node takes mail
     * @param untaken receives the clients whose mail was taken and could not be sent
     */
    NodeLink(
            Node node,
            LinkEnd end,
            SSLContext tls,
            BeanFactory beans,
            ClusterMeters meters,
            Consumer<Set<Long>> untaken) {
        this.node = node;
        this.end = end;
        this.untaken = untaken;
        this.meters = meters;
        var factory = new TcpNetClientConnectionFactory(end.host(), end.port());
        factory.setTcpSocketFactorySupport(new DefaultTcpNetSSLSocketFactorySupport(() -> tls));
        factory.setTcpSocketSupport(new DefaultTcpSocketSupport(false)); // a node's certificate names no host
        factory.setConnectTimeout(CONNECT_WITHIN_SECONDS);
        LinkFormat.set(factory, beans);
        factory.setApplicationEventPublisher(event -> {
            if (event instanceof TcpConnectionCloseEvent) {
                connected(false);
            }
        });
        outbound.setConnectionFactory(factory);
        outbound.setBeanFactory(beans);
        outbound.afterPropertiesSet();
        var echoes = new DirectChannel();
        echoes.subscribe(_ -> connected(true));
        inbound.setConnectionFactory(factory);
        inbound.setOutputChannel(echoes);
        inbound.setBeanFactory(beans);
        inbound.afterPropertiesSet();
        thread = Thread.ofVirtual().name("link-to-node-" + node.number()).start(this::run);
    }

    /** Returns the node at the other end. */
    Node node() {
        return node;
    }

    private boolean isClosed() {
        lock.lock();
        try {
            return closed;
        } finally {
            lock.unlock();
        }
    }

    /** Returns whether the link works. */
    boolean isConnected() {
        lock.lock();
        try {
            return connected && !closed;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Takes mail that has been committed. Does not block.
     *
     * @return false when the link does not work, or does not keep up: then nothing was taken
     */
    boolean take(List<ClientMail> mail) {
        int count = ClientMail.entries(mail);
        lock.lock();
        try {
            if (closed || !connected || entries + count > MOST_WAITING) {
                return false;
            }
            long now = System.nanoTime();
            mail.forEach(one -> waiting.add(new Waiting(one, now)));
            entries += count;
            changed.signalAll();
            return true;
        } finally {
            lock.unlock();
        }
    }

    private void run() {
        outbound.start();
        inbound.start();
        boolean worked = false;
        int attempts = 0;
        try {
            while (true) {
                boolean works = isConnected() ? send(next()) : connect();
                if (isClosed()) {
                    return;
                }
                if (works && !worked) {
                    log.info("Linked to {}: mail for its clients is handed over", node);
                    attempts = ATTEMPTS_UNTIL_TOLD;
                } else if (worked && !works) {
                    log.info("No link to {} at the moment: mail for its clients goes through the database", node);
                } else if (!works && ++attempts == ATTEMPTS_UNTIL_TOLD) {
                    log.info(
                            "No link to {} so far: mail for its clients goes through the database. Can this machine connect"
                                    + " to port {} of {}?",
                            node,
                            end.port(),
                            end.host());
                }
                worked = works;
                if (!works) {
                    connected(false);
                    Thread.sleep(PAUSE_MILLIS); // the other server may be starting, or gone
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /**
     * Connects, and waits for the answer to a probe. Without one, the other side may not have accepted the certificate:
     * TLS does not tell at once.
     */
    private boolean connect() throws InterruptedException {
        lock.lockInterruptibly();
        try {
            ended = false;
        } finally {
            lock.unlock();
        }
        if (!send(List.of())) {
            return false;
        }
        lock.lockInterruptibly();
        try {
            long left = ANSWER_WITHIN.toNanos();
            while (!connected && !ended && left > 0) {
                left = changed.awaitNanos(left);
            }
            return connected;
        } finally {
            lock.unlock();
        }
    }

    private void connected(boolean now) {
        List<Waiting> left = List.of();
        lock.lock();
        try {
            connected = now && !closed;
            ended = !now;
            changed.signalAll();
            if (!connected) {
                left = List.copyOf(waiting);
                waiting.clear();
                entries = 0;
            }
        } finally {
            lock.unlock();
        }
        tellOf(left);
    }

    /** Waits for mail; returns nothing when it is time for a probe. */
    private List<Waiting> next() throws InterruptedException {
        var next = new ArrayList<Waiting>();
        lock.lockInterruptibly();
        try {
            long left = PROBE_EVERY.toNanos();
            while (waiting.isEmpty() && connected && left > 0) {
                left = changed.awaitNanos(left);
            }
            int count = 0;
            while (count < MOST_IN_ONE && !waiting.isEmpty()) {
                Waiting one = waiting.remove();
                count += one.mail.mail().size();
                next.add(one);
            }
            entries -= count;
        } finally {
            lock.unlock();
        }
        return next;
    }

    private boolean send(List<Waiting> next) {
        long now = System.nanoTime();
        List<ClientMail> mail = next.stream()
                .filter(one -> now - one.sinceNanos < TOO_OLD_NANOS)
                .map(Waiting::mail)
                .toList();
        if (mail.size() < next.size()) {
            tellOf(next.stream()
                    .filter(one -> now - one.sinceNanos >= TOO_OLD_NANOS)
                    .toList());
        }
        try {
            outbound.handleMessage(
                    new GenericMessage<>(mail.isEmpty() ? LinkFormat.probe() : ClientMailFormat.bytesOf(mail)));
            meters.entriesSent(mail);
            return true;
        } catch (RuntimeException e) {
            log.debug("Could not send to {}", node, e);
            tellOf(next);
            return false;
        }
    }

    private void tellOf(List<Waiting> mail) {
        if (!mail.isEmpty()) {
            var clients = new HashSet<Long>();
            mail.forEach(one -> clients.add(one.mail.client()));
            untaken.accept(clients);
        }
    }

    /** Closes the link. Mail that waits is told of. */
    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
        } finally {
            lock.unlock();
        }
        thread.interrupt();
        connected(false);
        // A connection that hangs is closed after a second.
        Thread.ofVirtual().name("closing-a-link").start(() -> {
            inbound.stop();
            outbound.stop();
        });
    }
}
