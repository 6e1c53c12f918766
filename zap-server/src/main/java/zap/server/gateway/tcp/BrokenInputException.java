package zap.server.gateway.tcp;

import java.io.IOException;
import zap.protocol.MalformedFrameException;

/**
 * The bytes from the peer are not a frame. Carries the codec's message through Spring Integration, which passes only
 * I/O errors here.
 */
final class BrokenInputException extends IOException {

    private static final long serialVersionUID = 1;

    BrokenInputException(MalformedFrameException cause) {
        super(cause.getMessage(), cause);
    }

    /** Makes the exception for bytes that are another protocol. */
    BrokenInputException(String what) {
        super(what);
    }
}
