package zap.check.report;

import java.util.List;
import org.jspecify.annotations.Nullable;
import zap.kit.Phrase;

/**
 * The outcome of one check.
 *
 * @param reason of a check that was left out
 * @param expected of a check that failed
 * @param actual of a check that failed
 * @param trace the frames of a check that failed
 */
public record CheckOutcome(
        Check check,
        Result result,
        @Nullable Phrase reason,
        @Nullable Phrase expected,
        @Nullable Phrase actual,
        List<WireTrace.Event> trace,
        long millis) {

    /** The three ends of a check. */
    public enum Result {
        PASSED,
        FAILED,
        /** Not looked at: another check has failed already, the dialect has no such thing, or the time was over. */
        LEFT_OUT
    }

    public static CheckOutcome passed(Check check, long millis) {
        return new CheckOutcome(check, Result.PASSED, null, null, null, List.of(), millis);
    }

    public static CheckOutcome leftOut(Check check, Phrase reason) {
        return new CheckOutcome(check, Result.LEFT_OUT, reason, null, null, List.of(), 0);
    }

    public static CheckOutcome failed(Check check, CheckFailure failure, WireTrace trace, long millis) {
        return new CheckOutcome(
                check, Result.FAILED, null, failure.expected(), failure.actual(), trace.events(), millis);
    }

    public boolean isFailed() {
        return result == Result.FAILED;
    }
}
