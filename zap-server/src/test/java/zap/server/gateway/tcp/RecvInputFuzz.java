package zap.server.gateway.tcp;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.springframework.integration.ip.tcp.serializer.SoftEndOfStreamException;
import zap.protocol.ClientId;
import zap.protocol.Frame;
import zap.protocol.RecvDecoder;
import zap.protocol.RecvDecoder.Follows;
import zap.server.gateway.tcp.MemorySocket.NothingYetException;

/**
 * Arbitrary packets and pauses on the recv listener: no input but its end ends the connection, the session gets the
 * frames that the codec reads, and the buffer does not grow with the input.
 *
 * <p>An input is a sequence of packets. Each begins with a byte that says how long it is (in its lower six bits; the
 * greatest length stands for one byte, very many times, as long as that was not used too often), and whether a pause
 * follows.
 */
public final class RecvInputFuzz {

    private static final int LENGTH = 0x3F;
    private static final int PAUSE = 0x40;
    private static final int VERY_MANY = 1_500;
    private static final int MOST_OF_MANY = 3 * RecvDecoder.MAX_UNREADABLE_BYTES;

    private final MemorySocket socket = new MemorySocket();
    private final List<Frame> heard = new ArrayList<>();
    private long dropped;
    private final FrameInput input =
            new RecvInput(socket.getInputStream(), socket, Duration.ofMillis(100), packet -> dropped += packet.bytes());

    private final RecvDecoder decoder = new RecvDecoder();
    private final List<Frame> expected = new ArrayList<>();
    private long expectedDropped;
    private byte[] waiting = {};

    private RecvInputFuzz() {}

    public static void fuzzerTestOneInput(byte[] script) throws IOException {
        new RecvInputFuzz().play(script);
    }

    private void play(byte[] script) throws IOException {
        if (startsLikeTls(script)) {
            return; // it is in the wrong place, and told so: FullWidthInputTest
        }
        int leftOfMany = MOST_OF_MANY;
        for (int at = 0; at < script.length; ) {
            int head = script[at++];
            int length = head & LENGTH;
            int end = Math.min(script.length, at + (length == LENGTH ? 1 : length));
            byte[] packet = Arrays.copyOfRange(script, at, end);
            if (length == LENGTH && end > at && leftOfMany > 0) {
                leftOfMany -= VERY_MANY;
                packet = new byte[VERY_MANY];
                Arrays.fill(packet, script[at]);
            }
            at = end;
            if (packet.length > 0) {
                socket.comes(packet);
                expect(packet, Follows.MORE_MAY_COME);
                read();
            }
            if ((head & PAUSE) != 0) {
                socket.pauses();
                if (waiting.length > 0) {
                    expect(new byte[0], Follows.PAUSE);
                }
                read();
            }
        }
        socket.ends();
        expect(new byte[0], Follows.END_OF_STREAM);
        try {
            read();
            throw new AssertionError("the end was not noticed");
        } catch (SoftEndOfStreamException | EOFException e) {
            require(heard.equals(expected), "other frames than the codec reads");
            require(dropped == expectedDropped, "more or less dropped than by the codec");
        }
    }

    /** The first packet that has anything in it. */
    private static boolean startsLikeTls(byte[] script) {
        int at = 0;
        while (at < script.length && (script[at] & LENGTH) == 0) {
            at++;
        }
        return at + 1 < script.length && script[at + 1] == 22;
    }

    private void read() throws IOException {
        try {
            while (true) {
                for (Frame frame : input.readBurst()) {
                    heard.add(frame);
                    if (frame instanceof Frame.Connect(ClientId id)) {
                        input.owner(id);
                    }
                }
                require(input.buffer().capacity() <= FrameInput.LARGE, "the buffer has grown");
            }
        } catch (NothingYetException e) {
            require(heard.equals(expected), "other frames than the codec reads");
            require(input.buffer().remaining() <= RecvDecoder.MAX_UNREADABLE_BYTES, "too much is kept");
        }
    }

    /** Computes the codec's result, which has a fuzz target of its own. */
    private void expect(byte[] packet, Follows follows) {
        byte[] all = Arrays.copyOf(waiting, waiting.length + packet.length);
        System.arraycopy(packet, 0, all, waiting.length, packet.length);
        ByteBuffer in = ByteBuffer.wrap(all);
        boolean more = true;
        while (more) {
            switch (decoder.decode(in, follows)) {
                case RecvDecoder.Result.Got(Frame frame) -> {
                    expected.add(frame);
                    if (frame instanceof Frame.Connect(ClientId id)) {
                        decoder.owner(id);
                    }
                }
                case RecvDecoder.Result.Dropped(int bytes, String why) -> expectedDropped += bytes;
                case RecvDecoder.Result.NeedMore() -> more = false;
            }
        }
        waiting = Arrays.copyOfRange(all, in.position(), all.length);
    }

    private static void require(boolean holds, String otherwise) {
        if (!holds) {
            throw new AssertionError(otherwise);
        }
    }
}
