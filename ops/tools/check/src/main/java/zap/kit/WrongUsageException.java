package zap.kit;

/** A command line that says nothing that can be done. */
public final class WrongUsageException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final transient Phrase phrase;

    public WrongUsageException(Phrase phrase) {
        super(phrase.key());
        this.phrase = phrase;
    }

    public Phrase phrase() {
        return phrase;
    }
}
