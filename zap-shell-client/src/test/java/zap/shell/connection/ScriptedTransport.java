package zap.shell.connection;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import zap.protocol.Frame;
import zap.protocol.FrameDecoder;
import zap.protocol.FrameEncoder;
import zap.protocol.MalformedFrameException;

/** A connection on which the server sends its frames, one for each that it receives. */
public final class ScriptedTransport implements Transport {

    private final ArrayDeque<byte[]> answers = new ArrayDeque<>();
    private final FrameDecoder decoder = new FrameDecoder();
    private final List<Frame> heard;
    private final Runnable closed;
    private int hangsUpAfter = Integer.MAX_VALUE;

    /**
     * @param frames the server's frames. After them the connection is silent, or closes where null stands
     * @param heard receives what the client sends
     * @param closed runs when the client closes the connection
     */
    public ScriptedTransport(List<@Nullable Frame> frames, List<Frame> heard, Runnable closed) {
        this.heard = heard;
        this.closed = closed;
        frames.forEach(frame -> answers.add(frame == null ? new byte[0] : new FrameEncoder().encode(frame)));
    }

    /** A server that says nothing. */
    public static <T> List<@Nullable T> silence() {
        return List.of();
    }

    /** A server that closes the connection without a word. */
    public static List<@Nullable Frame> hangsUp() {
        var list = new ArrayList<@Nullable Frame>();
        list.add(null);
        return list;
    }

    /** Adds bytes to what the server sends. */
    public void answer(byte[] bytes) {
        answers.add(bytes);
    }

    /** Lets the server close the connection once it has received so many frames, on any connection. */
    public void hangUpAfter(int frames) {
        hangsUpAfter = frames;
    }

    @Override
    public int read(ByteBuffer into, Duration wait) {
        if (answers.isEmpty()) {
            return heard.size() >= hangsUpAfter ? -1 : 0;
        }
        byte[] bytes = Objects.requireNonNull(answers.peek());
        if (bytes.length == 0) {
            return -1;
        }
        into.put(answers.remove());
        return bytes.length;
    }

    @Override
    public void write(byte[] bytes) throws IOException {
        try {
            heard.add(Objects.requireNonNull(decoder.decode(ByteBuffer.wrap(bytes))));
        } catch (MalformedFrameException e) {
            throw new IOException(e);
        }
    }

    @Override
    public void finishWriting() {}

    @Override
    public void close() {
        closed.run();
    }
}
