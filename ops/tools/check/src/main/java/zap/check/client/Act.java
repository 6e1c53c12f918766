package zap.check.client;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * One step of the conversation with a client under test, in the order in which they are played.
 *
 * <p>A person is told what to do; for a program, the file after {@code --expect} has the words to type.
 */
public enum Act {
    REGISTER(true),
    SEND(true),
    AGAIN(true),
    TEXT(true),
    LONG(true),
    RECEIVE(false),
    RECEIPTS(false),
    UNREAD(true),
    GROUP(true),
    GROUP_SEND(true),
    GROUP_RECEIVE(false),
    INVITED(false),
    SPLIT(false),
    GLUED(false),
    LATE(false),
    OFFLINE(true),
    RETURN(true),
    HANG_UP(false),
    CUT(false),
    UNKNOWN(false);

    private final boolean needsWords;

    Act(boolean needsWords) {
        this.needsWords = needsWords;
    }

    /** Returns whether nothing can happen in this step unless the client is told to do something. */
    boolean needsWords() {
        return needsWords;
    }

    /** Returns whether the client must be connected when the step begins; otherwise it may connect for the step. */
    boolean needsConnection() {
        return switch (this) {
            case RECEIPTS, SPLIT, GLUED, LATE, HANG_UP, CUT, UNKNOWN -> true;
            default -> false;
        };
    }

    /** Returns the name in the file after {@code --expect}, and in keys of the message bundles. */
    public String key() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    static Optional<Act> of(String key) {
        return Stream.of(values()).filter(act -> act.key().equals(key)).findFirst();
    }

    /** Returns the steps that must come before this one. */
    List<Act> after() {
        return switch (this) {
            case REGISTER -> List.of();
            case SEND -> List.of(REGISTER);
            case GROUP_SEND, GROUP_RECEIVE -> List.of(REGISTER, SEND, GROUP);
            case RETURN -> List.of(REGISTER, SEND, OFFLINE);
            case OFFLINE -> List.of(REGISTER, SEND, RETURN);
            default -> List.of(REGISTER, SEND);
        };
    }
}
