package zap.check.report;

import java.util.List;
import zap.check.report.CheckOutcome.Result;

/** The number of passed, failed and left-out checks of one level. */
public record Score(Level level, int passed, int failed, int leftOut) {

    public static List<Score> of(List<CheckOutcome> outcomes) {
        return List.of(Level.values()).stream()
                .map(level -> of(level, outcomes))
                .toList();
    }

    private static Score of(Level level, List<CheckOutcome> outcomes) {
        return new Score(
                level,
                count(level, outcomes, Result.PASSED),
                count(level, outcomes, Result.FAILED),
                count(level, outcomes, Result.LEFT_OUT));
    }

    private static int count(Level level, List<CheckOutcome> outcomes, Result result) {
        return (int) outcomes.stream()
                .filter(outcome -> outcome.check().level() == level && outcome.result() == result)
                .count();
    }

    public int all() {
        return passed + failed + leftOut;
    }

    /** Returns the exit code: 1 when a required or expected check has failed. */
    public static int exitCode(List<CheckOutcome> outcomes) {
        return outcomes.stream()
                        .anyMatch(
                                outcome -> outcome.isFailed() && outcome.check().level() != Level.ROBUST)
                ? 1
                : 0;
    }
}
