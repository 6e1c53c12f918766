package zap.protocol;

import org.jspecify.annotations.Nullable;

/**
 * The peer sent bytes that are not a frame. The message names the fault, the field and the byte of the frame. It never
 * shows the bytes, because they may be the text of a message.
 *
 * <p>It carries no stack trace: a peer's fault says nothing about our code, and must cost little, because a peer can
 * repeat it at will.
 */
public final class MalformedFrameException extends Exception {

    private static final long serialVersionUID = 1L;

    private final Fault fault;
    private final @Nullable FrameType type;
    private final String field;
    private final int at;

    /** The kinds of wrong bytes. */
    public enum Fault {
        NO_CODE_BEGINS_SO("no frame's code begins so"),
        UNKNOWN_CODE("no frame has this code"),
        NOT_A_DIGIT("something else where a digit belongs"),
        NOT_HEX("something else where a lower-case hex digit belongs"),
        TOO_LARGE("a number above " + Long.MAX_VALUE),
        NO_SUCH_REASON("no reason has this number"),
        BAD_SLOT("a slot that is neither all digits nor all blank"),
        CUT_MEMBER("a member that is cut short"),
        NOT_UTF8("bytes that are not UTF-8");

        private final String words;

        Fault(String words) {
            this.words = words;
        }
    }

    /**
     * @param type null when the fault is in the code
     * @param at the place of the wrong byte, counted from the frame's first one
     */
    MalformedFrameException(Fault fault, @Nullable FrameType type, String field, int at) {
        super(
                (type == null ? "a frame" : type.code() + " " + type.title()) + ", " + field + ", byte " + at + ": "
                        + fault.words,
                null,
                false,
                false);
        this.fault = fault;
        this.type = type;
        this.field = field;
        this.at = at;
    }

    public Fault fault() {
        return fault;
    }

    /** Returns the row of the table that the frame's code names; null when the fault is in the code. */
    public @Nullable FrameType type() {
        return type;
    }

    /** Returns the name of the field with the fault. */
    public String field() {
        return field;
    }

    /** Returns the place of the wrong byte, counted from the frame's first one. */
    public int at() {
        return at;
    }
}
