package zap.shell.chat;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import zap.protocol.Address;
import zap.protocol.ClientId;
import zap.protocol.StreamId;
import zap.shell.connection.Encryption;
import zap.shell.connection.FrameChannel;
import zap.shell.connection.FrameCodec;
import zap.shell.connection.FullWidth;
import zap.shell.connection.Greeting;
import zap.shell.connection.ReconnectPauses;
import zap.shell.connection.Registration;
import zap.shell.connection.ServerConnection;
import zap.shell.connection.SessionStart;
import zap.shell.connection.ShortFrames;
import zap.shell.connection.Transport;
import zap.shell.identity.IdentityKey;
import zap.shell.store.Blocks;
import zap.shell.store.GroupSuccession;
import zap.shell.store.HistoryEvents;
import zap.shell.store.MessageDates;
import zap.shell.store.Messages;
import zap.shell.store.Messages.DeliveryState;
import zap.shell.store.Moves;
import zap.shell.store.NumberChange;
import zap.shell.store.People;
import zap.shell.store.Profile;
import zap.shell.store.ProfileDatabase;
import zap.shell.store.ProfileSettings;
import zap.shell.store.StoreFault;
import zap.shell.text.MessageTexts;

/** One person's client: the store of a profile, and its session with the server when there is one. */
public final class ProfileClient implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofSeconds(8);
    private static final Duration GLANCE = Duration.ofMillis(15);
    private static final Duration A_LOOK = Duration.ofMillis(200);

    /** What became of the wish to be connected. */
    public enum Opening {
        OPENED,
        OPEN_ALREADY,
        /** Another process of this profile is the connected session. */
        ELSEWHERE,
        /** The profile was exported and is retired. */
        RETIRED
    }

    private final Network network;
    private final Profile profile;
    private final ProfileDatabase database;
    private final ProfileSettings settings;
    private final Moves moves;
    private final People people;
    private final Messages messages;
    private final HistoryEvents history;
    private final Blocks blocks;
    private final AddressBook addressBook;
    private final InstantSource clock;
    private final RandomGenerator random;

    private @Nullable ServerConnection line;
    private volatile @Nullable ChatSession session;
    private volatile ServerConnection.@Nullable State failure;
    private Profile.@Nullable SessionLock sessionLock;

    /** Knows how servers are dialled. */
    @FunctionalInterface
    public interface Network {

        /**
         * Returns what dials a server.
         *
         * @param patience how long a connection may take
         */
        Transport.Dialer dialer(ProfileSettings.Server server, Duration patience);

        /** Returns the network that this computer is in. */
        static Network real(InstantSource clock) {
            return (server, patience) -> {
                ProfileSettings.@Nullable Tls tls = server.tls();
                return tls == null
                        ? Transport.tcp(server.host(), server.port(), patience)
                        : Transport.tls(server.host(), server.port(), patience, tls.authorities(), tls.pin(), clock);
            };
        }
    }

    public ProfileClient(Profile profile, InstantSource clock, RandomGenerator random) {
        this(profile, clock, random, Network.real(clock));
    }

    /** A client on a network of its own. */
    public ProfileClient(Profile profile, InstantSource clock, RandomGenerator random, Network network) {
        this.network = network;
        this.profile = profile;
        this.database = ProfileDatabase.open(profile);
        this.settings = new ProfileSettings(database);
        this.moves = new Moves(database);
        this.people = new People(database);
        this.messages = new Messages(database);
        this.history = new HistoryEvents(database);
        this.blocks = new Blocks(database);
        this.addressBook = new AddressBook(people);
        this.clock = clock;
        this.random = random;
    }

    public Profile profile() {
        return profile;
    }

    public ProfileDatabase database() {
        return database;
    }

    public ProfileSettings settings() {
        return settings;
    }

    public Moves moves() {
        return moves;
    }

    public People people() {
        return people;
    }

    public Messages messages() {
        return messages;
    }

    /** Returns what happened to this store's history. */
    public HistoryEvents history() {
        return history;
    }

    /** Returns which groups took the places of others. */
    public GroupSuccession succession() {
        return new GroupSuccession(database);
    }

    /** Returns who is blocked, and which groups were left. */
    public Blocks blocks() {
        return blocks;
    }

    public AddressBook addressBook() {
        return addressBook;
    }

    public InstantSource clock() {
        return clock;
    }

    public Optional<ClientId> self() {
        return settings.self();
    }

    /** Where this profile's server is, or would be. */
    public ProfileSettings.Server server() {
        return settings.server().orElseGet(ProfileSettings.Server::usual);
    }

    /** Gets a number from the server, with a key if the server knows keys, and keeps both. */
    public Registration.Registered register(ProfileSettings.Server server) throws IOException {
        Registration.Registered registered = register(server, () -> Resumption.stream(settings, random));
        settings.identity(server, registered.id(), registered.key());
        return registered;
    }

    /**
     * Gets another number in place of the one that the server does not accept. Contacts, groups and history stay.
     *
     * @return empty when another process is this profile's session
     */
    public Optional<Registration.Registered> registerAgain(ProfileSettings.Server server) throws IOException {
        disconnect();
        try (Profile.@Nullable SessionLock lock = profile.tryLock()) {
            if (lock == null) {
                return Optional.empty();
            }
            moves.requireInUse();
            Supplier<StreamId> stream = () -> settings.streamToRegister(() -> Resumption.fresh(random));
            Registration.Registered registered = register(server, stream);
            database.inTransaction(jdbc -> {
                new NumberChange(database)
                        .become(server, registered.id(), registered.key(), stream.get(), clock.instant());
                settings.count(ChatSession.BASE_MAIL, 0);
                settings.count(ChatSession.LAST_AT, 0);
                settings.count(ChatSession.MARKS_SEEN, settings.count(ChatSession.HANDED_OVER));
                return true;
            });
            return Optional.of(registered);
        }
    }

    private Registration.Registered register(ProfileSettings.Server server, Supplier<StreamId> stream)
            throws IOException {
        var registration =
                new Registration(() -> new FrameChannel(dialer(server).dial(), wire(server)), PATIENCE);
        return server.shortFrames() ? registration.withoutKey() : registration.withKeyIfPossible(wish(server, stream));
    }

    private Registration.Wish wish(ProfileSettings.Server server, Supplier<StreamId> stream) {
        return new Registration.Wish() {
            @Override
            public boolean mayBeWithoutKey() {
                return !settings.isAssured(server);
            }

            @Override
            public void welcomed() {
                settings.assured(server);
            }

            @Override
            public IdentityKey key() {
                return settings.keyToRegister(server);
            }

            @Override
            public StreamId stream() {
                return stream.get();
            }
        };
    }

    /** Becomes somebody who was registered elsewhere. */
    public void adopt(ProfileSettings.Server server, ClientId id, IdentityKey key) {
        settings.identity(server, id, Optional.of(key));
    }

    private Transport.Dialer dialer(ProfileSettings.Server server) {
        return network.dialer(server, PATIENCE);
    }

    /**
     * Says hello to a server, and hangs up: to see whether one is there that can be used.
     *
     * @return how the connection was encrypted; empty when it was not
     * @throws IOException when none is there, as a session would tell it
     */
    public Optional<Encryption> greet(ProfileSettings.Server server) throws IOException {
        try (FrameChannel channel = new FrameChannel(dialer(server).dial(), wire(server))) {
            // Short frames have no hello.
            if (!server.shortFrames()
                    && Greeting.hello(channel, PATIENCE)
                            instanceof Greeting.Answer.NoWelcome(ServerConnection.ConnectionProblem trouble)) {
                throw new SessionStart.RefusedException(trouble);
            }
            return Optional.ofNullable(channel.encryption());
        }
    }

    private static FrameCodec wire(ProfileSettings.Server server) {
        return server.shortFrames() ? new ShortFrames() : new FullWidth();
    }

    /** Becomes this profile's connected session, unless another process is or the profile is retired. */
    public synchronized Opening open(ClientListener happenings, Consumer<ServerConnection.State> watcher) {
        @Nullable ServerConnection existing = line;
        if (existing != null) {
            existing.open();
            return Opening.OPEN_ALREADY;
        }
        database.requireWritable();
        Profile.@Nullable SessionLock lock = profile.tryLock();
        if (lock == null) {
            return Opening.ELSEWHERE;
        }
        // An export holds the lock until the profile is retired: with the lock, the answer stays true.
        if (moves.isRetired()) {
            lock.close();
            return Opening.RETIRED;
        }
        sessionLock = lock;
        // What a session that was killed has left there is not about this one.
        new SessionReport(ServerConnection.Phase.CONNECTING, null, null).write(profile.sessionReport());
        ProfileSettings.Server server = server();
        var handshake = new AssuredHandshake(
                database, self().orElseThrow(), server, clock, random, happenings, begun -> session = begun);
        failure = null;
        var opened = new ServerConnection(
                dialer(server),
                () -> wire(server),
                handshake,
                ReconnectPauses.usual(random),
                clock,
                state -> {
                    if (isFailure(state)) {
                        failure = state;
                    } else if (state.phase() == ServerConnection.Phase.ONLINE) {
                        failure = null;
                    }
                    SessionReport.of(state).write(profile.sessionReport());
                    watcher.accept(state);
                },
                ProfileClient::troubleOf);
        line = opened;
        opened.open();
        return Opening.OPENED;
    }

    private static ServerConnection.ConnectionProblem troubleOf(RuntimeException exception) {
        return StoreFault.of(exception)
                .map(fault -> switch (fault) {
                    case FULL -> ServerConnection.ConnectionProblem.DISK_FULL;
                    case READ_ONLY, NO_ACCESS -> ServerConnection.ConnectionProblem.DISK_READ_ONLY;
                    case DAMAGED -> ServerConnection.ConnectionProblem.STORE_DAMAGED;
                    case NEWER, BUSY, DISK -> ServerConnection.ConnectionProblem.DISK_FAILED;
                })
                .orElse(ServerConnection.ConnectionProblem.OUR_FAULT);
    }

    /** Whether another process is this profile's session now, connected or not. */
    public synchronized boolean isOpenElsewhere() {
        if (sessionLock != null || database.unwritable().isPresent()) {
            return false;
        }
        try (Profile.@Nullable SessionLock lock = profile.tryLock()) {
            return lock == null;
        }
    }

    /** Returns how the session is that another process of this profile has; empty when none has one. */
    public Optional<SessionReport> elsewhere() {
        if (!isOpenElsewhere()) {
            return Optional.empty();
        }
        return SessionReport.read(profile.sessionReport())
                .or(() -> Optional.of(new SessionReport(ServerConnection.Phase.CONNECTING, null, null)));
    }

    public synchronized Optional<ServerConnection.State> state() {
        return Optional.ofNullable(line).map(ServerConnection::state);
    }

    /** Whether the last try to connect has failed, or the session has ended for good. */
    public boolean hasFailed() {
        return state().filter(ProfileClient::isFailure).isPresent();
    }

    /** Returns how the line was when a try to connect failed last, or the session ended; empty when neither has happened since it was opened, or was last online. */
    public Optional<ServerConnection.State> failure() {
        return Optional.ofNullable(failure);
    }

    private static boolean isFailure(ServerConnection.State state) {
        return state.trouble() != null
                && (state.phase() == ServerConnection.Phase.WAITING || state.phase() == ServerConnection.Phase.OFF);
    }

    /** Whether there is a session now. */
    public boolean isOnline() {
        return state().filter(state -> state.phase() == ServerConnection.Phase.ONLINE)
                .isPresent();
    }

    public boolean isCaughtUp() {
        @Nullable ChatSession current = session;
        return current != null && current.isCaughtUp();
    }

    /** Whether the session, if there is one, is an assured one. */
    public boolean isAssured() {
        return session instanceof AssuredSession;
    }

    /** Returns how many messages have come in this session. */
    public long arrived() {
        return intake().messages();
    }

    private ChatSession.Intake intake() {
        @Nullable ChatSession current = session;
        return current == null ? ChatSession.Intake.NONE : current.intake();
    }

    /** Returns how many messages are not known to be with the server, as far as that can be known there. */
    public int unsettled() {
        @Nullable ChatSession current = session;
        boolean handedIsAll = current != null ? !current.tellsWhatIsStored() : server().shortFrames();
        return messages.count(DeliveryState.WAITING) + (handedIsAll ? 0 : messages.count(DeliveryState.HANDED));
    }

    /** Returns how many groups are asked for, or are to be. */
    public int wantedGroups() {
        return messages.wanted(DeliveryState.WAITING).size()
                + messages.wanted(DeliveryState.HANDED).size();
    }

    /** Something may be due: does nothing when there is no session. */
    public synchronized void nudge() {
        @Nullable ServerConnection current = line;
        if (current != null) {
            current.nudge();
        }
    }

    /** Ends the session in an orderly way. */
    public void disconnect() {
        @Nullable ServerConnection current;
        synchronized (this) {
            current = line;
            line = null;
        }
        if (current != null) {
            current.close();
        }
        synchronized (this) {
            Profile.@Nullable SessionLock lock = sessionLock;
            sessionLock = null;
            if (lock != null) {
                SessionReport.remove(profile.sessionReport());
                lock.close();
            }
        }
    }

    /**
     * Puts a text into the outbox, in as many messages as it takes. Where messages have ids, these share a second.
     *
     * @throws zap.shell.store.ClockException when no message can carry what the clock shows
     */
    public List<Long> write(Address chat, String text) {
        ClientId self = self().orElseThrow();
        List<Long> numbers = database.inTransaction(jdbc -> {
            moves.requireInUse();
            boolean haveIds = settings.hasKey() || settings.isAssured(server());
            return messages.write(chat, self, clock.instant(), MessageTexts.split(text), haveIds);
        });
        nudge();
        return numbers;
    }

    /**
     * Asks for a group; it is there when its 11 comes.
     *
     * @throws zap.shell.store.ClockException when no frame can carry what the clock shows
     */
    public long wantGroup(@Nullable String name, List<ClientId> members) {
        long number = database.inTransaction(jdbc -> {
            moves.requireInUse();
            return messages.want(name, members, MessageDates.second(clock.instant()));
        });
        nudge();
        return number;
    }

    /**
     * Notes that these were shown to be read, and lets their authors know if the user wants that. In a retired profile nothing is
     * noted, because it could not be told.
     */
    public void seen(List<Long> numbers) {
        if (numbers.isEmpty()) {
            return;
        }
        database.inTransaction(jdbc -> {
            if (!moves.isRetired()) {
                messages.seen(numbers, settings.receipts());
            }
            return true;
        });
        nudge();
    }

    /** Puts an unsure message into the outbox again. */
    public Optional<Long> again(long number) {
        Optional<Long> again = database.inTransaction(jdbc -> {
            moves.requireInUse();
            return messages.again(number, self().orElseThrow(), clock.instant());
        });
        nudge();
        return again;
    }

    /** Waits until the server has dealt with these, as far as that can be known there: has taken or refused them. */
    public boolean awaitSent(List<Long> numbers, Duration patience) {
        return await(patience, () -> {
            @Nullable ChatSession current = session;
            boolean handedIsAll =
                    current != null ? current.isCaughtUp() && !current.tellsWhatIsStored() : server().shortFrames();
            return numbers.stream()
                    .allMatch(number -> messages.find(number)
                            .filter(m -> switch (m.way()) {
                                case AT_SERVER, REFUSED -> true;
                                case HANDED -> handedIsAll;
                                case WAITING, UNSURE -> false;
                            })
                            .isPresent());
        });
    }

    /**
     * What there is to see of a session's progress: two that are equal have none between them.
     *
     * @param outbox how many messages and groups are not settled
     */
    private record Progress(ServerConnection.@Nullable Phase phase, ChatSession.Intake intake, int outbox) {}

    private Progress progress() {
        return new Progress(
                state().map(ServerConnection.State::phase).orElse(null), intake(), unsettled() + wantedGroups());
    }

    /**
     * Waits for something for as long as there is progress: mail comes, or what waits goes out. However much it is, it takes its time.
     *
     * @param standstill how long there may be no progress
     * @param watcher is called now and then
     * @return false when there was no progress for so long
     */
    public boolean awaitWhileAdvancing(Duration standstill, BooleanSupplier condition, Runnable watcher) {
        Progress before = progress();
        Instant end = clock.instant().plus(standstill);
        while (!await(A_LOOK, condition)) {
            watcher.run();
            Progress now = progress();
            if (!now.equals(before)) {
                before = now;
                end = clock.instant().plus(standstill);
            }
            if (Thread.currentThread().isInterrupted() || clock.instant().isAfter(end)) {
                return false;
            }
        }
        return true;
    }

    /** Waits for something, looking now and then: it may be another process that does it. */
    public boolean await(Duration patience, BooleanSupplier condition) {
        Instant end = clock.instant().plus(patience);
        while (!condition.getAsBoolean()) {
            if (!clock.instant().isBefore(end)) {
                return false;
            }
            try {
                // Another process tells nobody when it has done its part: all that is left is to look again.
                Thread.sleep(GLANCE);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return false;
            }
        }
        return true;
    }

    @Override
    public void close() {
        disconnect();
        database.close();
    }
}
