package zap.protocol;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The protocol as a table: one row for each code, and the only place where a width is written.
 *
 * <p>The reader and the writer walk a row field by field and by name, so one that forgets a field, or confuses two,
 * fails and names the field. A test compares the table with {@code docs/protocol.md}.
 */
public enum FrameType {
    REGISTER("01", "register", Wire.EVERY, Sender.CLIENT),
    REGISTERED("02", "registered", Wire.EVERY, Sender.SERVER, id("id")),
    CONNECT("03", "connect", Wire.EVERY, Sender.CLIENT, id("id")),
    CONNECTED("04", "connected", Wire.RECV_ONLY, Sender.SERVER, id("id")),
    SEND("05", "send", Wire.EVERY, Sender.CLIENT, id("src"), id("dst"), time("timestamp"), text("data")),
    DELIVER("06", "deliver", Wire.EVERY, Sender.SERVER, id("src"), id("dst"), time("timestamp"), text("data")),
    DELIVERED("07", "delivered", Wire.EVERY, Sender.SERVER, id("dst"), time("timestamp")),
    READ("08", "read", Wire.EVERY, Sender.CLIENT, id("src"), time("timestamp")),
    READ_RECEIPT("09", "read receipt", Wire.EVERY, Sender.SERVER, id("dst"), time("timestamp")),
    CREATE_GROUP("10", "create group", Wire.EVERY, Sender.CLIENT, id("creator"), time("timestamp"), members(7)),
    GROUP_CREATED("11", "group created", Wire.EVERY, Sender.SERVER, id("id"), time("timestamp"), members(8)),

    HELLO("30", "hello", Wire.FULL_WIDTH_ONLY, Sender.CLIENT, version()),
    WELCOME("31", "welcome", Wire.FULL_WIDTH_ONLY, Sender.SERVER, version(), key("nonce")),
    REGISTER_KEY("32", "register key", Wire.FULL_WIDTH_ONLY, Sender.CLIENT, key("key"), stream(), signature()),
    RESUME(
            "33",
            "resume",
            Wire.FULL_WIDTH_ONLY,
            Sender.CLIENT,
            id("id"),
            stream(),
            count("accepted"),
            count("position"),
            digest("digest"),
            signature()),
    RESUMED(
            "34",
            "resumed",
            Wire.FULL_WIDTH_ONLY,
            Sender.SERVER,
            count("accepted"),
            digest("stream digest"),
            count("at"),
            count("position"),
            digest("digest")),
    ACCEPTED("35", "accepted", Wire.FULL_WIDTH_ONLY, Sender.SERVER, count("accepted"), count("at")),
    MESSAGE(
            "36",
            "message",
            Wire.FULL_WIDTH_ONLY,
            Sender.EITHER,
            id("src"),
            id("dst"),
            time("timestamp"),
            messageId(),
            text("text")),
    RECEIVED("37", "received", Wire.FULL_WIDTH_ONLY, Sender.CLIENT, count("position")),
    PING("38", "ping", Wire.FULL_WIDTH_ONLY, Sender.EITHER),
    REFUSED("39", "refused", Wire.FULL_WIDTH_ONLY, Sender.SERVER, count("ordinal"), reason());

    /** The listeners that know a frame. */
    public enum Wire {
        /** All of them. */
        EVERY,
        /** The one for short frames only: the full-width listeners do not know the frame. */
        RECV_ONLY,
        /** The full-width ones only: assured sessions. */
        FULL_WIDTH_ONLY
    }

    /** The side that may send a frame. */
    public enum Sender {
        CLIENT,
        SERVER,
        EITHER
    }

    /** The characters of a field. */
    public enum Kind {
        /** Thirteen digits: a client, a group, or an address. */
        ID,
        /** Ten digits: seconds since 1970. */
        TIME,
        /** Characters of any kind; blanks at the end are padding. */
        TEXT,
        /** Ids from the left, then slots of thirteen blanks. */
        MEMBERS,
        /** Two digits: the version of assured sessions. */
        VERSION,
        /** Thirteen digits: the client's own number for a stream of frames. */
        STREAM,
        /** Thirteen digits: the client's own number for one of its messages. */
        MESSAGE_ID,
        /** Eight lower-case hex digits: a digest of a history. */
        DIGEST,
        /** Nineteen digits that fit into a {@code long}: a position, or a number of frames. */
        COUNT,
        /** Sixty-four lower-case hex digits: a key or a nonce. */
        KEY,
        /** A hundred and twenty-eight lower-case hex digits. */
        SIGNATURE,
        /** Three digits: one of {@link Reason}. */
        REASON
    }

    /**
     * One field of a frame.
     *
     * @param width in code points
     */
    public record Field(String name, Kind kind, int width) {
        static final int CODE_WIDTH = 2;
        static final int ID_WIDTH = 13;
        static final int TIME_WIDTH = 10;
        static final int TEXT_WIDTH = 218;
        static final int VERSION_WIDTH = 2;
        static final int STREAM_WIDTH = 13;
        static final int COUNT_WIDTH = 19;
        static final int MESSAGE_ID_WIDTH = 13;
        static final int DIGEST_WIDTH = 8;
        static final int KEY_WIDTH = 64;
        static final int SIGNATURE_WIDTH = 128;
        static final int REASON_WIDTH = 3;
    }

    private static final @Nullable FrameType[] BY_CODE = new @Nullable FrameType[100];

    static {
        for (FrameType type : values()) {
            BY_CODE[type.codeNumber] = type;
        }
    }

    private final String code;
    private final int codeNumber;
    private final String title;
    private final Wire wire;
    private final Sender sender;

    @SuppressWarnings("ImmutableEnumChecker") // List.of is immutable, and so is a Field.
    private final List<Field> fields;

    private final int width;

    FrameType(String code, String title, Wire wire, Sender sender, Field... fields) {
        this.code = code;
        this.codeNumber = Integer.parseInt(code);
        this.title = title;
        this.wire = wire;
        this.sender = sender;
        this.fields = List.of(fields);
        int sum = Field.CODE_WIDTH;
        for (Field field : fields) {
            sum += field.width();
        }
        this.width = sum;
    }

    private static Field id(String name) {
        return new Field(name, Kind.ID, Field.ID_WIDTH);
    }

    private static Field time(String name) {
        return new Field(name, Kind.TIME, Field.TIME_WIDTH);
    }

    private static Field text(String name) {
        return new Field(name, Kind.TEXT, Field.TEXT_WIDTH);
    }

    private static Field members(int slots) {
        return new Field("members", Kind.MEMBERS, slots * Field.ID_WIDTH);
    }

    private static Field version() {
        return new Field("version", Kind.VERSION, Field.VERSION_WIDTH);
    }

    private static Field stream() {
        return new Field("stream", Kind.STREAM, Field.STREAM_WIDTH);
    }

    private static Field count(String name) {
        return new Field(name, Kind.COUNT, Field.COUNT_WIDTH);
    }

    private static Field messageId() {
        return new Field("message id", Kind.MESSAGE_ID, Field.MESSAGE_ID_WIDTH);
    }

    private static Field digest(String name) {
        return new Field(name, Kind.DIGEST, Field.DIGEST_WIDTH);
    }

    private static Field key(String name) {
        return new Field(name, Kind.KEY, Field.KEY_WIDTH);
    }

    private static Field signature() {
        return new Field("signature", Kind.SIGNATURE, Field.SIGNATURE_WIDTH);
    }

    private static Field reason() {
        return new Field("reason", Kind.REASON, Field.REASON_WIDTH);
    }

    /** Returns the two digits that the frame begins with. */
    public String code() {
        return code;
    }

    /** Returns the same two digits as a number. */
    public int codeNumber() {
        return codeNumber;
    }

    /** Returns the frame's name in {@code docs/protocol.md}. */
    public String title() {
        return title;
    }

    public Wire wire() {
        return wire;
    }

    public Sender sender() {
        return sender;
    }

    /** Returns the fields after the code, in order. */
    public List<Field> fields() {
        return fields;
    }

    /** Returns the width of the whole frame, including the code, in code points. */
    public int width() {
        return width;
    }

    /** Returns the row of this code, or null when there is none. */
    public static @Nullable FrameType ofCode(int code) {
        return code >= 0 && code < BY_CODE.length ? BY_CODE[code] : null;
    }
}
