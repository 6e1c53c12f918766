package zap.check.client;

import java.io.IOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;
import zap.check.client.ConversationEvent.Kind;
import zap.check.report.CheckFailure;
import zap.check.report.WireTrace;
import zap.check.wire.FrameScanner.Found;
import zap.check.wire.Speech;
import zap.check.wire.WireConnection;
import zap.check.wire.WireConnection.Next;
import zap.kit.Sockets;
import zap.kit.WireFrame;
import zap.protocol.FrameType;

/**
 * The server's side of the conversation with a client under test: it accepts connections, answers as a server does, and
 * writes down all that happens.
 *
 * <p>All methods may be called from any thread. Each connection has a thread that reads; the thread of the suite sends.
 */
final class Conversation implements AutoCloseable {

    /** The ids of the peers that the client writes to: easy to type. */
    static final String BOB = "1000000000002";

    static final String CARLA = "1000000000003";

    /** Maximum number of events: a client that causes more floods its server. */
    static final int MAX_EVENTS = 20_000;

    static final int MAX_CONNECTIONS = 200;

    /** The pause after which a short frame has ended. People type no faster. */
    private static final Duration PAUSE = Duration.ofMillis(300);

    private static final int HANDSHAKE_MILLIS = 5_000;
    private static final int TEXT_WIDTH = FrameType.SEND.fields().getLast().width();
    private static final int MEMBERS_WIDTH =
            FrameType.CREATE_GROUP.fields().getLast().width();

    private final ServerSocket listener;
    private final boolean strict;
    private final InstantSource clock;
    private final RandomGenerator random;
    private final Consumer<ConversationEvent> witness;
    private final Consumer<WireFrame> readMark;
    private final long begin = System.nanoTime();
    private final List<Link> links = new CopyOnWriteArrayList<>();

    // Guarded by this.
    private final List<ConversationEvent> events = new ArrayList<>();
    private final List<GivenMessage> given = new ArrayList<>();
    private final Deque<WireFrame> waiting = new ArrayDeque<>();
    private final Map<String, List<String>> groups = new HashMap<>();
    private Act act = Act.REGISTER;
    private String id = "";
    private @Nullable Link current;
    private long seconds;
    private boolean known;
    private boolean fullWidth;
    private boolean lineEnds;
    private boolean asksHello;
    private boolean connectsAfter02;
    private boolean waitsFor04;
    private boolean unanswered03;
    private boolean overflowed;

    /** A connection of the client. */
    private record Link(int number, Socket socket, WireConnection wire) {}

    /**
     * Starts to accept connections.
     *
     * @param witness is told each event, in their order
     * @param readMark is told each 08 of a message of somebody else, on a thread of its own
     */
    Conversation(
            ServerSocket listener,
            boolean strict,
            InstantSource clock,
            RandomGenerator random,
            Consumer<ConversationEvent> witness,
            Consumer<WireFrame> readMark) {
        this.listener = listener;
        this.strict = strict;
        this.clock = clock;
        this.random = random;
        this.witness = witness;
        this.readMark = readMark;
        this.known = strict;
        this.fullWidth = strict;
        // Hours ago, so that a client that puts its own clock into 08 is seen to do so.
        this.seconds = clock.instant().getEpochSecond() - 7_200;
        Thread.ofVirtual().name("accepts clients").start(this::accept);
    }

    int port() {
        return listener.getLocalPort();
    }

    private void accept() {
        try {
            while (links.size() < MAX_CONNECTIONS) {
                Socket socket = listener.accept();
                Thread.ofVirtual().name("serves a client").start(() -> serve(socket));
            }
            listener.close();
        } catch (IOException e) {
            // closed: the conversation is over
        }
    }

    private void serve(Socket socket) {
        Link link;
        try {
            socket.setTcpNoDelay(true);
            if (socket instanceof SSLSocket encrypted) {
                encrypted.setSoTimeout(HANDSHAKE_MILLIS);
                encrypted.startHandshake();
                encrypted.setSoTimeout(0);
            }
            synchronized (this) {
                var speech = new Speech(false, false, true, true, FrameType.Sender.CLIENT, PAUSE);
                link = new Link(
                        links.size() + 1, socket, new WireConnection("client", socket, speech, new WireTrace(), true));
                links.add(link);
                note(link, Kind.CONNECTED, null, "");
            }
        } catch (IOException e) {
            Sockets.close(socket);
            return;
        }
        try {
            boolean open = true;
            while (open) {
                Next next = link.wire().next(Duration.ofHours(1));
                open = hear(link, next);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            Sockets.close(socket);
        }
    }

    private synchronized boolean hear(Link link, Next next) {
        String filler = link.wire().takeFiller();
        if (!filler.isEmpty()) {
            filler(link, filler);
        }
        switch (next) {
            case Next.Heard(Found.Whole(WireFrame frame)) -> {
                note(link, Kind.CAME, frame, "");
                learn(frame, link);
                answer(link, frame);
            }
            case Next.Heard(Found.NoFrame(String text)) -> {
                if (text.strip().matches("30[0-9]{2}")) {
                    asksHello = true;
                    note(link, Kind.HELLO, null, "");
                    return false;
                }
                note(link, Kind.NO_FRAME, null, text);
            }
            case Next.Nothing() -> {}
            case Next.Closed() -> {
                closed(link, Kind.CLOSED);
                return false;
            }
            case Next.Flooded() -> {
                closed(link, Kind.FLOODED);
                return false;
            }
        }
        return !overflowed;
    }

    private void filler(Link link, String filler) {
        if (filler.strip().isEmpty() && filler.indexOf(' ') < 0 && !strict) {
            lineEnds = true;
        } else {
            note(link, Kind.FILLER, null, filler);
        }
    }

    private boolean isHungUp(Link link) {
        return events.stream().anyMatch(event -> event.connection() == link.number() && event.kind() == Kind.HUNG_UP);
    }

    private void closed(Link link, Kind kind) {
        if (!isHungUp(link)) {
            note(link, kind, null, "");
        }
        if (link.equals(current)) {
            current = null;
        }
    }

    private void learn(WireFrame frame, Link link) {
        String rest = link.wire().rest();
        if (!strict && (rest.startsWith("\n") || rest.startsWith("\r"))) {
            lineEnds = true;
        }
        boolean hasWidth = frame.type() == FrameType.SEND || frame.type() == FrameType.CREATE_GROUP;
        if (known || !hasWidth) {
            return;
        }
        String last = frame.fields().getLast();
        int width = WireFrame.codePoints(last);
        known = true;
        fullWidth = width == (frame.type() == FrameType.SEND ? TEXT_WIDTH : MEMBERS_WIDTH)
                || last.endsWith("  ")
                || last.endsWith("\0\0");
    }

    // ----------------------------------------------------------------------------------------------------- answering

    private void answer(Link link, WireFrame frame) {
        switch (frame.type()) {
            case REGISTER -> {
                id = newId('1');
                current = link;
                send(link, WireFrame.of(FrameType.REGISTERED, id));
            }
            case CONNECT -> connect(link, frame.field("id"));
            case SEND -> accept(frame);
            case READ -> read(frame);
            case CREATE_GROUP -> create(frame);
            default -> {
                // No client sends this: the checks say so.
            }
        }
    }

    private void connect(Link link, String as) {
        connectsAfter02 |= act == Act.REGISTER;
        unanswered03 = true;
        if (!as.equals(id)) {
            return;
        }
        current = link;
        if (waitsFor04 || (known && !fullWidth && !strict)) {
            send(link, WireFrame.of(FrameType.CONNECTED, id));
            unanswered03 = false;
        }
        while (current != null && !waiting.isEmpty()) {
            send(link, waiting.remove());
        }
    }

    private void accept(WireFrame frame) {
        unanswered03 = false;
        String to = frame.field("dst");
        String time = frame.field("timestamp");
        if (!frame.field("src").equals(id)) {
            return;
        }
        if (to.equals(id)) {
            give(WireFrame.of(FrameType.DELIVER, id, id, time, frame.field("data")));
            give(WireFrame.of(FrameType.DELIVERED, id, time));
        }
        for (String peer : groups.getOrDefault(to, List.of(to))) {
            if (peer.equals(BOB) || peer.equals(CARLA)) {
                give(WireFrame.of(FrameType.DELIVERED, peer, time));
            }
        }
    }

    private void read(WireFrame frame) {
        if (frame.field("src").equals(id)) {
            // A mark for oneself, by which some clients learn that all before it was handled.
            give(WireFrame.of(FrameType.READ_RECEIPT, id, frame.field("timestamp")));
        } else {
            Thread.ofVirtual().name("looks at a read mark").start(() -> readMark.accept(frame));
        }
    }

    private void create(WireFrame frame) {
        var members = new ArrayList<String>();
        members.add(id);
        frame.members().stream()
                .filter(member -> (member.equals(BOB) || member.equals(CARLA)) && !members.contains(member))
                .forEach(members::add);
        if (members.size() > 1) {
            give(groupCreated(members));
        }
    }

    /** Returns the 11 of a new group. */
    synchronized WireFrame groupCreated(List<String> members) {
        String group = newId('2');
        groups.put(group, List.copyOf(members));
        return WireFrame.of(
                FrameType.GROUP_CREATED, group, second(clock.instant().getEpochSecond()), String.join("", members));
    }

    private String newId(char first) {
        return first + String.format(Locale.ROOT, "%012d", random.nextLong(1_000_000_000_000L));
    }

    // ------------------------------------------------------------------------------------------------------- sending

    static String second(long second) {
        return String.format(Locale.ROOT, "%010d", second);
    }

    /** Returns a second that no message of this conversation has had yet, later than all of them. */
    synchronized String nextSecond() {
        seconds += 7;
        return second(seconds);
    }

    /** Returns a 06 to the client, with a second of its own, and writes down that it is given. */
    synchronized WireFrame message(String writer, String to, String text, boolean whole) {
        WireFrame frame = WireFrame.of(FrameType.DELIVER, writer, to, nextSecond(), text);
        given.add(new GivenMessage(act, frame, whole));
        return frame;
    }

    /** Sends a frame to the client; it waits for the next 03 when the client is not connected. */
    synchronized void give(WireFrame frame) {
        Link link = current;
        if (link == null) {
            waiting.add(frame);
        } else {
            send(link, frame);
        }
    }

    /** Sends a frame, after a pause: only the checks on segments send frames that come together. */
    private void send(Link link, WireFrame frame) {
        try {
            link.wire().sendWhole(bytes(frame));
            note(link, Kind.SENT, frame, "");
        } catch (CheckFailure e) {
            current = null;
            waiting.add(frame);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Returns a frame in the client's dialect. */
    synchronized byte[] bytes(WireFrame frame) {
        String end = lineEnds && !(known && fullWidth) ? "\n" : "";
        return (frame.text(known && fullWidth) + end).getBytes(StandardCharsets.UTF_8);
    }

    /**
     * Sends frames in pieces of one segment each.
     *
     * @param frames the frames that the pieces contain, for the report
     * @param pause the time between two pieces
     */
    void giveInPieces(List<WireFrame> frames, List<byte[]> pieces, Duration pause) throws InterruptedException {
        for (int i = 0; i < pieces.size(); i++) {
            synchronized (this) {
                Link link = current;
                if (link == null) {
                    return;
                }
                try {
                    link.wire().sendPart(pieces.get(i));
                    if (i == 0) {
                        frames.forEach(frame -> note(link, Kind.SENT, frame, ""));
                        if (frames.isEmpty()) {
                            note(link, Kind.SENT, null, new String(pieces.get(i), StandardCharsets.UTF_8));
                        }
                    }
                } catch (CheckFailure e) {
                    closed(link, Kind.CLOSED);
                    return;
                }
            }
            if (i + 1 < pieces.size()) {
                Thread.sleep(pause); // so that the pieces are segments
            }
        }
    }

    /** Answers a 03 that had no answer with 04; returns whether there was one. */
    synchronized boolean answer03() {
        Link link = current;
        if (!unanswered03 || link == null || strict) {
            return false;
        }
        unanswered03 = false;
        waitsFor04 = true;
        send(link, WireFrame.of(FrameType.CONNECTED, id));
        return true;
    }

    /** Closes the connection with the client: with a reset, or in the usual way. */
    synchronized void hangUp(boolean reset) {
        Link link = current;
        if (link != null) {
            note(link, Kind.HUNG_UP, null, "");
            current = null;
            if (reset) {
                link.wire().breakOff();
            } else {
                link.wire().close();
            }
        }
    }

    // ------------------------------------------------------------------------------------------------------- looking

    private void note(Link link, Kind kind, @Nullable WireFrame frame, String text) {
        if (events.size() >= MAX_EVENTS) {
            overflowed = true;
            return;
        }
        var event = new ConversationEvent(
                (System.nanoTime() - begin) / 1_000_000, clock.instant(), act, link.number(), kind, frame, text);
        events.add(event);
        witness.accept(event);
    }

    synchronized void begin(Act next) {
        act = next;
    }

    synchronized String id() {
        return id;
    }

    synchronized boolean isConnected() {
        return current != null;
    }

    synchronized List<ConversationEvent> events() {
        return List.copyOf(events);
    }

    synchronized List<GivenMessage> given() {
        return List.copyOf(given);
    }

    synchronized boolean isOverflowed() {
        return overflowed || events.stream().anyMatch(event -> event.kind() == Kind.FLOODED);
    }

    synchronized ClientDialect dialect() {
        return new ClientDialect(known, fullWidth, lineEnds, asksHello, connectsAfter02, waitsFor04, strict);
    }

    @Override
    public void close() {
        Sockets.close(listener);
        links.forEach(link -> Sockets.close(link.socket()));
    }
}
