package zap.protocol;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Properties of every frame. Each case has a seed, and a failure names it. */
class FramePropertiesTest {

    private final FrameDecoder decoder = new FrameDecoder();
    private final FrameEncoder encoder = new FrameEncoder();

    @Test
    void aFrameComesBackAsItWasSent() {
        RandomFrames.seeds(20_000).forEach(seed -> {
            Frame frame = RandomFrames.from(RandomFrames.generator(seed)).next();
            byte[] bytes = encoder.encode(frame);
            assertThat(decode(bytes)).as("seed %d", seed).isEqualTo(frame);
            assertThat(bytes.length)
                    .as("seed %d", seed)
                    .isEqualTo(encoder.length(frame))
                    .isLessThanOrEqualTo(FrameEncoder.MAX_FRAME_BYTES);
            assertThat(codePoints(bytes))
                    .as("seed %d", seed)
                    .isEqualTo(frame.type().width());
        });
    }

    @Test
    void aChangedByteIsRefusedOrMakesAnotherGoodFrame() {
        RandomFrames.seeds(20_000).forEach(seed -> {
            RandomGenerator random = RandomFrames.generator(seed);
            byte[] bytes = encoder.encode(RandomFrames.from(random).next());
            for (int i = 1 + random.nextInt(3); i > 0; i--) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
            }
            Frame changed = decode(bytes);
            if (changed != null) {
                byte[] canonical = encoder.encode(changed);
                assertThat(decode(canonical)).as("seed %d", seed).isEqualTo(changed);
                assertThat(encoder.encode(changed)).as("seed %d", seed).isEqualTo(canonical);
            }
        });
    }

    @Test
    void randomBytesAreRefusedOrWaitedFor() {
        RandomFrames.seeds(20_000).forEach(seed -> {
            RandomGenerator random = RandomFrames.generator(seed);
            byte[] bytes = new byte[random.nextInt(1000)];
            for (int i = 0; i < bytes.length; i++) {
                bytes[i] = (byte) (random.nextInt(50) == 0 ? random.nextInt(256) : '0' + random.nextInt(10));
            }
            Frame frame = decode(bytes);
            if (frame != null) {
                assertThat(decode(encoder.encode(frame))).as("seed %d", seed).isEqualTo(frame);
            }
        });
    }

    @Test
    void onceRefusedAlwaysRefused() {
        RandomFrames.seeds(3_000).forEach(seed -> {
            RandomGenerator random = RandomFrames.generator(seed);
            byte[] bytes = encoder.encode(RandomFrames.from(random).next());
            bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
            boolean refused = false;
            for (int length = 1; length <= bytes.length; length++) {
                boolean refusedNow = isRefused(bytes, length);
                assertThat(refused && !refusedNow)
                        .as("seed %d: refused with %d bytes, accepted with one more", seed, length - 1)
                        .isFalse();
                refused = refusedNow;
            }
        });
    }

    @Test
    void frameBoundariesDoNotDependOnPacketBoundaries() {
        RandomFrames.seeds(500).forEach(seed -> {
            RandomGenerator random = RandomFrames.generator(seed);
            RandomFrames frames = RandomFrames.from(random);
            List<Frame> sent = new ArrayList<>();
            ByteArrayOutputStream wire = new ByteArrayOutputStream();
            for (int i = 0; i < 20; i++) {
                Frame frame = frames.next();
                sent.add(frame);
                wire.writeBytes(encoder.encode(frame));
            }
            assertThat(decodeInPackets(wire.toByteArray(), random))
                    .as("seed %d", seed)
                    .isEqualTo(sent);
        });
    }

    @Test
    void noFrameShowsItsText() {
        RandomFrames.seeds(200).forEach(seed -> {
            RandomFrames random = RandomFrames.from(RandomFrames.generator(seed));
            Body secret = Body.of("TELL NOBODY");
            for (Frame frame : List.of(
                    new Frame.Send(random.client(), random.client().asAddress(), random.time(), secret),
                    new Frame.Deliver(random.client(), random.client().asAddress(), random.time(), secret))) {
                assertThat(frame.toString())
                        .as("seed %d", seed)
                        .contains("Body[11 code points]")
                        .doesNotContain("NOBODY");
            }
        });
    }

    private List<Frame> decodeInPackets(byte[] wire, RandomGenerator random) {
        List<Frame> got = new ArrayList<>();
        ByteBuffer in = ByteBuffer.allocate(FrameEncoder.MAX_FRAME_BYTES * 2);
        int sent = 0;
        try {
            while (sent < wire.length) {
                int packet = Math.min(1 + random.nextInt(in.remaining()), wire.length - sent);
                in.put(wire, sent, packet).flip();
                sent += packet;
                for (Frame frame = decoder.decode(in); frame != null; frame = decoder.decode(in)) {
                    got.add(frame);
                }
                in.compact();
            }
        } catch (MalformedFrameException e) {
            throw new AssertionError(e);
        }
        assertThat(in.position()).isZero();
        return got;
    }

    private boolean isRefused(byte[] bytes, int length) {
        try {
            decoder.decode(ByteBuffer.wrap(bytes, 0, length));
            return false;
        } catch (MalformedFrameException e) {
            return true;
        }
    }

    /** Returns the frame at the beginning of these bytes, or null when there is none, for whatever reason. */
    private @Nullable Frame decode(byte[] bytes) {
        try {
            return decoder.decode(ByteBuffer.wrap(Arrays.copyOf(bytes, bytes.length)));
        } catch (MalformedFrameException e) {
            return null;
        }
    }

    private static int codePoints(byte[] utf8) {
        String text = new String(utf8, UTF_8);
        return text.codePointCount(0, text.length());
    }
}
