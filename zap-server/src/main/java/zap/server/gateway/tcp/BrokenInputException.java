package zap.server.gateway.tcp;

import java.io.IOException;
import zap.protocol.MalformedFrameException;

/** What the peer sent is no frame. Carries the codec's word through Spring Integration, which only knows I/O errors here. */
final class BrokenInputException extends IOException {

    private static final long serialVersionUID = 1;

    BrokenInputException(MalformedFrameException cause) {
        super(cause.getMessage(), cause);
    }

    /** What came is something else altogether. */
    BrokenInputException(String what) {
        super(what);
    }
}
