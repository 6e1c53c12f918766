package zap.protocol;

/**
 * The peer sent bytes that are no frame. The message says what is wrong, in which field and at which byte of the frame,
 * and never shows what was sent: it may be somebody's text.
 *
 * <p>It carries no stack trace. What a peer did wrong is not our mistake, says nothing about our code, and must cost
 * little, because a peer can do it as often as it likes.
 */
public final class MalformedFrameException extends Exception {

    private static final long serialVersionUID = 1L;

    MalformedFrameException(String message) {
        super(message, null, false, false);
    }
}
