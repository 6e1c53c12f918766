package zap.protocol;

import java.nio.BufferOverflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import zap.protocol.FrameType.Wire;
import zap.protocol.RecvDecoder.Follows;
import zap.protocol.RecvDecoder.Result;

/**
 * Encodes frames of all kinds with arbitrary values and texts: each comes back as it was written, at full width and
 * short.
 */
public final class FrameEncoderFuzz {

    private static final FrameDecoder DECODER = new FrameDecoder();
    private static final FrameEncoder ENCODER = new FrameEncoder();
    private static final RecvEncoder RECV_ENCODER = new RecvEncoder();

    private FrameEncoderFuzz() {}

    public static void fuzzerTestOneInput(byte[] input) {
        Frame frame = frameOf(ByteBuffer.wrap(input));
        if (frame.type().wire() != Wire.RECV_ONLY) {
            comesBackAtFullWidth(frame);
        }
        if (frame.type().wire() == Wire.EVERY) {
            comesBackShort(frame);
        }
    }

    private static void comesBackAtFullWidth(Frame frame) {
        byte[] bytes = ENCODER.encode(frame);
        require(bytes.length <= FrameEncoder.MAX_FRAME_BYTES, "too long", frame);
        ByteBuffer room = ByteBuffer.allocate(bytes.length + 1).position(1);
        ENCODER.encode(frame, room);
        require(!room.hasRemaining(), "not as long as it was before", frame);
        require(Arrays.equals(room.array(), 1, room.capacity(), bytes, 0, bytes.length), "not the same", frame);
        ByteBuffer tooSmall = ByteBuffer.allocate(bytes.length - 1);
        try {
            ENCODER.encode(frame, tooSmall);
            throw new AssertionError("written where there is no room: " + frame);
        } catch (BufferOverflowException e) {
            require(tooSmall.position() == 0, "half of it was written", frame);
        }
        try {
            ByteBuffer in = ByteBuffer.wrap(bytes);
            require(frame.equals(DECODER.decode(in)) && !in.hasRemaining(), "it comes back as another", frame);
            int cut = Arrays.hashCode(bytes) >>> 1;
            ByteBuffer part = ByteBuffer.wrap(bytes, 0, cut % bytes.length);
            require(DECODER.decode(part) == null, "it is there before it is whole", frame);
        } catch (MalformedFrameException e) {
            throw new AssertionError("refused: " + frame, e);
        }
    }

    private static void comesBackShort(Frame frame) {
        byte[] bytes = RECV_ENCODER.encode(frame);
        require(bytes.length <= FrameEncoder.MAX_FRAME_BYTES, "too long", frame);
        if (!(frame instanceof Frame.FromClient)) {
            return; // Our decoder of short frames knows only frames from clients.
        }
        ByteBuffer in = ByteBuffer.wrap(bytes);
        Result result = new RecvDecoder().decode(in, Follows.END_OF_STREAM);
        require(result instanceof Result.Got, "not understood", frame);
        if (result instanceof Result.Got(Frame got) && !got.equals(frame)) {
            require(got.equals(asShortFramesTell(frame)), "it comes back as another", frame);
        }
    }

    /**
     * Returns the frame as short frames carry it: a text ends at a line feed, and filler between two frames is not its
     * end.
     */
    private static Frame asShortFramesTell(Frame frame) {
        if (!(frame instanceof Frame.Send(var src, var dst, var sentAt, var body))) {
            return frame;
        }
        String text = body.text();
        int lineFeed = text.indexOf('\n');
        String heard = lineFeed < 0 ? text : text.substring(0, lineFeed);
        int end = heard.length();
        boolean fullWidth = lineFeed < 0 && body.codePoints() == Body.MAX_CODE_POINTS;
        while (end > 0 && isFiller(heard.charAt(end - 1), fullWidth && text.charAt(text.length() - 1) != '\r')) {
            end--;
        }
        return new Frame.Send(src, dst, sentAt, Body.of(heard.substring(0, end)));
    }

    private static boolean isFiller(char c, boolean padding) {
        return c == ' ' || c == 0 || (c == '\r' && !padding);
    }

    private static Frame frameOf(ByteBuffer in) {
        return switch (FrameType.values()[next(in) % FrameType.values().length]) {
            case REGISTER -> new Frame.Register();
            case REGISTERED -> new Frame.Registered(client(in));
            case CONNECT -> new Frame.Connect(client(in));
            case CONNECTED -> new Frame.Connected(client(in));
            case SEND -> new Frame.Send(client(in), new Address(id(in)), time(in), body(in));
            case DELIVER -> new Frame.Deliver(client(in), new Address(id(in)), time(in), body(in));
            case DELIVERED -> new Frame.Delivered(client(in), time(in));
            case READ -> new Frame.Read(client(in), time(in));
            case READ_RECEIPT -> new Frame.ReadReceipt(client(in), time(in));
            case CREATE_GROUP ->
                new Frame.CreateGroup(client(in), time(in), members(in, Frame.CreateGroup.MAX_MEMBERS));
            case GROUP_CREATED ->
                new Frame.GroupCreated(new GroupId(id(in)), time(in), members(in, Frame.GroupCreated.MAX_MEMBERS));
            case HELLO -> new Frame.Hello(next(in) % 100);
            case WELCOME -> new Frame.Welcome(next(in) % 100, Nonce.of(bytes(in, Nonce.BYTES)));
            case REGISTER_KEY ->
                new Frame.RegisterKey(
                        PublicKeyBytes.of(bytes(in, PublicKeyBytes.BYTES)), new StreamId(id(in)), signature(in));
            case RESUME ->
                new Frame.Resume(client(in), new StreamId(id(in)), number(in), position(in), digest(in), signature(in));
            case RESUMED -> new Frame.Resumed(number(in), digest(in), position(in), position(in), digest(in));
            case ACCEPTED -> new Frame.Accepted(number(in), position(in));
            case MESSAGE ->
                new Frame.Message(client(in), new Address(id(in)), time(in), new MessageId(id(in)), body(in));
            case RECEIVED -> new Frame.Received(position(in));
            case PING -> new Frame.Ping();
            case REFUSED -> new Frame.Refused(number(in), Reason.values()[next(in) % Reason.values().length]);
        };
    }

    private static Body body(ByteBuffer in) {
        // No text can contain half of a surrogate pair, and bytes that are not UTF-8 become U+FFFD.
        String text = new String(bytes(in, in.remaining()), StandardCharsets.UTF_8);
        int codePoints = Math.min(Body.MAX_CODE_POINTS, text.codePointCount(0, text.length()));
        return Body.of(text.substring(0, text.offsetByCodePoints(0, codePoints)));
    }

    private static List<ClientId> members(ByteBuffer in, int most) {
        var members = new ArrayList<ClientId>();
        for (int i = next(in) % (most + 1); i > 0; i--) {
            members.add(new ClientId(Math.max(1, id(in))));
        }
        return members;
    }

    private static ClientId client(ByteBuffer in) {
        return new ClientId(id(in));
    }

    private static long id(ByteBuffer in) {
        return number(in) % 10_000_000_000_000L;
    }

    private static PosixTime time(ByteBuffer in) {
        return new PosixTime(number(in) % 10_000_000_000L);
    }

    private static Position position(ByteBuffer in) {
        return new Position(number(in));
    }

    private static HistoryDigest digest(ByteBuffer in) {
        return new HistoryDigest((int) number(in));
    }

    private static long number(ByteBuffer in) {
        return ByteBuffer.wrap(bytes(in, Long.BYTES)).getLong() & Long.MAX_VALUE;
    }

    private static SignatureBytes signature(ByteBuffer in) {
        return SignatureBytes.of(bytes(in, SignatureBytes.BYTES));
    }

    private static int next(ByteBuffer in) {
        return in.hasRemaining() ? in.get() & 0xFF : 0;
    }

    /** Returns that number of bytes; zeros when the input has no more. */
    private static byte[] bytes(ByteBuffer in, int length) {
        var bytes = new byte[length];
        in.get(bytes, 0, Math.min(length, in.remaining()));
        return bytes;
    }

    private static void require(boolean holds, String otherwise, Frame frame) {
        if (!holds) {
            throw new AssertionError(otherwise + ": " + frame);
        }
    }
}
