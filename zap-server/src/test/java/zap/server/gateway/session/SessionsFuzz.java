package zap.server.gateway.session;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;
import org.springframework.integration.ip.tcp.serializer.SoftEndOfStreamException;
import zap.protocol.Address;
import zap.protocol.Body;
import zap.protocol.ClientId;
import zap.protocol.Frame;
import zap.protocol.FrameDecoder;
import zap.protocol.FrameEncoder;
import zap.protocol.FrameType;
import zap.protocol.GroupId;
import zap.protocol.HistoryDigest;
import zap.protocol.MalformedFrameException;
import zap.protocol.MessageId;
import zap.protocol.Nonce;
import zap.protocol.Position;
import zap.protocol.PosixTime;
import zap.protocol.PublicKeyBytes;
import zap.protocol.Reason;
import zap.protocol.RecvEncoder;
import zap.protocol.SignatureBytes;
import zap.protocol.StreamId;
import zap.server.gateway.outbox.OutboxFactories;
import zap.server.gateway.settings.Framing;
import zap.server.gateway.settings.GatewayMeters;
import zap.server.gateway.settings.GatewayProperties;
import zap.server.gateway.settings.PlainListeners;
import zap.server.gateway.tcp.MemoryConnection;
import zap.server.gateway.tcp.MemorySocket;
import zap.server.gateway.tcp.MemorySocket.NothingYetException;
import zap.server.group.Groups;
import zap.server.group.GroupsInMemory;
import zap.server.identity.Credentials;
import zap.server.identity.IdSource;
import zap.server.identity.Identities;
import zap.server.identity.IdentitiesInMemory;
import zap.server.identity.LastUses;
import zap.server.identity.Proofs;
import zap.server.mailbox.ImmediateMailbox;
import zap.server.mailbox.MailboxItem;
import zap.server.mailbox.StreamState;
import zap.server.messaging.MessageRelays;
import zap.server.tracing.Tracing;

/**
 * Arbitrary frames in arbitrary order on a few connections at once, against the real sessions, handshake, dispatcher,
 * outboxes and writer, over a store in memory. A model of the protocol's rules runs beside them, without their
 * implementation. After each frame the two are compared:
 *
 * <ul>
 *   <li>each mailbox contains the accepted frames, once for each recipient and in order; refused frames left nothing;
 *   <li>each connection has received its client's mailbox from its cursor on, and all of it;
 *   <li>every reply is the expected one and well-formed; every refusal has the expected reason, and is repeated until
 *       its client has seen it;
 *   <li>positions and digests, of the mailboxes and of all streams, are those of the stored entries and of the received
 *       bytes;
 *   <li>a receipt (07, 09) is true in the moment in which it is stored; {@code accepted} never goes down;
 *   <li>nothing is logged as a bug, and no session is left when all peers have hung up.
 * </ul>
 *
 * <p>An input is a sequence of steps: an action, a connection, and some bytes more.
 */
public final class SessionsFuzz {

    private static final int CONNECTIONS = 4;
    private static final int MAX_STEPS = 60;
    private static final int STEPS_BETWEEN_CHECKS = 8;

    /** Small, so that mailboxes get full and logs have several pages. */
    private static final int MAX_WAITING = 6;

    private static final int PAGE = 3;
    private static final Duration SOON = Duration.ofSeconds(10);
    private static final ClientId NOBODY = new ClientId(1_999_999_999_999L);
    private static final GroupId NO_GROUP = new GroupId(2_999_999_999_999L);
    /** A placeholder in the model's logs: the repeated notice to a group's creator. */
    private static final GroupId THAT_GROUP = new GroupId(2_999_999_999_998L);

    private static final StreamId SMALLEST_STREAM = new StreamId(7);
    private static final int STREAMS = 4;
    private static final Instant NOW = Instant.ofEpochSecond(1_795_372_030L);

    private static final FrameEncoder ENCODER = new FrameEncoder();
    private static final RecvEncoder RECV_ENCODER = new RecvEncoder();
    private static final FrameDecoder DECODER = new FrameDecoder();
    private static final List<PublicKeyBytes> KEYS = List.of(key(1), key(2));

    private static final MeterRegistry REGISTRY = new SimpleMeterRegistry();
    private static final GatewayMeters METERS = new GatewayMeters(REGISTRY);
    private static final LastUses LAST_USES = IdentitiesInMemory.lastUses(Clock.systemUTC());
    private static final Map<Reason, FunctionCounter> COUNTERS = new EnumMap<>(Reason.class);
    private static final AtomicReference<@Nullable String> LOGGED = new AtomicReference<>();

    private static final GatewayProperties PROPERTIES = PlainListeners.properties(Duration.ofSeconds(5));

    static {
        for (Reason reason : Reason.values()) {
            COUNTERS.put(
                    reason,
                    REGISTRY.get("zap.refusals").tag("reason", reason.name()).functionCounter());
        }
        // What is a fault of ours is logged as an error; all else would only take time.
        var logger = (Logger) LoggerFactory.getLogger("zap");
        logger.setLevel(Level.ERROR);
        logger.setAdditive(false);
        // Each world has the same gauges.
        ((Logger) LoggerFactory.getLogger("io.micrometer")).setLevel(Level.OFF);
        var watch = new AppenderBase<ILoggingEvent>() {
            @Override
            protected void append(ILoggingEvent event) {
                var thrown = event.getThrowableProxy();
                LOGGED.compareAndSet(
                        null,
                        event.getFormattedMessage()
                                + (thrown == null ? "" : ": " + thrown.getClassName() + ": " + thrown.getMessage()));
            }
        };
        watch.setContext(logger.getLoggerContext());
        watch.start();
        logger.addAppender(watch);
    }

    public static void fuzzerTestOneInput(byte[] input) throws Exception {
        new SessionsFuzz(ByteBuffer.wrap(input)).play();
    }

    /** One connection, and what the model knows about it. */
    private static final class Peer {

        final Framing wire;
        final MemorySocket socket = new MemorySocket();
        final MemoryConnection connection;
        final Session session;

        boolean spoke;
        boolean greeted;

        @Nullable
        Nonce nonce;

        @Nullable
        ClientId self;

        boolean assured;

        @Nullable
        Stream stream;
        /** Number of refusals that are repeated after its 34, before any other frame. */
        int toldAgain;

        /** All that it has sent, and how much of that has been taken for frames. */
        final ByteArrayOutputStream sent = new ByteArrayOutputStream();

        int framed;

        @Nullable
        CloseReason closed;
        /** Its mail goes on after this position. */
        long start;

        final List<Frame> expected = new ArrayList<>();
        final List<Frame> answers = new ArrayList<>();
        final List<Frame> mail = new ArrayList<>();

        Peer(Framing wire, SessionsFuzz world) throws IOException {
            this.wire = wire;
            // What is written counts as acknowledged: when it is, has tests of its own.
            this.connection = new MemoryConnection(socket, wire, PROPERTIES, world.opener::open);
            this.session = connection.session();
        }

        boolean isOpen() {
            return closed == null;
        }
    }

    /** A client as the model has it. */
    private static final class Person {

        final ClientId id;
        final @Nullable PublicKeyBytes key;
        final List<Frame.ForMailbox> log = new ArrayList<>();
        final Map<StreamId, Stream> streams = new HashMap<>();
        /** The last read receipt about each originator's messages. */
        final Map<ClientId, Long> marked = new HashMap<>();

        @Nullable
        Stream stream;

        Person(ClientId id, @Nullable PublicKeyBytes key) {
            this.id = id;
            this.key = key;
        }
    }

    /** A stream as the model has it. */
    private static final class Stream {

        final StreamId id;
        final TreeMap<Long, Reason> refusals = new TreeMap<>();
        long accepted;
        HistoryDigest digest = HistoryDigest.EMPTY;
        long at;

        Stream(StreamId id) {
            this.id = id;
        }

        Frame.Accepted acceptedFrame() {
            return new Frame.Accepted(accepted, new Position(at));
        }
    }

    /** The fields that make a 10 of an assured session the repetition of another one. */
    private record GroupRequest(Set<ClientId> members, ClientId creator, PosixTime sentAt) {}

    /**
     * The meaning of a signature. Real ones take a thousand times as long to make and check, and have their own tests.
     */
    private record Proof(PublicKeyBytes key, Nonce nonce) {}

    private final class NotedProofs extends Proofs {

        @Override
        public Nonce newNonce() {
            return Nonce.of(numbered(Nonce.BYTES));
        }

        @Override
        public boolean isValid(Nonce nonce, Frame.RegisterKey frame) {
            return new Proof(frame.key(), nonce).equals(noted.get(frame));
        }

        @Override
        public boolean isValid(Nonce nonce, Frame.Resume frame, Credentials credentials) {
            return switch (credentials) {
                case Credentials.Unknown(), Credentials.Blocked() -> false;
                case Credentials.Keyless() -> frame.signature().equals(SignatureBytes.NONE);
                case Credentials.Keyed(var key) -> new Proof(key, nonce).equals(noted.get(frame));
            };
        }
    }

    private final ByteBuffer script;
    private final Peer[] peers = new Peer[CONNECTIONS];
    private final List<Peer> allPeers = new ArrayList<>();
    private final Map<ClientId, Person> people = new LinkedHashMap<>();
    private final Map<GroupId, List<ClientId>> groups = new LinkedHashMap<>();
    private final Set<GroupRequest> requested = new HashSet<>();
    /** The groups that their creators have been told of. */
    private final Set<GroupId> told = new HashSet<>();

    private final Map<Reason, Long> refusals = new EnumMap<>(Reason.class);
    private final Map<Session, CloseReason> closed = new ConcurrentHashMap<>();
    private final AtomicReference<@Nullable String> untrue = new AtomicReference<>();
    private final Map<ClientId, Integer> receiptsChecked = new HashMap<>();
    /** The signed frames, with key and nonce. Anything else is not a proof. */
    private final Map<Frame, Proof> noted = new HashMap<>();

    private final Proofs proofs = new NotedProofs();
    private int numbers;

    private Frame.@Nullable Resume lastProof;

    private final Sessions sessions = new Sessions(PROPERTIES, LAST_USES, REGISTRY) {
        @Override
        @Nullable
        List<Session> claim(ClientId client, Session session, long sentAtNanos) {
            // Here a frame is dealt with as soon as it comes, though no thread has waited for it.
            return super.claim(client, session, System.nanoTime());
        }

        @Override
        void closed(Session session, CloseReason reason) {
            super.closed(session, reason);
            closed.put(session, reason);
        }
    };
    private final ImmediateMailbox mailbox;
    private final FrameDispatcher dispatcher;
    private final SessionOpener opener;

    private SessionsFuzz(ByteBuffer script) {
        this.script = script;
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(Arrays.hashCode(script.array()));
        var ids = new IdSource(random);
        Clock clock = Clock.fixed(NOW, ZoneOffset.UTC);
        mailbox = ImmediateMailbox.create(sessions, REGISTRY, MAX_WAITING, PAGE, this::checkReceipts);
        Identities identities = IdentitiesInMemory.create(mailbox, ids, clock, mailbox()::register);
        Groups groupsOfServer = GroupsInMemory.create(ids, clock);
        dispatcher = new FrameDispatcher(
                new Handshake(identities, mailbox, proofs, sessions, new Registrations(PROPERTIES), PROPERTIES),
                MessageRelays.over(groupsOfServer),
                groupsOfServer,
                mailbox,
                METERS,
                Tracing.OFF);
        opener = new SessionOpener(sessions, OutboxFactories.over(mailbox, METERS, PROPERTIES), METERS);
        for (Reason reason : Reason.values()) {
            refusals.put(reason, counted(reason));
        }
    }

    private ImmediateMailbox mailbox() {
        return mailbox;
    }

    private void play() throws Exception {
        for (int i = 0; i < MAX_STEPS && script.hasRemaining(); i++) {
            step();
            if (i % STEPS_BETWEEN_CHECKS == 0) {
                check();
            }
        }
        check();
        for (Peer peer : allPeers) {
            peer.socket.stall(false);
        }
        settle();
        check();
        for (Peer peer : allPeers) {
            if (peer.isOpen()) {
                peer.socket.ends();
                read(peer);
            }
        }
        settle();
        check();
        checkThatNobodyIsLeft();
    }

    // -------------------------------------------------------------------------------------------------------------
    // what is done

    private void step() throws Exception {
        int what = next();
        int slot = next() % CONNECTIONS;
        Peer peer = peers[slot];
        if (peer == null || !peer.isOpen()) {
            Framing framing = what % 5 == 4 ? Framing.RECV : Framing.FULL_WIDTH;
            peer = new Peer(framing, this);
            peers[slot] = peer;
            allPeers.add(peer);
        }
        switch (what % 19) {
            case 0 -> say(peer, new Frame.Register());
            case 1 -> say(peer, new Frame.Connect(someone()));
            case 2, 3 -> say(peer, new Frame.Send(sender(peer), recipient(), time(), text()));
            case 4 -> say(peer, new Frame.Read(someone(), time()));
            case 5 -> say(peer, new Frame.CreateGroup(sender(peer), time(), members()));
            case 6 -> say(peer, new Frame.Hello(next() % 8 == 0 ? 1 : 2));
            case 7 -> say(peer, registration(peer));
            case 8, 9 -> say(peer, resumption(peer));
            case 10 -> say(peer, new Frame.Received(position(peer)));
            case 11 -> say(peer, new Frame.Ping());
            case 12 -> say(peer, fromServer());
            case 13 -> comes(peer, bytes(next() % 64));
            case 14 -> {
                peer.socket.pauses();
                read(peer);
            }
            case 15 -> {
                // A peer that neither reads nor speaks is given seconds, which are many inputs.
                peer.socket.stall(false);
                peer.socket.ends();
                read(peer);
            }
            case 16 -> peer.socket.stall(true);
            case 17 -> peer.socket.stall(false);
            default -> say(peer, new Frame.Message(sender(peer), recipient(), time(), messageId(), text()));
        }
        settle();
    }

    private void say(Peer peer, Frame frame) throws Exception {
        byte[] bytes;
        if (peer.wire == Framing.FULL_WIDTH) {
            bytes = ENCODER.encode(frame);
        } else if (frame.type().wire() == FrameType.Wire.EVERY) {
            bytes = RECV_ENCODER.encode(frame);
            bytes = Arrays.copyOf(bytes, bytes.length + 1);
            bytes[bytes.length - 1] = '\n';
        } else {
            bytes = ENCODER.encode(frame); // nonsense there
        }
        int cut = next();
        if (cut % 4 == 2 && frame instanceof Frame.CreateGroup && peer.wire == Framing.FULL_WIDTH) {
            bytes = withZerosForBlanks(bytes);
        }
        if (cut % 8 == 6) {
            byte[] twice = Arrays.copyOf(bytes, 2 * bytes.length);
            System.arraycopy(bytes, 0, twice, bytes.length, bytes.length);
            comes(peer, twice);
        } else if (cut % 2 == 0) {
            comes(peer, bytes);
        } else {
            int at = cut % bytes.length;
            comes(peer, Arrays.copyOf(bytes, at));
            if (peer.isOpen()) {
                comes(peer, Arrays.copyOfRange(bytes, at, bytes.length));
            }
        }
    }

    /** Returns a 10 with its empty slots written in the other way. */
    private static byte[] withZerosForBlanks(byte[] bytes) {
        return new String(bytes, StandardCharsets.US_ASCII).replace(' ', '0').getBytes(StandardCharsets.US_ASCII);
    }

    private void comes(Peer peer, byte[] bytes) throws Exception {
        peer.sent.writeBytes(bytes);
        peer.socket.comes(bytes);
        read(peer);
    }

    /** Does the work of the connection's own thread: reads, and dispatches the frames. */
    private void read(Peer peer) throws Exception {
        while (!peer.session.isClosed()) {
            List<Frame> burst;
            try {
                burst = peer.connection.readBurst();
            } catch (NothingYetException e) {
                return;
            } catch (IOException | SoftEndOfStreamException e) {
                expectClosedFor(peer, MemoryConnection.expectedReason(e));
                peer.connection.readFailed(e);
                return;
            }
            for (int i = 0; i < burst.size(); i++) {
                Frame frame = burst.get(i);
                if (peer.isOpen()) {
                    if (frame instanceof Frame.Received) {
                        peer.socket.stall(false); // who says what it has, has read it
                    }
                    settle();
                    hear(peer);
                    long before = mailbox.writes();
                    expect(peer, frame);
                    dispatcher.dispatch(peer.session, frame, i, 1);
                    settle();
                    require(mailbox.writes() < before + 100, "one frame, and the writer has no end of work");
                    learn(peer);
                }
            }
            require(peer.connection.hasBoundedBuffer(), "the buffer has grown");
        }
    }

    /** Waits until nothing is on its way to a peer that reads. */
    private void settle() throws InterruptedException {
        long writes;
        do {
            writes = mailbox.writes();
            for (Peer peer : allPeers) {
                if (!peer.socket.isStalled()) {
                    require(peer.session.outbox().awaitIdle(SOON), "an outbox does not come to rest");
                }
            }
        } while (mailbox.writes() != writes);
    }

    private ClientId someone() {
        int which = next() % (people.size() + 1);
        return which == people.size() ? NOBODY : List.copyOf(people.keySet()).get(which);
    }

    /** Returns the peer's own id, if it has one; sometimes another one. */
    private ClientId sender(Peer peer) {
        return next() % 8 != 0 && peer.self != null ? peer.self : someone();
    }

    private Address recipient() {
        int which = next();
        if (which % 4 != 0) {
            return someone().asAddress();
        }
        int group = which / 4 % (groups.size() + 1);
        return (group == groups.size() ? NO_GROUP : List.copyOf(groups.keySet()).get(group)).asAddress();
    }

    private PosixTime time() {
        return new PosixTime(next() % 16);
    }

    private Body text() {
        int how = next();
        return Body.of(
                switch (how % 8) {
                    case 0 -> "";
                    case 1 -> "a\0b";
                    case 2 -> "🦜".repeat(how % 218);
                    case 3 -> "x".repeat(218);
                    case 4 -> "\n\r\u001b[2J";
                    default -> "number " + script.position();
                });
    }

    private List<ClientId> members() {
        var members = new ArrayList<ClientId>();
        for (int i = next() % 8; i > 0; i--) {
            members.add(someone());
        }
        return members;
    }

    private MessageId messageId() {
        return new MessageId(next() % 4);
    }

    private static StreamId stream(int which) {
        return new StreamId(SMALLEST_STREAM.value() + which % STREAMS);
    }

    private Frame registration(Peer peer) {
        int how = next();
        PublicKeyBytes key = KEYS.get(how / 4 % KEYS.size());
        Nonce nonce = how % 4 == 0 || peer.nonce == null ? proofs.newNonce() : peer.nonce;
        Frame frame = new Frame.RegisterKey(key, stream(how / 8), signature());
        noted.put(frame, new Proof(key, nonce));
        return frame;
    }

    private Frame resumption(Peer peer) {
        int how = next();
        ClientId id = someone();
        int which = next();
        int where = next();
        Person person = people.get(id);
        PublicKeyBytes key = person == null ? null : person.key;
        Nonce nonce = peer.nonce == null ? proofs.newNonce() : peer.nonce;
        Frame.Resume claim = claim(person, id, stream(which), which / STREAMS, where);
        Frame.Resume frame = switch (how % 8) {
            case 0 -> signed(claim, KEYS.get(how / 8 % KEYS.size()), nonce);
            case 1 -> claim;
            case 2 -> signed(claim, KEYS.getFirst(), proofs.newNonce());
            case 3 -> lastProof == null ? withSignature(claim, SignatureBytes.of(bytes(64))) : lastProof;
            default -> key == null ? claim : signed(claim, key, nonce);
        };
        if (how % 8 > 3) {
            lastProof = frame;
        }
        return frame;
    }

    /** Returns the state that the client claims: the true one, less, more, or one of another history. */
    private Frame.Resume claim(@Nullable Person person, ClientId id, StreamId stream, int knows, int where) {
        if (person == null) {
            return new Frame.Resume(id, stream, knows, new Position(where), HistoryDigest.EMPTY, SignatureBytes.NONE);
        }
        long accepted = person.streams.getOrDefault(stream, new Stream(stream)).accepted;
        long known = switch (knows % 4) {
            case 0 -> accepted;
            case 1 -> 0;
            case 2 -> Math.max(0, accepted - 1);
            default -> accepted + 3;
        };
        long position = Math.max(0, mailbox.tailOf(id) + 1 - where % 8);
        HistoryDigest digest = switch (where / 8 % 4) {
            case 1 -> new HistoryDigest(where);
            case 2 -> digestOf(id, mailbox.givenOf(id));
            default -> digestOf(id, position);
        };
        return new Frame.Resume(id, stream, known, new Position(position), digest, SignatureBytes.NONE);
    }

    private Frame.Resume signed(Frame.Resume claim, PublicKeyBytes key, Nonce nonce) {
        Frame.Resume frame = withSignature(claim, signature());
        noted.put(frame, new Proof(key, nonce));
        return frame;
    }

    private static Frame.Resume withSignature(Frame.Resume claim, SignatureBytes signature) {
        return new Frame.Resume(
                claim.id(), claim.stream(), claim.accepted(), claim.position(), claim.digest(), signature);
    }

    /** The digest of a client's log, made as the protocol says; of as much as there is. */
    private HistoryDigest digestOf(ClientId client, long position) {
        HistoryDigest digest = HistoryDigest.EMPTY;
        for (MailboxItem mail : mailbox.mailOf(client)) {
            if (mail.position() <= position) {
                digest = digestAfter(digest, ENCODER.encode(mail.frame()));
            }
        }
        return digest;
    }

    private static HistoryDigest digestAfter(HistoryDigest before, byte[] frame) {
        var checksum = new CRC32C();
        checksum.update(String.format(Locale.ROOT, "%08x", before.value()).getBytes(StandardCharsets.US_ASCII));
        checksum.update(frame);
        return new HistoryDigest((int) checksum.getValue());
    }

    private SignatureBytes signature() {
        return SignatureBytes.of(numbered(SignatureBytes.BYTES));
    }

    /** Bytes that there were never before. */
    private byte[] numbered(int length) {
        return ByteBuffer.allocate(length).putInt(++numbers).array();
    }

    private static PublicKeyBytes key(int number) {
        return PublicKeyBytes.of(
                ByteBuffer.allocate(PublicKeyBytes.BYTES).putInt(number).array());
    }

    private Position position(Peer peer) {
        int how = next();
        return new Position(how % 4 == 0 ? how : Math.max(0, peer.start + peer.mail.size() - how % 3));
    }

    private Frame fromServer() {
        return switch (next() % 5) {
            case 0 -> new Frame.Registered(someone());
            case 1 -> new Frame.Deliver(someone(), recipient(), time(), text());
            case 2 -> new Frame.Delivered(someone(), time());
            case 3 -> new Frame.Accepted(next(), new Position(0));
            default -> new Frame.Refused(next(), Reason.SPOOFED);
        };
    }

    private int next() {
        return script.hasRemaining() ? script.get() & 0xFF : 0;
    }

    private byte[] bytes(int length) {
        var bytes = new byte[length];
        script.get(bytes, 0, Math.min(length, script.remaining()));
        return bytes;
    }

    // -------------------------------------------------------------------------------------------------------------
    // what must follow

    /** The rules of docs/protocol.md, once more: what must come of this frame. */
    private void expect(Peer peer, Frame frame) {
        boolean first = !peer.spoke;
        peer.spoke = true;
        byte[] bytes = bytesOf(peer, frame);
        switch (frame) {
            case Frame.Register() -> {
                if (peer.self != null) {
                    refuse(Reason.ALREADY_CONNECTED);
                } else if (peer.nonce != null) {
                    refuse(Reason.NOT_YOURS_TO_SEND);
                } else {
                    peer.expected.add(new Frame.Registered(NOBODY)); // whatever its id will be
                }
            }
            case Frame.Connect(ClientId id) -> {
                Person person = people.get(id);
                if (peer.self != null && !peer.self.equals(id)) {
                    refuse(Reason.ALREADY_CONNECTED);
                } else if (peer.self != null) {
                    expectConnected(peer, id);
                } else if (peer.nonce != null) {
                    refuse(Reason.NOT_YOURS_TO_SEND);
                } else if (person == null) {
                    expectClosedFor(peer, CloseReason.UNKNOWN_CLIENT);
                } else if (person.key != null) {
                    expectClosedFor(peer, CloseReason.NEEDS_PROOF);
                } else {
                    becomes(peer, id);
                    expectConnected(peer, id);
                }
            }
            case Frame.Send send -> {
                if (peer.self == null) {
                    refuse(Reason.NOT_CONNECTED);
                } else {
                    var deliver = new Frame.Deliver(send.src(), send.dst(), send.sentAt(), send.body());
                    Reason refusal = store(peer.self, send.src(), send.dst(), send.body(), deliver);
                    dealtWith(peer, bytes, refusal);
                }
            }
            case Frame.Message sent -> {
                if (peer.self == null) {
                    refuse(Reason.NOT_CONNECTED);
                } else if (!peer.assured) {
                    refuse(Reason.NOT_YOURS_TO_SEND);
                } else {
                    dealtWith(peer, bytes, store(peer.self, sent.src(), sent.dst(), sent.body(), sent));
                }
            }
            case Frame.Read(ClientId src, PosixTime upTo) -> {
                if (peer.self == null) {
                    refuse(Reason.NOT_CONNECTED);
                } else {
                    dealtWith(peer, bytes, mark(peer.self, src, upTo));
                }
            }
            case Frame.CreateGroup create -> {
                if (peer.self == null) {
                    refuse(Reason.NOT_CONNECTED);
                } else {
                    dealtWith(peer, bytes, make(peer.self, create, peer.assured));
                }
            }
            case Frame.Hello(int version) -> {
                if (!first || peer.wire == Framing.RECV) {
                    refuse(Reason.NOT_YOURS_TO_SEND);
                } else if (version != 2) {
                    expectClosedFor(peer, CloseReason.MALFORMED);
                } else {
                    peer.greeted = true;
                }
            }
            case Frame.RegisterKey registration -> {
                if (peer.self != null) {
                    refuse(Reason.ALREADY_CONNECTED);
                } else if (peer.nonce == null) {
                    refuse(Reason.NOT_YOURS_TO_SEND);
                } else {
                    Proof proof = noted.get(registration);
                    if (proof == null || !proof.nonce.equals(peer.nonce)) {
                        expectClosedFor(peer, CloseReason.BAD_PROOF);
                    } else {
                        expectRegistered(peer, registration, proof.key);
                    }
                }
            }
            case Frame.Resume resume -> {
                if (peer.self != null) {
                    refuse(Reason.ALREADY_CONNECTED);
                } else if (peer.nonce == null) {
                    refuse(Reason.NOT_YOURS_TO_SEND);
                } else {
                    expectResumed(peer, peer.nonce, resume);
                }
            }
            case Frame.Received(Position position) -> {
                if (!peer.assured) {
                    refuse(Reason.NOT_YOURS_TO_SEND);
                } else if (position.value() > peer.start + peer.mail.size()) {
                    expectClosedFor(peer, CloseReason.MALFORMED);
                }
            }
            case Frame.Ping() -> {
                if (peer.nonce == null) {
                    refuse(Reason.NOT_YOURS_TO_SEND);
                } else {
                    peer.expected.add(new Frame.Ping());
                }
            }
            case Frame.FromServer fromServer -> refuse(Reason.NOT_YOURS_TO_SEND);
        }
    }

    /** Returns the bytes of a received frame; none on the recv listener, where they are not needed. */
    private static byte[] bytesOf(Peer peer, Frame frame) {
        if (peer.wire == Framing.RECV) {
            return new byte[0];
        }
        int from = peer.framed;
        peer.framed += ENCODER.encode(frame).length;
        return Arrays.copyOfRange(peer.sent.toByteArray(), from, peer.framed);
    }

    private @Nullable PublicKeyBytes keyOfNext;
    private @Nullable StreamId streamOfNext;

    private void refuse(Reason reason) {
        refusals.merge(reason, 1L, Long::sum);
    }

    private void expectClosedFor(Peer peer, CloseReason reason) {
        peer.closed = reason;
        Reason refusal = reason.refusal();
        if (refusal != null) {
            refuse(refusal);
            if (peer.nonce != null) {
                peer.expected.add(new Frame.Refused(0, refusal));
            }
        }
    }

    private void expectConnected(Peer peer, ClientId id) {
        if (peer.wire == Framing.RECV) {
            peer.expected.add(new Frame.Connected(id));
        }
    }

    private void expectRegistered(Peer peer, Frame.RegisterKey registration, PublicKeyBytes key) {
        for (Person person : people.values()) {
            if (key.equals(person.key)) { // its 02 was lost
                replace(peer, person.id);
                peer.expected.add(new Frame.Registered(person.id));
                var claim = new Frame.Resume(
                        person.id, registration.stream(), 0, new Position(0), HistoryDigest.EMPTY, SignatureBytes.NONE);
                goesOn(peer, person, claim);
                return;
            }
        }
        peer.assured = true;
        keyOfNext = key;
        streamOfNext = registration.stream();
        peer.expected.add(new Frame.Registered(NOBODY));
        peer.expected.add(resumedAnew());
    }

    private static Frame.Resumed resumedAnew() {
        return new Frame.Resumed(0, HistoryDigest.EMPTY, new Position(0), new Position(0), HistoryDigest.EMPTY);
    }

    private void expectResumed(Peer peer, Nonce nonce, Frame.Resume resume) {
        Person person = people.get(resume.id());
        boolean proven = person != null
                && (person.key == null
                        ? resume.signature().equals(SignatureBytes.NONE)
                        : new Proof(person.key, nonce).equals(noted.get(resume)));
        if (!proven) {
            expectClosedFor(peer, CloseReason.BAD_PROOF);
            return;
        }
        replace(peer, person.id);
        goesOn(peer, person, resume);
    }

    private void goesOn(Peer peer, Person person, Frame.Resume claim) {
        long position = claim.position().value();
        boolean isAhead = position > mailbox.givenOf(person.id)
                && position <= mailbox.tailOf(person.id)
                && claim.digest().equals(digestOf(person.id, position));
        Stream stream = person.streams.computeIfAbsent(claim.stream(), Stream::new);
        person.stream = stream;
        peer.assured = true;
        peer.self = person.id;
        peer.stream = stream;
        peer.start = isAhead ? position : mailbox.givenOf(person.id);
        peer.expected.add(new Frame.Resumed(
                stream.accepted,
                stream.digest,
                new Position(stream.at),
                new Position(peer.start),
                digestOf(person.id, peer.start)));
        Map<Long, Reason> unknown = stream.refusals.tailMap(claim.accepted(), false);
        unknown.forEach((ordinal, reason) -> peer.expected.add(new Frame.Refused(ordinal, reason)));
        peer.toldAgain = unknown.size();
        if (!unknown.isEmpty()) {
            peer.expected.add(stream.acceptedFrame());
        }
    }

    private void becomes(Peer peer, ClientId id) {
        replace(peer, id);
        peer.self = id;
        peer.start = mailbox.givenOf(id);
    }

    /**
     * Models a take-over: the newest session wins. The replaced peer reads its last write, or the newer session would
     * have to wait.
     */
    private void replace(Peer peer, ClientId id) {
        for (Peer other : allPeers) {
            if (other != peer && other.isOpen() && id.equals(other.self)) {
                other.socket.stall(false);
                try {
                    settle();
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
                expectClosedFor(other, CloseReason.REPLACED);
            }
        }
    }

    /** The frame's effects are in the model's logs already. */
    private void dealtWith(Peer peer, byte[] bytes, @Nullable Reason refusal) {
        if (refusal != null) {
            refuse(refusal);
        }
        if (peer.assured) {
            ClientId self = Objects.requireNonNull(peer.self);
            Stream stream = Objects.requireNonNull(peer.stream);
            require(people.get(self).stream == stream, "two sessions of one client");
            stream.accepted++;
            stream.digest = digestAfter(stream.digest, bytes);
            stream.at = mailbox.tailOf(self) + appendedToSelf;
            if (refusal != null) {
                stream.refusals.put(stream.accepted, refusal);
                peer.expected.add(new Frame.Refused(stream.accepted, refusal));
            }
            peer.expected.add(stream.acceptedFrame());
        }
        appendedToSelf = 0;
    }

    /** Number of entries that the current frame adds to its sender's own mailbox. */
    private int appendedToSelf;

    private void append(ClientId self, ClientId recipient, Frame.ForMailbox entry) {
        people.get(recipient).log.add(entry);
        if (recipient.equals(self)) {
            appendedToSelf++;
        }
    }

    private @Nullable Reason store(ClientId self, ClientId src, Address dst, Body body, Frame.ForMailbox entry) {
        if (!src.equals(self)) {
            return Reason.SPOOFED;
        }
        if (body.text().indexOf(0) >= 0) {
            return Reason.BAD_TEXT;
        }
        List<ClientId> recipients = List.of(dst.asClient());
        if (IdSource.isGroup(dst.value())) {
            recipients = groups.get(dst.asGroup());
            if (recipients == null) {
                return Reason.UNKNOWN_CLIENT;
            }
            if (!recipients.contains(self)) {
                return Reason.NOT_A_MEMBER;
            }
            recipients =
                    recipients.stream().filter(member -> !member.equals(self)).toList();
        }
        for (ClientId recipient : recipients) {
            if (!people.containsKey(recipient)) {
                return Reason.UNKNOWN_CLIENT;
            }
            if (mailbox.tailOf(recipient) - mailbox.givenOf(recipient) >= MAX_WAITING) {
                return Reason.MAILBOX_FULL;
            }
        }
        recipients.forEach(recipient -> append(self, recipient, entry));
        return null;
    }

    /** A read receipt covers nothing that waits; there is none when nothing new is left. */
    private @Nullable Reason mark(ClientId self, ClientId src, PosixTime upTo) {
        if (!people.containsKey(src)) {
            return Reason.UNKNOWN_CLIENT;
        }
        long given = mailbox.givenOf(self);
        long covered = upTo.seconds();
        for (MailboxItem mail : mailbox.mailOf(self)) {
            if (mail.position() > given && isFrom(src, mail.frame())) {
                covered = Math.min(covered, sentAt(mail.frame()).seconds() - 1);
            }
        }
        Map<ClientId, Long> marked = people.get(self).marked;
        if (covered == upTo.seconds() || covered > marked.getOrDefault(src, -1L)) {
            append(self, src, new Frame.ReadReceipt(self, new PosixTime(covered)));
            marked.merge(src, covered, Math::max);
        }
        return null;
    }

    private static boolean isFrom(ClientId src, Frame.ForMailbox frame) {
        return switch (frame) {
            case Frame.Deliver deliver -> deliver.src().equals(src);
            case Frame.Message message -> message.src().equals(src);
            case Frame.Delivered _, Frame.ReadReceipt _, Frame.GroupCreated _ -> false;
        };
    }

    private static PosixTime sentAt(Frame.ForMailbox frame) {
        return switch (frame) {
            case Frame.Deliver deliver -> deliver.sentAt();
            case Frame.Message message -> message.sentAt();
            case Frame.Delivered _, Frame.ReadReceipt _, Frame.GroupCreated _ ->
                throw new IllegalArgumentException("no message");
        };
    }

    private @Nullable Reason make(ClientId self, Frame.CreateGroup create, boolean once) {
        if (!create.creator().equals(self)) {
            return Reason.SPOOFED;
        }
        var members = new LinkedHashSet<ClientId>();
        members.add(self);
        members.addAll(create.members());
        if (members.size() < 2 || !people.keySet().containsAll(members)) {
            return Reason.BAD_GROUP;
        }
        boolean isNew = requested.add(new GroupRequest(Set.copyOf(members), self, create.sentAt()));
        if (!isNew && once) {
            append(self, self, new Frame.GroupCreated(THAT_GROUP, PosixTime.of(NOW), List.copyOf(members)));
        } else {
            // Which number it gets is the server's business; the rest is not.
            var created = new Frame.GroupCreated(NO_GROUP, PosixTime.of(NOW), List.copyOf(members));
            members.forEach(member -> append(self, member, created));
        }
        return null;
    }

    /**
     * Takes over values that the model cannot know before: a new id, a nonce. Their replies are checked with the
     * others.
     */
    private void learn(Peer peer) {
        ClientId id = peer.session.client();
        if (peer.self == null && id != null && peer.expected.remove(new Frame.Registered(NOBODY))) {
            require(!people.containsKey(id), "an id was given twice");
            var person = new Person(id, keyOfNext);
            people.put(id, person);
            if (streamOfNext != null) {
                person.stream = new Stream(streamOfNext);
                person.streams.put(streamOfNext, person.stream);
                peer.stream = person.stream;
            }
            keyOfNext = null;
            streamOfNext = null;
            peer.self = id;
            int at = peer.expected.lastIndexOf(resumedAnew());
            peer.expected.add(at < 0 ? peer.expected.size() : at, new Frame.Registered(id));
        }
        SessionState state = peer.session.state();
        require(state.understandsRefusals() == peer.greeted, "it was greeted and has not said hello, or the other way");
        if (peer.nonce == null && state instanceof SessionState.Greeted(Nonce nonce)) {
            peer.nonce = nonce;
            peer.expected.add(new Frame.Welcome(2, nonce));
        }
    }

    // -------------------------------------------------------------------------------------------------------------
    // whether it does

    private void check() throws Exception {
        String fault = LOGGED.getAndSet(null);
        require(fault == null, () -> "logged as a fault of ours: " + fault);
        String lie = untrue.get();
        require(lie == null, () -> lie);
        for (Person person : people.values()) {
            checkLog(person);
        }
        for (Peer peer : allPeers) {
            hear(peer);
            checkAnswers(peer);
            checkMail(peer);
            CloseReason reason = closed.get(peer.session);
            require(reason == peer.closed, () -> "closed for " + reason + " and not for " + peer.closed);
        }
        for (Reason reason : Reason.values()) {
            long counted = counted(reason);
            long due = refusals.get(reason);
            // On the recv listener each packet that is no frame is counted too.
            require(
                    counted == due || (reason == Reason.MALFORMED && counted > due),
                    () -> "refused for %s: %s times and not %s".formatted(reason, counted, due));
        }
    }

    /** Checks that a mailbox contains the frames that were accepted for it, in order, and receipts between them. */
    private void checkLog(Person person) {
        List<MailboxItem> stored = mailbox.mailOf(person.id);
        require(stored.size() == mailbox.tailOf(person.id), "the log has a gap");
        require(mailbox.givenOf(person.id) <= stored.size(), "more was given than there is");
        int next = 0;
        for (int i = 0; i < stored.size(); i++) {
            require(stored.get(i).position() == i + 1, "the log has a gap");
            Frame.ForMailbox frame = stored.get(i).frame();
            if (frame instanceof Frame.Delivered) {
                continue;
            }
            require(next < person.log.size(), () -> "stored, and never accepted: " + frame);
            Frame.ForMailbox due = person.log.get(next);
            if (frame instanceof Frame.GroupCreated created && due instanceof Frame.GroupCreated asked) {
                due = sameGroup(person, created, asked);
                person.log.set(next, due);
            }
            if (!frame.equals(due)) {
                throw new AssertionError("stored " + frame + " and not " + due);
            }
            next++;
        }
        require(next == person.log.size(), "accepted and not stored");
        require(
                mailbox.digestOf(person.id).equals(digestOf(person.id, mailbox.givenOf(person.id))),
                "the digest is not that of what was given");
        StreamState stream = mailbox.streamOf(person.id);
        if (person.stream == null) {
            require(stream.accepted() == 0, "accepted without a stream");
        } else {
            require(
                    stream.id() == person.stream.id.value()
                            && stream.accepted() == person.stream.accepted
                            && stream.digest().equals(person.stream.digest)
                            && stream.at() == person.stream.at,
                    "the stream is not what was dealt with");
        }
    }

    /**
     * Returns a notice of a group without its number, which the model cannot know, and marks the repeated notice to a
     * creator.
     */
    private Frame.ForMailbox sameGroup(Person person, Frame.GroupCreated created, Frame.GroupCreated asked) {
        GroupId id = created.id();
        boolean isCreator = created.members().getFirst().equals(person.id);
        if (asked.id().equals(THAT_GROUP)) {
            require(isCreator && told.contains(id), "the creator is told again of a group that it was never told of");
            require(Set.copyOf(created.members()).equals(Set.copyOf(asked.members())), "the group of another request");
            return created;
        }
        if (!asked.id().equals(NO_GROUP)) {
            return asked;
        }
        groups.putIfAbsent(id, created.members());
        require(groups.get(id).equals(created.members()), "a group of others for each of its members");
        require(!isCreator || told.add(id), "two groups of one number");
        return new Frame.GroupCreated(id, asked.createdAt(), asked.members());
    }

    /** Checks after each write, under the writer's lock, that each new receipt is true now. */
    private void checkReceipts() {
        for (ClientId originator : List.copyOf(people.keySet())) {
            List<MailboxItem> stored = mailbox.mailOf(originator);
            for (MailboxItem entry : stored.subList(receiptsChecked.getOrDefault(originator, 0), stored.size())) {
                switch (entry.frame()) {
                    case Frame.Delivered(var recipient, var upTo) -> checkReceipt(originator, recipient, upTo);
                    case Frame.ReadReceipt(var reader, var upTo) -> checkReceipt(originator, reader, upTo);
                    case Frame.Deliver _, Frame.Message _, Frame.GroupCreated _ -> {}
                }
            }
            receiptsChecked.put(originator, stored.size());
        }
    }

    private void checkReceipt(ClientId originator, ClientId recipient, PosixTime upTo) {
        long given = mailbox.givenOf(recipient);
        for (MailboxItem message : mailbox.mailOf(recipient)) {
            if (message.position() > given
                    && isFrom(originator, message.frame())
                    && sentAt(message.frame()).compareTo(upTo) <= 0) {
                untrue.set("a receipt covers a message that waits");
            }
        }
    }

    /** Takes in what was written to the peer, and takes it apart. */
    private void hear(Peer peer) throws MalformedFrameException {
        for (byte[] write : peer.socket.takeWrites()) {
            if (peer.wire == Framing.RECV) {
                take(peer, shortFrame(write));
                continue;
            }
            ByteBuffer in = ByteBuffer.wrap(write);
            while (in.hasRemaining()) {
                Frame frame = DECODER.decode(in);
                require(frame != null, "a write that ends inside a frame");
                take(peer, frame);
            }
        }
    }

    /** One write is exactly one frame, as short as it can be. */
    private static Frame shortFrame(byte[] write) throws MalformedFrameException {
        String text = new String(write, StandardCharsets.UTF_8);
        Frame frame;
        if (text.startsWith("04")) {
            frame = new Frame.Connected(ClientId.parse(text.substring(2)));
        } else {
            FrameType type = FrameType.ofCode(Integer.parseInt(text.substring(0, 2)));
            int width = text.codePointCount(0, text.length());
            String padded = text + " ".repeat(Objects.requireNonNull(type).width() - width);
            frame = DECODER.decode(ByteBuffer.wrap(padded.getBytes(StandardCharsets.UTF_8)));
        }
        require(
                frame != null && Arrays.equals(RECV_ENCODER.encode(frame), write),
                "a write that is not one short frame");
        return frame;
    }

    private static void take(Peer peer, Frame frame) {
        require(frame instanceof Frame.FromServer, () -> "the server says what only clients say: " + frame);
        if (frame instanceof Frame.ForMailbox mail) {
            if (peer.assured) {
                int resumed = resumedAt(peer.answers);
                require(resumed >= 0, "mail before 34");
                require(peer.answers.size() > resumed + peer.toldAgain, "mail before what was refused");
            }
            peer.mail.add(mail);
        } else {
            peer.answers.add(frame);
        }
    }

    private static int resumedAt(List<Frame> answers) {
        for (int i = 0; i < answers.size(); i++) {
            if (answers.get(i) instanceof Frame.Resumed) {
                return i;
            }
        }
        return -1;
    }

    /**
     * Checks the replies. A peer that does not read at once gets one 35 for many frames, so only the latest 35 is
     * compared.
     */
    private static void checkAnswers(Peer peer) {
        for (Frame frame : peer.answers) {
            if (frame instanceof Frame.Accepted) {
                require(peer.expected.contains(frame), () -> "accepted, or at a position, that is not due: " + frame);
            }
        }
        if (peer.toldAgain > 0) {
            int last = resumedAt(peer.answers) + peer.toldAgain + 1;
            require(
                    last >= peer.answers.size() || peer.answers.get(last) instanceof Frame.Accepted,
                    "what was refused is told again, and not that it is all");
        }
        List<Frame> heard = withoutAccepted(peer.answers);
        List<Frame> due = withoutAccepted(peer.expected);
        if (peer.socket.isStalled() || peer.closed != null) {
            require(
                    heard.size() <= due.size() && due.subList(0, heard.size()).equals(heard),
                    () -> "answered " + heard + " and not " + due);
        } else {
            require(heard.equals(due), () -> "answered " + heard + " and not " + due);
            require(lastAccepted(peer.answers) == lastAccepted(peer.expected), "accepted, and not said so");
        }
        long before = 0;
        for (Frame frame : peer.answers) {
            if (frame instanceof Frame.Accepted accepted) {
                require(accepted.accepted() > before, "accepted goes down");
                before = accepted.accepted();
            }
        }
    }

    private static List<Frame> withoutAccepted(List<Frame> frames) {
        return frames.stream()
                .filter(frame -> !(frame instanceof Frame.Accepted))
                .toList();
    }

    private static long lastAccepted(List<Frame> frames) {
        return frames.reversed().stream()
                .filter(Frame.Accepted.class::isInstance)
                .mapToLong(frame -> ((Frame.Accepted) frame).accepted())
                .findFirst()
                .orElse(0);
    }

    /** Checks that the peer has received its client's mailbox from its cursor on; all of it, if it reads. */
    private void checkMail(Peer peer) {
        if (peer.self == null) {
            require(peer.mail.isEmpty(), "mail for nobody");
            return;
        }
        List<MailboxItem> log = mailbox.mailOf(peer.self);
        int from = Math.toIntExact(peer.start);
        require(from + peer.mail.size() <= log.size(), "heard more than there is");
        for (int i = 0; i < peer.mail.size(); i++) {
            Frame heard = peer.mail.get(i);
            Frame.ForMailbox stored = log.get(from + i).frame();
            Frame due = !peer.assured && stored instanceof Frame.Message message ? message.withoutId() : stored;
            require(heard.equals(due), () -> "heard " + heard + " and not " + due);
        }
        if (peer.isOpen() && !peer.socket.isStalled()) {
            require(from + peer.mail.size() == log.size(), "there is mail that was not given");
            require(peer.assured || mailbox.givenOf(peer.self) == log.size(), "given and not confirmed");
        }
    }

    private void checkThatNobodyIsLeft() throws InterruptedException {
        for (Peer peer : allPeers) {
            require(peer.socket.awaitClosed(SOON.toSeconds()), "a socket was left open");
        }
        long until = System.nanoTime() + SOON.toNanos();
        while (!sessions.all().isEmpty()) { // its last confirmation is handed in by another thread
            require(System.nanoTime() < until, "a session was left behind");
            Thread.yield();
        }
        for (ClientId client : people.keySet()) {
            require(!sessions.isOnline(client.value()), "somebody is online without a session");
        }
        require(REGISTRY.get("zap.outbox.depth").gauge().value() == 0, "entries are left in outboxes");
    }

    private static long counted(Reason reason) {
        return Math.round(COUNTERS.get(reason).count());
    }

    private static void require(boolean holds, String otherwise) {
        if (!holds) {
            throw new AssertionError(otherwise);
        }
    }

    private static void require(boolean holds, Supplier<String> otherwise) {
        if (!holds) {
            throw new AssertionError(otherwise.get());
        }
    }
}
