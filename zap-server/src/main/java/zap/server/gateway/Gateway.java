package zap.server.gateway;

import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.availability.AvailabilityChangeEvent;
import org.springframework.boot.availability.ReadinessState;
import org.springframework.context.ApplicationContext;
import org.springframework.context.SmartLifecycle;
import org.springframework.stereotype.Component;
import zap.protocol.ClientId;
import zap.server.gateway.session.CloseReason;
import zap.server.gateway.session.Session;
import zap.server.gateway.session.Sessions;
import zap.server.gateway.settings.GatewayProperties;
import zap.server.gateway.tcp.Listeners;
import zap.server.gateway.tcp.PlatformTcp;
import zap.server.gateway.tls.TlsBundle;
import zap.server.mailbox.Mailbox;

/**
 * The start and stop of the TCP edge. It opens the listeners when everything behind them is ready, and closes them
 * first: a server that stops accepts no connections, stores the frames that it has read, delivers due mail for a
 * bounded time, and only then closes the sessions. If there are other nodes, it first sends its clients to them, one
 * after the other.
 */
@Component
public class Gateway implements SmartLifecycle {

    private static final Logger log = LoggerFactory.getLogger(Gateway.class);
    private static final Duration LISTEN_WITHIN = Duration.ofSeconds(10);
    /** Fewer sessions than these are closed as quickly as if they were so many. */
    private static final int MANY = 100;

    private static final Duration LAST_ACKNOWLEDGEMENTS = Duration.ofSeconds(1);
    /** The time for which the writer tries to store them. */
    private static final Duration LAST_CONFIRMATIONS = Duration.ofSeconds(10);

    private final Listeners listeners;
    private final TlsBundle tlsBundle;
    private final Sessions sessions;
    private final Mailbox mailbox;
    private final GatewayProperties properties;
    private final PlatformTcp tcp;
    private final ApplicationContext context;
    private final Object stopLock = new Object();
    private boolean stopping;
    /** Closes the sessions of a server that is being drained; null when it is not. */
    private volatile @Nullable Thread drain;

    private volatile boolean running;

    Gateway(
            Listeners listeners,
            TlsBundle tlsBundle,
            Sessions sessions,
            Mailbox mailbox,
            GatewayProperties properties,
            PlatformTcp tcp,
            ApplicationContext context) {
        this.listeners = listeners;
        this.tlsBundle = tlsBundle;
        this.sessions = sessions;
        this.mailbox = mailbox;
        this.properties = properties;
        this.tcp = tcp;
        this.context = context;
    }

    /**
     * Returns the port of the main listener, also when the configuration leaves the choice to the system; empty when it
     * is off.
     */
    public OptionalInt port() {
        return listeners.main().openPort();
    }

    /** Returns the address on which it listens; null: on all addresses. */
    public @Nullable InetAddress address() {
        return properties.address();
    }

    /** Returns the port of the recv listener; empty when it is off. */
    public OptionalInt recvPort() {
        return listeners.recv().openPort();
    }

    /** Returns the port of the TLS listener; empty when it is off. */
    public OptionalInt tlsPort() {
        return listeners.tls().openPort();
    }

    /**
     * Describes the names and the expiry of the TLS listener's certificate, for operators. Must not be called when that
     * listener is off.
     */
    public String certificate() {
        return tlsBundle.certificate();
    }

    /** Returns why a renewed certificate is not in use, for operators; null when there is no such problem. */
    public @Nullable String certificateTrouble() {
        return tlsBundle.trouble();
    }

    /**
     * Describes the event that makes a frame to a base session count as delivered, for operators. The text continues a
     * sentence after "when".
     */
    public String deliveredWhen() {
        return properties.proxyProtocol().isEmpty()
                ? tcp.deliveredWhen()
                : "%s; through a proxy, when it was read (08), or the connection has stood for %s s"
                        .formatted(
                                tcp.deliveredWhen(),
                                properties.proxiedDeliveredAfter().toSeconds());
    }

    /** Returns the session of a client; empty when it has none. */
    public Optional<OpenSession> sessionOf(ClientId client) {
        return Optional.ofNullable(sessions.of(client)).map(Gateway::describe);
    }

    /** Returns the open sessions. */
    public List<OpenSession> openSessions() {
        return sessions.all().stream()
                .filter(session -> !session.isClosed())
                .map(Gateway::describe)
                .toList();
    }

    /**
     * Closes the session of a client. The client may reconnect at once, unless something else prevents it.
     *
     * @return false when it had no session
     */
    public boolean disconnect(ClientId client) {
        return close(client, CloseReason.DISCONNECTED);
    }

    /**
     * Closes the session of a client that has just been blocked.
     *
     * @return false when it had no session
     */
    public boolean disconnectBlocked(ClientId client) {
        return close(client, CloseReason.BLOCKED);
    }

    /**
     * Closes the session of a client that is being deleted.
     *
     * @return false when it had no session
     */
    public boolean disconnectForgotten(ClientId client) {
        return close(client, CloseReason.FORGOTTEN);
    }

    private static OpenSession describe(Session session) {
        return new OpenSession(
                session.number(),
                session.listener(),
                session.peer(),
                session.openFor(),
                session.isAssured(),
                session.refusals());
    }

    private boolean close(ClientId client, CloseReason reason) {
        @Nullable Session session = sessions.of(client);
        if (session != null) {
            session.close(reason);
        }
        return session != null;
    }

    /** Closes all sessions, because the database may have lost what they know of their mailboxes. Does not block. */
    public void historyLost() {
        sessions.historyLost();
    }

    /**
     * Sends all clients to another server: this one is not ready any more, then refuses new connections, and closes its
     * sessions one after the other. Their mail waits for them in the database. Does not block.
     *
     * @param notice time between the first and the second: a balancer needs it to notice that this server is not ready.
     *     Connections that come meanwhile are served like any other
     * @param over time from the first session that is closed to the last one
     * @return the number of sessions to close
     */
    public int drain(Duration notice, Duration over) {
        AvailabilityChangeEvent.publish(context, ReadinessState.REFUSING_TRAFFIC);
        int open = openNow().size();
        log.info(
                "Draining: closing {} sessions within {} s",
                open,
                notice.plus(over).toSeconds());
        Thread fresh = Thread.ofVirtual().name("drain").unstarted(() -> closeAfter(notice, over));
        synchronized (stopLock) {
            @Nullable Thread previous = drain;
            if (previous != null) {
                previous.interrupt();
            }
            drain = fresh;
        }
        fresh.start();
        return open;
    }

    private void closeAfter(Duration notice, Duration over) {
        try {
            Thread.sleep(notice); // a balancer asks at its own pace
            synchronized (stopLock) {
                if (drain != Thread.currentThread()) {
                    return;
                }
                sessions.setDraining(true);
            }
            List<Session> left = openNow();
            closeOneByOne(left, CloseReason.DRAINED, over.dividedBy(Math.max(1, left.size())));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private List<Session> openNow() {
        return sessions.all().stream().filter(session -> !session.isClosed()).toList();
    }

    private static void closeOneByOne(List<Session> sessions, CloseReason reason, Duration pause)
            throws InterruptedException {
        for (Session session : sessions) {
            session.closeSoon(reason);
            Thread.sleep(pause); // so that the clients do not come to the other servers all at once
        }
    }

    /** Returns the pause between two sessions that a stop closes: few of them need no time. */
    static Duration pauseOfStop(Duration most, int sessions) {
        return most.dividedBy(Math.max(sessions, MANY));
    }

    /**
     * Ends a drain: sessions that are still open stay, new connections are accepted, and the server is ready again.
     *
     * @return false when the server was not being drained
     */
    public boolean endDrain() {
        synchronized (stopLock) {
            @Nullable Thread previous = drain;
            if (previous == null) {
                return false;
            }
            previous.interrupt();
            drain = null;
            sessions.setDraining(false);
        }
        AvailabilityChangeEvent.publish(context, ReadinessState.ACCEPTING_TRAFFIC);
        log.info("The drain has ended: {} sessions are left", sessions.count());
        return true;
    }

    /** Returns whether the clients of this server are being sent to another one. */
    public boolean isDraining() {
        return drain != null;
    }

    /** Returns why new connections are refused at the moment, for operators; empty when they are accepted. */
    public Optional<String> full() {
        return Stream.concat(
                        listeners.open().stream().map(listener -> listener.acceptFailure()),
                        Stream.of(sessions).map(Sessions::full))
                .filter(Objects::nonNull)
                .findFirst();
    }

    /** Returns how many clients are connected. */
    public int clients() {
        return sessions.countClients();
    }

    /** Returns the machine and the port to which clients connect, for operators; empty while no port is open. */
    public Optional<String> servesAt() {
        if (!running || !isListening()) {
            return Optional.empty();
        }
        return Stream.of(port(), tlsPort(), recvPort())
                .flatMapToInt(OptionalInt::stream)
                .mapToObj(open -> host() + ":" + open)
                .findFirst();
    }

    private String host() {
        @Nullable InetAddress address = properties.address();
        if (address != null && !address.isAnyLocalAddress()) {
            return address instanceof Inet6Address ? "[" + address.getHostAddress() + "]" : address.getHostAddress();
        }
        try {
            return InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException e) {
            return "localhost";
        }
    }

    /** Returns how many connections are open. */
    public int connections() {
        return sessions.count();
    }

    /** Returns how many connections may be open at the same time. */
    public long maxConnections() {
        return sessions.maxConnections();
    }

    /** Runs an action unless the server is being stopped. A stop waits until the action is done. */
    public void unlessStopping(Runnable action) {
        synchronized (stopLock) {
            if (!stopping) {
                action.run();
            }
        }
    }

    /** Returns whether all listeners that are not off have opened their ports. */
    public boolean isListening() {
        return listeners.open().stream().allMatch(listener -> listener.isListening());
    }

    @Override
    public void start() {
        synchronized (stopLock) {
            stopping = false;
        }
        running = true;
        if (!properties.proxyProtocol().isEmpty()) {
            log.info(
                    "Connections from {} must begin with a PROXY protocol v2 header (zap.gateway.proxy-protocol)",
                    properties.proxyProtocol());
        }
        listeners.open().forEach(listener -> listener.start());
        long until = System.nanoTime() + LISTEN_WITHIN.toNanos();
        while (!isListening()) {
            for (Listeners.ListenerEndpoint listener : listeners.open()) {
                @Nullable IOException failure = listener.openFailure();
                if (failure != null) {
                    stopListeners();
                    throw new CannotListenException(listener.port(), properties.address(), failure);
                }
            }
            if (System.nanoTime() > until) {
                stopListeners();
                throw new IllegalStateException("The listeners did not open within " + LISTEN_WITHIN);
            }
            pause(Duration.ofMillis(5));
        }
    }

    @Override
    public void stop() {
        if (!running) {
            return;
        }
        synchronized (stopLock) {
            stopping = true;
            log.info("Stopping: {} sessions", sessions.all().size());
        }
        AvailabilityChangeEvent.publish(context, ReadinessState.REFUSING_TRAFFIC);
        listeners.open().forEach(listener -> listener.stopAccepting());
        try {
            if (sessions.canGoElsewhere()) {
                List<Session> open = List.copyOf(sessions.all());
                closeOneByOne(open, CloseReason.SHUTTING_DOWN, pauseOfStop(properties.drain(), open.size()));
            }
            endSessions();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        stopListeners();
        running = false;
    }

    /**
     * Ends all sessions in order. When it returns, no session reads, writes or confirms, unless a time limit was over
     * first.
     */
    void endSessions() throws InterruptedException {
        sessions.stopReading();
        if (!mailbox.awaitStored(properties.drain())) {
            log.warn("Some frames that were read could not be stored within {}", properties.drain());
        }
        awaitOutboxes(properties.drain());
        // A frame that was being handled when reading stopped may have caused more mail, and so may the receipts of
        // these confirmations. What is being written is waited for. Nothing else is begun, because it would be
        // delivered again.
        sessions.all().forEach(session -> session.outbox().stopMail());
        awaitOutboxes(LAST_ACKNOWLEDGEMENTS);
        sessions.all().forEach(session -> session.close(CloseReason.SHUTTING_DOWN));
        // Also for sessions that were closed already: the writer stops after us, so it still stores their
        // confirmations.
        awaitOutboxes(LAST_CONFIRMATIONS);
    }

    private void awaitOutboxes(Duration most) throws InterruptedException {
        long until = System.nanoTime() + most.toNanos();
        for (Session session : sessions.all()) {
            session.outbox().awaitIdle(Duration.ofNanos(Math.max(0, until - System.nanoTime())));
        }
    }

    private void stopListeners() {
        listeners.open().forEach(listener -> listener.stop());
    }

    @Override
    public boolean isRunning() {
        return running;
    }

    /** Returns the last phase: the gateway starts last and stops first. */
    @Override
    public int getPhase() {
        return DEFAULT_PHASE;
    }

    /** Waits a moment. A listener's own thread opens its port and gives no signal, so {@link #start} has to poll. */
    private static void pause(Duration duration) {
        try {
            Thread.sleep(duration);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("Interrupted while starting", e);
        }
    }
}
