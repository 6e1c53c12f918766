package zap.server.gateway.tcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.springframework.integration.ip.tcp.serializer.SoftEndOfStreamException;
import zap.protocol.Address;
import zap.protocol.Body;
import zap.protocol.ClientId;
import zap.protocol.Frame;
import zap.protocol.FrameEncoder;
import zap.protocol.HistoryDigest;
import zap.protocol.PosixTime;

class FullWidthInputTest {

    private static final ClientId ANA = new ClientId(1000000000017L);
    private static final FrameEncoder ENCODER = new FrameEncoder();

    @Test
    void frameBoundariesDoNotDependOnPacketBoundaries() throws IOException {
        for (long seed = 0; seed < 500; seed++) {
            RandomGenerator random =
                    RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
            List<Frame> frames = Stream.generate(() -> frame(random))
                    .limit(1 + random.nextInt(60))
                    .toList();

            List<Frame> heard = hear(new Packets(bytesOf(frames), 1 + random.nextInt(900), random));

            assertThat(heard).as("seed %d", seed).isEqualTo(frames);
        }
    }

    @Test
    void whatCameTogetherIsOneBurst() throws IOException {
        List<Frame> frames =
                Stream.<Frame>generate(() -> new Frame.Connect(ANA)).limit(20).toList();
        var input = new FullWidthInput(new Packets(bytesOf(frames), Integer.MAX_VALUE, null));

        assertThat(input.readBurst()).isEqualTo(frames);
    }

    @Test
    void aFrameCutAtAnyByteIsAnErrorAndAtNoneIsGoodbye() throws IOException {
        byte[] whole = bytesOf(List.of(new Frame.Connect(ANA), message("olá 🦜")));
        int first = 15;
        for (int cut = 0; cut <= whole.length; cut++) {
            byte[] part = Arrays.copyOf(whole, cut);
            var input = new FullWidthInput(new Packets(part, Integer.MAX_VALUE, null));
            boolean goodbye = cut == 0 || cut == first || cut == whole.length;

            assertThatThrownBy(() -> {
                        while (true) {
                            input.readBurst();
                        }
                    })
                    .as("cut after %d bytes", cut)
                    .isInstanceOf(goodbye ? SoftEndOfStreamException.class : EOFException.class);
        }
    }

    @Test
    void framesBeforeABrokenOneStillCount() throws IOException {
        byte[] bytes = bytesOf(List.of(new Frame.Connect(ANA), new Frame.Register()));
        byte[] broken = Arrays.copyOf(bytes, bytes.length + 2);
        broken[bytes.length] = '9';
        broken[bytes.length + 1] = '9';
        var input = new FullWidthInput(new Packets(broken, Integer.MAX_VALUE, null));

        assertThat(input.readBurst()).containsExactly(new Frame.Connect(ANA), new Frame.Register());
        assertThatThrownBy(input::readBurst).isInstanceOf(BrokenInputException.class);
    }

    @Test
    void aQuietConnectionKeepsASmallBuffer() throws IOException {
        List<Frame> many = Stream.<Frame>generate(() -> message("a".repeat(218)))
                .limit(500)
                .toList();
        var packets = new Packets(bytesOf(many), Integer.MAX_VALUE, null);
        var input = new FullWidthInput(packets);
        int heard = 0;
        int largest = 0;
        while (heard < many.size()) {
            heard += input.readBurst().size();
            largest = Math.max(largest, input.buffer().capacity());
        }
        assertThatThrownBy(input::readBurst).isInstanceOf(SoftEndOfStreamException.class);

        assertThat(largest).isEqualTo(FrameInput.LARGE);
        assertThat(input.buffer().capacity()).isLessThanOrEqualTo(512);
    }

    /** A thread that comes late does not make what was said before it any later. */
    @Test
    void whatHadComeBeforeTheThreadReadsCountsAsSaidWhenTheReadBeforeReturned() throws IOException {
        long before = System.nanoTime();
        var input = new FullWidthInput(new Packets(bytesOf(List.of(new Frame.Connect(ANA))), Integer.MAX_VALUE, null));
        long accepted = System.nanoTime();
        input.readBurst();
        assertThat(input.waitedForIt()).isFalse();
        assertThat(input.heardAtNanos() - before).isNotNegative();
        assertThat(input.heardAtNanos() - accepted).isNotPositive();
    }

    @Test
    void whatTheThreadHasWaitedForCountsAsSaidWhenItCame() throws IOException {
        var packets = new Packets(bytesOf(List.of(new Frame.Connect(ANA))), Integer.MAX_VALUE, null) {
            @Override
            public int available() {
                return 0;
            }
        };
        var input = new FullWidthInput(packets);
        long before = System.nanoTime();
        input.readBurst();
        assertThat(input.waitedForIt()).isTrue();
        assertThat(input.heardAtNanos() - before).isNotNegative();
    }

    @Test
    void theDigestIsOverTheBytesOfEachFrameOfABurstAlsoOfTheOneThatBeginsWithHello() throws IOException {
        List<Frame> frames = List.of(new Frame.Hello(2), message("olá 🦜"), new Frame.Connect(ANA));
        var input = new FullWidthInput(new Packets(bytesOf(frames), Integer.MAX_VALUE, null));

        assertThat(input.readBurst()).isEqualTo(frames);
        HistoryDigest before = new HistoryDigest(7);
        for (int i = 0; i < frames.size(); i++) {
            assertThat(input.digestAfter(before, i)).isEqualTo(before.after(frames.get(i)));
        }
    }

    @Test
    void theDigestIsRightWhereverTheNetworkCutsTheFrames() throws IOException {
        for (long seed = 0; seed < 50; seed++) {
            RandomGenerator random =
                    RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
            var frames = new ArrayList<Frame>(List.of(new Frame.Hello(2)));
            Stream.generate(() -> frame(random)).limit(40).forEach(frames::add);
            var input = new FullWidthInput(new Packets(bytesOf(frames), 1 + random.nextInt(900), random));

            HistoryDigest digest = HistoryDigest.EMPTY;
            HistoryDigest due = HistoryDigest.EMPTY;
            for (int heard = 0; heard < frames.size(); ) {
                List<Frame> burst = input.readBurst();
                for (int i = 0; i < burst.size(); i++) {
                    digest = input.digestAfter(digest, i);
                    due = due.after(burst.get(i));
                }
                heard += burst.size();
            }
            assertThat(digest).as("seed %d", seed).isEqualTo(due);
        }
    }

    /** A member's empty slot can be written in two ways, and both are one frame. */
    @Test
    void theDigestTellsApartWhatReadsAsTheSameFrame() throws IOException {
        var create = new Frame.CreateGroup(ANA, new PosixTime(1), List.of(new ClientId(1739250018846L)));
        byte[] blanks = ENCODER.encode(create);
        byte[] zeros =
                new String(blanks, StandardCharsets.US_ASCII).replace(' ', '0').getBytes(StandardCharsets.US_ASCII);
        byte[] both = Arrays.copyOf(bytesOf(List.of(new Frame.Hello(2), create)), 4 + 2 * blanks.length);
        System.arraycopy(zeros, 0, both, 4 + blanks.length, zeros.length);
        var input = new FullWidthInput(new Packets(both, Integer.MAX_VALUE, null));

        assertThat(input.readBurst()).containsExactly(new Frame.Hello(2), create, create);
        assertThat(input.digestAfter(HistoryDigest.EMPTY, 1))
                .isEqualTo(HistoryDigest.EMPTY.after(blanks, 0, blanks.length));
        assertThat(input.digestAfter(HistoryDigest.EMPTY, 2))
                .isEqualTo(HistoryDigest.EMPTY.after(zeros, 0, zeros.length));
    }

    @Test
    void aQuietConnectionDoesNotRememberTheFramesOfALargeBurst() throws IOException {
        var frames = new ArrayList<Frame>(List.of(new Frame.Hello(2)));
        Stream.generate(Frame.Ping::new).limit(20_000).forEach(frames::add);
        var input = new FullWidthInput(new Packets(bytesOf(frames), Integer.MAX_VALUE, null));
        int most = 0;
        for (int heard = 0; heard < frames.size(); ) {
            heard += input.readBurst().size();
            most = Math.max(most, input.places());
        }
        assertThatThrownBy(input::readBurst).isInstanceOf(SoftEndOfStreamException.class);

        assertThat(most).isGreaterThan(1000);
        assertThat(input.places()).isLessThanOrEqualTo(128);
    }

    private static List<Frame> hear(InputStream bytes) throws IOException {
        var input = new FullWidthInput(bytes);
        var heard = new ArrayList<Frame>();
        try {
            while (true) {
                heard.addAll(input.readBurst());
            }
        } catch (SoftEndOfStreamException goodbye) {
            return heard;
        }
    }

    private static Frame frame(RandomGenerator random) {
        return switch (random.nextInt(4)) {
            case 0 -> new Frame.Register();
            case 1 -> new Frame.Connect(ANA);
            case 2 -> new Frame.Read(ANA, new PosixTime(random.nextLong(10_000_000_000L)));
            default -> message("🦜é ".repeat(random.nextInt(60)) + "x");
        };
    }

    private static Frame message(String text) {
        return new Frame.Send(ANA, new Address(7), new PosixTime(1795372030), Body.of(text));
    }

    private static byte[] bytesOf(List<Frame> frames) {
        var text = new StringBuilder();
        frames.forEach(frame -> text.append(new String(ENCODER.encode(frame), StandardCharsets.UTF_8)));
        return text.toString().getBytes(StandardCharsets.UTF_8);
    }

    /** A socket's input that brings its bytes in pieces. */
    private static class Packets extends InputStream {

        private final byte[] bytes;
        private final int largest;
        private final RandomGenerator random;
        private int at;

        Packets(byte[] bytes, int largest, RandomGenerator random) {
            this.bytes = bytes;
            this.largest = largest;
            this.random = random;
        }

        @Override
        public int read(byte[] into, int offset, int length) {
            if (at == bytes.length) {
                return -1;
            }
            int most = Math.min(Math.min(length, largest), bytes.length - at);
            int count = random == null ? most : 1 + random.nextInt(most);
            System.arraycopy(bytes, at, into, offset, count);
            at += count;
            return count;
        }

        @Override
        public int available() {
            return bytes.length - at;
        }

        @Override
        public int read() {
            throw new UnsupportedOperationException();
        }
    }
}
