package zap.shell.connection;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.ConnectException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import zap.protocol.ClientId;
import zap.protocol.Frame;
import zap.protocol.FrameEncoder;
import zap.protocol.PosixTime;

/** Tests a connection without sockets. */
class ServerConnectionTest {

    private static final ClientId ME = ClientId.parse("1000000000001");
    private static final Frame RECEIPT = new Frame.Delivered(ME, PosixTime.parse("1800000000"));

    private final BlockingQueue<Peer> dialled = new LinkedBlockingQueue<>();
    private final BlockingQueue<String> heard = new LinkedBlockingQueue<>();
    private final BlockingQueue<Frame> outbox = new LinkedBlockingQueue<>();
    private final AtomicInteger redials = new AtomicInteger();
    private volatile Instant now = Instant.parse("2027-01-31T12:00:00Z");
    private volatile boolean hasOthers;
    private volatile boolean refusing;
    private volatile boolean overdue;
    private volatile ServerConnection.@Nullable ConnectionProblem farewell;
    private volatile ServerConnection.@Nullable ConnectionProblem unwanted;

    private final ServerConnection line = new ServerConnection(
            new Transport.Dialer() {
                @Override
                public Transport dial() throws IOException {
                    if (refusing) {
                        throw new ConnectException("refused");
                    }
                    var peer = new Peer();
                    dialled.add(peer);
                    return peer;
                }

                @Override
                public Transport redial() throws IOException {
                    redials.incrementAndGet();
                    return dial();
                }

                @Override
                public boolean failed() {
                    return hasOthers;
                }
            },
            FullWidth::new,
            dialer -> new SessionStart.Begun(greeted(dialer), new FrameHandler() {
                @Override
                public void opened() {
                    heard.add("opened");
                }

                @Override
                public List<Frame> due() {
                    var frames = new ArrayList<Frame>();
                    outbox.drainTo(frames);
                    return frames;
                }

                @Override
                public void came(List<Frame> frames) {
                    frames.forEach(frame -> heard.add("came " + frame.type().code()));
                }

                @Override
                public ServerConnection.@Nullable ConnectionProblem farewell() {
                    return farewell;
                }

                @Override
                public boolean isOverdue() {
                    return overdue;
                }

                @Override
                public void closed() {
                    heard.add("closed");
                }
            }),
            new ReconnectPolicy(Duration.ofMillis(20), Duration.ofMillis(50), new Random(1), () -> now),
            InstantSource.system(),
            state -> heard.add(state.phase() + (state.trouble() == null ? "" : " " + state.trouble())));

    private FrameChannel greeted(FrameChannel.Dialer dialer) throws IOException {
        FrameChannel channel = dialer.dial();
        if (unwanted != null) {
            throw new SessionStart.RefusedException(unwanted);
        }
        channel.write(List.of(new Frame.Connect(ME)));
        return channel;
    }

    @AfterEach
    void close() {
        overdue = false;
        line.close();
    }

    /** The other end of a connection. */
    private static final class Peer implements Transport {
        final BlockingQueue<byte[]> toClient = new LinkedBlockingQueue<>();
        final BlockingQueue<byte[]> fromClient = new LinkedBlockingQueue<>();
        private byte @Nullable [] rest;
        private volatile boolean hungUp;
        volatile boolean lingers;

        void says(byte[] bytes) {
            toClient.add(bytes);
        }

        void hangsUp() {
            toClient.add(new byte[0]);
        }

        String hears() throws InterruptedException {
            byte[] bytes = fromClient.poll(10, TimeUnit.SECONDS);
            return bytes == null ? "nothing" : new String(bytes, 0, 2);
        }

        @Override
        public int read(ByteBuffer into, Duration wait) throws IOException {
            try {
                byte[] bytes = rest != null ? rest : toClient.take();
                rest = null;
                if (bytes.length == 0) {
                    rest = bytes; // The end stays the end.
                    return -1;
                }
                into.put(bytes);
                return bytes.length;
            } catch (InterruptedException e) {
                throw new IOException(e);
            }
        }

        @Override
        public void write(byte[] bytes) throws IOException {
            if (hungUp) {
                throw new IOException("gone");
            }
            fromClient.add(bytes);
        }

        @Override
        public void finishWriting() {
            fromClient.add("EOF".getBytes());
            if (!lingers) {
                hangsUp();
            }
        }

        @Override
        public void close() {
            hungUp = true;
            toClient.add(new byte[0]);
        }
    }

    private void hears(String... expected) throws InterruptedException {
        for (String one : expected) {
            assertThat(heard.poll(10, TimeUnit.SECONDS)).isEqualTo(one);
        }
    }

    private Peer dialled() throws InterruptedException {
        Peer peer = dialled.poll(10, TimeUnit.SECONDS);
        assertThat(peer).isNotNull();
        return peer;
    }

    @Test
    void itSaysWhoItIsFirst() throws Exception {
        line.open();
        assertThat(dialled().hears()).isEqualTo("03");
        hears("CONNECTING", "opened", "ONLINE");
    }

    @Test
    void whatIsDueGoesOutAndWhatComesComesIn() throws Exception {
        line.open();
        Peer peer = dialled();
        peer.hears();
        outbox.add(new Frame.Read(ME, new PosixTime(1)));
        line.nudge();
        assertThat(peer.hears()).isEqualTo("08");
        byte[] bytes = new FrameEncoder().encode(RECEIPT);
        for (byte b : bytes) {
            peer.says(new byte[] {b});
        }
        hears("CONNECTING", "opened", "ONLINE", "came 07");
    }

    @Test
    void itDialsAgainWhenTheServerHangsUp() throws Exception {
        line.open();
        dialled().hangsUp();
        hears("CONNECTING", "opened", "ONLINE", "closed", "WAITING CLOSED_BY_SERVER", "CONNECTING CLOSED_BY_SERVER");
        assertThat(dialled().hears()).isEqualTo("03");
    }

    @Test
    void itSaysWhyThereIsNoConnectionAndGoesOnTrying() throws Exception {
        refusing = true;
        line.open();
        hears("CONNECTING", "WAITING REFUSED", "CONNECTING REFUSED", "WAITING REFUSED");
        refusing = false;
        assertThat(dialled().hears()).isEqualTo("03");
    }

    @Test
    void aServerThatOwesAnAnswerForTooLongIsLeft() throws Exception {
        line.open();
        dialled();
        overdue = true;
        hears("CONNECTING", "opened", "ONLINE", "closed");
        overdue = false;
        dialled();
    }

    @Test
    void nonsenseEndsTheConnection() throws Exception {
        line.open();
        dialled().says("HTTP/1.1 400 Bad Request".getBytes());
        hears("CONNECTING", "opened", "ONLINE", "closed", "WAITING NONSENSE");
    }

    @Test
    void aServerThatSaysGoodbyeIsDialledAgainUnlessThatIsOfNoUse() throws Exception {
        line.open();
        hears("CONNECTING", "opened", "ONLINE");
        farewell = ServerConnection.ConnectionProblem.SHUTTING_DOWN;
        dialled().hangsUp();
        hears("closed", "WAITING SHUTTING_DOWN", "CONNECTING SHUTTING_DOWN", "opened", "ONLINE");
        farewell = ServerConnection.ConnectionProblem.REPLACED;
        dialled().hangsUp();
        hears("closed", "OFF REPLACED");
        farewell = null;
        line.open();
        hears("CONNECTING", "opened", "ONLINE");
    }

    @Test
    void aProofThatIsNotTakenIsNotTriedAgainByItself() throws Exception {
        unwanted = ServerConnection.ConnectionProblem.NOT_PROVEN;
        line.open();
        hears("CONNECTING", "OFF NOT_PROVEN");
        assertThat(line.state().trouble()).isEqualTo(ServerConnection.ConnectionProblem.NOT_PROVEN);
    }

    @Test
    void whatWasPutRightIsDialledAgainAtOnceAndNobodyHearsOfTrouble() throws Exception {
        var begins = new AtomicInteger();
        var repairing = new ServerConnection(
                () -> {
                    throw new AssertionError("the handshake does not dial");
                },
                FullWidth::new,
                new SessionStart() {
                    private boolean putRight;

                    @Override
                    public Begun begin(FrameChannel.Dialer dialer) throws IOException {
                        putRight = begins.incrementAndGet() == 1;
                        throw new SocketTimeoutException("no answer");
                    }

                    @Override
                    public boolean hasPutRight() {
                        boolean now = putRight;
                        putRight = false;
                        return now;
                    }
                },
                new ReconnectPolicy(Duration.ofHours(1), Duration.ofHours(1), new Random(1), InstantSource.system()),
                InstantSource.system(),
                state -> heard.add(state.phase() + (state.trouble() == null ? "" : " " + state.trouble())));
        try (repairing) {
            repairing.open();
            hears("CONNECTING", "CONNECTING NO_ANSWER", "WAITING NO_ANSWER");
            assertThat(begins).hasValue(2);
        }
    }

    @Test
    void itLeavesInAnOrderlyWayAndTakesInWhatWasOnItsWay() throws Exception {
        line.open();
        Peer peer = dialled();
        peer.lingers = true;
        peer.hears();
        hears("CONNECTING", "opened", "ONLINE");
        Thread leaving = Thread.ofVirtual().start(line::close);
        assertThat(peer.hears()).isEqualTo("EO");
        peer.says(new FrameEncoder().encode(RECEIPT));
        peer.hangsUp();
        leaving.join();
        hears("came 07", "closed", "OFF");
    }

    @Test
    void afterALossItReturnsAtOnceToTheSameAddress() throws Exception {
        line.open();
        hears("CONNECTING", "opened", "ONLINE");
        now = now.plus(ReconnectPolicy.LASTING);
        dialled().hangsUp();
        hears("closed", "CONNECTING CLOSED_BY_SERVER", "opened", "ONLINE");
        assertThat(redials).hasValue(1);
    }

    @Test
    void whereANodeIsGoneItWaitsAndGoesToAnotherAddress() throws Exception {
        line.open();
        hears("CONNECTING", "opened", "ONLINE");
        now = now.plus(ReconnectPolicy.LASTING);
        hasOthers = true;
        refusing = true;
        dialled().hangsUp();
        hears("closed", "CONNECTING CLOSED_BY_SERVER", "WAITING REFUSED");
        assertThat(Duration.between(
                        InstantSource.system().instant(), line.state().nextTry()))
                .isLessThan(ReconnectPolicy.SPREAD);
        refusing = false;
        line.open(); // does not wait any longer
        hears("CONNECTING REFUSED", "opened", "ONLINE");
        assertThat(redials).hasValue(1);
    }

    @Test
    void itIsLeftAtOnceWhileItDials() throws Exception {
        var dials = new LinkedBlockingQueue<String>();
        var dialing = new ServerConnection(
                () -> {
                    dials.add("dials");
                    try {
                        new CountDownLatch(1).await(); // an address that does not answer
                    } catch (InterruptedException e) {
                        dials.add("is interrupted");
                    }
                    throw new SocketTimeoutException("no answer");
                },
                FullWidth::new,
                dialer -> new SessionStart.Begun(greeted(dialer), NO_FRAMES),
                ReconnectPolicy.usual(new Random(1), InstantSource.system()),
                InstantSource.system(),
                state -> heard.add(state.phase().name()));
        dialing.open();
        assertThat(dials.take()).isEqualTo("dials");
        dialing.close();
        assertThat(dials.take()).isEqualTo("is interrupted");
        hears("CONNECTING", "OFF");
    }

    private static final FrameHandler NO_FRAMES = new FrameHandler() {
        @Override
        public void opened() {}

        @Override
        public List<Frame> due() {
            return List.of();
        }

        @Override
        public void came(List<Frame> frames) {}

        @Override
        public boolean isOverdue() {
            return false;
        }

        @Override
        public void closed() {}

        @Override
        public ServerConnection.@Nullable ConnectionProblem farewell() {
            return null;
        }
    };
}
