package zap.server.gateway.session;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.net.InetAddress;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.springframework.scheduling.annotation.Scheduled;
import org.springframework.stereotype.Component;
import zap.protocol.ClientId;
import zap.server.gateway.settings.GatewayProperties;
import zap.server.gateway.settings.OpenFiles;
import zap.server.identity.LastUses;
import zap.server.mailbox.MailArrivals;
import zap.server.mailbox.MailboxCursor;
import zap.server.mailbox.MailboxItem;

/**
 * All sessions of this server. A client has at most one, which {@link ClientSessions} decides.
 *
 * <p>A closed session stays among them until its last confirmation is submitted, so that a server that stops can wait
 * for it.
 */
@Component
public class Sessions implements MailArrivals {

    private final AtomicLong numbers = new AtomicLong();
    /** The open sessions, each with the origin that it is counted for. */
    private final ConcurrentHashMap<Session, Origin> countedFor = new ConcurrentHashMap<>();

    private final Set<Session> open = countedFor.keySet();
    private final ClientSessions<Session> byClient = new ClientSessions<>();
    private final ConcurrentHashMap<Origin, Integer> byOrigin = new ConcurrentHashMap<>();
    private final GatewayProperties properties;
    private final LastUses lastUses;
    private final long maxConnections;
    private volatile boolean stopping;
    private volatile boolean draining;
    private volatile BooleanSupplier hasOthers = () -> false;

    Sessions(GatewayProperties properties, LastUses lastUses, MeterRegistry meters) {
        this.properties = properties;
        this.lastUses = lastUses;
        this.maxConnections = Math.min(properties.maxConnections(), OpenFiles.allowed() - OpenFiles.FOR_OTHERS);
        for (String listener : List.of("main", "recv", "tls")) {
            Gauge.builder("zap.sessions.open", open, sessions -> countOn(sessions, listener))
                    .description("Open connections")
                    .tag("listener", listener)
                    .baseUnit("sessions")
                    .register(meters);
        }
        Gauge.builder("zap.sessions.connected", byClient, ClientSessions::count)
                .description("Sessions that are identified")
                .baseUnit("sessions")
                .register(meters);
    }

    private static long countOn(Collection<Session> sessions, String listener) {
        return sessions.stream()
                .filter(session -> session.listener().equals(listener) && !session.isClosed())
                .count();
    }

    long nextNumber() {
        return numbers.incrementAndGet();
    }

    void opened(Session session) {
        // In this order: a session that is too late for stopReading() sees here that the server is being stopped.
        Origin origin = session.origin();
        countedFor.put(session, origin);
        byOrigin.merge(origin, 1, Integer::sum);
        if (stopping) {
            session.stopReading();
        }
    }

    /** Returns how many connections may be open at the same time. */
    public long maxConnections() {
        return maxConnections;
    }

    /** Returns how many connections are open. */
    public int count() {
        return open.size();
    }

    /** Returns why no further connection is accepted, for operators; null when it is. */
    @Nullable
    public String full() {
        if (draining) {
            return "this server is being drained (./zap admin drain)";
        }
        return open.size() < maxConnections
                ? null
                : "there are %s already (%s)"
                        .formatted(
                                maxConnections,
                                maxConnections == properties.maxConnections()
                                        ? "zap.gateway.max-connections"
                                        : "the system allows this process no more open files");
    }

    /** Returns why no further connection from an address is accepted, for operators; null when it is. */
    @Nullable
    public String fullFor(InetAddress address) {
        @Nullable String full = full();
        if (full != null) {
            return full;
        }
        return isLimited(address)
                        && byOrigin.getOrDefault(Origin.of(address), 0) >= properties.maxConnectionsPerAddress()
                ? tooManyFromAddress()
                : null;
    }

    /**
     * Returns whether connections from an address are counted as one client's. Programs of this machine are the
     * operator's own: a load generator, or a proxy, whose clients all have this address. A proxy that names its clients
     * is counted for each of them.
     */
    private boolean isLimited(InetAddress address) {
        return !address.isLoopbackAddress() && !properties.isProxy(address);
    }

    private String tooManyFromAddress() {
        return "there are %s from that address already (zap.gateway.max-connections-per-address)"
                .formatted(properties.maxConnectionsPerAddress());
    }

    /**
     * Counts a session for the client that a proxy has named, no longer for the proxy.
     *
     * @return why that client may have no further connection, for operators; null when it may
     */
    @Nullable
    String announced(Session session) {
        Origin origin = session.origin();
        int count = byOrigin.merge(origin, 1, Integer::sum);
        @Nullable Origin before = countedFor.get(session);
        // It may have been closed meanwhile, by another thread.
        if (before == null || !countedFor.replace(session, before, origin)) {
            uncount(origin);
            return null;
        }
        uncount(before);
        return isLimited(session.address()) && count > properties.maxConnectionsPerAddress()
                ? tooManyFromAddress()
                : null;
    }

    /** Returns the rate limit of a new session. */
    FramePace newPace() {
        return new FramePace(properties.framesPerSecond(), System.nanoTime());
    }

    /** Takes the client from a closed session, which may still have something to write or to confirm. */
    void closed(Session session, CloseReason reason) {
        @Nullable ClientId client = session.client();
        if (client != null) {
            lastUses.seen(client);
            byClient.leave(client, session);
        }
    }

    /** Removes a session that has nothing under way any more. */
    void ended(Session session) {
        @Nullable ClientId client = session.client();
        if (client != null) {
            byClient.ended(client, session);
        }
        @Nullable Origin origin = countedFor.remove(session);
        if (origin != null) {
            uncount(origin);
        }
    }

    /** Returns how many clients are connected. */
    public int countClients() {
        return byClient.count();
    }

    private void uncount(Origin origin) {
        byOrigin.computeIfPresent(origin, (_, count) -> count == 1 ? null : count - 1);
    }

    /** Sets whether new connections are refused because the clients of this server go to another one. */
    public void setDraining(boolean now) {
        draining = now;
    }

    /** Sets how to find out whether the clients may connect to another server. */
    void others(BooleanSupplier present) {
        hasOthers = present;
    }

    /** Returns whether the clients of this server may connect to another one. */
    public boolean canGoElsewhere() {
        return hasOthers.getAsBoolean();
    }

    /** Stops the handling of frames in all sessions, and in those that are accepted from now on. */
    public void stopReading() {
        stopping = true;
        open.forEach(Session::stopReading);
    }

    /**
     * Claims a client for a session.
     *
     * @param sentAtNanos {@link System#nanoTime()} when the peer sent its claim
     * @return the older sessions, which must be closed and waited for; null when the session has lost the client to
     *     another one
     * @see ClientSessions#claim
     */
    @Nullable
    List<Session> claim(ClientId client, Session session, long sentAtNanos) {
        lastUses.seen(client);
        return byClient.claim(client, session, sentAtNanos);
    }

    /**
     * Lets a session hold the client that it has claimed: mail may be given to it from now on.
     *
     * @return false when it has lost the client to another session meanwhile
     */
    boolean hold(ClientId client, Session session) {
        return byClient.hold(client, session, System.nanoTime());
    }

    /** Runs a submission for a session that has claimed the client. See {@link ClientSessions#inTurn}. */
    boolean inTurn(ClientId client, Session session, ClientSessions.Submission submission) throws InterruptedException {
        return byClient.inTurn(client, session, submission);
    }

    /** Undoes {@link #claim} for a session that received no mail, or is closed. */
    void release(ClientId client, Session session) {
        byClient.ended(client, session);
    }

    /** Returns the session of a client; null when it has none. */
    @Nullable
    public Session of(ClientId client) {
        return byClient.of(client.value());
    }

    /** Returns the open sessions, and the closed ones that still have something under way. */
    public List<Session> all() {
        return List.copyOf(open);
    }

    @Override
    public boolean isOnline(long client) {
        return byClient.of(client) != null;
    }

    @Override
    public void arrived(long client, List<MailboxItem> mail) {
        @Nullable Session session = byClient.of(client);
        if (session != null) {
            session.outbox().arrived(mail);
        }
    }

    @Override
    public void mayHaveArrived(long client, MailboxCursor cursor) {
        @Nullable Session session = byClient.of(client);
        if (session != null) {
            session.outbox().follow(cursor);
        }
    }

    /** Closes all sessions: their clients connect again, and assured ones compare histories then. */
    @Override
    public void historyLost() {
        Thread.ofVirtual()
                .name("history-lost")
                .start(() -> all().forEach(session -> session.close(CloseReason.HISTORY_LOST)));
    }

    /**
     * Closes the sessions whose peers have exceeded a time limit. One look at all of them costs less than a timer for
     * each read.
     */
    @Scheduled(fixedDelayString = "PT0.25S")
    void checkTimes() {
        for (Session session : open) {
            session.checkTime(properties.silence(), properties.slowConsumer());
        }
    }
}
