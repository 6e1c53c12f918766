package zap.shell.chat;

import java.io.IOException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import zap.protocol.ClientId;
import zap.protocol.Frame;
import zap.protocol.MalformedFrameException;
import zap.protocol.Nonce;
import zap.protocol.Reason;
import zap.shell.connection.FrameChannel;
import zap.shell.connection.Greeting;
import zap.shell.connection.Handshake;
import zap.shell.connection.Line;
import zap.shell.identity.IdentityKey;
import zap.shell.store.Database;
import zap.shell.store.Settings;

/**
 * Begins an assured session, and one of the base protocol with a server that knows no other.
 *
 * <p>What was once assured stays so: with an identity that has a key, or a server that is known to answer hello, nothing less is spoken. Else
 * whoever stands between us and the server could take the assurance away by swallowing the hello.
 */
final class AssuredHandshake implements Handshake {

    private static final Logger log = LoggerFactory.getLogger(AssuredHandshake.class);

    /** A server that knows hello answers it at once. */
    static final Duration WELCOME_WITHIN = Duration.ofSeconds(3);

    /** A 34 may have to wait for the database. */
    static final Duration RESUMED_WITHIN = Duration.ofSeconds(15);

    /** So long a server that did not answer hello is not asked again. */
    static final Duration BASE_HOLDS = Duration.ofHours(1);

    /** How often a new stream may begin before the line pauses: once is usual, and a server that never agrees must not be dialled for ever. */
    private static final int STREAMS_IN_A_ROW = 3;

    private final Database database;
    private final Settings settings;
    private final Resumption resumption;
    private final ClientId self;
    private final Settings.Server server;
    private final InstantSource clock;
    private final RandomGenerator random;
    private final Happenings happenings;
    private final Consumer<Session> begun;

    /**
     * @param begun is told of every session that begins
     */
    AssuredHandshake(
            Database database,
            ClientId self,
            Settings.Server server,
            InstantSource clock,
            RandomGenerator random,
            Happenings happenings,
            Consumer<Session> begun) {
        this.database = database;
        this.settings = new Settings(database);
        this.resumption = new Resumption(database, self, clock, random, happenings);
        this.self = self;
        this.server = server;
        this.clock = clock;
        this.random = random;
        this.happenings = happenings;
        this.begun = begun;
    }

    @Override
    public Begun begin(FrameChannel.Dialer dialer) throws IOException {
        Optional<IdentityKey> key = settings.key();
        boolean mayBeBase = key.isEmpty() && !settings.isAssured(server);
        if (server.shortFrames()) {
            if (key.isPresent()) {
                throw new RefusedException(Line.Trouble.NOT_ASSURED);
            }
            return base(dialer);
        }
        if (mayBeBase && wasFoundBase()) {
            return base(dialer);
        }
        for (int streams = 0; streams < STREAMS_IN_A_ROW; streams++) {
            FrameChannel channel = dialer.dial();
            @Nullable Nonce nonce = null;
            try {
                nonce = Greeting.hello(channel, WELCOME_WITHIN);
            } finally {
                if (nonce == null) {
                    channel.close();
                }
            }
            if (nonce == null) {
                return withoutWelcome(dialer, mayBeBase && streams == 0);
            }
            Optional<Begun> begun = assured(channel, nonce, key);
            if (begun.isPresent()) {
                return begun.get();
            }
        }
        throw new IOException("the server goes on with none of " + STREAMS_IN_A_ROW + " streams");
    }

    private Begun withoutWelcome(FrameChannel.Dialer dialer, boolean mayBeBase) throws IOException {
        if (mayBeBase) {
            settings.foundBase(server, clock.instant());
            return base(dialer);
        }
        if (settings.isAssured(server)) {
            throw new SocketTimeoutException("the server did not answer hello");
        }
        throw new RefusedException(Line.Trouble.NOT_ASSURED);
    }

    private boolean wasFoundBase() {
        return settings.foundBase(server)
                .filter(found -> !found.isAfter(clock.instant())) // as a clock that was ahead has noted it
                .filter(found -> clock.instant().isBefore(found.plus(BASE_HOLDS)))
                .isPresent();
    }

    private Begun base(FrameChannel.Dialer dialer) throws IOException {
        FrameChannel channel = dialer.dial();
        try {
            channel.owner(self);
            channel.write(List.of(new Frame.Connect(self)));
        } catch (IOException e) {
            channel.close();
            throw e;
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
                    throw new RefusedException(troubleOf(reason));
                }
                case Frame other -> throw new IOException("the server answers with " + other.type());
            };
        } catch (MalformedFrameException e) {
            throw new IOException("the server does not speak zap: " + e.getMessage(), e);
        }
    }

    /** What the server's reason for ending a session means for the line. */
    static Line.Trouble troubleOf(Reason reason) {
        return switch (reason) {
            case REPLACED -> Line.Trouble.REPLACED;
            case NEEDS_PROOF, BAD_PROOF -> Line.Trouble.NOT_PROVEN;
            case SHUTTING_DOWN -> Line.Trouble.SHUTTING_DOWN;
            case MALFORMED,
                    NOT_CONNECTED,
                    ALREADY_CONNECTED,
                    NOT_YOURS_TO_SEND,
                    SPOOFED,
                    UNKNOWN_CLIENT,
                    NOT_A_MEMBER,
                    BAD_GROUP,
                    BAD_TEXT,
                    MAILBOX_FULL,
                    TOO_FAST,
                    TIMED_OUT,
                    SLOW_CONSUMER -> Line.Trouble.SESSION_REFUSED;
        };
    }
}
