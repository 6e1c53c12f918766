package zap.check.client;

import zap.kit.Phrase;

/** The conversation shows nothing that a check could judge. */
final class NotSeenException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final transient Phrase reason;

    NotSeenException(Phrase reason) {
        super(reason.key());
        this.reason = reason;
    }

    Phrase reason() {
        return reason;
    }
}
