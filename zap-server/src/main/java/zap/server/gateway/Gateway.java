package zap.server.gateway;

import java.io.IOException;
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
 * Opens the listeners when everything behind them is ready, and closes them first: a server that stops accepts nobody, stores what it
 * has read, gives out what is due for a bounded time, and only then hangs up.
 */
@Component
public class Gateway implements SmartLifecycle {

    private static final Logger log = LoggerFactory.getLogger(Gateway.class);
    private static final Duration LISTEN_WITHIN = Duration.ofSeconds(10);
    private static final Duration LAST_ACKNOWLEDGEMENTS = Duration.ofSeconds(1);
    /** As long as the writer tries to store them. */
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

    /** The port of the main listener, also when the configuration left the choice to the system; empty when it is off. */
    public OptionalInt port() {
        return listeners.main().openPort();
    }

    /** The port of the recv listener; empty when it is off. */
    public OptionalInt recvPort() {
        return listeners.recv().openPort();
    }

    /** The port of the TLS listener; empty when it is off. */
    public OptionalInt tlsPort() {
        return listeners.tls().openPort();
    }

    /** What the certificate of the TLS listener is good for, and until when, for people. Only when that is not off. */
    public String certificate() {
        return tlsBundle.certificate();
    }

    /** Why a renewed certificate is not the one of the TLS listener, for people; null when there is no such trouble. */
    public @Nullable String certificateTrouble() {
        return tlsBundle.trouble();
    }

    /** When a frame to a base session counts as delivered, for people: goes on after "when". */
    public String deliveredWhen() {
        return tcp.deliveredWhen();
    }

    /** The session that a client has. */
    public Optional<OpenSession> sessionOf(ClientId client) {
        return Optional.ofNullable(sessions.of(client)).map(Gateway::describe);
    }

    /** Open sessions. */
    public List<OpenSession> openSessions() {
        return sessions.all().stream()
                .filter(session -> !session.isClosed())
                .map(Gateway::describe)
                .toList();
    }

    /**
     * Ends the session that a client has, if it has one. It may come back at once, where nothing else keeps it from that.
     *
     * @return whether it had one
     */
    public boolean disconnect(ClientId client) {
        return close(client, CloseReason.DISCONNECTED);
    }

    /** The same, for a client that has just been blocked. */
    public boolean disconnectBlocked(ClientId client) {
        return close(client, CloseReason.BLOCKED);
    }

    /** The same, for a client that is being forgotten. */
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

    /** Returns why nobody else can connect at the moment, in words for an operator; empty when they can. */
    public Optional<String> full() {
        return Stream.concat(
                        listeners.open().stream().map(listener -> listener.acceptFailure()),
                        Stream.of(sessions).map(Sessions::full))
                .filter(Objects::nonNull)
                .findFirst();
    }

    /** Returns how many connections are open. */
    public int connections() {
        return sessions.count();
    }

    /** Returns how many connections may be open at the same time. */
    public long maxConnections() {
        return sessions.maxConnections();
    }

    /** Does something unless the server is already being stopped; what it does is done before the stop begins. */
    public void unlessStopping(Runnable something) {
        synchronized (stopLock) {
            if (!stopping) {
                something.run();
            }
        }
    }

    /** Whether all listeners that are not off really listen. */
    public boolean isListening() {
        return listeners.open().stream().allMatch(listener -> listener.isListening());
    }

    @Override
    public void start() {
        synchronized (stopLock) {
            stopping = false;
        }
        running = true;
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
            letGo();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        stopListeners();
        running = false;
    }

    /** Nothing is read, written or confirmed any more when this returns, if it takes no longer than it may. */
    void letGo() throws InterruptedException {
        sessions.stopReading();
        if (!mailbox.awaitStored(properties.drain())) {
            log.warn("Not everything that was read could be stored within {}", properties.drain());
        }
        awaitOutboxes(properties.drain());
        // A frame that was being dealt with when reading stopped may have brought more mail, and so may the receipts
        // that
        // these confirmations caused. What is written of it is waited for, and no more is begun: it would be given
        // again.
        sessions.all().forEach(session -> session.outbox().stopMail());
        awaitOutboxes(LAST_ACKNOWLEDGEMENTS);
        sessions.all().forEach(session -> session.close(CloseReason.SHUTTING_DOWN));
        // Also those that had closed by themselves: what they hand in now is stored, as the writer stops after us.
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

    /** Last to start, first to stop. */
    @Override
    public int getPhase() {
        return DEFAULT_PHASE;
    }

    /** The listener's own thread opens the socket, and tells nobody whom we could wait for: so we look again and again. */
    private static void pause(Duration duration) {
        try {
            Thread.sleep(duration);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("Interrupted while starting", e);
        }
    }
}
