package zap.protocol;

import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import zap.protocol.FrameType.Field;
import zap.protocol.FrameType.Kind;
import zap.protocol.MalformedFrameException.Fault;

/**
 * Reads one frame from an array: judges the bytes that have come, walking the row of the table, then takes the fields
 * from it, by name and in the row's order.
 *
 * <p>At full width, {@link #judge()} finds the end. With short frames, {@link #judgeFixedPart()} and {@link #endAt}
 * leave it to the caller to find the end of the text or the members.
 */
final class FrameReader {

    private final byte[] bytes;
    private final int start;
    private final int limit;
    private final Predicate<FrameType> spoken;

    private FrameType type = FrameType.REGISTER;

    /** For each field of the row its number, or the place where it begins when it is not a number. */
    private final long[] values = new long[6];

    private int fixedEnd;
    private int end;
    private int textCodePoints;
    private int fieldsTaken;

    /** @param spoken the rows of the table that this wire has */
    FrameReader(byte[] bytes, int start, int limit, Predicate<FrameType> spoken) {
        this.bytes = bytes;
        this.start = start;
        this.limit = limit;
        this.spoken = spoken;
    }

    /**
     * Judges every byte that has come, up to the frame's full width.
     *
     * @return whether the whole frame has come
     * @throws MalformedFrameException when no frame begins like this
     */
    boolean judge() throws MalformedFrameException {
        if (!judgeFixedPart()) {
            return false;
        }
        if (fixedEnd == start + type.width()) {
            endAt(fixedEnd, 0);
            return true;
        }
        Field last = type.fields().getLast();
        int at = last.kind() == Kind.TEXT ? endOfText(last, fixedEnd) : endOfMembers(last, fixedEnd);
        if (at > limit) {
            return false;
        }
        endAt(at, last.width());
        return true;
    }

    /**
     * Judges every byte that has come, up to the beginning of the text or the members.
     *
     * @return whether all of that has come
     * @throws MalformedFrameException when no frame begins like this
     */
    boolean judgeFixedPart() throws MalformedFrameException {
        FrameType row = typeByCode();
        if (row == null) {
            return false;
        }
        type = row;
        int at = start + Field.CODE_WIDTH;
        List<Field> fields = row.fields();
        for (int i = 0; i < fields.size() && at <= limit; i++) {
            Field field = fields.get(i);
            switch (field.kind()) {
                case ID, TIME, VERSION, STREAM, MESSAGE_ID, COUNT, REASON -> {
                    values[i] = number(field, at);
                    at += field.width();
                }
                case DIGEST, KEY, SIGNATURE -> {
                    checkHex(field, at);
                    values[i] = at;
                    at += field.width();
                }
                // These come last in their rows.
                case TEXT, MEMBERS -> values[i] = at;
            }
        }
        fixedEnd = at;
        return at <= limit;
    }

    FrameType type() {
        return type;
    }

    /** Returns the beginning of the text or the members; for a frame that has neither, its end. */
    int fixedEnd() {
        return fixedEnd;
    }

    /**
     * Sets the end of the frame. The bytes up to there have been judged.
     *
     * @param textCodePoints the number of code points of its text, when it has one
     */
    void endAt(int end, int textCodePoints) {
        this.end = end;
        this.textCodePoints = textCodePoints;
    }

    /** Returns the end of the frame. */
    int end() {
        return end;
    }

    private @Nullable FrameType typeByCode() throws MalformedFrameException {
        int first = bytes[start] - '0';
        if (start + 1 == limit) {
            for (FrameType any : FrameType.values()) {
                if (any.codeNumber() / 10 == first && spoken.test(any)) {
                    return null;
                }
            }
            throw malformed(Fault.NO_CODE_BEGINS_SO, "code", start);
        }
        int second = bytes[start + 1] - '0';
        boolean digits = first >= 0 && first <= 9 && second >= 0 && second <= 9;
        FrameType row = digits ? FrameType.ofCode(10 * first + second) : null;
        if (row == null || !spoken.test(row)) {
            throw malformed(Fault.UNKNOWN_CODE, "code", start);
        }
        return row;
    }

    private long number(Field field, int from) throws MalformedFrameException {
        int to = Math.min(from + field.width(), limit);
        long value = 0;
        for (int at = from; at < to; at++) {
            byte b = bytes[at];
            if (!Digits.isDigit(b)) {
                throw malformed(Fault.NOT_A_DIGIT, field.name(), at);
            }
            value = 10 * value + (b - '0');
        }
        int missing = from + field.width() - to;
        if (!Digits.fits(value, missing)) {
            throw malformed(Fault.TOO_LARGE, field.name(), from);
        }
        if (field.kind() == Kind.REASON && !Reason.begins((int) value, missing)) {
            throw malformed(Fault.NO_SUCH_REASON, field.name(), from);
        }
        return value;
    }

    private void checkHex(Field field, int from) throws MalformedFrameException {
        int to = Math.min(from + field.width(), limit);
        for (int at = from; at < to; at++) {
            byte b = bytes[at];
            if (!Digits.isDigit(b) && (b < 'a' || b > 'f')) {
                throw malformed(Fault.NOT_HEX, field.name(), at);
            }
        }
    }

    /** Returns the end of the members, or a place beyond the limit when the rest of them has not come yet. */
    private int endOfMembers(Field field, int from) throws MalformedFrameException {
        int to = Math.min(from + field.width(), limit);
        for (int slot = from; slot < to; slot += Field.ID_WIDTH) {
            boolean empty = bytes[slot] == ' ';
            int slotEnd = Math.min(slot + Field.ID_WIDTH, to);
            for (int at = slot; at < slotEnd; at++) {
                byte b = bytes[at];
                if (empty ? b != ' ' : !Digits.isDigit(b)) {
                    throw malformed(Fault.BAD_SLOT, field.name(), at);
                }
            }
        }
        return from + field.width();
    }

    /** Returns the end of the text, or a place beyond the limit when the rest of it has not come yet. */
    private int endOfText(Field field, int from) throws MalformedFrameException {
        int at = from;
        int missing = field.width();
        while (missing > 0) {
            if (at == limit) {
                return limit + 1;
            }
            if (bytes[at] >= 0) {
                int ascii = missing >= 8 && at + 8 <= limit ? Utf8.asciiOfEight(bytes, at) : 1;
                at += ascii;
                missing -= ascii;
                continue;
            }
            int length = Utf8.length(bytes, at, limit);
            if (length == Utf8.INVALID) {
                throw malformed(Fault.NOT_UTF8, field.name(), at);
            }
            if (length == Utf8.INCOMPLETE) {
                return limit + 1;
            }
            at += length;
            missing--;
        }
        return at;
    }

    /** Returns an exception that names the fault and its place, and never the bytes that were sent. */
    MalformedFrameException malformed(Fault fault, String field, int at) {
        return new MalformedFrameException(fault, at < start + Field.CODE_WIDTH ? null : type, field, at - start);
    }

    /** Returns the frame, once it has been judged to be whole. */
    Frame frame() {
        Frame frame = switch (type) {
            case REGISTER -> new Frame.Register();
            case REGISTERED -> new Frame.Registered(client("id"));
            case CONNECT -> new Frame.Connect(client("id"));
            case CONNECTED -> new Frame.Connected(client("id"));
            case SEND -> new Frame.Send(client("src"), address("dst"), time("timestamp"), body("data"));
            case DELIVER -> new Frame.Deliver(client("src"), address("dst"), time("timestamp"), body("data"));
            case DELIVERED -> new Frame.Delivered(client("dst"), time("timestamp"));
            case READ -> new Frame.Read(client("src"), time("timestamp"));
            case READ_RECEIPT -> new Frame.ReadReceipt(client("dst"), time("timestamp"));
            case CREATE_GROUP -> new Frame.CreateGroup(client("creator"), time("timestamp"), members("members"));
            case GROUP_CREATED -> new Frame.GroupCreated(group("id"), time("timestamp"), members("members"));
            case HELLO -> new Frame.Hello(version("version"));
            case WELCOME -> new Frame.Welcome(version("version"), Nonce.of(hex("nonce", Kind.KEY)));
            case REGISTER_KEY ->
                new Frame.RegisterKey(
                        PublicKeyBytes.of(hex("key", Kind.KEY)), stream("stream"), signature("signature"));
            case RESUME ->
                new Frame.Resume(
                        client("id"),
                        stream("stream"),
                        value("accepted", Kind.COUNT),
                        position("position"),
                        digest("digest"),
                        signature("signature"));
            case RESUMED ->
                new Frame.Resumed(
                        value("accepted", Kind.COUNT),
                        digest("stream digest"),
                        position("at"),
                        position("position"),
                        digest("digest"));
            case ACCEPTED -> new Frame.Accepted(value("accepted", Kind.COUNT), position("at"));
            case MESSAGE ->
                new Frame.Message(
                        client("src"),
                        address("dst"),
                        time("timestamp"),
                        new MessageId(value("message id", Kind.MESSAGE_ID)),
                        body("text"));
            case RECEIVED -> new Frame.Received(position("position"));
            case PING -> new Frame.Ping();
            case REFUSED -> new Frame.Refused(value("ordinal", Kind.COUNT), reason("reason"));
        };
        if (fieldsTaken != type.fields().size()) {
            throw new IllegalStateException(type + " has fields that its reader has forgotten");
        }
        return frame;
    }

    private long value(String name, Kind kind) {
        Field field = fieldsTaken < type.fields().size() ? type.fields().get(fieldsTaken) : null;
        if (field == null || !field.name().equals(name) || field.kind() != kind) {
            throw new IllegalStateException(type + " has no field " + name + " of " + kind + " here, but " + field);
        }
        return values[fieldsTaken++];
    }

    private ClientId client(String name) {
        return new ClientId(value(name, Kind.ID));
    }

    private GroupId group(String name) {
        return new GroupId(value(name, Kind.ID));
    }

    private Address address(String name) {
        return new Address(value(name, Kind.ID));
    }

    private PosixTime time(String name) {
        return new PosixTime(value(name, Kind.TIME));
    }

    private Position position(String name) {
        return new Position(value(name, Kind.COUNT));
    }

    private StreamId stream(String name) {
        return new StreamId(value(name, Kind.STREAM));
    }

    private HistoryDigest digest(String name) {
        int from = (int) value(name, Kind.DIGEST);
        int digest = 0;
        for (int at = from; at < from + Field.DIGEST_WIDTH; at++) {
            digest = 16 * digest + HexFormat.fromHexDigit(bytes[at]);
        }
        return new HistoryDigest(digest);
    }

    private int version(String name) {
        return (int) value(name, Kind.VERSION);
    }

    private Reason reason(String name) {
        return Objects.requireNonNull(Reason.ofCode((int) value(name, Kind.REASON)));
    }

    /** Returns the text, which is always the last field and so ends where the frame ends. */
    private Body body(String name) {
        int from = (int) value(name, Kind.TEXT);
        return Body.ofField(bytes, from, end, textCodePoints);
    }

    private List<ClientId> members(String name) {
        int from = (int) value(name, Kind.MEMBERS);
        List<ClientId> members = new ArrayList<>();
        for (int slot = from; slot < end; slot += Field.ID_WIDTH) {
            long id = 0;
            if (bytes[slot] != ' ') {
                for (int at = slot; at < slot + Field.ID_WIDTH; at++) {
                    id = 10 * id + (bytes[at] - '0');
                }
            }
            if (id != 0) {
                members.add(new ClientId(id));
            }
        }
        return members;
    }

    private SignatureBytes signature(String name) {
        return SignatureBytes.of(hex(name, Kind.SIGNATURE));
    }

    private byte[] hex(String name, Kind kind) {
        int from = (int) value(name, kind);
        byte[] decoded = new byte[type.fields().get(fieldsTaken - 1).width() / 2];
        for (int i = 0; i < decoded.length; i++) {
            int high = HexFormat.fromHexDigit(bytes[from + 2 * i]);
            int low = HexFormat.fromHexDigit(bytes[from + 2 * i + 1]);
            decoded[i] = (byte) (16 * high + low);
        }
        return decoded;
    }
}
