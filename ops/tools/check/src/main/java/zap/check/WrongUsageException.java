package zap.check;

import zap.check.report.Phrase;

/** A command line that says nothing that can be done. */
final class WrongUsageException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final transient Phrase phrase;

    WrongUsageException(Phrase phrase) {
        super(phrase.key());
        this.phrase = phrase;
    }

    Phrase phrase() {
        return phrase;
    }
}
