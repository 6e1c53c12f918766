package zap.bench.traffic;

import java.util.Locale;

/**
 * The outcome of the messages of one run.
 *
 * @param sent how many were sent
 * @param due how often one of them had to arrive: once for each recipient
 * @param lost how often one did not
 * @param doubled how often one arrived again
 * @param outOfOrder how often one arrived after one that was sent later
 * @param changed how often one arrived with another text
 * @param strayed how often somebody got what was not for them
 * @param failures connections that were closed unasked, and frames that were refused
 * @param firstFailure what the first of these was, in words; empty when there was none
 */
public record Verdict(
        long sent,
        long due,
        long lost,
        long doubled,
        long outOfOrder,
        long changed,
        long strayed,
        long failures,
        String firstFailure) {

    /** Nothing was sent, and nothing went wrong. */
    public static final Verdict NOTHING = new Verdict(0, 0, 0, 0, 0, 0, 0);

    /** Nothing failed. */
    public Verdict(long sent, long due, long lost, long doubled, long outOfOrder, long changed, long strayed) {
        this(sent, due, lost, doubled, outOfOrder, changed, strayed, 0, "");
    }

    /** This, and what failed. */
    public Verdict withFailures(long failures, String firstFailure) {
        return new Verdict(sent, due, lost, doubled, outOfOrder, changed, strayed, failures, firstFailure);
    }

    /** Tells whether each message arrived once, complete, in order, and at its recipient. */
    public boolean isClean() {
        return lost == 0 && doubled == 0 && outOfOrder == 0 && changed == 0 && strayed == 0 && failures == 0;
    }

    /** Both runs taken together. */
    public Verdict plus(Verdict other) {
        return new Verdict(
                sent + other.sent,
                due + other.due,
                lost + other.lost,
                doubled + other.doubled,
                outOfOrder + other.outOfOrder,
                changed + other.changed,
                strayed + other.strayed,
                failures + other.failures,
                firstFailure.isEmpty() ? other.firstFailure : firstFailure);
    }

    /** In words. */
    @Override
    public String toString() {
        String counts = String.format(
                Locale.ROOT, "%,d sent, %,d lost, %,d doubled, %,d out of order", sent, lost, doubled, outOfOrder);
        if (changed + strayed > 0) {
            counts += String.format(Locale.ROOT, ", %,d changed, %,d at the wrong place", changed, strayed);
        }
        return failures == 0
                ? counts
                : counts + String.format(Locale.ROOT, ", %,d failures, the first one: %s", failures, firstFailure);
    }
}
