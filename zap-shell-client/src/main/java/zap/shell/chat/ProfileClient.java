package zap.shell.chat;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import zap.protocol.Address;
import zap.protocol.ClientId;
import zap.shell.connection.CancellableDialer;
import zap.shell.connection.Encryption;
import zap.shell.connection.Endpoint;
import zap.shell.connection.FrameChannel;
import zap.shell.connection.FrameCodec;
import zap.shell.connection.FullWidth;
import zap.shell.connection.Greeting;
import zap.shell.connection.ReconnectPolicy;
import zap.shell.connection.Registration;
import zap.shell.connection.ServerAddress;
import zap.shell.connection.ServerConnection;
import zap.shell.connection.SessionStart;
import zap.shell.connection.ShortFrames;
import zap.shell.connection.Transport;
import zap.shell.identity.IdentityKey;
import zap.shell.store.Blocks;
import zap.shell.store.ClockException;
import zap.shell.store.GroupSuccession;
import zap.shell.store.HistoryEvents;
import zap.shell.store.MessageDates;
import zap.shell.store.MessageSearch;
import zap.shell.store.Messages;
import zap.shell.store.Messages.DeliveryState;
import zap.shell.store.Moves;
import zap.shell.store.OutgoingMessages;
import zap.shell.store.PendingGroups;
import zap.shell.store.People;
import zap.shell.store.Profile;
import zap.shell.store.ProfileDatabase;
import zap.shell.store.ProfileSettings;
import zap.shell.store.ReadMarks;
import zap.shell.store.StoreFault;
import zap.shell.text.MessageTexts;

/** The client of one profile: its store, and its session with the server when there is one. */
public final class ProfileClient implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofSeconds(8);
    private static final Duration GLANCE = Duration.ofMillis(15);
    private static final Duration LOOK = Duration.ofMillis(200);

    /** The result of {@link #open}. */
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
    private final ReadMarks readMarks;
    private final PendingGroups pendingGroups;
    private final OutgoingMessages outgoing;
    private final HistoryEvents history;
    private final Blocks blocks;
    private final AddressBook addressBook;
    private final InstantSource clock;
    private final RandomGenerator random;

    private @Nullable ServerConnection connection;
    private volatile @Nullable ChatSession session;
    /** The newest registration or greeting, which may have ended. */
    private volatile @Nullable CancellableDialer request;

    private volatile ServerConnection.@Nullable State failure;
    private Profile.@Nullable SessionLock sessionLock;

    /** A network, which dials servers. */
    @FunctionalInterface
    public interface Network {

        /**
         * Returns a dialer for a server.
         *
         * @param patience the timeout of a connection attempt
         */
        Transport.Dialer dialer(ProfileSettings.Server server, Duration patience);

        /** Returns the network of this computer. */
        static Network real(InstantSource clock) {
            return (server, patience) -> {
                ProfileSettings.@Nullable Tls tls = server.tls();
                List<Endpoint> endpoints = server.addresses().stream()
                        .map(address -> new Endpoint(address.host(), address.port()))
                        .toList();
                return tls == null
                        ? Transport.tcp(endpoints, patience)
                        : Transport.tls(endpoints, patience, tls.authorities(), tls.pin(), clock);
            };
        }
    }

    public ProfileClient(Profile profile, InstantSource clock, RandomGenerator random) {
        this(profile, clock, random, Network.real(clock));
    }

    /** Creates a client on a given network. */
    public ProfileClient(Profile profile, InstantSource clock, RandomGenerator random, Network network) {
        this.network = network;
        this.profile = profile;
        this.database = ProfileDatabase.open(profile);
        this.settings = new ProfileSettings(database);
        this.moves = new Moves(database);
        this.people = new People(database);
        this.messages = new Messages(database);
        this.readMarks = new ReadMarks(database);
        this.pendingGroups = new PendingGroups(database);
        this.outgoing = new OutgoingMessages(database);
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

    public OutgoingMessages outgoing() {
        return outgoing;
    }

    public PendingGroups pendingGroups() {
        return pendingGroups;
    }

    public ReadMarks readMarks() {
        return readMarks;
    }

    public MessageSearch search() {
        return new MessageSearch(database);
    }

    /** Returns the events of this store's history. */
    public HistoryEvents history() {
        return history;
    }

    /** Returns which groups took the places of others. */
    public GroupSuccession succession() {
        return new GroupSuccession(database);
    }

    /** Returns the blocked people and the groups that were left. */
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

    /** Returns this profile's server; the default one when it has none. */
    public ProfileSettings.Server server() {
        return settings.server().orElseGet(ProfileSettings.Server::usual);
    }

    /** Registers at a server, with a key if the server supports keys, and stores number and key. */
    public Registration.Registered register(ProfileSettings.Server server) throws IOException {
        return atAnyAddress(server, dialer -> registration(server, dialer).first());
    }

    /**
     * Registers another number in place of the one that the server does not accept. Contacts, groups and history stay.
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
            return Optional.of(
                    atAnyAddress(server, dialer -> registration(server, dialer).another()));
        }
    }

    private ProfileRegistration registration(ProfileSettings.Server server, FrameChannel.Dialer dialer) {
        return new ProfileRegistration(database, server, clock, random, new Registration(dialer, PATIENCE));
    }

    /** Adopts an identity that was registered elsewhere. */
    public void adopt(ProfileSettings.Server server, ClientId id, IdentityKey key) {
        settings.identity(server, id, Optional.of(key));
    }

    private Transport.Dialer dialer(ProfileSettings.Server server) {
        return network.dialer(server, PATIENCE);
    }

    /** Work with a server on connections of its own. */
    @FunctionalInterface
    private interface Work<T> {
        T with(FrameChannel.Dialer dialer) throws IOException;
    }

    /** Does some work with a server: at its next address, when one of them does not do its part. */
    private <T> T atAnyAddress(ProfileSettings.Server server, Work<T> work) throws IOException {
        Transport.Dialer dialer = dialer(server);
        var cancellable = new CancellableDialer(dialer);
        request = cancellable;
        while (true) {
            try {
                return work.with(() -> new FrameChannel(cancellable.dial(), codec(server)));
            } catch (CancellableDialer.CancelledException e) {
                throw e;
            } catch (IOException e) {
                if (!ServerConnection.ConnectionProblem.of(e).isOfAddress() || !dialer.failed()) {
                    throw e;
                }
            }
        }
    }

    /**
     * Cancels the registration or greeting that another thread waits for: it fails with {@link
     * CancellableDialer.CancelledException}.
     */
    public void cancelRequest() {
        @Nullable CancellableDialer current = request;
        if (current != null) {
            current.cancel();
        }
    }

    /**
     * A server that has answered hello.
     *
     * @param address of the connection; null when it had none
     * @param encryption of the connection; null when it was not encrypted
     */
    public record Greeted(
            @Nullable ServerAddress address, @Nullable Encryption encryption) {}

    /**
     * Connects to a server, sends hello, and disconnects, to check that it can be used.
     *
     * @throws IOException when there is no such server, with the same causes as for a session
     */
    public Greeted greet(ProfileSettings.Server server) throws IOException {
        return atAnyAddress(server, dialer -> {
            try (FrameChannel channel = dialer.dial()) {
                // There is no hello in short frames.
                if (!server.shortFrames()
                        && Greeting.hello(channel, PATIENCE)
                                instanceof Greeting.Answer.NoWelcome(ServerConnection.ConnectionProblem trouble)) {
                    throw new SessionStart.RefusedException(trouble);
                }
                return new Greeted(channel.address(), channel.encryption());
            }
        });
    }

    private static FrameCodec codec(ProfileSettings.Server server) {
        return server.shortFrames() ? new ShortFrames() : new FullWidth();
    }

    /** Becomes this profile's connected session, unless another process is or the profile is retired. */
    public synchronized Opening open(ClientListener listener, Consumer<ServerConnection.State> watcher) {
        @Nullable ServerConnection existing = connection;
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
        // Replaces the report that a killed session has left there.
        new SessionReport(ServerConnection.Phase.CONNECTING, null, null).write(profile.sessionReport());
        ProfileSettings.Server server = server();
        var handshake = new AssuredHandshake(
                database, self().orElseThrow(), server, clock, random, listener, begun -> session = begun);
        failure = null;
        var opened = new ServerConnection(
                dialer(server),
                () -> codec(server),
                handshake,
                ReconnectPolicy.usual(random, clock),
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
                ProfileClient::problemOf);
        connection = opened;
        opened.open();
        return Opening.OPENED;
    }

    private static ServerConnection.ConnectionProblem problemOf(RuntimeException exception) {
        return StoreFault.of(exception)
                .map(fault -> switch (fault) {
                    case FULL -> ServerConnection.ConnectionProblem.DISK_FULL;
                    case READ_ONLY, NO_ACCESS -> ServerConnection.ConnectionProblem.DISK_READ_ONLY;
                    case DAMAGED -> ServerConnection.ConnectionProblem.STORE_DAMAGED;
                    case NEWER, BUSY, DISK -> ServerConnection.ConnectionProblem.DISK_FAILED;
                })
                .orElse(ServerConnection.ConnectionProblem.OUR_FAULT);
    }

    /** Returns whether another process is this profile's session now, connected or not. */
    public synchronized boolean isOpenElsewhere() {
        if (sessionLock != null || database.unwritable().isPresent()) {
            return false;
        }
        try (Profile.@Nullable SessionLock lock = profile.tryLock()) {
            return lock == null;
        }
    }

    /** Returns the state of another process's session of this profile; empty when there is none. */
    public Optional<SessionReport> elsewhere() {
        if (!isOpenElsewhere()) {
            return Optional.empty();
        }
        return SessionReport.read(profile.sessionReport())
                .or(() -> Optional.of(new SessionReport(ServerConnection.Phase.CONNECTING, null, null)));
    }

    public synchronized Optional<ServerConnection.State> state() {
        return Optional.ofNullable(connection).map(ServerConnection::state);
    }

    /** Returns whether the last attempt to connect has failed, or the session has ended for good. */
    public boolean hasFailed() {
        return state().filter(ProfileClient::isFailure).isPresent();
    }

    /**
     * Returns the state of the connection at its last failure, or at the end of the session; empty when neither has
     * happened since it was opened, or was last online.
     */
    public Optional<ServerConnection.State> failure() {
        return Optional.ofNullable(failure);
    }

    private static boolean isFailure(ServerConnection.State state) {
        return state.trouble() != null
                && (state.phase() == ServerConnection.Phase.WAITING || state.phase() == ServerConnection.Phase.OFF);
    }

    /** Returns whether there is a session now. */
    public boolean isOnline() {
        return state().filter(state -> state.phase() == ServerConnection.Phase.ONLINE)
                .isPresent();
    }

    public boolean isCaughtUp() {
        @Nullable ChatSession current = session;
        return current != null && current.isCaughtUp();
    }

    /** Returns whether there is a session and it is an assured one. */
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

    /** Returns how many messages are not known to be at the server, as far as that can be known there. */
    public int unsettled() {
        @Nullable ChatSession current = session;
        boolean handedIsAll = current != null ? !current.tellsWhatIsStored() : server().shortFrames();
        return messages.count(DeliveryState.WAITING) + (handedIsAll ? 0 : messages.count(DeliveryState.HANDED));
    }

    /** Returns how many groups wait to be requested, or have been requested and have not come. */
    public int pendingGroupCount() {
        return pendingGroups.in(DeliveryState.WAITING).size()
                + pendingGroups.in(DeliveryState.HANDED).size();
    }

    /** Makes the session check for due frames. Does nothing when there is no session. */
    public synchronized void nudge() {
        @Nullable ServerConnection current = connection;
        if (current != null) {
            current.nudge();
        }
    }

    /** Ends the session in an orderly way: mail that the server has already sent is still stored. */
    public void disconnect() {
        @Nullable ServerConnection current;
        synchronized (this) {
            current = connection;
            connection = null;
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
     * Puts a text into the outbox, split into messages as needed. Where messages have ids, these share a second.
     *
     * @throws ClockException when no message can carry the clock's time
     */
    public List<Long> write(Address chat, String text) {
        ClientId self = self().orElseThrow();
        List<Long> numbers = database.inTransaction(jdbc -> {
            moves.requireInUse();
            boolean haveIds = settings.hasKey() || settings.isAssured(server());
            return outgoing.write(chat, self, clock.instant(), MessageTexts.split(text), haveIds);
        });
        nudge();
        return numbers;
    }

    /**
     * Requests a group. It exists when its 11 comes.
     *
     * @return the number of the pending group
     * @throws ClockException when no frame can carry the clock's time
     */
    public long requestGroup(@Nullable String name, List<ClientId> members) {
        long number = database.inTransaction(jdbc -> {
            moves.requireInUse();
            return pendingGroups.add(name, members, MessageDates.second(clock.instant()));
        });
        nudge();
        return number;
    }

    /**
     * Records that messages were shown to be read, and lets their authors know if the user allows that. In a retired
     * profile nothing is recorded, because no read mark could be sent.
     */
    public void seen(List<Long> numbers) {
        if (numbers.isEmpty()) {
            return;
        }
        database.inTransaction(jdbc -> {
            if (!moves.isRetired()) {
                readMarks.seen(numbers, settings.receipts());
            }
            return true;
        });
        nudge();
    }

    /** Puts an unsure or refused message into the outbox again. */
    public Optional<Long> again(long number) {
        Optional<Long> again = database.inTransaction(jdbc -> {
            moves.requireInUse();
            return outgoing.again(number, self().orElseThrow(), clock.instant());
        });
        nudge();
        return again;
    }

    /** Waits until the server has stored or refused these messages, as far as that can be known there. */
    public boolean awaitSent(List<Long> numbers, Duration patience) {
        return await(patience, () -> {
            @Nullable ChatSession current = session;
            boolean handedIsAll =
                    current != null ? current.isCaughtUp() && !current.tellsWhatIsStored() : server().shortFrames();
            return numbers.stream()
                    .allMatch(number -> messages.find(number)
                            .filter(m -> switch (m.state()) {
                                case AT_SERVER, REFUSED -> true;
                                case HANDED -> handedIsAll;
                                case WAITING, UNSURE -> false;
                            })
                            .isPresent());
        });
    }

    /**
     * The visible progress of a session: two equal values have no progress between them.
     *
     * @param outbox the number of messages and groups that are not settled
     */
    private record Progress(ServerConnection.@Nullable Phase phase, ChatSession.Intake intake, int outbox) {}

    private Progress progress() {
        return new Progress(
                state().map(ServerConnection.State::phase).orElse(null), intake(), unsettled() + pendingGroupCount());
    }

    /**
     * Waits for a condition for as long as there is progress, that is, mail comes or the outbox shrinks.
     *
     * @param standstill the longest time without progress
     * @param watcher is called now and then
     * @return false when there was no progress for that long
     */
    public boolean awaitWhileAdvancing(Duration standstill, BooleanSupplier condition, Runnable watcher) {
        Progress before = progress();
        Instant end = clock.instant().plus(standstill);
        while (!await(LOOK, condition)) {
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

    /** Waits for a condition by polling, because another process may fulfil it. */
    public boolean await(Duration patience, BooleanSupplier condition) {
        Instant end = clock.instant().plus(patience);
        while (!condition.getAsBoolean()) {
            if (!clock.instant().isBefore(end)) {
                return false;
            }
            try {
                // Another process sends no signal when it is done, so this one has to look again.
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
