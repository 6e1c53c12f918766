package zap.chaos;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.PriorityQueue;
import zap.chaos.Plan.Action;
import zap.chaos.Plan.Step;
import zap.protocol.Address;

/** One run: traffic and faults, then quiet, then judgement. */
final class Run {

    /** So long everything may take to come to rest once nothing is broken any more: a server and its database start in it. */
    private static final long REST_WITHIN_NANOS = 120_000_000_000L;

    private static final long LOOK_EVERY_MILLIS = 120;
    private static final long NUDGE_EVERY_NANOS = 1_000_000_000L;

    /** Below every number that a server gives. */
    private static final Address NOBODY = new Address(42);

    private final World world;
    private final Plan plan;
    private final Judge judge;
    private final PriorityQueue<Mending> mendings = new PriorityQueue<>();
    private int written;

    /** Something that is whole again at some moment. */
    private record Mending(long atNanos, ParticipantProcess who) implements Comparable<Mending> {
        @Override
        public int compareTo(Mending other) {
            return Long.compare(atNanos, other.atNanos);
        }
    }

    Run(World world, Plan plan) {
        this.world = world;
        this.plan = plan;
        this.judge = new Judge(world);
    }

    /** Does it all. */
    Judge.Verdict go() throws IOException {
        long begin = System.nanoTime();
        long nextLook = begin;
        for (Step step : plan.steps()) {
            long due = begin + step.at() * 1_000_000L;
            while (System.nanoTime() < due) {
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
        return judge.verdict();
    }

    private void mend(long now) {
        while (!mendings.isEmpty() && mendings.peek().atNanos <= now) {
            mendings.remove().who.link().mode(FaultyLink.Mode.PASS);
        }
    }

    private void act(Action action) throws IOException {
        switch (action) {
            case Plan.Send(int from, Plan.To to, int padding) ->
                send(world.participants().get(from), to, padding);
            case Plan.See(int who) -> world.participants().get(who).see();
            case Plan.Break(Fault fault, int who, int amount) ->
                breakIt(fault, world.participants().get(who), amount);
        }
    }

    private void send(ParticipantProcess from, Plan.To to, int padding) throws IOException {
        Address address = switch (to) {
            case Plan.Person(int place) -> world.participants().get(place).id().asAddress();
            case Plan.Group() -> world.group();
            case Plan.Nobody() -> NOBODY;
        };
        String text = Long.toHexString(plan.seed()) + "." + from.name() + "." + written++ + " " + "é".repeat(padding);
        from.send(address, text.strip());
        judge.wasTold(from, text.strip());
    }

    private void breakIt(Fault fault, ParticipantProcess who, int amount) throws IOException {
        switch (fault) {
            case LINK_RESET -> who.link().reset();
            case LINK_CUT -> who.link().cutAfter(amount);
            case LINK_STALLED -> outage(who, FaultyLink.Mode.STALL, amount);
            case LINK_SWALLOWS -> outage(who, FaultyLink.Mode.SWALLOW, amount);
            case LINK_DOWN -> outage(who, FaultyLink.Mode.DOWN, amount);
            case CLIENT_KILLED -> {
                who.kill();
                // What it was told in its last moment is looked at before it can change.
                judge.look();
                who.start();
                who.open();
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
        }
    }

    private void outage(ParticipantProcess who, FaultyLink.Mode mode, int millis) {
        who.link().mode(mode);
        mendings.add(new Mending(System.nanoTime() + millis * 1_000_000L, who));
    }

    /** Everything works again, and comes to rest. */
    private void heal() throws IOException {
        mendings.clear();
        for (ParticipantProcess participant : world.participants()) {
            participant.link().mode(FaultyLink.Mode.PASS);
            if (!participant.isAlive()) {
                participant.start();
            }
        }
        world.server().awaitReady();
        long end = System.nanoTime() + REST_WITHIN_NANOS;
        long nextNudge = 0;
        while (!judge.isSettled() && judge.isContent() && System.nanoTime() < end) {
            if (System.nanoTime() > nextNudge) {
                for (ParticipantProcess participant : world.participants()) {
                    participant.open();
                }
                if (!world.server().isAlive()) {
                    world.server().awaitReady();
                }
                nextNudge = System.nanoTime() + NUDGE_EVERY_NANOS;
            }
            judge.look();
            World.pause(30); // between two looks
        }
    }

    /** What it was, for people. */
    List<String> story() {
        var lines = new ArrayList<String>();
        plan.steps().forEach(step -> lines.add("%5d ms  %s".formatted(step.at(), step.action())));
        return lines;
    }
}
