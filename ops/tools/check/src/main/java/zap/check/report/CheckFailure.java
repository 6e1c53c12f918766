package zap.check;

/** A server does not do what a check requires. */
final class CheckFailure extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final transient Phrase expected;
    private final transient Phrase actual;

    CheckFailure(Phrase expected, Phrase actual) {
        super(expected.key() + ", but " + actual.key());
        this.expected = expected;
        this.actual = actual;
    }

    Phrase expected() {
        return expected;
    }

    Phrase actual() {
        return actual;
    }
}
