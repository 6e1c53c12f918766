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
 * Begins an assured session, and one of the base protocol with a server that knows no other.
 *
 * <p>What was once assured stays so: with an identity that has a key, or a server that is known to answer hello, nothing less is spoken. Else
 * whoever stands between us and the server could take the assurance away by swallowing the hello.
 */
final class AssuredHandshake implements SessionStart {

    private static final Logger log = LoggerFactory.getLogger(AssuredHandshake.class);

    /** A server that knows hello answers it at once. */
    static final Duration WELCOME_WITHIN = Duration.ofSeconds(3);

    /** A 34 may have to wait for the database. */
    static final Duration RESUMED_WITHIN = Duration.ofSeconds(15);

    /** So long a server that did not answer hello is not asked again. */
    static final Duration BASE_HOLDS = Duration.ofHours(1);

    /** A server that has no room for a connection closes it at once. */
    static final Duration ROOM_KNOWN_WITHIN = Duration.ofMillis(50);

    /** A server of the base protocol that does not take a number closes the connection when it has read it. */
    static final Duration NUMBER_KNOWN_WITHIN = Duration.ofMillis(250);

    /** How often a new stream may begin before the line pauses: once is usual, and a server that never agrees must not be dialled for ever. */
    private static final int STREAMS_IN_A_ROW = 3;

    /** What a session may put right: the stream, and what is noted of the history. */
    private record Standing(Optional<StreamId> stream, long newestEvent) {}

    private final ProfileDatabase database;
    private final ProfileSettings settings;
    private final HistoryEvents events;
    private final Resumption resumption;
    private final ClientId self;
    private final ProfileSettings.Server server;
    private final InstantSource clock;
    private final RandomGenerator random;
    private final ClientListener happenings;
    private final Consumer<ChatSession> begun;
    private Standing standingAtBegin;

    /**
     * @param begun is told of every session that begins
     */
    AssuredHandshake(
            ProfileDatabase database,
            ClientId self,
            ProfileSettings.Server server,
            InstantSource clock,
            RandomGenerator random,
            ClientListener happenings,
            Consumer<ChatSession> begun) {
        this.database = database;
        this.settings = new ProfileSettings(database);
        this.events = new HistoryEvents(database);
        this.resumption = new Resumption(database, self, clock, random, happenings);
        this.self = self;
        this.server = server;
        this.clock = clock;
        this.random = random;
        this.happenings = happenings;
        this.begun = begun;
        this.standingAtBegin = standing();
    }

    @Override
    public boolean hasPutRight() {
        Standing now = standing();
        Standing before = standingAtBegin;
        standingAtBegin = now;
        boolean first = before.stream().isEmpty();
        return now.newestEvent() > before.newestEvent()
                || (!first && !now.stream().equals(before.stream()));
    }

    private Standing standing() {
        return new Standing(settings.stream(), events.newest());
    }

    @Override
    public Begun begin(FrameChannel.Dialer dialer) throws IOException {
        standingAtBegin = standing();
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

    /** Says hello; without a welcome the channel is closed. */
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
        // What hangs up or is silent may know no hello. What answers with nonsense is no server of ours, and one that
        // has known hello is.
        boolean isSayable = settings.isAssured(server) || trouble == ServerConnection.ConnectionProblem.NONSENSE;
        throw new RefusedException(isSayable ? trouble : ServerConnection.ConnectionProblem.NOT_ASSURED);
    }

    private boolean wasFoundBase() {
        return settings.foundBase(server)
                .filter(found -> !found.isAfter(clock.instant())) // as a clock that was ahead has noted it
                .filter(found -> clock.instant().isBefore(found.plus(BASE_HOLDS)))
                .isPresent();
    }

    private Begun base(FrameChannel.Dialer dialer) throws IOException {
        FrameChannel channel = dialer.dial();
        ServerConnection.ConnectionProblem whenItHangsUp = ServerConnection.ConnectionProblem.CLOSED_BY_SERVER;
        boolean well = false;
        try {
            channel.owner(self);
            // A server without room hangs up at once. One that hangs up when it has read the number does so because of
            // it.
            channel.unread(channel.read(ROOM_KNOWN_WITHIN));
            channel.write(List.of(new Frame.Connect(self)));
            whenItHangsUp = ServerConnection.ConnectionProblem.NUMBER_NOT_TAKEN;
            channel.unread(channel.read(NUMBER_KNOWN_WITHIN));
            well = true;
        } catch (MalformedFrameException e) {
            throw new RefusedException(ServerConnection.ConnectionProblem.NONSENSE, e);
        } catch (EOFException | SocketException e) {
            throw new RefusedException(whenItHangsUp, e);
        } finally {
            if (!well) {
                channel.close();
            }
        }
        var session = new BaseSession(database, self, server, clock, happenings);
        begun.accept(session);
        return new Begun(channel, session);
    }

    /** Returns nothing when a new stream has begun: that takes a new connection. */
    private Optional<Begun> assured(FrameChannel channel, Nonce nonce, Optional<IdentityKey> key) throws IOException {
        boolean well = false;
        try {
            settings.assured(server);
            Frame.Resume claim = resumption.claim();
            channel.write(List.of(key.map(one -> one.resume(nonce, claim)).orElse(claim)));
            return switch (resumption.take(resumed(channel))) {
                case Resumption.Outcome.Resumes(Frame.Resumed resumed) -> {
                    var session = new AssuredSession(database, self, clock, random, happenings, resumed);
                    begun.accept(session);
                    well = true;
                    yield Optional.of(new Begun(channel, session));
                }
                case Resumption.Outcome.BeganStream() -> Optional.empty();
            };
        } finally {
            if (!well) {
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
