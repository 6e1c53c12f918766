package zap.protocol;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import zap.protocol.RecvDecoder.Follows;
import zap.protocol.RecvDecoder.Result;

/** One connection of a program that sends short frames, and what a server reads from it. */
final class RecvWire {

    private final RecvDecoder decoder = new RecvDecoder();
    private final List<Object> heard = new ArrayList<>();
    private byte[] waiting = {};

    /** Sets the session's client from now on. */
    RecvWire isNow(ClientId owner) {
        decoder.owner(owner);
        return this;
    }

    /** Sends one segment; more may follow. */
    RecvWire comes(String segment) {
        return comes(segment.getBytes(UTF_8));
    }

    RecvWire comes(byte[] segment) {
        byte[] all = Arrays.copyOf(waiting, waiting.length + segment.length);
        System.arraycopy(segment, 0, all, waiting.length, segment.length);
        waiting = all;
        return hear(Follows.MORE_MAY_COME);
    }

    /** Sends nothing for a while. */
    RecvWire pauses() {
        return hear(Follows.PAUSE);
    }

    /** Closes the program's side. */
    RecvWire ends() {
        return hear(Follows.END_OF_STREAM);
    }

    /** Returns what has been read so far: frames, and the number of bytes of each thing that was dropped. */
    List<Object> heard() {
        return List.copyOf(heard);
    }

    /** Returns the number of bytes that are neither understood nor dropped yet. */
    int waiting() {
        return waiting.length;
    }

    static Object dropped(String bytes) {
        return dropped(bytes.getBytes(UTF_8).length);
    }

    static Object dropped(int bytes) {
        return "dropped " + bytes + " bytes";
    }

    /** Returns the frame after a way through the full-width codec: nothing in a frame depends on how it came. */
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
