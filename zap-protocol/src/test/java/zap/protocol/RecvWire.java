package zap.protocol;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import zap.protocol.RecvDecoder.Follows;
import zap.protocol.RecvDecoder.Result;

/** One connection of a program that sends short frames, and what a server hears of it. */
final class RecvWire {

    private final RecvDecoder decoder = new RecvDecoder();
    private final List<Object> heard = new ArrayList<>();
    private byte[] waiting = {};

    /** From now on the session is this client's. */
    RecvWire isNow(ClientId owner) {
        decoder.owner(owner);
        return this;
    }

    /** One segment comes, and perhaps more behind it. */
    RecvWire comes(String segment) {
        return comes(segment.getBytes(UTF_8));
    }

    RecvWire comes(byte[] segment) {
        byte[] all = Arrays.copyOf(waiting, waiting.length + segment.length);
        System.arraycopy(segment, 0, all, waiting.length, segment.length);
        waiting = all;
        return hear(Follows.MORE_MAY_COME);
    }

    /** Nothing comes for a while. */
    RecvWire pauses() {
        return hear(Follows.PAUSE);
    }

    /** The program closes its side. */
    RecvWire ends() {
        return hear(Follows.END_OF_STREAM);
    }

    /** What has been understood so far: frames, and for what was not understood how many bytes of it were dropped. */
    List<Object> heard() {
        return List.copyOf(heard);
    }

    /** How many bytes are neither understood nor dropped yet. */
    int waiting() {
        return waiting.length;
    }

    static Object dropped(String bytes) {
        return dropped(bytes.getBytes(UTF_8).length);
    }

    static Object dropped(int bytes) {
        return "dropped " + bytes + " bytes";
    }

    /** A frame is what it says at full width too: nothing in it depends on how it came. */
    private static Frame whole(Frame frame) {
        ByteBuffer fullWidth = ByteBuffer.wrap(new FrameEncoder().encode(frame));
        try {
            if (frame.equals(new FrameDecoder().decode(fullWidth)) && !fullWidth.hasRemaining()) {
                return frame;
            }
        } catch (MalformedFrameException e) {
            throw new AssertionError(e);
        }
        throw new AssertionError("not the same at full width: " + frame);
    }

    private RecvWire hear(Follows follows) {
        ByteBuffer in = ByteBuffer.wrap(waiting);
        while (true) {
            int before = in.position();
            switch (decoder.decode(in, follows)) {
                case Result.Got(Frame frame) -> heard.add(whole(frame));
                case Result.Dropped(int bytes, String why) -> {
                    if (bytes <= 0 || why.isBlank()) {
                        throw new AssertionError("dropped " + bytes + " bytes: " + why);
                    }
                    heard.add(dropped(bytes));
                }
                case Result.NeedMore() -> {
                    waiting = Arrays.copyOfRange(waiting, in.position(), waiting.length);
                    return this;
                }
            }
            if (in.position() == before) {
                throw new AssertionError("something was heard of no bytes at all");
            }
        }
    }
}
