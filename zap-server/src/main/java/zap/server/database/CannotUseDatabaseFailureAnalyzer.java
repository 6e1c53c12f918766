package zap.server.database;

import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** Explains why the database cannot be used and what to do, instead of a stack trace. */
final class CannotUseDatabaseFailureAnalyzer extends AbstractFailureAnalyzer<CannotUseDatabaseException> {

    @Override
    protected FailureAnalysis analyze(Throwable rootFailure, CannotUseDatabaseException cause) {
        return new FailureAnalysis(cause.getMessage(), cause.advice(), cause);
    }
}
