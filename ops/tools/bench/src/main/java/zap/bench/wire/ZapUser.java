package zap.bench.wire;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import zap.bench.traffic.FrameListener;
import zap.bench.traffic.Letter;
import zap.bench.traffic.MessageText;
import zap.bench.traffic.User;
import zap.protocol.Address;
import zap.protocol.Body;
import zap.protocol.ClientId;
import zap.protocol.Frame;
import zap.protocol.FrameDecoder;
import zap.protocol.FrameEncoder;
import zap.protocol.FrameType;
import zap.protocol.HistoryDigest;
import zap.protocol.MalformedFrameException;
import zap.protocol.MessageId;
import zap.protocol.Nonce;
import zap.protocol.Position;
import zap.protocol.PosixTime;
import zap.protocol.StreamId;

/**
 * One client of a zap server.
 *
 * <p>In an assured session it numbers its frames, gives each message an id, counts its mail and keeps its digest, and
 * confirms once for all that came together.
 */
final class ZapUser extends User implements Connection.Handler {

    private static final FrameEncoder ENCODER = new FrameEncoder();
    private static final FrameDecoder DECODER = new FrameDecoder();

    private static final int VERSION = 2;
    private static final int CODE_WIDTH = 2;
    private static final int ID_WIDTH = 13;
    private static final int TIME_WIDTH = 10;
    private static final int COUNT_WIDTH = 19;
    private static final int TIME_AT = CODE_WIDTH + 2 * ID_WIDTH;
    private static final int TEXT_AT = TIME_AT + TIME_WIDTH;
    private static final int MESSAGE_ID_AT = TEXT_AT;
    private static final int DELIVER_WIDTH = FrameType.DELIVER.width();
    private static final int MESSAGE_WIDTH = FrameType.MESSAGE.width();
    private static final int DELIVERED_WIDTH = FrameType.DELIVERED.width();
    private static final int ACCEPTED_WIDTH = FrameType.ACCEPTED.width();
    private static final int DELIVER = FrameType.DELIVER.codeNumber();
    private static final int MESSAGE = FrameType.MESSAGE.codeNumber();
    private static final int DELIVERED = FrameType.DELIVERED.codeNumber();
    private static final int ACCEPTED = FrameType.ACCEPTED.codeNumber();

    /** Message ids are the flow, and the message's number in it. */
    private static final long IDS_OF_A_FLOW = 1_000_000_000L;

    /**
     * The text that a base user sends to itself, to learn that its earlier messages are stored. The digits of the count
     * follow.
     */
    private static final String MARK = "zap-bench mark ";

    private static final byte[] MARK_BYTES = MARK.getBytes(US_ASCII);

    private final ZapMessenger messenger;
    private final EventLoop loop;
    private final FrameListener inbox;
    private final boolean assured;
    private final byte[] received = ENCODER.encode(new Frame.Received(new Position(0)));
    private final StreamId stream = new StreamId(RandomGenerator.getDefault().nextLong(1, 10_000_000_000_000L));
    private @Nullable Proof proof;
    private volatile @Nullable ClientId id;
    private volatile @Nullable Connection connection;
    private CompletableFuture<Void> ready = new CompletableFuture<>();
    private volatile @Nullable CompletableFuture<String> group;
    private volatile @Nullable ZapLetter letter;
    private volatile long numbered; // frames sent on the stream
    private final AtomicLong groups = new AtomicLong(); // of them, those that are no messages: they all come first
    private long acceptedFrames;
    private long position;
    private HistoryDigest digest = HistoryDigest.EMPTY;
    private long confirmed;
    /** The connection that this user has said goodbye on, while the other side has not closed it. */
    private @Nullable Connection leaving;

    private CompletableFuture<Void> left = new CompletableFuture<>();
    private volatile boolean mayWrite;

    ZapUser(ZapMessenger messenger, EventLoop loop, int flow, int seat, FrameListener inbox) {
        super(flow, seat);
        this.messenger = messenger;
        this.loop = loop;
        this.inbox = inbox;
        this.assured = messenger.sessions() == ZapMessenger.Sessions.ASSURED;
    }

    ClientId id() {
        return Objects.requireNonNull(id, "a user that has not registered");
    }

    @Override
    public String address() {
        return id().toString();
    }

    @Override
    public CompletableFuture<Void> connect() {
        var ready = new CompletableFuture<Void>();
        loop.execute(() -> {
            this.ready = ready;
            messenger.connect(loop, this, this);
        });
        return ready;
    }

    @Override
    public CompletableFuture<Void> disconnect() {
        var done = new CompletableFuture<Void>();
        loop.execute(() -> {
            mayWrite = false;
            Connection open = connection;
            connection = null;
            if (open == null) {
                done.complete(null);
            } else {
                leaving = open;
                left = done;
                open.finish();
            }
        });
        return done;
    }

    @Override
    public void cut() {
        loop.execute(() -> hangUpNow(true));
    }

    @Override
    public void connected(Connection connection) {
        this.connection = connection;
        ClientId id = this.id;
        if (assured) {
            say(new Frame.Hello(VERSION));
        } else if (id == null) {
            say(new Frame.Register());
        } else {
            say(new Frame.Connect(id));
            mayWrite = true;
            ready.complete(null);
        }
    }

    private void say(Frame frame) {
        Connection open = connection;
        if (open != null) {
            open.put(ENCODER.encode(frame));
        }
    }

    @Override
    public int received(Connection connection, byte[] bytes, int from, int to) {
        int at = from;
        while (to - at >= CODE_WIDTH) {
            int code = 10 * (bytes[at] - '0') + (bytes[at + 1] - '0');
            int width;
            if (code == DELIVER && isAscii(bytes, at + TEXT_AT, Math.min(at + DELIVER_WIDTH, to))) {
                width = DELIVER_WIDTH;
                if (to - at < width) {
                    return at;
                }
                mail(bytes, at, width);
                message(bytes, at + TEXT_AT, width - TEXT_AT);
            } else if (code == MESSAGE && isAscii(bytes, at + TEXT_AT, Math.min(at + MESSAGE_WIDTH, to))) {
                width = MESSAGE_WIDTH;
                if (to - at < width) {
                    return at;
                }
                mail(bytes, at, width);
                message(bytes, at + MESSAGE_ID_AT + ID_WIDTH, width - MESSAGE_ID_AT - ID_WIDTH);
            } else if (code == DELIVERED) {
                width = DELIVERED_WIDTH;
                if (to - at < width) {
                    return at;
                }
                mail(bytes, at, width);
            } else if (code == ACCEPTED) {
                width = ACCEPTED_WIDTH;
                if (to - at < width) {
                    return at;
                }
                accepted(digits(bytes, at + CODE_WIDTH, COUNT_WIDTH));
            } else {
                width = anyFrame(bytes, at, to);
                if (width == 0) {
                    return at;
                }
            }
            at += width;
        }
        return at;
    }

    /** Tells whether a text is ASCII, as ours are: then it has as many bytes as code points. */
    private static boolean isAscii(byte[] bytes, int from, int to) {
        for (int i = from; i < to; i++) {
            if (bytes[i] < 0) {
                return false;
            }
        }
        return true;
    }

    /** The next entry of the mailbox has come. */
    private void mail(byte[] bytes, int at, int width) {
        position++;
        if (assured) {
            digest = digest.after(bytes, at, width);
        }
    }

    private void message(byte[] bytes, int from, int width) {
        int length = width;
        while (length > 0 && bytes[from + length - 1] == ' ') {
            length--;
        }
        if (length > MARK_BYTES.length && isMark(bytes, from)) {
            inbox.accepted(this, digits(bytes, from + MARK_BYTES.length, length - MARK_BYTES.length));
        } else {
            inbox.received(this, bytes, from, length);
        }
    }

    private static boolean isMark(byte[] bytes, int from) {
        for (int i = 0; i < MARK_BYTES.length; i++) {
            if (bytes[from + i] != MARK_BYTES[i]) {
                return false;
            }
        }
        return true;
    }

    private static long digits(byte[] bytes, int at, int width) {
        long value = 0;
        for (int i = at; i < at + width; i++) {
            value = 10 * value + (bytes[i] - '0');
        }
        return value;
    }

    private void accepted(long frames) {
        if (frames > acceptedFrames) {
            acceptedFrames = frames;
            inbox.accepted(this, frames - groups.get());
        }
    }

    /** Every frame that is not worth a way of its own. Returns its bytes, 0 when it is not whole yet. */
    private int anyFrame(byte[] bytes, int at, int to) {
        ByteBuffer in = ByteBuffer.wrap(bytes, at, to - at);
        Frame frame;
        try {
            frame = DECODER.decode(in);
        } catch (MalformedFrameException e) {
            inbox.failed(this, "what came is no frame: " + e.getMessage());
            hangUpNow(true);
            return to - at;
        }
        if (frame == null) {
            return 0;
        }
        int width = in.position() - at;
        switch (frame) {
            case Frame.Registered(ClientId given) -> {
                id = given;
                if (!assured) {
                    mayWrite = true;
                    ready.complete(null);
                }
            }
            case Frame.Welcome(int _, Nonce nonce) -> prove(nonce);
            case Frame.Resumed resumed -> resumed(resumed);
            case Frame.GroupCreated created -> {
                mail(bytes, at, width);
                CompletableFuture<String> waiting = group;
                if (waiting != null) {
                    waiting.complete(created.id().toString());
                }
            }
            case Frame.Deliver deliver -> {
                mail(bytes, at, width);
                byte[] text = deliver.body().utf8();
                inbox.received(this, text, 0, text.length);
            }
            case Frame.Message message -> {
                mail(bytes, at, width);
                byte[] text = message.body().utf8();
                inbox.received(this, text, 0, text.length);
            }
            case Frame.ForMailbox _ -> mail(bytes, at, width);
            case Frame.Ping _ -> {}
            case Frame.Refused(long ordinal, var reason) ->
                inbox.failed(this, "refused: " + reason + ", frame " + ordinal);
            default -> inbox.failed(this, "an unexpected frame: " + frame);
        }
        return width;
    }

    private void prove(Nonce nonce) {
        ClientId id = this.id;
        if (proof == null) {
            proof = new Proof();
        }
        say(
                id == null
                        ? proof.registration(nonce, stream)
                        : proof.resumption(nonce, id, stream, acceptedFrames, position, digest));
    }

    private void resumed(Frame.Resumed resumed) {
        long accepted = resumed.accepted();
        long after = resumed.position().value();
        if (after != position || !resumed.digest().equals(digest)) {
            inbox.failed(this, "mail goes on after " + after + " in another history, not after " + position);
            position = after;
            digest = resumed.digest();
        }
        if (accepted < acceptedFrames || accepted > numbered) {
            inbox.failed(this, accepted + " frames are accepted, not " + acceptedFrames + " to " + numbered);
        }
        confirmed = position;
        ZapLetter open = letter;
        if (open == null) {
            mayWrite = true;
        } else {
            open.goOnAfter(accepted - groups.get());
        }
        accepted(accepted);
        ready.complete(null);
    }

    @Override
    public void caughtUp(Connection connection) {
        if (assured && mayWrite && position > confirmed) {
            confirmed = position;
            writeDigits(position, received, CODE_WIDTH, COUNT_WIDTH);
            connection.put(received);
        }
    }

    @Override
    public void closed(Connection connection, String why) {
        if (connection == leaving) {
            leaving = null;
            left.complete(null);
        } else if (this.connection == connection || this.connection == null) {
            this.connection = null;
            mayWrite = false;
            if (!ready.completeExceptionally(new IllegalStateException(why))) {
                inbox.failed(this, why);
            }
        }
    }

    private void hangUpNow(boolean reset) {
        mayWrite = false;
        Connection open = connection;
        connection = null;
        if (open != null) {
            open.close(reset);
        }
    }

    /** Completes with the address of the next group that this user is told of. */
    CompletableFuture<String> nextGroup() {
        var told = new CompletableFuture<String>();
        group = told;
        return told;
    }

    /** Makes a group of this user and these others. */
    CompletableFuture<String> createGroup(List<ClientId> members) {
        CompletableFuture<String> told = nextGroup();
        loop.execute(() -> {
            numbered = groups.incrementAndGet();
            say(new Frame.CreateGroup(id(), now(), members));
        });
        return told;
    }

    @Override
    public Letter letterTo(String address, MessageText text) {
        var prepared = new ZapLetter(Address.parse(address), text);
        letter = prepared;
        return prepared;
    }

    @Override
    public void askAccepted() {
        if (!assured) {
            say(new Frame.Send(id(), id().asAddress(), now(), Body.of(MARK + (numbered - groups.get()))));
        }
    }

    private static PosixTime now() {
        return new PosixTime(System.currentTimeMillis() / 1000);
    }

    private static void writeDigits(long value, byte[] to, int at, int width) {
        long rest = value;
        for (int i = at + width - 1; i >= at; i--) {
            long quotient = rest / 10;
            to[i] = (byte) ('0' + (rest - 10 * quotient));
            rest = quotient;
        }
    }

    /** A 05, or a 36 in an assured session, that was encoded once; only its numbers are written anew. */
    private final class ZapLetter implements Letter {

        private final byte[] frame;
        private final int textAt;
        private long second;

        ZapLetter(Address to, MessageText text) {
            var body = Body.ofUtf8(text.bytes());
            var begin = new PosixTime(0);
            frame = ENCODER.encode(
                    assured
                            ? new Frame.Message(id(), to, begin, new MessageId(0), body)
                            : new Frame.Send(id(), to, begin, body));
            textAt = assured ? MESSAGE_ID_AT + ID_WIDTH : TEXT_AT;
        }

        @Override
        public synchronized void send(long sequence, long nanos) {
            numbered = groups.get() + sequence;
            put(sequence, nanos);
        }

        /**
         * Sends the messages that the server does not have again, then new ones. The time of the first sending is lost.
         */
        synchronized void goOnAfter(long sequence) {
            mayWrite = true;
            long last = numbered - groups.get();
            long now = System.nanoTime();
            for (long again = sequence + 1; again <= last; again++) {
                put(again, now);
            }
        }

        private void put(long sequence, long nanos) {
            Connection open = connection;
            if (open == null || !mayWrite) {
                return;
            }
            long now = System.currentTimeMillis() / 1000;
            if (now != second) {
                second = now;
                writeDigits(now, frame, TIME_AT, TIME_WIDTH);
            }
            if (assured) {
                long messageId = (flow() * IDS_OF_A_FLOW + sequence) % MessageId.COUNT;
                writeDigits(messageId, frame, MESSAGE_ID_AT, ID_WIDTH);
            }
            MessageText.number(frame, textAt, sequence, nanos);
            open.put(frame);
        }
    }
}
