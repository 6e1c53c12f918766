package zap.bench.load;

import zap.bench.report.RunResult;

/** One thing to do to a target. */
public interface Mode {

    /** In a word: what stands above its table. */
    String name();

    /** With its parameters. */
    String what();

    /** Tells whether this mode can measure a relay, too. */
    default boolean suitsRelay() {
        return true;
    }

    /**
     * Does it once.
     *
     * @param run which repetition it is, from 1 on
     * @throws CannotMeasureException when something does not work that has to
     */
    RunResult run(Target target, int run, Progress progress);
}
