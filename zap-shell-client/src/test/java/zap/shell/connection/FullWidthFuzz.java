package zap.shell.connection;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import zap.protocol.Frame;
import zap.protocol.FrameDecoder;
import zap.protocol.MalformedFrameException;

/**
 * Fuzzes the client with arbitrary bytes from a server of full width, in arbitrary pieces. The client decodes the same
 * frames as the codec does from all bytes at once, including those before a malformed frame, and detects that frame
 * without waiting for more bytes.
 */
public final class FullWidthFuzz {

    private FullWidthFuzz() {}

    public static void fuzzerTestOneInput(byte[] input) throws IOException {
        var expected = new ArrayList<Frame>();
        boolean good = readAtOnce(input, expected);
        var heard = new ArrayList<Frame>();
        try (var channel = new FrameChannel(new Pieces(input), new FullWidth())) {
            while (true) {
                heard.addAll(channel.read(Duration.ZERO));
            }
        } catch (EOFException e) {
            require(good, "nonsense that nobody has noticed");
        } catch (MalformedFrameException e) {
            require(!good, "nonsense where there is none");
        }
        require(heard.equals(expected), "other frames than in one piece");
    }

    private static boolean readAtOnce(byte[] input, List<Frame> frames) {
        var decoder = new FrameDecoder();
        ByteBuffer in = ByteBuffer.wrap(input);
        try {
            Frame frame;
            while ((frame = decoder.decode(in)) != null) {
                frames.add(frame);
            }
            return true;
        } catch (MalformedFrameException e) {
            return false;
        }
    }

    /** Returns some bytes at each read. The bytes themselves decide how many. */
    private static final class Pieces implements Transport {

        private final byte[] bytes;
        private int at;
        private int seed;

        Pieces(byte[] bytes) {
            this.bytes = bytes;
            this.seed = Arrays.hashCode(bytes);
        }

        @Override
        public int read(ByteBuffer into, Duration wait) {
            if (at == bytes.length) {
                return -1;
            }
            seed = 31 * seed + 17;
            int count = Math.min(bytes.length - at, 1 + (seed >>> 16) % 300);
            into.put(bytes, at, count);
            at += count;
            return count;
        }

        @Override
        public void write(byte[] written) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void finishWriting() {
            throw new UnsupportedOperationException();
        }

        @Override
        public void close() {}
    }

    private static void require(boolean holds, String otherwise) {
        if (!holds) {
            throw new AssertionError(otherwise);
        }
    }
}
