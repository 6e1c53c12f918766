package zap.crash;

import java.io.EOFException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import zap.protocol.Address;
import zap.protocol.ClientId;
import zap.protocol.Frame;
import zap.protocol.MalformedFrameException;
import zap.shell.chat.DrivenSession;
import zap.shell.chat.ProfileClient;
import zap.shell.connection.FrameChannel;
import zap.shell.connection.FrameHandler;
import zap.shell.connection.FullWidth;
import zap.shell.connection.Registration;
import zap.shell.connection.SessionStart;
import zap.shell.store.HistoryEvents;
import zap.shell.store.HistoryEvents.HistoryEvent;
import zap.shell.store.Messages.DeliveryState;
import zap.shell.store.Messages.Message;
import zap.shell.store.Profile;
import zap.shell.store.ProfileSettings;

/**
 * The real store of a client, driven step by step: what it sends and what it is sent waits until the schedule says that
 * it moves on.
 */
final class StoreUnderTest implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofSeconds(20);
    /** The timeout for frames that have come already. Zero would wait without a limit. */
    private static final Duration NO_TIME = Duration.ofNanos(1);

    /** The file that the processes with an open store share. SQLite makes it anew for a copy. */
    private static final String SHARED_MEMORY = "-shm";

    private final Path home;
    private final String name;
    private final ProfileSettings.Server server;
    private final DirectTransport.Entrance entrance;
    private final LongSupplier second;
    private final RandomGenerator random;
    /** Null until its first use, because some copies are only copied again. */
    private @Nullable ProfileClient client;

    private long clockShift;
    private @Nullable DirectTransport transport;
    private @Nullable FrameChannel channel;
    private @Nullable FrameHandler session;
    private final ArrayDeque<Frame> up = new ArrayDeque<>();
    private final ArrayDeque<Frame> down = new ArrayDeque<>();

    private long lookedUpTo;

    /** Up to this number every message of its own has been seen with ✓✓, or was refused. */
    private long deliveredUpTo;

    /** Makes a profile whose tables are there already: to make them takes longer than a schedule. */
    static void makeFrom(Path template, Path home, String name) throws IOException {
        copyFiles(template, home.resolve(name));
    }

    /** Opens the store in a profile, which may be new. */
    StoreUnderTest(
            Path home,
            String name,
            ProfileSettings.Server server,
            DirectTransport.Entrance entrance,
            LongSupplier second,
            RandomGenerator random) {
        this.home = home;
        this.name = name;
        this.server = server;
        this.entrance = entrance;
        this.second = second;
        this.random = random;
    }

    private ProfileClient client() {
        @Nullable ProfileClient open = client;
        if (open == null) {
            Profile profile = Profile.named(name, Map.of("ZAP_HOME", home.toString()), home);
            open = new ProfileClient(profile, () -> Instant.ofEpochSecond(second.getAsLong() + clockShift), random);
            client = open;
        }
        return open;
    }

    /** @param keyed whether the identity has a key; proofs take most of the processor */
    ClientId register(boolean keyed) throws IOException {
        if (keyed) {
            return client().register(server).id();
        }
        var registered = new Registration(this::dial, PATIENCE).withoutKey();
        client().settings().identity(server, registered.id(), registered.key());
        return registered.id();
    }

    private FrameChannel dial() throws IOException {
        transport = new DirectTransport(entrance);
        return new FrameChannel(transport, new FullWidth());
    }

    ClientId id() {
        return client().self().orElseThrow();
    }

    String name() {
        return name;
    }

    /** Writes a message into the store. The clock of its computer may be set back for it. */
    void write(Address to, String text, long shift) {
        clockShift = shift;
        client().write(to, text);
        clockShift = 0;
    }

    /** Copies the folder, of which the store may be open: at this moment nothing is being written. */
    StoreUnderTest copy(String copyName) throws IOException {
        cut();
        copyFiles(home.resolve(name), home.resolve(copyName));
        return new StoreUnderTest(home, copyName, server, entrance, second, random);
    }

    private static void copyFiles(Path from, Path to) throws IOException {
        Files.createDirectories(to);
        try (var files = Files.list(from)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                String name = file.getFileName().toString();
                if (!name.endsWith(SHARED_MEMORY)) {
                    Files.copy(file, to.resolve(name));
                }
            }
        }
    }

    /** Says who we are, and on which stream; that may take a second connection. */
    void connect() throws IOException {
        cut();
        SessionStart.Begun begun = DrivenSession.handshake(client()).begin(this::dial);
        channel = begun.channel();
        session = begun.handler();
        session.opened();
    }

    boolean isConnected() {
        return session != null;
    }

    /** The connection breaks: what is on its way is lost. */
    void cut() {
        if (channel != null) {
            channel.close();
            channel = null;
        }
        if (session != null) {
            session.closed();
            session = null;
        }
        up.clear();
        down.clear();
    }

    /** The client hands over what is due, if nothing is on its way. */
    boolean send() {
        if (session != null && up.isEmpty()) {
            up.addAll(session.due());
        }
        return !up.isEmpty();
    }

    /** The server takes the next frame that is on its way; its answers are on theirs when this returns. */
    boolean serverReads() throws IOException {
        Frame frame = up.poll();
        return frame != null && serverReads(List.of(frame));
    }

    /** The server takes all frames that are on their way. */
    boolean serverReadsAll() throws IOException {
        List<Frame> frames = List.copyOf(up);
        up.clear();
        return !frames.isEmpty() && serverReads(frames);
    }

    private boolean serverReads(List<Frame> frames) throws IOException {
        if (channel == null || transport == null) {
            return false;
        }
        try {
            channel.write(frames);
            transport.awaitAnswers(frames.stream().anyMatch(StoreUnderTest::isStored), PATIENCE);
            takeAll();
        } catch (EOFException e) {
            // Another store of this identity has connected.
            while (!down.isEmpty()) {
                clientReads();
            }
            cut();
        }
        return true;
    }

    private static boolean isStored(Frame frame) {
        return !(frame instanceof Frame.Ping) && !(frame instanceof Frame.Received);
    }

    private void takeAll() throws IOException {
        if (channel == null) {
            return;
        }
        try {
            List<Frame> frames = channel.read(NO_TIME);
            while (!frames.isEmpty()) {
                down.addAll(frames);
                frames = channel.read(NO_TIME);
            }
        } catch (MalformedFrameException e) {
            throw new IOException(e);
        }
    }

    /**
     * The client takes the next frame that is on its way.
     *
     * @return the frame; null when there was none
     */
    @Nullable
    Frame clientReads() throws IOException {
        waitForFrames();
        Frame frame = down.poll();
        if (frame != null && session != null) {
            session.came(List.of(frame));
        }
        return frame;
    }

    /** The client takes all frames that are on their way. */
    boolean clientReadsAll() throws IOException {
        waitForFrames();
        List<Frame> frames = List.copyOf(down);
        down.clear();
        if (frames.isEmpty() || session == null) {
            return false;
        }
        session.came(frames);
        return true;
    }

    private void waitForFrames() throws IOException {
        if (session == null || transport == null || !down.isEmpty()) {
            return;
        }
        try {
            transport.awaitAnswers(false, PATIENCE); // mail from others may be on its way from the writer
            takeAll();
        } catch (EOFException e) {
            cut();
        }
    }

    /** Returns whether nothing is in flight or due, and the client has all of a mailbox that ends at this position. */
    boolean isAtRest(long tail) {
        return client().settings().position().value() == tail && isQuiet();
    }

    /**
     * Waits until the server has stored all that it has read, and given out what follows from it. Returns whether
     * nothing is in flight or due then.
     */
    boolean isAtRest() throws IOException {
        if (!isQuiet() || transport == null) {
            return false;
        }
        transport.awaitAnswers(true, PATIENCE);
        waitForFrames();
        return session != null && isQuiet();
    }

    private boolean isQuiet() {
        return up.isEmpty()
                && down.isEmpty()
                && client().messages().count(DeliveryState.WAITING) == 0
                && client().messages().count(DeliveryState.HANDED) == 0;
    }

    /** Returns a value that any event changes. */
    String fingerprint() {
        return client().settings().position() + " " + client().messages().newest() + " "
                + outgoing().stream()
                        .map(one -> one.state() + "" + one.delivered())
                        .toList();
    }

    List<Message> outgoing() {
        return client().messages().allAfter(0).stream()
                .filter(Message::outgoing)
                .toList();
    }

    /** The messages of its own with ✓✓; most of those that were returned before are left out. */
    List<Message> newlyDelivered() {
        var delivered = new ArrayList<Message>();
        boolean gapless = true;
        for (Message message : client().messages().allAfter(deliveredUpTo)) {
            if (message.outgoing() && message.delivered() > 0) {
                delivered.add(message);
            } else if (message.outgoing() && message.state() != DeliveryState.REFUSED) {
                gapless = false;
            }
            if (gapless) {
                deliveredUpTo = message.number();
            }
        }
        return delivered;
    }

    /** The texts that came, in the order in which they were stored. */
    List<String> incomingTexts() {
        return client().messages().allAfter(0).stream()
                .filter(message -> !message.outgoing())
                .map(Message::text)
                .toList();
    }

    /** The texts that came since this was asked last. */
    List<String> news() {
        var texts = new ArrayList<String>();
        for (Message message : client().messages().allAfter(lookedUpTo)) {
            lookedUpTo = message.number();
            if (!message.outgoing()) {
                texts.add(message.text());
            }
        }
        return texts;
    }

    /** Returns the reports about its history that its user has seen. */
    List<HistoryEvent> said() {
        return new HistoryEvents(client().database()).all();
    }

    @Override
    public void close() {
        cut();
        if (client != null) {
            client.close();
        }
    }
}
