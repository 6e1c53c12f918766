package zap.chaos;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;
import zap.protocol.Address;
import zap.protocol.Body;
import zap.protocol.ClientId;
import zap.protocol.Frame;
import zap.protocol.FrameDecoder;
import zap.protocol.FrameEncoder;
import zap.protocol.HistoryDigest;
import zap.protocol.MalformedFrameException;
import zap.protocol.MessageId;
import zap.protocol.Nonce;
import zap.protocol.Position;
import zap.protocol.PosixTime;
import zap.protocol.Reason;
import zap.protocol.SignatureBytes;
import zap.protocol.StreamId;
import zap.shell.identity.IdentityKey;

/**
 * A client of which one JVM has many. Its memory stands for its disk. When its connection ends, it dials any of the
 * nodes, and in assured sessions sends again what was not accepted.
 */
final class LightClient implements AutoCloseable {

    private static final FrameEncoder ENCODER = new FrameEncoder();
    private static final FrameDecoder DECODER = new FrameDecoder();
    private static final int VERSION = 2;
    private static final int CONNECT_MILLIS = 1_000;

    /** After so long without a byte it asks whether the node is there. */
    private static final int SILENCE_MILLIS = 1_000;

    /** After so many questions without an answer it goes elsewhere. */
    private static final int MOST_SILENCES = 3;

    private static final int MOST_UNACCEPTED = 2_000;
    private static final int BUFFER_BYTES = 64 * 1024;
    private static final int LONGEST_PAUSE_MILLIS = 200;
    private static final byte[] END = {}; // no frame is so short

    private final String name;
    private final List<Integer> ports;
    private final boolean assured;
    private final CrowdJudge judge;
    private final LongConsumer latencies;
    private final IdentityKey key = IdentityKey.generate();
    private final StreamId stream = new StreamId(ThreadLocalRandom.current().nextLong(1, 10_000_000_000_000L));
    private final Thread thread;
    private final Deque<Sent> unaccepted = new ArrayDeque<>();
    private final Map<ClientId, Long> newestFrom = new HashMap<>();

    private volatile boolean closed;
    private volatile @Nullable ClientId id;
    private volatile boolean inSession;
    private volatile @Nullable Address group;
    private @Nullable Line line;
    private long life;
    private long numbered;
    private long accepted;
    private HistoryDigest acceptedDigest = HistoryDigest.EMPTY;
    private HistoryDigest streamDigest = HistoryDigest.EMPTY;
    private long position;
    private HistoryDigest digest = HistoryDigest.EMPTY;
    private long confirmed;

    /** A frame of the stream that is not accepted yet. */
    private record Sent(
            long ordinal,
            byte[] bytes,
            HistoryDigest digest,
            @Nullable ClientId readFrom) {}

    /** A connection. A thread of its own writes to it, because a paused node takes nothing. */
    private static final class Line {
        final Socket socket;
        final BlockingQueue<byte[]> out = new LinkedBlockingQueue<>();

        Line(Socket socket) {
            this.socket = socket;
            Thread.ofVirtual().start(this::write);
        }

        private void write() {
            try {
                OutputStream to = socket.getOutputStream();
                for (byte[] bytes = out.take(); bytes.length > 0; bytes = out.take()) {
                    to.write(bytes);
                }
            } catch (IOException e) {
                // The thread that reads notices it, too.
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /**
     * @param ports of the nodes
     * @param latencies takes the nanoseconds from writing to reading, of each message that comes
     */
    LightClient(String name, List<Integer> ports, boolean assured, CrowdJudge judge, LongConsumer latencies) {
        this.name = name;
        this.ports = ports;
        this.assured = assured;
        this.judge = judge;
        this.latencies = latencies;
        thread = Thread.ofPlatform().name(name).daemon().unstarted(this::live);
    }

    /** Connects and registers, and lives from then on. */
    void begin() {
        thread.start();
    }

    boolean isAssured() {
        return assured;
    }

    /** Returns whether it can send and gets its mail at once. */
    boolean isInSession() {
        return inSession;
    }

    boolean isRegistered() {
        return id != null;
    }

    ClientId id() {
        return Objects.requireNonNull(id, "a client that has not registered");
    }

    /** Returns the last group that it has made; null when there is none. */
    @Nullable
    Address group() {
        return group;
    }

    private void live() {
        while (!closed) {
            try (var socket = new Socket()) {
                int port = ports.get(ThreadLocalRandom.current().nextInt(ports.size()));
                socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), CONNECT_MILLIS);
                socket.setTcpNoDelay(true);
                socket.setSoTimeout(SILENCE_MILLIS);
                talk(socket);
            } catch (IOException e) {
                // The node has gone: another one is tried.
            } catch (MalformedFrameException e) {
                judge.fault(name + " got what is no frame: " + e.getMessage());
            } finally {
                hangUp();
            }
            try {
                // Jitter between two attempts.
                Thread.sleep(ThreadLocalRandom.current().nextLong(1, LONGEST_PAUSE_MILLIS));
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    private synchronized void hangUp() {
        inSession = false;
        if (line != null) {
            line.out.add(END);
            line = null;
        }
    }

    private void talk(Socket socket) throws IOException, MalformedFrameException {
        open(socket);
        InputStream from = socket.getInputStream();
        byte[] bytes = new byte[BUFFER_BYTES];
        int length = 0;
        int silences = 0;
        while (!closed) {
            int came;
            try {
                came = from.read(bytes, length, bytes.length - length);
                silences = 0;
            } catch (SocketTimeoutException e) {
                if (assured && ++silences > MOST_SILENCES) {
                    return;
                }
                ask();
                continue;
            }
            if (came < 0) {
                return;
            }
            length += came;
            ByteBuffer in = ByteBuffer.wrap(bytes, 0, length);
            int at = 0;
            for (Frame frame = DECODER.decode(in); frame != null; frame = DECODER.decode(in)) {
                hear(frame, bytes, at, in.position() - at);
                at = in.position();
            }
            System.arraycopy(bytes, at, bytes, 0, length - at);
            length -= at;
            confirm();
        }
    }

    private synchronized void open(Socket socket) {
        line = new Line(socket);
        life++;
        ClientId known = id;
        if (assured) {
            put(new Frame.Hello(VERSION));
        } else if (known == null) {
            put(new Frame.Register());
        } else {
            put(new Frame.Connect(known));
            judge.connected(known, life);
            inSession = true;
        }
    }

    private void put(Frame frame) {
        put(ENCODER.encode(frame));
    }

    private void put(byte[] bytes) {
        if (line != null) {
            line.out.add(bytes);
        }
    }

    private synchronized void ask() {
        if (assured && inSession) {
            put(new Frame.Ping());
        }
    }

    private synchronized void confirm() {
        if (assured && inSession && position > confirmed) {
            confirmed = position;
            put(new Frame.Received(new Position(position)));
        }
    }

    private synchronized void hear(Frame frame, byte[] bytes, int at, int width) {
        if (frame instanceof Frame.ForMailbox) {
            position++;
            digest = digest.after(bytes, at, width);
        }
        switch (frame) {
            case Frame.Registered(ClientId given) -> {
                judge.join(given, assured);
                judge.connected(given, life);
                id = given;
                inSession = !assured;
            }
            case Frame.Welcome(int _, Nonce nonce) -> prove(nonce);
            case Frame.Resumed resumed -> resumed(resumed);
            case Frame.Accepted(long upTo, Position seen) -> accepted(upTo, seen.value());
            case Frame.Message message -> came(message.withoutId());
            case Frame.Deliver deliver -> came(deliver);
            case Frame.Delivered(ClientId recipient, PosixTime upTo) -> {
                if (assured) {
                    judge.delivered(id(), recipient, upTo.seconds(), position);
                }
            }
            case Frame.ReadReceipt(ClientId recipient, PosixTime upTo) -> {
                if (assured) {
                    judge.read(id(), recipient, upTo.seconds(), position);
                }
            }
            case Frame.GroupCreated created -> {
                if (created.members().getFirst().equals(id())) {
                    group = created.id().asAddress();
                }
            }
            case Frame.Refused(long ordinal, Reason reason) -> {
                if (ordinal > 0 || (reason != Reason.REPLACED && reason != Reason.SHUTTING_DOWN)) {
                    judge.fault("%s is refused: frame %s, %s".formatted(name, ordinal, reason));
                }
            }
            case Frame.Ping _ -> {}
            default -> judge.fault("%s gets an unexpected frame: %s".formatted(name, frame));
        }
    }

    private void prove(Nonce nonce) {
        ClientId known = id;
        put(
                known == null
                        ? key.register(nonce, stream)
                        : key.resume(
                                nonce,
                                new Frame.Resume(
                                        known, stream, accepted, new Position(position), digest, SignatureBytes.NONE)));
    }

    private void resumed(Frame.Resumed resumed) {
        if (resumed.position().value() != position || !resumed.digest().equals(digest)) {
            judge.fault("%s has %s entries, digest %s, and the node goes on after %s, digest %s"
                    .formatted(name, position, digest, resumed.position().value(), resumed.digest()));
            position = resumed.position().value();
            digest = resumed.digest();
        }
        confirmed = position;
        accepted(resumed.accepted(), resumed.at().value());
        if (resumed.accepted() != accepted || !resumed.streamDigest().equals(acceptedDigest)) {
            judge.fault("%s has %s to %s frames accepted, and the node says %s"
                    .formatted(name, accepted, numbered, resumed.accepted()));
        }
        inSession = true;
        for (Sent sent : unaccepted) {
            ClientId readFrom = sent.readFrom();
            if (readFrom != null) {
                judge.reading(id(), readFrom);
            }
            put(sent.bytes());
        }
    }

    private void accepted(long upTo, long at) {
        while (!unaccepted.isEmpty() && unaccepted.peek().ordinal() <= upTo) {
            Sent sent = unaccepted.remove();
            accepted = sent.ordinal();
            acceptedDigest = sent.digest();
        }
        judge.accepted(id(), upTo, at);
    }

    private void came(Frame.Deliver message) {
        String[] words = message.body().text().split(" ", -1);
        latencies.accept(System.nanoTime() - Long.parseLong(words[2]));
        newestFrom.merge(message.src(), message.sentAt().seconds(), Math::max);
        judge.arrived(id(), message.src(), message.dst(), Long.parseLong(words[0]), Long.parseLong(words[1]));
    }

    /**
     * Writes a message, unless too many wait.
     *
     * @param recipients the client, or the other members of a group
     */
    synchronized boolean send(Address dst, List<ClientId> recipients) {
        if (assured ? unaccepted.size() >= MOST_UNACCEPTED : !inSession) {
            return false;
        }
        var now = new PosixTime(System.currentTimeMillis() / 1_000);
        long messageLife = assured ? 0 : life;
        long number = judge.sending(id(), dst, recipients, messageLife, now.seconds(), assured ? numbered + 1 : 0);
        Body body = Body.of(messageLife + " " + number + " " + System.nanoTime());
        if (assured) {
            var messageId = new MessageId(ThreadLocalRandom.current().nextLong(MessageId.COUNT));
            number(new Frame.Message(id(), dst, now, messageId, body), null);
        } else {
            put(new Frame.Send(id(), dst, now, body));
        }
        return true;
    }

    private void number(Frame frame, @Nullable ClientId readFrom) {
        byte[] bytes = ENCODER.encode(frame);
        streamDigest = streamDigest.after(bytes, 0, bytes.length);
        numbered++;
        unaccepted.add(new Sent(numbered, bytes, streamDigest, readFrom));
        if (inSession) {
            put(bytes);
        }
    }

    /** Says that it has read all that it has. */
    synchronized void see() {
        if (!assured || unaccepted.size() >= MOST_UNACCEPTED) {
            return;
        }
        newestFrom.forEach((src, second) -> {
            judge.reading(id(), src);
            number(new Frame.Read(src, new PosixTime(second)), src);
        });
        newestFrom.clear();
    }

    /** Makes a group with others. {@link #group} says when it is there. */
    synchronized void makeGroup(List<ClientId> others) {
        number(new Frame.CreateGroup(id(), new PosixTime(System.currentTimeMillis() / 1_000), others), null);
    }

    @Override
    public void close() {
        closed = true;
        thread.interrupt();
        synchronized (this) {
            if (line != null) {
                try {
                    line.socket.close();
                } catch (IOException e) {
                    // It has ended already.
                }
            }
        }
        try {
            thread.join(TimeUnit.SECONDS.toMillis(5));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public String toString() {
        return name + Arrays.asList(position, accepted, numbered);
    }
}
