package zap.bench.codec;

import java.nio.ByteBuffer;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.infra.Blackhole;
import zap.protocol.Address;
import zap.protocol.Body;
import zap.protocol.ClientId;
import zap.protocol.Frame;
import zap.protocol.FrameDecoder;
import zap.protocol.FrameEncoder;
import zap.protocol.MalformedFrameException;
import zap.protocol.Position;
import zap.protocol.PosixTime;

/** Measures the reading and writing of a frame, and the cutting of a stream into frames. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class CodecBenchmark {

    private static final int FRAMES = 64;

    /** Bytes of payload in an Ethernet packet. */
    private static final int PACKET_BYTES = 1448;

    private final FrameEncoder encoder = new FrameEncoder();
    private final FrameDecoder decoder = new FrameDecoder();

    /** The text: of full length in characters of one byte or of four (parrots), or short and mostly padding. */
    @Param({"full", "parrots", "short"})
    public String text = "full";

    private Frame message = new Frame.Ping();
    private byte[] encoded = {};
    private byte[] receipt = {};
    private byte[] stream = {};
    private ByteBuffer out = ByteBuffer.allocate(0);
    private ByteBuffer in = ByteBuffer.allocate(0);

    /** Prepares the frames. */
    @Setup
    public void prepare() {
        String words = switch (text) {
            case "full" -> "olá e até já. ".repeat(16).substring(0, Body.MAX_CODE_POINTS);
            case "parrots" -> "🦜".repeat(Body.MAX_CODE_POINTS);
            case "short" -> "oi, Bob";
            default -> throw new IllegalArgumentException(text);
        };
        var source = new ClientId(1_500_998_569_421L);
        var destination = new Address(1_090_438_587_521L);
        message = new Frame.Send(source, destination, new PosixTime(1_795_372_031L), Body.of(words));
        encoded = encoder.encode(message);
        receipt = encoder.encode(new Frame.Received(new Position(123_456)));
        out = ByteBuffer.allocate(FRAMES * FrameEncoder.MAX_FRAME_BYTES);
        for (int i = 0; i < FRAMES; i++) {
            encoder.encode(message, out);
        }
        stream = new byte[out.position()];
        out.flip().get(stream);
        in = ByteBuffer.allocate(stream.length);
    }

    /** One message into a buffer that is there. */
    @Benchmark
    public ByteBuffer encodeMessage() {
        encoder.encode(message, out.clear());
        return out;
    }

    /** One message out of a buffer. */
    @Benchmark
    public Frame decodeMessage() throws MalformedFrameException {
        return Objects.requireNonNull(decoder.decode(ByteBuffer.wrap(encoded)));
    }

    /** One of the short frames that go along with messages. */
    @Benchmark
    public Frame decodeReceived() throws MalformedFrameException {
        return Objects.requireNonNull(decoder.decode(ByteBuffer.wrap(receipt)));
    }

    /** Sixty-four messages that come in packets, which end anywhere; the figure is for all of them. */
    @Benchmark
    public void cutStreamIntoFrames(Blackhole frames) throws MalformedFrameException {
        in.clear();
        int given = 0;
        while (given < stream.length) {
            int packet = Math.min(PACKET_BYTES, stream.length - given);
            in.put(stream, given, packet);
            given += packet;
            in.flip();
            for (Frame frame = decoder.decode(in); frame != null; frame = decoder.decode(in)) {
                frames.consume(frame);
            }
            in.compact();
        }
    }
}
