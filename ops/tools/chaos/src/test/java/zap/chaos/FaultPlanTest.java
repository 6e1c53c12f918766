package zap.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Collections;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import zap.chaos.FaultPlan.Break;
import zap.chaos.FaultPlan.Send;
import zap.chaos.FaultPlan.Step;

class FaultPlanTest {

    private static final int PARTICIPANTS = 3;
    private static final int NODES = 3;

    @Test
    void theSeedDecidesEverything() {
        for (long seed = 0; seed < 200; seed++) {
            assertThat(FaultPlan.of(seed, PARTICIPANTS)).isEqualTo(FaultPlan.of(seed, PARTICIPANTS));
        }
        assertThat(FaultPlan.of(1, PARTICIPANTS)).isNotEqualTo(FaultPlan.of(2, PARTICIPANTS));
        assertThat(FaultPlan.withNodes(1, PARTICIPANTS, NODES))
                .isEqualTo(FaultPlan.withNodes(1, PARTICIPANTS, NODES))
                .isNotEqualTo(FaultPlan.withNodes(2, PARTICIPANTS, NODES));
    }

    @Test
    void everythingThatCanBreakBreaksAndEveryKindOfRecipientIsWrittenTo() {
        var faults = EnumSet.noneOf(Fault.class);
        var recipients = new HashSet<Class<?>>();
        for (long seed = 0; seed < 200; seed++) {
            FaultPlan plan = FaultPlan.of(seed, PARTICIPANTS);
            assertThat(plan.steps()).isSortedAccordingTo(java.util.Comparator.comparingInt(Step::at));
            for (Step step : plan.steps()) {
                if (step.action() instanceof Break broken) {
                    faults.add(broken.fault());
                } else if (step.action() instanceof Send send) {
                    recipients.add(send.to().getClass());
                }
            }
        }
        assertThat(faults).isEqualTo(possible(false));
        assertThat(recipients)
                .containsExactlyInAnyOrder(FaultPlan.Person.class, FaultPlan.Group.class, FaultPlan.Nobody.class);
    }

    private static Set<Fault> possible(boolean withNodes) {
        return Stream.of(Fault.values())
                .filter(fault -> fault.isPossible(withNodes))
                .collect(Collectors.toSet());
    }

    @Test
    void everythingThatCanBreakWithNodesBreaksAtEveryNode() {
        var faults = EnumSet.noneOf(Fault.class);
        var broken = new HashSet<Break>();
        for (long seed = 0; seed < 500; seed++) {
            FaultPlan plan = FaultPlan.withNodes(seed, PARTICIPANTS, NODES);
            assertThat(plan.steps()).isSortedAccordingTo(java.util.Comparator.comparingInt(Step::at));
            faults.addAll(plan.faults());
            plan.steps().stream()
                    .map(Step::action)
                    .filter(Break.class::isInstance)
                    .map(action -> (Break) action)
                    .filter(one -> one.fault().isOfNode())
                    .forEach(one -> broken.add(new Break(one.fault(), one.who(), 0)));
        }
        assertThat(faults).isEqualTo(possible(true));
        long kinds = Stream.of(Fault.values()).filter(Fault::isOfNode).count();
        assertThat(broken).hasSize(Math.toIntExact(kinds * NODES));
    }

    /** The next failover needs a standby, which is made at the end of a run. */
    @Test
    void theDatabaseOfNodesBreaksAtMostOnceInARun() {
        for (long seed = 0; seed < 1_000; seed++) {
            assertThat(FaultPlan.withNodes(seed, PARTICIPANTS, NODES).faults().stream()
                            .filter(Fault::isOfDatabasePair))
                    .hasSizeLessThan(2);
        }
    }

    @Test
    void whatNeedsAnotherStepBeforeItHasIt() {
        for (long seed = 0; seed < 500; seed++) {
            List<Fault> faults = FaultPlan.of(seed, PARTICIPANTS).faults();
            assertThat(faults.contains(Fault.SERVER_RESTORED)).isEqualTo(faults.contains(Fault.SERVER_BACKED_UP));
            assertThat(faults.lastIndexOf(Fault.SERVER_BACKED_UP))
                    .isLessThanOrEqualTo(Math.max(-1, faults.indexOf(Fault.SERVER_RESTORED)));
            assertThat(faults.contains(Fault.CLIENT_PUT_BACK)).isEqualTo(faults.contains(Fault.CLIENT_BACKED_UP));
            assertThat(faults.lastIndexOf(Fault.CLIENT_BACKED_UP))
                    .isLessThanOrEqualTo(Math.max(-1, faults.indexOf(Fault.CLIENT_PUT_BACK)));
        }
    }

    @Test
    void everySecondOrThirdRunRestoresOrCopies() {
        var stories =
                EnumSet.of(Fault.SERVER_RESTORED, Fault.CLIENT_COPIED, Fault.CLIENT_PUT_BACK, Fault.IDENTITY_IMPORTED);
        long with = LongStream.range(0, 1_000)
                .filter(seed ->
                        !Collections.disjoint(FaultPlan.of(seed, PARTICIPANTS).faults(), stories))
                .count();
        assertThat(with).isBetween(333L, 500L);
    }

    /**
     * Faults that the short form of the simulator ({@link ChaosIT}) leaves out affect a link or a server alone, and are
     * frequent elsewhere.
     */
    @Test
    void theFewSeedsOfEveryDayHaveEveryCopyAndRestore() {
        var faults = EnumSet.noneOf(Fault.class);
        for (int run = 0; run < ChaosIT.USUAL_RUNS; run++) {
            faults.addAll(FaultPlan.of(ChaosIT.USUAL_SEED + run, PARTICIPANTS).faults());
        }
        assertThat(faults)
                .contains(
                        Fault.SERVER_BACKED_UP,
                        Fault.SERVER_RESTORED,
                        Fault.CLIENT_COPIED,
                        Fault.CLIENT_BACKED_UP,
                        Fault.CLIENT_PUT_BACK,
                        Fault.IDENTITY_IMPORTED,
                        Fault.CLIENT_KILLED)
                .hasSizeGreaterThan(8);
    }

    @Test
    void theSeedOfEveryDayWithNodesHasOutagesThatMeet() {
        var faults = EnumSet.noneOf(Fault.class);
        for (int run = 0; run < ChaosIT.USUAL_RUNS_WITH_NODES; run++) {
            faults.addAll(FaultPlan.withNodes(ChaosIT.USUAL_SEED_WITH_NODES + run, PARTICIPANTS, ChaosIT.NODES)
                    .faults());
        }
        assertThat(faults)
                .contains(
                        Fault.NODE_PAUSED,
                        Fault.NODE_DATABASE_SWALLOWS,
                        Fault.NODE_LINKS_SWALLOW,
                        Fault.DATABASE_HUNG,
                        Fault.LINK_ABANDONED,
                        Fault.LINK_RESET);
    }
}
