package zap.server.gateway.tcp;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.springframework.integration.ip.tcp.serializer.SoftEndOfStreamException;
import zap.protocol.Frame;
import zap.protocol.FrameDecoder;
import zap.protocol.MalformedFrameException;

/**
 * Arbitrary bytes in arbitrary packets on the main listener: the session gets the frames that the codec reads from all
 * bytes at once, the end is reported correctly, and the buffer does not grow with the input.
 */
public final class FullWidthInputFuzz {

    private FullWidthInputFuzz() {}

    /** The ways in which a stream may end. */
    private enum End {
        GOODBYE,
        CUT,
        NONSENSE
    }

    public static void fuzzerTestOneInput(byte[] bytes) throws IOException {
        var expected = new ArrayList<Frame>();
        End expectedEnd = readAtOnce(bytes, expected);

        var socket = new MemorySocket();
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(Arrays.hashCode(bytes));
        int most = 1 + random.nextInt(2 * FrameInput.LARGE);
        for (int at = 0; at < bytes.length; ) {
            int end = Math.min(bytes.length, at + 1 + random.nextInt(Math.min(most, 1_000)));
            socket.comes(Arrays.copyOfRange(bytes, at, end));
            at = end;
        }
        socket.ends();
        var input = new FullWidthInput(socket.getInputStream());
        var heard = new ArrayList<Frame>();
        End end = readAll(input, heard);

        require(heard.equals(expected), "other frames than in one piece");
        require(end == expectedEnd, "it ended as " + end + " and not as " + expectedEnd);
    }

    private static End readAtOnce(byte[] bytes, List<Frame> frames) {
        var decoder = new FrameDecoder();
        ByteBuffer in = ByteBuffer.wrap(bytes);
        try {
            Frame frame;
            while ((frame = decoder.decode(in)) != null) {
                frames.add(frame);
            }
            return in.hasRemaining() ? End.CUT : End.GOODBYE;
        } catch (MalformedFrameException e) {
            return End.NONSENSE;
        }
    }

    private static End readAll(FrameInput input, List<Frame> heard) throws IOException {
        try {
            while (true) {
                List<Frame> burst = input.readBurst();
                require(!burst.isEmpty(), "a burst of nothing");
                require(input.buffer().capacity() <= FrameInput.LARGE, "the buffer has grown");
                heard.addAll(burst);
            }
        } catch (SoftEndOfStreamException e) {
            return End.GOODBYE;
        } catch (EOFException e) {
            return End.CUT;
        } catch (BrokenInputException e) {
            return End.NONSENSE;
        }
    }

    private static void require(boolean holds, String otherwise) {
        if (!holds) {
            throw new AssertionError(otherwise);
        }
    }
}
