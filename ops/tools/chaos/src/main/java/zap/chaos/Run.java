package zap.chaos;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.PriorityQueue;
import zap.chaos.FaultPlan.Action;
import zap.chaos.FaultPlan.Step;
import zap.protocol.Address;

/** One run: traffic and faults, then quiet, then judgement. */
final class Run {

    /**
     * So long everything may take to come to rest once nothing is broken any more: a server and its database start in
     * it.
     */
    private static final long REST_WITHIN_NANOS = 240_000_000_000L;

    private static final long LOOK_EVERY_MILLIS = 120;
    private static final long NUDGE_EVERY_NANOS = 1_000_000_000L;
    private static final int COPIES_KEPT = 2;

    /** Below every number that a server gives. */
    private static final Address NOBODY = new Address(42);

    private final World world;
    private final FaultPlan plan;
    private final String mark;
    private final Judge judge;
    private final PriorityQueue<Mending> mendings = new PriorityQueue<>();
    private final Deque<Copy> copies = new ArrayDeque<>(); // the newest first
    private List<String> said = List.of();
    private int written;
    private long begin;

    /** Something that is whole again at some moment. */
    private record Mending(long atNanos, FaultyLink link) implements Comparable<Mending> {
        @Override
        public int compareTo(Mending other) {
            return Long.compare(atNanos, other.atNanos);
        }
    }

    /**
     * A copy of the server's data.
     *
     * @param written how many messages had been written when it was made
     */
    private record Copy(ServerCopy data, int written) {}

    Run(World world, FaultPlan plan) {
        this.world = world;
        this.plan = plan;
        this.mark = Long.toHexString(plan.seed()) + ".";
        this.judge = new Judge(
                mark,
                world.group(),
                world.participants().stream().map(Identity::first).toList());
    }

    /** Does it all. */
    Judge.Verdict go() throws IOException {
        begin = System.nanoTime();
        long nextLook = begin;
        for (Step step : plan.steps()) {
            while (System.nanoTime() < begin + step.at() * 1_000_000L) {
                if (System.nanoTime() >= nextLook) {
                    judge.look();
                    nextLook = System.nanoTime() + LOOK_EVERY_MILLIS * 1_000_000;
                }
                mend(System.nanoTime());
                World.pause(5); // until something is due
            }
            mend(System.nanoTime());
            act(step.action());
        }
        heal();
        Judge.Verdict verdict = judge.verdict();
        said = judge.said();
        end(verdict);
        return verdict;
    }

    private void mend(long now) {
        while (!mendings.isEmpty() && mendings.peek().atNanos <= now) {
            mendings.remove().link().mode(FaultyLink.Mode.PASS);
        }
    }

    private void act(Action action) throws IOException {
        switch (action) {
            case FaultPlan.Send(int from, int store, FaultPlan.To to, int padding) ->
                send(world.participants().get(from), store, to, padding);
            case FaultPlan.See(int who, int store) ->
                world.participants().get(who).store(store).see();
            case FaultPlan.Turn(int who, boolean orderly) ->
                world.participants().get(who).turn(orderly);
            case FaultPlan.Break broken -> breakIt(broken, world.participants().get(broken.who()));
        }
    }

    private void send(Identity from, int place, FaultPlan.To to, int padding) throws IOException {
        Address address = switch (to) {
            case FaultPlan.Person(int who) -> world.participants().get(who).id().asAddress();
            case FaultPlan.Group() -> world.group();
            case FaultPlan.Nobody() -> NOBODY;
        };
        ParticipantProcess store = from.store(place);
        String text = (mark + store.name() + "." + written++ + " " + "é".repeat(padding)).strip();
        store.send(address, text);
        judge.wasTold(store, address, text);
    }

    private void breakIt(FaultPlan.Break broken, Identity who) throws IOException {
        FaultyLink link = who.active().link();
        switch (broken.fault()) {
            case LINK_RESET -> link.reset();
            case LINK_CUT -> link.cutAfter(broken.amount());
            case LINK_STALLED -> outage(link, FaultyLink.Mode.STALL, broken.amount());
            case LINK_SWALLOWS -> outage(link, FaultyLink.Mode.SWALLOW, broken.amount());
            case LINK_DOWN -> outage(link, FaultyLink.Mode.DOWN, broken.amount());
            case CLIENT_KILLED -> {
                who.active().kill();
                // What it was told in its last moment is looked at before it can change.
                judge.look();
                who.active().start();
                who.active().open();
            }
            case SERVER_KILLED -> {
                world.server().kill();
                world.server().launch();
            }
            case SERVER_STOPPED -> {
                world.server().stop();
                world.server().launch();
            }
            case DATABASE_KILLED -> world.server().killDatabase();
            case SERVER_BACKED_UP -> outOfTime(() -> backUpServer(broken.ending()));
            case SERVER_RESTORED -> outOfTime(() -> restoreServer(broken.ending(), broken.amount()));
            case CLIENT_COPIED -> outOfTime(() -> copyClient(who, broken.ending()));
            case CLIENT_BACKED_UP -> outOfTime(() -> withFolderAtRest(who, broken.ending(), who::backUp));
            case CLIENT_PUT_BACK -> outOfTime(() -> putClientBack(who, broken.ending()));
            case IDENTITY_IMPORTED ->
                outOfTime(() -> {
                    if (!who.hasSecond()) {
                        judge.imported(who.importKey());
                        who.turn(false);
                    }
                });
        }
    }

    private void outage(FaultyLink link, FaultyLink.Mode mode, int millis) {
        link.mode(mode);
        mendings.add(new Mending(System.nanoTime() + millis * 1_000_000L, link));
    }

    /** Something that takes its time. */
    private interface Slow {
        void run() throws IOException;
    }

    /** The plan's clock stands still meanwhile, so that things happen before and after it. */
    private void outOfTime(Slow work) throws IOException {
        long before = System.nanoTime();
        work.run();
        begin += System.nanoTime() - before;
    }

    private void backUpServer(FaultPlan.Ending ending) throws IOException {
        ServerCopy copy;
        if (ending == FaultPlan.Ending.RUNS_ON) {
            world.server().awaitReady();
            copy = world.server().backUp();
        } else {
            haltServer(ending);
            copy = world.server().copy();
        }
        copies.addFirst(new Copy(copy, judge.writtenSoFar()));
        while (copies.size() > COPIES_KEPT) {
            copies.removeLast().data().delete();
        }
        serverIsBack();
    }

    private void restoreServer(FaultPlan.Ending ending, int which) throws IOException {
        Copy copy = List.copyOf(copies).get(Math.min(which, copies.size() - 1));
        haltServer(ending);
        judge.aboutToBeRestored(copy.written());
        world.server().putBack(copy.data());
        serverIsBack();
    }

    private void haltServer(FaultPlan.Ending ending) throws IOException {
        if (ending == FaultPlan.Ending.STOPPED && world.server().isAlive()) {
            world.server().awaitReady();
            world.server().stop();
        } else {
            world.server().killAll();
        }
    }

    private void serverIsBack() throws IOException {
        world.server().awaitReady();
        for (Identity participant : world.participants()) {
            participant.active().open();
        }
    }

    private void copyClient(Identity who, FaultPlan.Ending ending) throws IOException {
        if (who.hasSecond()) {
            return;
        }
        withFolderAtRest(who, ending, () -> judge.copied(who.first(), who.copyFirst()));
        who.turn(false);
    }

    private void putClientBack(Identity who, FaultPlan.Ending ending) throws IOException {
        withFolderAtRest(who, ending, () -> {
            judge.aboutToBeReplaced(who.first());
            who.putBack();
            judge.replaced(who.first());
        });
    }

    /** Does something with the folder of the first store while no process uses it. */
    private void withFolderAtRest(Identity who, FaultPlan.Ending ending, Slow work) throws IOException {
        if (ending == FaultPlan.Ending.STOPPED) {
            who.first().stop();
        } else {
            who.first().kill();
        }
        judge.look();
        work.run();
        who.first().start();
        who.active().open();
    }

    /** Everything works again, and comes to rest. */
    private void heal() throws IOException {
        mendings.clear();
        for (Identity participant : world.participants()) {
            for (ParticipantProcess store : participant.stores()) {
                store.link().mode(FaultyLink.Mode.PASS);
                if (!store.isAlive()) {
                    store.start();
                }
            }
        }
        world.server().awaitReady();
        long end = System.nanoTime() + REST_WITHIN_NANOS;
        boolean settled = false;
        boolean atRest = false;
        // One more round than is needed: what one store has fetched, another learns of when it connects again.
        while (!(settled && atRest) && judge.isContent() && System.nanoTime() < end) {
            settled = atRest;
            for (Identity participant : world.participants()) {
                for (int place = 0; place < participant.stores().size(); place++) {
                    participant.turnTo(place, true);
                    settle(participant.store(place), end);
                }
            }
            judge.look();
            atRest = judge.isSettled();
            World.pause(30); // between two looks
        }
    }

    /** Waits until a store has sent and fetched all that there is. */
    private void settle(ParticipantProcess store, long end) throws IOException {
        long nextNudge = System.nanoTime() + NUDGE_EVERY_NANOS;
        while (!(store.isCaughtUp() && judge.hasSent(store)) && judge.isContent() && System.nanoTime() < end) {
            if (System.nanoTime() > nextNudge) {
                store.open();
                if (!world.server().isAlive()) {
                    world.server().awaitReady();
                }
                nextNudge = System.nanoTime() + NUDGE_EVERY_NANOS;
            }
            judge.look();
            World.pause(30); // between two looks
        }
    }

    /** Second stores, and copies of this run, are there no more. */
    private void end(Judge.Verdict verdict) throws IOException {
        for (Identity participant : world.participants()) {
            participant.endOfRun(!verdict.faults().isEmpty());
        }
        for (Copy copy : copies) {
            copy.data().delete();
        }
        copies.clear();
    }

    /** Returns the events of the run and the reports of the stores, for people. */
    List<String> story() {
        var lines = new ArrayList<String>();
        plan.steps().forEach(step -> lines.add("%5s ms  %s".formatted(step.at(), step.action())));
        lines.addAll(said);
        return lines;
    }
}
