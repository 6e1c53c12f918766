package zap.protocol;

import org.jspecify.annotations.Nullable;

/** The reason of a refusal: the three digits of a 39, and a sentence for the user. */
public enum Reason {
    MALFORMED(1, "These bytes are no frame."),
    NOT_CONNECTED(2, "Say who you are first: register or connect."),
    ALREADY_CONNECTED(3, "This session already is somebody."),
    NOT_YOURS_TO_SEND(4, "Only a server sends this frame."),
    SPOOFED(5, "The frame names a sender that this session is not."),
    UNKNOWN_CLIENT(6, "Nobody has this number."),
    NOT_A_MEMBER(7, "You are not in this group."),
    BAD_GROUP(8, "This group cannot be made: it needs one to seven other members, all of them known."),
    BAD_TEXT(9, "The text holds a character that cannot be kept."),
    MAILBOX_FULL(10, "The recipient's mailbox is full."),
    TOO_FAST(11, "Too many frames in too short a time."),
    TIMED_OUT(12, "The rest of a frame did not come in time."),
    REPLACED(13, "The same client has connected elsewhere."),
    NEEDS_PROOF(14, "This client has a key: prove that it is you."),
    BAD_PROOF(15, "The signature is not by this client's key."),
    SHUTTING_DOWN(16, "The server is shutting down: come back soon."),
    SLOW_CONSUMER(17, "You have not read for too long; your mail is kept.");

    private static final @Nullable Reason[] BY_CODE = new @Nullable Reason[18];

    static {
        for (Reason reason : values()) {
            BY_CODE[reason.code] = reason;
        }
    }

    private final int code;
    private final String sentence;

    Reason(int code, String sentence) {
        this.code = code;
        this.sentence = sentence;
    }

    /** Returns the number on the wire, which is written with three digits. */
    public int code() {
        return code;
    }

    /** Returns a whole sentence for the user. */
    public String sentence() {
        return sentence;
    }

    /** Returns the reason with this number, or null when there is none. */
    public static @Nullable Reason ofCode(int code) {
        return code >= 0 && code < BY_CODE.length ? BY_CODE[code] : null;
    }

    /** Returns whether a number that begins so, with {@code missing} digits to come, can still be a reason's. */
    static boolean begins(int prefix, int missing) {
        int lowest = prefix;
        int highest = prefix;
        for (int i = 0; i < missing; i++) {
            lowest = 10 * lowest;
            highest = 10 * highest + 9;
        }
        for (Reason reason : BY_CODE) {
            if (reason != null && reason.code >= lowest && reason.code <= highest) {
                return true;
            }
        }
        return false;
    }
}
