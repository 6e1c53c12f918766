package zap.server.gateway;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.EOFException;
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
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;
import org.springframework.integration.ip.tcp.serializer.SoftEndOfStreamException;
import org.springframework.messaging.support.GenericMessage;
import zap.protocol.Address;
import zap.protocol.Body;
import zap.protocol.ClientId;
import zap.protocol.Frame;
import zap.protocol.FrameDecoder;
import zap.protocol.FrameEncoder;
import zap.protocol.FrameType;
import zap.protocol.GroupId;
import zap.protocol.MalformedFrameException;
import zap.protocol.Nonce;
import zap.protocol.Position;
import zap.protocol.PosixTime;
import zap.protocol.PublicKeyBytes;
import zap.protocol.Reason;
import zap.protocol.RecvEncoder;
import zap.protocol.SignatureBytes;
import zap.protocol.StreamId;
import zap.server.gateway.MemorySocket.NothingYetException;
import zap.server.group.Groups;
import zap.server.group.GroupsInMemory;
import zap.server.identity.Credentials;
import zap.server.identity.IdSource;
import zap.server.identity.Identities;
import zap.server.identity.IdentitiesInMemory;
import zap.server.identity.LastUses;
import zap.server.identity.Proofs;
import zap.server.mailbox.ImmediateMailbox;
import zap.server.mailbox.Mail;
import zap.server.messaging.MessageRelays;
import zap.server.tracing.Tracing;

/**
 * Arbitrary frames in arbitrary order on a few connections at once, against the real sessions, handshake, dispatcher, outboxes and writer,
 * over a store in memory. Beside them runs a model that knows the rules of the protocol and nothing of how they are kept, and after each
 * frame the two are held against each other:
 *
 * <ul>
 *   <li>what is in the mailboxes is what was accepted, once for each recipient and in order; what was refused left nothing;
 *   <li>what a connection has heard is its client's log, from where it stood, and all of it;
 *   <li>every answer is the one that is due, and well-formed; every refusal has the reason that it must have;
 *   <li>a receipt (07) is true in the moment in which it is stored; {@code accepted} never goes down;
 *   <li>nothing is logged as a fault of ours, and nobody is left behind when all have hung up.
 * </ul>
 *
 * <p>An input is a row of steps: what to do, on which connection, and some bytes more.
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
    private static final Instant NOW = Instant.ofEpochSecond(1_795_372_030L);

    private static final FrameEncoder ENCODER = new FrameEncoder();
    private static final RecvEncoder RECV_ENCODER = new RecvEncoder();
    private static final FrameDecoder DECODER = new FrameDecoder();
    private static final List<PublicKeyBytes> KEYS = List.of(key(1), key(2));

    private static final MeterRegistry REGISTRY = new SimpleMeterRegistry();
    private static final GatewayMeters METERS = new GatewayMeters(REGISTRY);
    private static final LastUses LAST_USES = IdentitiesInMemory.lastUses(Clock.systemUTC());
    private static final AcknowledgementWatch WATCH = new AcknowledgementWatch();
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

        final Wire wire;
        final MemorySocket socket = new MemorySocket();
        final ZapConnection connection;
        final Session session;

        boolean spoke;
        boolean greeted;

        @Nullable
        Nonce nonce;

        @Nullable
        ClientId self;

        boolean assured;

        @Nullable
        StreamId stream;

        long ordinal;

        @Nullable
        CloseReason closed;
        /** Its mail goes on after this position. */
        long start;

        final List<Frame> expected = new ArrayList<>();
        final List<Frame> answers = new ArrayList<>();
        final List<Frame> mail = new ArrayList<>();
        long acceptedSaid;
        ByteBuffer heard = ByteBuffer.allocate(0);

        Peer(Wire wire, SessionsFuzz world) throws IOException {
            this.wire = wire;
            // What is written counts as acknowledged: when it is, has tests of its own.
            var queue = new SendQueue(null, null);
            var clock = new PeerTcp(null, null);
            this.connection = new ZapConnection(
                    socket, false, null, "fuzz", wire, null, PROPERTIES, queue, clock, world::session);
            this.connection.setMapper(new FrameMapper());
            this.connection.setSerializer(new FrameSerializer(wire));
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
        final List<Frame.Mail> log = new ArrayList<>();

        @Nullable
        StreamId stream;

        long accepted;

        Person(ClientId id, @Nullable PublicKeyBytes key) {
            this.id = id;
            this.key = key;
        }
    }

    /** What a signature is good for. To make and to check real ones takes a thousand times as long, and has its own tests. */
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
    private final Map<Reason, Long> refusals = new EnumMap<>(Reason.class);
    private final Map<Session, CloseReason> closed = new ConcurrentHashMap<>();
    private final AtomicReference<@Nullable String> untrue = new AtomicReference<>();
    private final Map<ClientId, Integer> receiptsChecked = new HashMap<>();
    /** What was signed, with which key, and for which nonce: all else is no proof. */
    private final Map<Frame, Proof> noted = new HashMap<>();

    private final Proofs proofs = new NotedProofs();
    private int numbers;

    private Frame.@Nullable Resume lastProof;

    private final Sessions sessions = new Sessions(PROPERTIES, LAST_USES, REGISTRY) {
        @Override
        @Nullable
        List<Session> claim(ClientId client, Session session, long saidAtNanos) {
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
    private final Outboxes outboxes;

    private SessionsFuzz(ByteBuffer script) {
        this.script = script;
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(Arrays.hashCode(script.array()));
        var ids = new IdSource(random);
        Clock clock = Clock.fixed(NOW, ZoneOffset.UTC);
        mailbox = ImmediateMailbox.create(sessions, REGISTRY, MAX_WAITING, PAGE, this::checkReceipts);
        Identities identities = IdentitiesInMemory.create(mailbox, ids, clock, mailbox()::register);
        Groups groupsOfServer = GroupsInMemory.create(ids, clock);
        dispatcher = new FrameDispatcher(
                new Handshake(identities, proofs, sessions, new Registrations(PROPERTIES), PROPERTIES),
                MessageRelays.over(groupsOfServer),
                groupsOfServer,
                mailbox,
                METERS,
                Tracing.OFF);
        outboxes = new Outboxes(mailbox, WATCH, METERS, Tracing.OFF, PROPERTIES);
        for (Reason reason : Reason.values()) {
            refusals.put(reason, counted(reason));
        }
    }

    private ImmediateMailbox mailbox() {
        return mailbox;
    }

    private Session session(ZapConnection connection) {
        var session =
                new Session(sessions.nextNumber(), wireOfNext, connection, sessions, METERS, outboxes.on(wireOfNext));
        sessions.opened(session);
        return session;
    }

    private Wire wireOfNext = Wire.FULL_WIDTH;

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
            wireOfNext = what % 5 == 4 ? Wire.RECV : Wire.FULL_WIDTH;
            peer = new Peer(wireOfNext, this);
            peers[slot] = peer;
            allPeers.add(peer);
        }
        switch (what % 18) {
            case 0 -> say(peer, new Frame.Register());
            case 1 -> say(peer, new Frame.Connect(someone()));
            case 2, 3 -> say(peer, new Frame.Send(sender(peer), recipient(), time(), text()));
            case 4 -> say(peer, new Frame.Read(someone(), time()));
            case 5 -> say(peer, new Frame.CreateGroup(sender(peer), time(), members()));
            case 6 -> say(peer, new Frame.Hello(next() % 8 == 0 ? 2 : 1));
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
            default -> peer.socket.stall(false);
        }
        settle();
    }

    private void say(Peer peer, Frame frame) throws Exception {
        byte[] bytes;
        if (peer.wire == Wire.FULL_WIDTH) {
            bytes = ENCODER.encode(frame);
        } else if (frame.type().wire() == FrameType.Wire.EVERY) {
            bytes = RECV_ENCODER.encode(frame);
            bytes = Arrays.copyOf(bytes, bytes.length + 1);
            bytes[bytes.length - 1] = '\n';
        } else {
            bytes = ENCODER.encode(frame); // nonsense there
        }
        int cut = next();
        if (cut % 2 == 0) {
            comes(peer, bytes);
        } else {
            int at = cut % bytes.length;
            comes(peer, Arrays.copyOf(bytes, at));
            if (peer.isOpen()) {
                comes(peer, Arrays.copyOfRange(bytes, at, bytes.length));
            }
        }
    }

    private void comes(Peer peer, byte[] bytes) throws Exception {
        peer.socket.comes(bytes);
        read(peer);
    }

    /** What the connection's own thread does: reads, and hands on what it has read. */
    private void read(Peer peer) throws Exception {
        while (!peer.session.isClosed()) {
            List<Frame> burst;
            try {
                burst = peer.connection.input().readBurst();
            } catch (NothingYetException e) {
                return;
            } catch (IOException | SoftEndOfStreamException e) {
                expectClosedFor(
                        peer,
                        switch (e) {
                            case SoftEndOfStreamException goodbye -> CloseReason.PEER_LEFT;
                            case EOFException cut -> CloseReason.PEER_BROKE_OFF;
                            case BrokenInputException nonsense -> CloseReason.MALFORMED;
                            default -> throw new AssertionError("reading failed", e);
                        });
                peer.session.readFailed(e);
                return;
            }
            for (Frame frame : burst) {
                if (peer.isOpen()) {
                    if (frame instanceof Frame.Received) {
                        peer.socket.stall(false); // who says what it has, has read it
                    }
                    settle();
                    hear(peer);
                    long before = mailbox.writes();
                    expect(peer, frame);
                    dispatcher.handleMessage(new GenericMessage<>(new Inbound(peer.session, List.of(frame), 1)));
                    settle();
                    require(mailbox.writes() < before + 100, "one frame, and the writer has no end of work");
                    learn(peer);
                }
            }
            require(peer.connection.input().buffer().capacity() <= FrameInput.LARGE, "the buffer has grown");
        }
    }

    /** Waits until nothing is on its way to anybody who reads. */
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

    /** Oneself, if one is somebody; sometimes somebody else. */
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

    private Frame registration(Peer peer) {
        int how = next();
        PublicKeyBytes key = KEYS.get(how / 4 % KEYS.size());
        Nonce nonce = how % 4 == 0 || peer.nonce == null ? proofs.newNonce() : peer.nonce;
        Frame frame = new Frame.RegisterKey(key, signature());
        noted.put(frame, new Proof(key, nonce));
        return frame;
    }

    private Frame resumption(Peer peer) {
        int how = next();
        ClientId id = someone();
        var stream = new StreamId(7 + next() % 2);
        long position = people.containsKey(id) ? Math.max(0, mailbox.tailOf(id) + 1 - next() % 8) : next();
        Person person = people.get(id);
        PublicKeyBytes key = person == null ? null : person.key;
        Nonce nonce = peer.nonce == null ? proofs.newNonce() : peer.nonce;
        Frame.Resume frame = switch (how % 8) {
            case 0 -> proof(KEYS.get(how / 8 % KEYS.size()), nonce, id, stream, position);
            case 1 -> new Frame.Resume(id, stream, new Position(position), SignatureBytes.NONE);
            case 2 -> proof(KEYS.getFirst(), proofs.newNonce(), id, stream, position);
            case 3 ->
                lastProof == null
                        ? new Frame.Resume(id, stream, new Position(position), SignatureBytes.of(bytes(64)))
                        : lastProof;
            default ->
                key == null
                        ? new Frame.Resume(id, stream, new Position(position), SignatureBytes.NONE)
                        : proof(key, nonce, id, stream, position);
        };
        if (how % 8 > 3) {
            lastProof = frame;
        }
        return frame;
    }

    private Frame.Resume proof(PublicKeyBytes key, Nonce nonce, ClientId id, StreamId stream, long position) {
        var frame = new Frame.Resume(id, stream, new Position(position), signature());
        noted.put(frame, new Proof(key, nonce));
        return frame;
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
            case 3 -> new Frame.Accepted(next());
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
                    dealtWith(peer, store(peer.self, send));
                }
            }
            case Frame.Read(ClientId src, PosixTime upTo) -> {
                if (peer.self == null) {
                    refuse(Reason.NOT_CONNECTED);
                } else {
                    Reason refusal = refusalFor(List.of(src), Reason.UNKNOWN_CLIENT);
                    if (refusal == null) {
                        people.get(src).log.add(new Frame.ReadReceipt(peer.self, upTo));
                    }
                    dealtWith(peer, refusal);
                }
            }
            case Frame.CreateGroup create -> {
                if (peer.self == null) {
                    refuse(Reason.NOT_CONNECTED);
                } else {
                    dealtWith(peer, make(peer.self, create));
                }
            }
            case Frame.Hello(int version) -> {
                if (!first || peer.wire == Wire.RECV) {
                    refuse(Reason.NOT_YOURS_TO_SEND);
                } else if (version != 1) {
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
                        peer.assured = true;
                        keyOfNext = proof.key;
                        peer.expected.add(new Frame.Registered(NOBODY));
                        peer.expected.add(new Frame.Resumed(0, new Position(0)));
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

    private @Nullable PublicKeyBytes keyOfNext;

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
        if (peer.wire == Wire.RECV) {
            peer.expected.add(new Frame.Connected(id));
        }
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
        if (resume.position().value() > mailbox.tailOf(person.id)) {
            expectClosedFor(peer, CloseReason.MALFORMED);
            return;
        }
        if (!resume.stream().equals(person.stream)) {
            if (person.stream != null) {
                person.accepted = 0;
            }
            person.stream = resume.stream();
        }
        peer.assured = true;
        peer.self = person.id;
        peer.stream = resume.stream();
        peer.ordinal = person.accepted;
        peer.acceptedSaid = person.accepted;
        peer.start = Math.max(mailbox.givenOf(person.id), resume.position().value());
        peer.expected.add(new Frame.Resumed(person.accepted, new Position(peer.start)));
    }

    private void becomes(Peer peer, ClientId id) {
        replace(peer, id);
        peer.self = id;
        peer.start = mailbox.givenOf(id);
    }

    /** The newest session wins. Whoever it replaces reads what is on its way to it, or the newer one would have to wait. */
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

    private void dealtWith(Peer peer, @Nullable Reason refusal) {
        if (refusal != null) {
            refuse(refusal);
        }
        if (peer.assured) {
            peer.ordinal++;
            Person person = people.get(Objects.requireNonNull(peer.self));
            require(person.accepted == peer.ordinal - 1, "the model has lost count");
            person.accepted = peer.ordinal;
            if (refusal != null) {
                peer.expected.add(new Frame.Refused(peer.ordinal, refusal));
            }
            peer.expected.add(new Frame.Accepted(peer.ordinal));
        }
    }

    private @Nullable Reason store(ClientId self, Frame.Send send) {
        if (!send.src().equals(self)) {
            return Reason.SPOOFED;
        }
        if (send.body().text().indexOf(0) >= 0) {
            return Reason.BAD_TEXT;
        }
        List<ClientId> recipients = List.of(send.dst().asClient());
        if (IdSource.isGroup(send.dst().value())) {
            recipients = groups.get(send.dst().asGroup());
            if (recipients == null) {
                return Reason.UNKNOWN_CLIENT;
            }
            if (!recipients.contains(self)) {
                return Reason.NOT_A_MEMBER;
            }
            recipients =
                    recipients.stream().filter(member -> !member.equals(self)).toList();
        }
        Reason refusal = refusalFor(recipients, Reason.UNKNOWN_CLIENT);
        if (refusal == null) {
            var deliver = new Frame.Deliver(send.src(), send.dst(), send.sentAt(), send.body());
            recipients.forEach(recipient -> people.get(recipient).log.add(deliver));
        }
        return refusal;
    }

    private @Nullable Reason make(ClientId self, Frame.CreateGroup create) {
        if (!create.creator().equals(self)) {
            return Reason.SPOOFED;
        }
        var members = new LinkedHashSet<ClientId>();
        members.add(self);
        members.addAll(create.members());
        if (members.size() < 2 || !people.keySet().containsAll(members)) {
            return Reason.BAD_GROUP;
        }
        Reason refusal = refusalFor(List.copyOf(members), Reason.BAD_GROUP);
        if (refusal == null) {
            // Which number it gets is the server's business; the rest is not.
            var created = new Frame.GroupCreated(NO_GROUP, PosixTime.of(NOW), List.copyOf(members));
            members.forEach(member -> people.get(member).log.add(created));
        }
        return refusal;
    }

    private @Nullable Reason refusalFor(List<ClientId> recipients, Reason unknown) {
        for (ClientId recipient : recipients) {
            if (!people.containsKey(recipient)) {
                return unknown;
            }
            if (mailbox.tailOf(recipient) - mailbox.givenOf(recipient) >= MAX_WAITING) {
                return Reason.MAILBOX_FULL;
            }
        }
        return null;
    }

    /** What the model cannot know before: a new id, a nonce. That it is also said is checked with the other answers. */
    private void learn(Peer peer) {
        ClientId id = peer.session.client();
        if (peer.self == null && id != null && peer.expected.remove(new Frame.Registered(NOBODY))) {
            require(!people.containsKey(id), "an id was given twice");
            people.put(id, new Person(id, keyOfNext));
            keyOfNext = null;
            peer.self = id;
            int at = peer.expected.lastIndexOf(new Frame.Resumed(0, new Position(0)));
            peer.expected.add(at < 0 ? peer.expected.size() : at, new Frame.Registered(id));
        }
        Nonce nonce = peer.session.nonce();
        require((nonce != null) == peer.greeted, "a nonce for who has not said hello, or none for who has");
        if (peer.nonce == null && nonce != null) {
            peer.nonce = nonce;
            peer.expected.add(new Frame.Welcome(1, nonce));
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
                    () -> "refused for %s: %d times and not %d".formatted(reason, counted, due));
        }
    }

    /** What is in a mailbox is what was accepted for it, in order; between that, receipts. */
    private void checkLog(Person person) {
        List<Mail> stored = mailbox.mailOf(person.id);
        require(stored.size() == mailbox.tailOf(person.id), "the log has a gap");
        require(mailbox.givenOf(person.id) <= stored.size(), "more was given than there is");
        int next = 0;
        for (int i = 0; i < stored.size(); i++) {
            require(stored.get(i).position() == i + 1, "the log has a gap");
            Frame.Mail frame = stored.get(i).frame();
            if (frame instanceof Frame.Delivered) {
                continue;
            }
            require(next < person.log.size(), () -> "stored, and never accepted: " + frame);
            Frame.Mail due = person.log.get(next);
            if (frame instanceof Frame.GroupCreated(GroupId id, PosixTime at, List<ClientId> members)
                    && due instanceof Frame.GroupCreated(GroupId no, PosixTime now, List<ClientId> named)
                    && no.equals(NO_GROUP)) {
                groups.putIfAbsent(id, members);
                due = new Frame.GroupCreated(id, now, named);
                require(groups.get(id).equals(members), "a group of others for each of its members");
                person.log.set(next, due);
            }
            if (!frame.equals(due)) {
                throw new AssertionError("stored " + frame + " and not " + due);
            }
            next++;
        }
        require(next == person.log.size(), "accepted and not stored");
        require(mailbox.acceptedOf(person.id) == person.accepted, "accepted is not what was dealt with");
    }

    /** Under the writer's lock, after each write: whatever receipt is new is true now. */
    private void checkReceipts() {
        for (ClientId originator : List.copyOf(people.keySet())) {
            List<Mail> stored = mailbox.mailOf(originator);
            for (Mail entry : stored.subList(receiptsChecked.getOrDefault(originator, 0), stored.size())) {
                if (entry.frame() instanceof Frame.Delivered(ClientId recipient, PosixTime upTo)) {
                    long given = mailbox.givenOf(recipient);
                    for (Mail message : mailbox.mailOf(recipient)) {
                        if (message.frame() instanceof Frame.Deliver(var src, var dst, var sentAt, var body)
                                && src.equals(originator)
                                && sentAt.compareTo(upTo) <= 0
                                && message.position() > given) {
                            untrue.set("a receipt covers a message that waits");
                        }
                    }
                }
            }
            receiptsChecked.put(originator, stored.size());
        }
    }

    /** Takes in what was written to the peer, and takes it apart. */
    private void hear(Peer peer) throws MalformedFrameException {
        for (byte[] write : peer.socket.takeWrites()) {
            if (peer.wire == Wire.RECV) {
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
        if (frame instanceof Frame.Mail mail) {
            require(
                    peer.assured ? peer.answers.stream().anyMatch(Frame.Resumed.class::isInstance) : true,
                    "mail before 34");
            peer.mail.add(mail);
        } else {
            peer.answers.add(frame);
        }
    }

    /** Accepted is said once for many, to whoever does not read at once: so it is only looked at where it has got to. */
    private static void checkAnswers(Peer peer) {
        for (Frame frame : peer.answers) {
            if (frame instanceof Frame.Accepted(long upTo)) {
                require(upTo <= peer.ordinal, "more is accepted than was sent");
            }
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
            if (frame instanceof Frame.Accepted(long upTo)) {
                require(upTo > before, "accepted goes down");
                before = upTo;
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

    /** What the peer has heard is its client's log, from where it stood; and all of it, if it reads. */
    private void checkMail(Peer peer) {
        if (peer.self == null) {
            require(peer.mail.isEmpty(), "mail for nobody");
            return;
        }
        List<Mail> log = mailbox.mailOf(peer.self);
        int from = Math.toIntExact(peer.start);
        require(from + peer.mail.size() <= log.size(), "heard more than there is");
        for (int i = 0; i < peer.mail.size(); i++) {
            Frame heard = peer.mail.get(i);
            Frame due = log.get(from + i).frame();
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
