package zap.chaos;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;

/**
 * What happens in one run, decided by its seed alone.
 *
 * @param seed what decides it
 * @param steps in the order of their time
 */
record Plan(long seed, List<Step> steps) {

    private static final int LONGEST_MILLIS = 1_500;
    private static final int SHORTEST_MILLIS = 400;
    private static final int MOST_SENDS = 60;
    private static final int LONGEST_OUTAGE_MILLIS = 700;
    private static final int MOST_CUT_BYTES = 900;
    private static final int LONGEST_PADDING = 190;

    /** Something that happens so many milliseconds after the beginning. */
    record Step(int at, Action action) {}

    /** What can happen. Participants are told by their place. */
    sealed interface Action {}

    /** Somebody writes to somebody, or to nobody. */
    record Send(int from, To to, int padding) implements Action {}

    /** Somebody reads all that is there. */
    record See(int who) implements Action {}

    /**
     * Something breaks.
     *
     * @param who whose link or process, where it is somebody's
     * @param amount for how many milliseconds, or after how many bytes
     */
    record Break(Fault fault, int who, int amount) implements Action {}

    /** Whom a message is for. */
    sealed interface To {}

    record Person(int place) implements To {}

    record Group() implements To {}

    /** A number that nobody has. */
    record Nobody() implements To {}

    static Plan of(long seed, int participants) {
        var random = new SplittableRandom(seed);
        int length = random.nextInt(SHORTEST_MILLIS, LONGEST_MILLIS);
        var steps = new ArrayList<Step>();
        int sends = random.nextInt(5, MOST_SENDS);
        for (int i = 0; i < sends; i++) {
            int from = random.nextInt(participants);
            steps.add(
                    new Step(random.nextInt(length), new Send(from, to(random, from, participants), padding(random))));
        }
        int looks = random.nextInt(6);
        for (int i = 0; i < looks; i++) {
            steps.add(new Step(random.nextInt(length), new See(random.nextInt(participants))));
        }
        int faults = random.nextInt(1, 5);
        for (int i = 0; i < faults; i++) {
            Fault fault = Fault.any(random);
            int amount = switch (fault) {
                case LINK_CUT -> random.nextInt(1, MOST_CUT_BYTES);
                case LINK_STALLED, LINK_SWALLOWS, LINK_DOWN -> random.nextInt(50, LONGEST_OUTAGE_MILLIS);
                case LINK_RESET, CLIENT_KILLED, SERVER_KILLED, SERVER_STOPPED, DATABASE_KILLED -> 0;
            };
            steps.add(new Step(random.nextInt(length), new Break(fault, random.nextInt(participants), amount)));
        }
        steps.sort(Comparator.comparingInt(Step::at));
        return new Plan(seed, List.copyOf(steps));
    }

    private static To to(SplittableRandom random, int from, int participants) {
        int what = random.nextInt(20);
        if (what == 0) {
            return new Nobody();
        }
        if (what < 6) {
            return new Group();
        }
        // Now and then it is a note to oneself.
        return new Person(what == 6 ? from : (from + 1 + random.nextInt(participants - 1)) % participants);
    }

    private static int padding(SplittableRandom random) {
        return random.nextInt(4) == 0 ? random.nextInt(LONGEST_PADDING) : random.nextInt(10);
    }

    /** The faults in it, in their order. */
    List<Fault> faults() {
        return steps.stream()
                .map(Step::action)
                .filter(Break.class::isInstance)
                .map(action -> ((Break) action).fault())
                .toList();
    }
}
