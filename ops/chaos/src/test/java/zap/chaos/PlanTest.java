package zap.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.EnumSet;
import java.util.HashSet;
import org.junit.jupiter.api.Test;
import zap.chaos.Plan.Break;
import zap.chaos.Plan.Send;
import zap.chaos.Plan.Step;

class PlanTest {

    private static final int PARTICIPANTS = 3;

    @Test
    void theSeedDecidesEverything() {
        for (long seed = 0; seed < 200; seed++) {
            assertThat(Plan.of(seed, PARTICIPANTS)).isEqualTo(Plan.of(seed, PARTICIPANTS));
        }
        assertThat(Plan.of(1, PARTICIPANTS)).isNotEqualTo(Plan.of(2, PARTICIPANTS));
    }

    @Test
    void everythingThatCanBreakBreaksAndEveryKindOfRecipientIsWrittenTo() {
        var faults = EnumSet.noneOf(Fault.class);
        var recipients = new HashSet<Class<?>>();
        for (long seed = 0; seed < 200; seed++) {
            Plan plan = Plan.of(seed, PARTICIPANTS);
            assertThat(plan.steps()).isSortedAccordingTo(java.util.Comparator.comparingInt(Step::at));
            for (Step step : plan.steps()) {
                if (step.action() instanceof Break broken) {
                    faults.add(broken.fault());
                } else if (step.action() instanceof Send send) {
                    recipients.add(send.to().getClass());
                }
            }
        }
        assertThat(faults).containsExactlyInAnyOrder(Fault.values());
        assertThat(recipients).containsExactlyInAnyOrder(Plan.Person.class, Plan.Group.class, Plan.Nobody.class);
    }

    /** What the short form of the simulator ({@link ChaosIT}) leaves out is rare: a server that is stopped in good order, and a link that is down. */
    @Test
    void theFewSeedsOfEveryDayBreakNearlyEverything() {
        var faults = EnumSet.noneOf(Fault.class);
        for (int run = 0; run < ChaosIT.USUAL_RUNS; run++) {
            for (Step step : Plan.of(ChaosIT.USUAL_SEED + run, PARTICIPANTS).steps()) {
                if (step.action() instanceof Break broken) {
                    faults.add(broken.fault());
                }
            }
        }
        assertThat(faults)
                .containsExactlyInAnyOrderElementsOf(
                        EnumSet.complementOf(EnumSet.of(Fault.SERVER_STOPPED, Fault.LINK_DOWN)));
    }
}
