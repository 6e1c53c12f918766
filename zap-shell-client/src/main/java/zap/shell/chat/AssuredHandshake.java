package zap.shell.chat;

import java.io.EOFException;
import java.io.IOException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import zap.protocol.ClientId;
import zap.protocol.Frame;
import zap.protocol.MalformedFrameException;
import zap.protocol.Nonce;
import zap.protocol.Reason;
import zap.protocol.StreamId;
import zap.shell.connection.FrameChannel;
import zap.shell.connection.Greeting;
import zap.shell.connection.ServerConnection;
import zap.shell.connection.SessionStart;
import zap.shell.identity.IdentityKey;
import zap.shell.store.HistoryEvents;
import zap.shell.store.ProfileDatabase;
import zap.shell.store.ProfileSettings;

/**
 * Begins an assured session, or a base session with a server that supports no other.
 *
 * <p>Assured sessions stay assured: with an identity that has a key, or a server that has answered hello before, the
 * client accepts nothing less. Otherwise an attacker between client and server could take the assurance away by
 * swallowing the hello.
 */
final class AssuredHandshake implements SessionStart {

    private static final Logger log = LoggerFactory.getLogger(AssuredHandshake.class);

    /** The timeout for a welcome: a server that supports assured sessions answers hello at once. */
    static final Duration WELCOME_WITHIN = Duration.ofSeconds(3);

    /** The timeout for a 34, which may have to wait for the database. */
    static final Duration RESUMED_WITHIN = Duration.ofSeconds(15);

    /** The time for which a server that did not answer hello is not asked again. */
    static final Duration BASE_HOLDS = Duration.ofHours(1);

    /** The time within which a server that accepts no more connections closes this one. */
    static final Duration ROOM_KNOWN_WITHIN = Duration.ofMillis(50);

    /** The time within which a base server that rejects a number closes the connection. */
    static final Duration NUMBER_KNOWN_WITHIN = Duration.ofMillis(250);

    /**
     * The number of new streams after which the client pauses: one is usual, and a server that never agrees must not be
     * dialled forever.
     */
    private static final int STREAMS_IN_A_ROW = 3;

    /** The state that a failed session may have put right: the stream, and the newest event of the history. */
    private record Progress(Optional<StreamId> stream, long newestEvent) {}

    private final ProfileDatabase database;
    private final ProfileSettings settings;
    private final HistoryEvents events;
    private final Resumption resumption;
    private final ClientId self;
    private final ProfileSettings.Server server;
    private final InstantSource clock;
    private final RandomGenerator random;
    private final ClientListener listener;
    private final Consumer<ChatSession> begun;
    private Progress progressAtBegin;

    /**
     * @param begun receives every session that begins
     */
    AssuredHandshake(
            ProfileDatabase database,
            ClientId self,
            ProfileSettings.Server server,
            InstantSource clock,
            RandomGenerator random,
            ClientListener listener,
            Consumer<ChatSession> begun) {
        this.database = database;
        this.settings = new ProfileSettings(database);
        this.events = new HistoryEvents(database);
        this.resumption = new Resumption(database, self, clock, random, listener);
        this.self = self;
        this.server = server;
        this.clock = clock;
        this.random = random;
        this.listener = listener;
        this.begun = begun;
        this.progressAtBegin = progress();
    }

    @Override
    public boolean hasPutRight() {
        Progress now = progress();
        Progress before = progressAtBegin;
        progressAtBegin = now;
        boolean first = before.stream().isEmpty();
        return now.newestEvent() > before.newestEvent()
                || (!first && !now.stream().equals(before.stream()));
    }

    private Progress progress() {
        return new Progress(settings.stream(), events.newest());
    }

    @Override
    public Begun begin(FrameChannel.Dialer dialer) throws IOException {
        progressAtBegin = progress();
        Optional<IdentityKey> key = settings.key();
        boolean mayBeBase = key.isEmpty() && !settings.isAssured(server);
        if (server.shortFrames()) {
            if (key.isPresent()) {
                throw new RefusedException(ServerConnection.ConnectionProblem.NOT_ASSURED);
            }
            return base(dialer);
        }
        if (mayBeBase && wasFoundBase()) {
            return base(dialer);
        }
        for (int streams = 0; streams < STREAMS_IN_A_ROW; streams++) {
            FrameChannel channel = dialer.dial();
            switch (hello(channel)) {
                case Greeting.Answer.NoWelcome(ServerConnection.ConnectionProblem trouble) -> {
                    return withoutWelcome(dialer, mayBeBase && streams == 0, trouble);
                }
                case Greeting.Answer.Welcome(Nonce nonce) -> {
                    Optional<Begun> begun = assured(channel, nonce, key);
                    if (begun.isPresent()) {
                        return begun.get();
                    }
                }
            }
        }
        log.warn("The server goes on with none of {} streams", STREAMS_IN_A_ROW);
        throw new RefusedException(ServerConnection.ConnectionProblem.NO_AGREEMENT);
    }

    /** Sends hello. Closes the channel when there is no welcome. */
    private static Greeting.Answer hello(FrameChannel channel) throws IOException {
        boolean welcome = false;
        try {
            Greeting.Answer answer = Greeting.hello(channel, WELCOME_WITHIN);
            welcome = answer instanceof Greeting.Answer.Welcome;
            return answer;
        } finally {
            if (!welcome) {
                channel.close();
            }
        }
    }

    private Begun withoutWelcome(
            FrameChannel.Dialer dialer, boolean mayBeBase, ServerConnection.ConnectionProblem trouble)
            throws IOException {
        if (mayBeBase) {
            settings.foundBase(server, clock.instant());
            return base(dialer);
        }
        // A server that hangs up or is silent may not support hello. One that answers with nonsense is no zap server.
        // One
        // that has answered hello before supports it.
        boolean isSayable = settings.isAssured(server) || trouble == ServerConnection.ConnectionProblem.NONSENSE;
        throw new RefusedException(isSayable ? trouble : ServerConnection.ConnectionProblem.NOT_ASSURED);
    }

    private boolean wasFoundBase() {
        return settings.foundBase(server)
                .filter(found -> !found.isAfter(clock.instant())) // a clock that was ahead has set it
                .filter(found -> clock.instant().isBefore(found.plus(BASE_HOLDS)))
                .isPresent();
    }

    private Begun base(FrameChannel.Dialer dialer) throws IOException {
        FrameChannel channel = dialer.dial();
        ServerConnection.ConnectionProblem ifClosed = ServerConnection.ConnectionProblem.CLOSED_BY_SERVER;
        boolean ready = false;
        try {
            channel.owner(self);
            // A server that accepts no more connections hangs up at once. A server that hangs up after reading the
            // number
            // rejects the number.
            channel.unread(channel.read(ROOM_KNOWN_WITHIN));
            channel.write(List.of(new Frame.Connect(self)));
            ifClosed = ServerConnection.ConnectionProblem.NUMBER_NOT_TAKEN;
            channel.unread(channel.read(NUMBER_KNOWN_WITHIN));
            ready = true;
        } catch (MalformedFrameException e) {
            throw new RefusedException(ServerConnection.ConnectionProblem.NONSENSE, e);
        } catch (EOFException | SocketException e) {
            throw new RefusedException(ifClosed, e);
        } finally {
            if (!ready) {
                channel.close();
            }
        }
        var session = new BaseSession(database, self, server, clock, listener);
        begun.accept(session);
        return new Begun(channel, session);
    }

    /** Begins an assured session; empty when a new stream has begun, which takes a new connection. */
    private Optional<Begun> assured(FrameChannel channel, Nonce nonce, Optional<IdentityKey> key) throws IOException {
        boolean ready = false;
        try {
            settings.assured(server);
            Frame.Resume claim = resumption.claim();
            channel.write(List.of(key.map(one -> one.resume(nonce, claim)).orElse(claim)));
            return switch (resumption.take(resumed(channel))) {
                case Resumption.Outcome.Resumes(Frame.Resumed resumed) -> {
                    var session = new AssuredSession(database, self, clock, random, listener, resumed);
                    begun.accept(session);
                    ready = true;
                    yield Optional.of(new Begun(channel, session));
                }
                case Resumption.Outcome.BeganStream() -> Optional.empty();
            };
        } finally {
            if (!ready) {
                channel.close();
            }
        }
    }

    private static Frame.Resumed resumed(FrameChannel channel) throws IOException {
        try {
            return switch (Greeting.next(channel, RESUMED_WITHIN)) {
                case Frame.Resumed resumed -> resumed;
                case Frame.Refused(long session, Reason reason) -> {
                    log.info("The server refuses the session: {}", reason.sentence());
                    throw new RefusedException(ServerConnection.ConnectionProblem.of(reason));
                }
                case Frame other -> {
                    log.warn("The server answers with {}", other.type());
                    throw new RefusedException(ServerConnection.ConnectionProblem.NONSENSE);
                }
            };
        } catch (MalformedFrameException e) {
            throw new RefusedException(ServerConnection.ConnectionProblem.NONSENSE, e);
        } catch (SocketTimeoutException e) {
            throw new RefusedException(ServerConnection.ConnectionProblem.SILENT, e);
        } catch (SocketException e) {
            throw new RefusedException(ServerConnection.ConnectionProblem.CLOSED_BY_SERVER, e);
        }
    }
}
