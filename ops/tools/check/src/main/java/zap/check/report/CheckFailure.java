package zap.check.report;

import zap.kit.Phrase;

/** The program under test does not do what a check requires. */
public final class CheckFailure extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final transient Phrase expected;
    private final transient Phrase actual;

    public CheckFailure(Phrase expected, Phrase actual) {
        super(expected.key() + ", but " + actual.key());
        this.expected = expected;
        this.actual = actual;
    }

    public Phrase expected() {
        return expected;
    }

    public Phrase actual() {
        return actual;
    }
}
