package zap.chaos;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;

/**
 * The events of one run, decided by its seed alone.
 *
 * @param seed what decides it
 * @param steps in the order of their time
 */
record FaultPlan(long seed, List<Step> steps) {

    /** The way in which a process ends before its files are copied or replaced. */
    enum Ending {
        STOPPED,
        KILLED,
        /** It does not end: the copy is made while it runs. For the server only. */
        RUNS_ON
    }

    /** At most so many stores of one identity are in use. */
    static final int MOST_STORES = 2;

    private static final int LONGEST_MILLIS = 1_500;
    private static final int LONGEST_MILLIS_WITH_NODES = 3_500;
    private static final int MOST_FAULTS = 4;
    private static final int MOST_FAULTS_WITH_NODES = 5;

    /** Longer than all limits of the heartbeat that the nodes have ({@link NodesUnderTest}). */
    private static final int SHORTEST_NODE_OUTAGE_MILLIS = 1_300;

    private static final int LONGEST_NODE_OUTAGE_MILLIS = 2_800;
    private static final int SHORTEST_MILLIS = 400;
    private static final int MOST_SENDS = 60;
    private static final int LONGEST_OUTAGE_MILLIS = 700;
    private static final int MOST_CUT_BYTES = 900;
    private static final int LONGEST_PADDING = 190;
    private static final int MOST_TURNS = 6;
    private static final int BEFORE_TURN_MILLIS = 120;

    /** One run in so many has the story. Together they are in more than every third. */
    private static final int SERVER_RESTORED_EVERY = 6;

    private static final int CLIENT_COPIED_EVERY = 6;
    private static final int CLIENT_PUT_BACK_EVERY = 8;
    private static final int IDENTITY_IMPORTED_EVERY = 10;

    /** Something that happens so many milliseconds after the beginning. */
    record Step(int at, Action action) {}

    /** An event. Participants are numbered by their place. */
    sealed interface Action {}

    /**
     * A participant sends to another one, or to an unknown number.
     *
     * @param store which store of the sender's, if there are several
     */
    record Send(int from, int store, To to, int padding) implements Action {}

    /** A participant reads everything in one store. */
    record See(int who, int store) implements Action {}

    /**
     * Another store of a participant connects, if there is another.
     *
     * @param orderly whether the one that was connected is closed before; else the server replaces it
     */
    record Turn(int who, boolean orderly) implements Action {}

    /**
     * Something breaks.
     *
     * @param who whose link or process, where it is somebody's: a participant, or a node
     * @param amount for how many milliseconds, or after how many bytes, or which copy of the server's data: 0 is the
     *     newest
     * @param ending how the process ends before its files are copied or replaced, where they are
     */
    record Break(Fault fault, int who, int amount, Ending ending) implements Action {

        Break(Fault fault, int who, int amount) {
            this(fault, who, amount, Ending.KILLED);
        }
    }

    /** The recipient of a message. */
    sealed interface To {}

    record Person(int place) implements To {}

    record Group() implements To {}

    /** A number that nobody has. */
    record Nobody() implements To {}

    /** Returns the plan of a run with one server. */
    static FaultPlan of(long seed, int participants) {
        var random = new SplittableRandom(seed);
        int length = random.nextInt(SHORTEST_MILLIS, LONGEST_MILLIS);
        List<Step> steps = traffic(random, length, participants);
        int faults = random.nextInt(1, MOST_FAULTS + 1);
        for (int i = 0; i < faults; i++) {
            Fault fault = Fault.any(random);
            int amount = amount(fault, random);
            steps.add(new Step(random.nextInt(length), new Break(fault, random.nextInt(participants), amount)));
        }
        if (random.nextInt(SERVER_RESTORED_EVERY) == 0) {
            serverRestored(random, length, steps);
        }
        clientStories(random, length, participants, steps);
        steps.sort(Comparator.comparingInt(Step::at));
        return new FaultPlan(seed, List.copyOf(steps));
    }

    /** Returns the plan of a run with several nodes: it is longer, because what happens to nodes takes longer. */
    static FaultPlan withNodes(long seed, int participants, int nodes) {
        var random = new SplittableRandom(seed);
        int length = random.nextInt(LONGEST_MILLIS, LONGEST_MILLIS_WITH_NODES);
        List<Step> steps = traffic(random, length, participants);
        int faults = random.nextInt(2, MOST_FAULTS_WITH_NODES + 1);
        boolean databaseIsWhole = true;
        for (int i = 0; i < faults; i++) {
            Fault fault = Fault.anyWithNodes(random);
            int amount = amount(fault, random);
            int who = random.nextInt(fault.isOfNode() ? nodes : participants);
            int at = random.nextInt(length * 2 / 3);
            if (fault.isOfDatabasePair() && !databaseIsWhole) {
                continue;
            }
            databaseIsWhole &= !fault.isOfDatabasePair();
            steps.add(new Step(at, new Break(fault, who, amount)));
            if (fault.isOfNode()) {
                participantsLeave(random, at, participants, steps);
            }
        }
        clientStories(random, length, participants, steps);
        steps.sort(Comparator.comparingInt(Step::at));
        return new FaultPlan(seed, List.copyOf(steps));
    }

    /** Some go to another node while a node cannot notice that they have. */
    private static void participantsLeave(SplittableRandom random, int at, int participants, List<Step> steps) {
        for (int who = 0; who < participants; who++) {
            int after = random.nextInt(SHORTEST_NODE_OUTAGE_MILLIS);
            switch (random.nextInt(4)) {
                case 0 -> steps.add(new Step(at + after, new Break(Fault.LINK_RESET, who, 0)));
                case 1 -> steps.add(new Step(at + after, new Break(Fault.LINK_ABANDONED, who, 0)));
                default -> {}
            }
        }
    }

    private static List<Step> traffic(SplittableRandom random, int length, int participants) {
        var steps = new ArrayList<Step>();
        int sends = random.nextInt(5, MOST_SENDS);
        for (int i = 0; i < sends; i++) {
            int from = random.nextInt(participants);
            steps.add(new Step(
                    random.nextInt(length),
                    new Send(from, random.nextInt(MOST_STORES), to(random, from, participants), padding(random))));
        }
        int looks = random.nextInt(6);
        for (int i = 0; i < looks; i++) {
            steps.add(new Step(
                    random.nextInt(length), new See(random.nextInt(participants), random.nextInt(MOST_STORES))));
        }
        return steps;
    }

    private static int amount(Fault fault, SplittableRandom random) {
        return switch (fault) {
            case LINK_CUT -> random.nextInt(1, MOST_CUT_BYTES);
            case LINK_STALLED, LINK_SWALLOWS, LINK_DOWN -> outage(random);
            case NODE_PAUSED,
                    NODE_WITHOUT_DATABASE,
                    NODE_DATABASE_STALLED,
                    NODE_DATABASE_SWALLOWS,
                    NODE_WITHOUT_LINKS,
                    NODE_LINKS_STALLED,
                    NODE_LINKS_SWALLOW,
                    NODE_WITHOUT_CLIENTS,
                    DATABASE_HUNG -> random.nextInt(SHORTEST_NODE_OUTAGE_MILLIS, LONGEST_NODE_OUTAGE_MILLIS);
            case LINK_RESET,
                    LINK_ABANDONED,
                    CLIENT_KILLED,
                    SERVER_KILLED,
                    SERVER_STOPPED,
                    DATABASE_KILLED,
                    NODE_KILLED,
                    NODE_STOPPED,
                    DATABASE_FAILED_OVER,
                    SERVER_BACKED_UP,
                    SERVER_RESTORED,
                    CLIENT_COPIED,
                    CLIENT_BACKED_UP,
                    CLIENT_PUT_BACK,
                    IDENTITY_IMPORTED -> 0;
        };
    }

    /**
     * Adds what needs several steps in an order: a client's copy and its return, a second store and the turns of both.
     */
    private static void clientStories(SplittableRandom random, int length, int participants, List<Step> steps) {
        int copied = random.nextInt(participants);
        if (random.nextInt(CLIENT_COPIED_EVERY) == 0) {
            int at = random.nextInt(length * 2 / 3);
            steps.add(new Step(at, new Break(Fault.CLIENT_COPIED, copied, 0, ending(random))));
            turns(random, at, length, copied, steps);
        }
        if (random.nextInt(CLIENT_PUT_BACK_EVERY) == 0) {
            clientPutBack(random, length, random.nextInt(participants), steps);
        }
        if (random.nextInt(IDENTITY_IMPORTED_EVERY) == 0) {
            // Another one than was copied: nobody has three stores.
            int who = (copied + 1 + random.nextInt(participants - 1)) % participants;
            int at = random.nextInt(length * 2 / 3);
            steps.add(new Step(at, new Break(Fault.IDENTITY_IMPORTED, who, 0)));
            turns(random, at, length, who, steps);
        }
    }

    private static void serverRestored(SplittableRandom random, int length, List<Step> steps) {
        int copies = random.nextInt(1, 3);
        int restores = random.nextInt(1, 3);
        for (int i = 0; i < copies; i++) {
            Ending ending = random.nextInt(3) == 0 ? Ending.RUNS_ON : ending(random);
            steps.add(new Step(random.nextInt(length / 2), new Break(Fault.SERVER_BACKED_UP, 0, 0, ending)));
        }
        for (int i = 0; i < restores; i++) {
            int which = random.nextInt(copies);
            steps.add(new Step(
                    random.nextInt(length / 2, length), new Break(Fault.SERVER_RESTORED, 0, which, ending(random))));
        }
    }

    private static void clientPutBack(SplittableRandom random, int length, int who, List<Step> steps) {
        int copied = random.nextInt(length / 2);
        if (random.nextBoolean()) {
            // Something is still queued in the folder, like as not.
            steps.add(new Step(Math.max(0, copied - 200), new Break(Fault.LINK_DOWN, who, outage(random))));
        }
        steps.add(new Step(copied, new Break(Fault.CLIENT_BACKED_UP, who, 0, ending(random))));
        steps.add(
                new Step(random.nextInt(length / 2, length), new Break(Fault.CLIENT_PUT_BACK, who, 0, ending(random))));
    }

    private static void turns(SplittableRandom random, int from, int length, int who, List<Step> steps) {
        int turns = random.nextInt(1, MOST_TURNS);
        for (int i = 0; i < turns; i++) {
            int at = random.nextInt(from, length);
            if (random.nextBoolean()) {
                // Frames of the one are lost or held up on their way while the other sends its own, with the same
                // numbers.
                Fault fault = random.nextBoolean() ? Fault.LINK_SWALLOWS : Fault.LINK_STALLED;
                steps.add(new Step(at, new Break(fault, who, outage(random))));
                for (int store = 0; store < MOST_STORES; store++) {
                    steps.add(new Step(at + BEFORE_TURN_MILLIS / 2, new Send(who, store, new Group(), 0)));
                }
                at += BEFORE_TURN_MILLIS;
            }
            steps.add(new Step(at, new Turn(who, random.nextInt(3) == 0)));
        }
    }

    private static int outage(SplittableRandom random) {
        return random.nextInt(50, LONGEST_OUTAGE_MILLIS);
    }

    private static Ending ending(SplittableRandom random) {
        return random.nextBoolean() ? Ending.KILLED : Ending.STOPPED;
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
