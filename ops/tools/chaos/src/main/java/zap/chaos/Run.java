package zap.chaos;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.PriorityQueue;
import java.util.function.Consumer;
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
    private static final long NUDGE_IN_RUN_EVERY_NANOS = 200_000_000L;
    private static final int COPIES_KEPT = 2;

    /** So long an old primary is there after it went on: nodes have to connect to the database meanwhile. */
    private static final int OLD_PRIMARY_MILLIS = 1_000;

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
    private long nextNudge;

    /** Something that is made whole again at some moment. */
    private record Mending(long atNanos, Slow work) implements Comparable<Mending> {
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
                nudge(System.nanoTime());
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

    private void mend(long now) throws IOException {
        while (!mendings.isEmpty() && mendings.peek().atNanos <= now) {
            mendings.remove().work().run();
        }
    }

    /**
     * Lets everybody who waits to dial do so at once, where there are nodes: a client that has lost one waits for up to
     * five seconds before it goes to another.
     */
    private void nudge(long now) throws IOException {
        if (world.backend().hasNodes() && now >= nextNudge) {
            for (Identity participant : world.participants()) {
                participant.active().open();
            }
            nextNudge = System.nanoTime() + NUDGE_IN_RUN_EVERY_NANOS;
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
            case FaultPlan.Break broken when broken.fault().isOfNode() -> breakNode(broken);
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
        Ways ways = who.active().ways();
        switch (broken.fault()) {
            case LINK_RESET -> ways.each(FaultyLink::reset);
            case LINK_CUT -> ways.each(link -> link.cutAfter(broken.amount()));
            case LINK_STALLED -> outage(ways::mode, FaultyLink.Mode.STALL, broken.amount());
            case LINK_SWALLOWS -> outage(ways::mode, FaultyLink.Mode.SWALLOW, broken.amount());
            case LINK_DOWN -> outage(ways::mode, FaultyLink.Mode.DOWN, broken.amount());
            case LINK_ABANDONED -> ways.each(FaultyLink::abandon);
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
            case DATABASE_KILLED -> {
                switch (world.backend()) {
                    case ServerUnderTest server -> server.killDatabase();
                    case NodesUnderTest nodes -> nodes.database().killPrimary();
                }
            }
            case DATABASE_FAILED_OVER -> world.nodes().database().failOver();
            case DATABASE_HUNG -> {
                world.nodes().database().failOverFromAHangingOne();
                later(broken.amount(), world.nodes()::thawDatabase);
                later(broken.amount() + OLD_PRIMARY_MILLIS, () -> {}); // so long it stays
            }
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
            case NODE_KILLED,
                    NODE_STOPPED,
                    NODE_PAUSED,
                    NODE_WITHOUT_DATABASE,
                    NODE_DATABASE_STALLED,
                    NODE_DATABASE_SWALLOWS,
                    NODE_WITHOUT_LINKS,
                    NODE_LINKS_STALLED,
                    NODE_LINKS_SWALLOW,
                    NODE_WITHOUT_CLIENTS -> throw new IllegalStateException();
        }
    }

    private void breakNode(FaultPlan.Break broken) throws IOException {
        int place = broken.who();
        ServerJvm node = world.nodes().node(place);
        Consumer<FaultyLink.Mode> toDatabase = mode -> world.nodes().toDatabase(place, mode);
        Consumer<FaultyLink.Mode> fromNodes = mode -> world.nodes().fromNodes(place, mode);
        switch (broken.fault()) {
            case NODE_KILLED -> {
                node.kill();
                node.launch();
            }
            case NODE_STOPPED -> {
                node.stop();
                node.launch();
            }
            case NODE_PAUSED -> {
                node.pause();
                later(broken.amount(), node::resume);
            }
            case NODE_WITHOUT_DATABASE -> outage(toDatabase, FaultyLink.Mode.DOWN, broken.amount());
            case NODE_DATABASE_STALLED -> outage(toDatabase, FaultyLink.Mode.STALL, broken.amount());
            case NODE_DATABASE_SWALLOWS -> outage(toDatabase, FaultyLink.Mode.SWALLOW, broken.amount());
            case NODE_WITHOUT_LINKS -> outage(fromNodes, FaultyLink.Mode.DOWN, broken.amount());
            case NODE_LINKS_STALLED -> outage(fromNodes, FaultyLink.Mode.STALL, broken.amount());
            case NODE_LINKS_SWALLOW -> outage(fromNodes, FaultyLink.Mode.SWALLOW, broken.amount());
            case NODE_WITHOUT_CLIENTS -> outage(mode -> toNode(place, mode), FaultyLink.Mode.SWALLOW, broken.amount());
            default -> throw new IllegalStateException(broken.fault() + " breaks no node");
        }
    }

    /** From now on all that anybody exchanges with a node fares so. */
    private void toNode(int place, FaultyLink.Mode mode) {
        world.participants().stream()
                .flatMap(participant -> participant.stores().stream())
                .forEach(store -> store.ways().to(place).mode(mode));
    }

    private void outage(Consumer<FaultyLink.Mode> links, FaultyLink.Mode mode, int millis) {
        links.accept(mode);
        later(millis, () -> links.accept(FaultyLink.Mode.PASS));
    }

    private void later(int millis, Slow work) {
        mendings.add(new Mending(System.nanoTime() + millis * 1_000_000L, work));
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
        while (world.backend().hasNodes() && !mendings.isEmpty()) {
            // A shorter outage would be over before its node has noticed.
            mend(System.nanoTime());
            World.pause(5); // until the next is due
        }
        mendings.clear();
        world.backend().heal();
        for (Identity participant : world.participants()) {
            for (ParticipantProcess store : participant.stores()) {
                store.ways().mode(FaultyLink.Mode.PASS);
                if (!store.isAlive()) {
                    store.start();
                }
            }
        }
        world.backend().awaitReady();
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
                if (!world.backend().isAlive()) {
                    world.backend().awaitReady();
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
