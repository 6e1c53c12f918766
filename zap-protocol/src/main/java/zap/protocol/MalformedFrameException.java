package zap.protocol;

/**
 * The peer sent bytes that are not a frame. The message names the fault, the field and the byte of the frame. It never
 * shows the bytes, because they may be the text of a message.
 *
 * <p>It carries no stack trace: a peer's fault says nothing about our code, and must cost little, because a peer can
 * repeat it at will.
 */
public final class MalformedFrameException extends Exception {

    private static final long serialVersionUID = 1L;

    MalformedFrameException(String message) {
        super(message, null, false, false);
    }
}
