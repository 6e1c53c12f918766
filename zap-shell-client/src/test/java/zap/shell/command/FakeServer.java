package zap.shell.command;

import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import zap.protocol.ClientId;
import zap.protocol.Frame;
import zap.protocol.FrameDecoder;
import zap.protocol.FrameEncoder;
import zap.protocol.HistoryDigest;
import zap.protocol.MalformedFrameException;
import zap.protocol.Nonce;
import zap.protocol.Position;
import zap.protocol.Reason;
import zap.shell.chat.ProfileClient;
import zap.shell.connection.ServerAddress;
import zap.shell.connection.Transport;
import zap.shell.store.ProfileSettings;

/** A server in memory. The test decides what it does with a connection and with each frame. */
final class FakeServer implements ProfileClient.Network {

    /** The mark for the end of a connection. */
    private static final byte[] END = {};

    /** The mark for a read that times out. */
    private static final byte[] TIMEOUT = {0};

    /** The behaviour of a server at a new connection, before the first frame. */
    interface Door {
        void open() throws IOException;
    }

    private final Door door;
    private final Function<Frame, List<byte[]>> answers;
    private final @Nullable ServerAddress address;

    private FakeServer(Door door, Function<Frame, List<byte[]>> answers) {
        this(door, answers, null);
    }

    private FakeServer(Door door, Function<Frame, List<byte[]>> answers, @Nullable ServerAddress address) {
        this.door = door;
        this.answers = answers;
        this.address = address;
    }

    /** Returns the same server at an address. */
    FakeServer at(ServerAddress known) {
        return new FakeServer(door, answers, known);
    }

    /** Returns a server that cannot be connected to. */
    static FakeServer failing(Door door) {
        return new FakeServer(door, frame -> List.of());
    }

    /** Returns a server that answers everything with these bytes. */
    static FakeServer saying(byte[] bytes) {
        return new FakeServer(() -> {}, frame -> List.of(bytes));
    }

    static FakeServer saying(String text) {
        return saying(text.getBytes(StandardCharsets.US_ASCII));
    }

    /** Returns a server that closes the connection at the first frame. */
    static FakeServer hangingUp() {
        return saying(END);
    }

    /** Returns a server that never answers. */
    static FakeServer silent() {
        return saying(TIMEOUT);
    }

    /** Returns a server that says welcome, and then answers frames with this function. */
    static FakeServer welcoming(Function<Frame, List<Frame>> answers) {
        return new FakeServer(() -> {}, frame -> {
            List<Frame> said = frame instanceof Frame.Hello
                    ? List.of(new Frame.Welcome(2, Nonce.of(new byte[Nonce.BYTES])))
                    : answers.apply(frame);
            return said.stream().map(one -> new FrameEncoder().encode(one)).toList();
        });
    }

    /** Returns a server that refuses every client that connects. */
    static FakeServer refusing(Reason reason) {
        return welcoming(frame -> List.of(new Frame.Refused(0, reason)));
    }

    /** Returns a server that knows every client, has no mail, and gives this number. */
    static FakeServer willing(ClientId fresh) {
        var stream = new Stream();
        return welcoming(frame -> answer(frame, fresh, stream));
    }

    /** Returns a server that knows no client, and gives this number. */
    static FakeServer forgetful(ClientId fresh) {
        var stream = new Stream();
        return welcoming(
                frame -> frame instanceof Frame.Resume claim && !claim.id().equals(fresh)
                        ? List.of(new Frame.Refused(0, Reason.BAD_PROOF))
                        : answer(frame, fresh, stream));
    }

    /** The accepted frames of a stream. */
    private static final class Stream {

        private long accepted;
        private HistoryDigest digest = HistoryDigest.EMPTY;

        synchronized Frame accept(Frame frame) {
            byte[] bytes = new FrameEncoder().encode(frame);
            digest = digest.after(bytes, 0, bytes.length);
            return new Frame.Accepted(++accepted, new Position(0));
        }

        synchronized Frame resumed() {
            return new Frame.Resumed(accepted, digest, new Position(0), new Position(0), HistoryDigest.EMPTY);
        }
    }

    private static List<Frame> answer(Frame frame, ClientId fresh, Stream stream) {
        return switch (frame) {
            case Frame.RegisterKey key -> List.of(new Frame.Registered(fresh));
            case Frame.Resume claim -> List.of(stream.resumed());
            case Frame.Ping ping -> List.of(ping);
            case Frame.Message message -> List.of(stream.accept(message));
            case Frame.Read mark -> List.of(stream.accept(mark));
            default -> List.of();
        };
    }

    static Frame.Resumed resumed(long accepted) {
        return new Frame.Resumed(accepted, HistoryDigest.EMPTY, new Position(0), new Position(0), HistoryDigest.EMPTY);
    }

    @Override
    public Transport.Dialer dialer(ProfileSettings.Server server, Duration patience) {
        return () -> {
            door.open();
            return new Connection();
        };
    }

    private final class Connection implements Transport {

        private final BlockingQueue<byte[]> said = new LinkedBlockingQueue<>();
        private final FrameDecoder decoder = new FrameDecoder();

        @Override
        public @Nullable ServerAddress address() {
            return address;
        }

        @Override
        public int read(ByteBuffer into, Duration wait) throws IOException {
            byte @Nullable [] bytes;
            try {
                bytes = wait.isZero() ? said.take() : said.poll(wait.toMillis(), TimeUnit.MILLISECONDS);
            } catch (InterruptedException e) {
                throw new IOException(e);
            }
            if (bytes == null) {
                return 0;
            }
            if (bytes == TIMEOUT) {
                throw new SocketTimeoutException();
            }
            if (bytes == END) {
                said.add(END);
                return -1;
            }
            into.put(bytes);
            return bytes.length;
        }

        @Override
        public void write(byte[] bytes) throws IOException {
            ByteBuffer heard = ByteBuffer.wrap(bytes);
            try {
                @Nullable Frame frame;
                while ((frame = decoder.decode(heard)) != null) {
                    said.addAll(answers.apply(frame));
                }
            } catch (MalformedFrameException e) {
                throw new IOException(e);
            }
        }

        @Override
        public void finishWriting() {
            said.add(END);
        }

        @Override
        public void close() {
            said.add(END);
        }
    }
}
