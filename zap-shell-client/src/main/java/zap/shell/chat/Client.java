package zap.shell.chat;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import zap.protocol.Address;
import zap.protocol.ClientId;
import zap.protocol.PosixTime;
import zap.protocol.StreamId;
import zap.shell.connection.FrameChannel;
import zap.shell.connection.FullWidth;
import zap.shell.connection.Line;
import zap.shell.connection.Pauses;
import zap.shell.connection.Registration;
import zap.shell.connection.ShortFrames;
import zap.shell.connection.Transport;
import zap.shell.connection.Wire;
import zap.shell.identity.IdentityKey;
import zap.shell.store.Database;
import zap.shell.store.GroupSuccession;
import zap.shell.store.HistoryEvents;
import zap.shell.store.Messages;
import zap.shell.store.Moves;
import zap.shell.store.People;
import zap.shell.store.Profile;
import zap.shell.store.Settings;
import zap.shell.store.StoreFault;
import zap.shell.text.MessageTexts;

/** One person's client: the store of a profile, and its session with the server when there is one. */
public final class Client implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofSeconds(8);
    private static final Duration GLANCE = Duration.ofMillis(15);

    /** What became of the wish to be connected. */
    public enum Opening {
        OPENED,
        OPEN_ALREADY,
        /** Another process of this profile is the connected session. */
        ELSEWHERE,
        /** The profile was exported and is retired. */
        RETIRED
    }

    private final Profile profile;
    private final Database database;
    private final Settings settings;
    private final Moves moves;
    private final People people;
    private final Messages messages;
    private final HistoryEvents history;
    private final AddressBook addressBook;
    private final InstantSource clock;
    private final RandomGenerator random;

    private @Nullable Line line;
    private volatile @Nullable Session session;
    private Profile.@Nullable SessionLock sessionLock;

    public Client(Profile profile, InstantSource clock, RandomGenerator random) {
        this.profile = profile;
        this.database = Database.open(profile);
        this.settings = new Settings(database);
        this.moves = new Moves(database);
        this.people = new People(database);
        this.messages = new Messages(database);
        this.history = new HistoryEvents(database);
        this.addressBook = new AddressBook(people);
        this.clock = clock;
        this.random = random;
    }

    public Profile profile() {
        return profile;
    }

    public Database database() {
        return database;
    }

    public Settings settings() {
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
    public Settings.Server server() {
        return settings.server().orElseGet(Settings.Server::usual);
    }

    /** Gets a number from the server, with a key if the server knows keys, and keeps both. */
    public Registration.Registered register(Settings.Server server) throws IOException {
        var registration =
                new Registration(() -> new FrameChannel(dialer(server).dial(), wire(server)), PATIENCE);
        Registration.Registered registered =
                server.shortFrames() ? registration.withoutKey() : registration.withKeyIfPossible(wish(server));
        settings.identity(server, registered.id(), registered.key());
        return registered;
    }

    private Registration.Wish wish(Settings.Server server) {
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
                return Resumption.stream(settings, random);
            }
        };
    }

    /** Becomes somebody who was registered elsewhere. */
    public void adopt(Settings.Server server, ClientId id, IdentityKey key) {
        settings.identity(server, id, Optional.of(key));
    }

    private Transport.Dialer dialer(Settings.Server server) {
        return dialer(server, PATIENCE);
    }

    /** Dials this server, as it is to be dialled. */
    public Transport.Dialer dialer(Settings.Server server, Duration patience) {
        Settings.@Nullable Tls tls = server.tls();
        return tls == null
                ? Transport.tcp(server.host(), server.port(), patience)
                : Transport.tls(server.host(), server.port(), patience, tls.authorities(), tls.pin(), clock);
    }

    private static Wire wire(Settings.Server server) {
        return server.shortFrames() ? new ShortFrames() : new FullWidth();
    }

    /** Becomes this profile's connected session, unless another process is or the profile is retired. */
    public synchronized Opening open(Happenings happenings, Consumer<Line.State> watcher) {
        @Nullable Line existing = line;
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
        Settings.Server server = server();
        var handshake = new AssuredHandshake(
                database, self().orElseThrow(), server, clock, random, happenings, begun -> session = begun);
        var opened = new Line(
                dialer(server), () -> wire(server), handshake, Pauses.usual(random), clock, watcher, Client::troubleOf);
        line = opened;
        opened.open();
        return Opening.OPENED;
    }

    private static Line.Trouble troubleOf(RuntimeException exception) {
        return StoreFault.of(exception)
                .map(fault -> switch (fault) {
                    case FULL -> Line.Trouble.DISK_FULL;
                    case READ_ONLY, NO_ACCESS -> Line.Trouble.DISK_READ_ONLY;
                    case DAMAGED -> Line.Trouble.STORE_DAMAGED;
                    case NEWER, BUSY, DISK -> Line.Trouble.DISK_FAILED;
                })
                .orElse(Line.Trouble.BROKEN);
    }

    /** What is wrong with the disk, when that is why the session has ended. */
    public Optional<StoreFault> storeFault() {
        return state().map(Line.State::trouble).flatMap(trouble -> switch (trouble) {
            case DISK_FULL -> Optional.of(StoreFault.FULL);
            case DISK_READ_ONLY -> Optional.of(StoreFault.READ_ONLY);
            case STORE_DAMAGED -> Optional.of(StoreFault.DAMAGED);
            case DISK_FAILED -> Optional.of(StoreFault.DISK);
            default -> Optional.empty();
        });
    }

    /** Whether another process is this profile's connected session now. */
    public synchronized boolean isOpenElsewhere() {
        if (sessionLock != null || database.unwritable().isPresent()) {
            return false;
        }
        try (Profile.@Nullable SessionLock lock = profile.tryLock()) {
            return lock == null;
        }
    }

    public synchronized Optional<Line.State> state() {
        return Optional.ofNullable(line).map(Line::state);
    }

    /** Whether the last try to connect has failed, or the session has ended for good. */
    public boolean hasFailed() {
        return state().filter(
                        s -> s.trouble() != null && (s.phase() == Line.Phase.WAITING || s.phase() == Line.Phase.OFF))
                .isPresent();
    }

    public boolean isCaughtUp() {
        @Nullable Session current = session;
        return current != null && current.isCaughtUp();
    }

    /** Whether the session, if there is one, is an assured one. */
    public boolean isAssured() {
        return session instanceof AssuredSession;
    }

    /** Something may be due: does nothing when there is no session. */
    public synchronized void nudge() {
        @Nullable Line current = line;
        if (current != null) {
            current.nudge();
        }
    }

    /** Ends the session in an orderly way. */
    public void disconnect() {
        @Nullable Line current;
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
                lock.close();
            }
        }
    }

    /** Puts a text into the outbox, in as many messages as it takes. */
    public List<Long> write(Address chat, String text) {
        ClientId self = self().orElseThrow();
        List<Long> numbers = database.inTransaction(jdbc -> {
            moves.requireInUse();
            var written = new ArrayList<Long>();
            for (String part : MessageTexts.split(text)) {
                written.add(messages.write(chat, self, clock.instant(), part));
            }
            return written;
        });
        nudge();
        return numbers;
    }

    /** Asks for a group; it is there when its 11 comes. */
    public long wantGroup(@Nullable String name, List<ClientId> members) {
        long number = database.inTransaction(jdbc -> {
            moves.requireInUse();
            return messages.want(name, members, PosixTime.of(clock.instant()));
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
            @Nullable Session current = session;
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
     * Waits until all mail that has waited at the server is here.
     *
     * @return false when it is not by then, or no connection has come about
     */
    public boolean awaitCaughtUp(Duration patience) {
        await(patience, () -> isCaughtUp() || hasFailed());
        return isCaughtUp();
    }

    /** Waits for something, looking now and then: it may be another process that does it. */
    public boolean await(Duration patience, BooleanSupplier condition) {
        Instant end = clock.instant().plus(patience);
        while (!condition.getAsBoolean()) {
            if (clock.instant().isAfter(end)) {
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
