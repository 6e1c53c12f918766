package zap.server.mailbox;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Enabled;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/**
 * A round of {@link Forgetting} in a recording of JDK Flight Recorder. Only a recording that asks for it has it;
 * otherwise it costs nothing.
 */
@Name(ForgettingRoundEvent.NAME)
@Label("Round of forgetting")
@Category("zap")
@Description("A round that deletes delivered mailbox entries")
@Enabled(false)
@StackTrace(false)
final class ForgettingRoundEvent extends Event {

    static final String NAME = "zap.ForgettingRound";

    @Label("Deleted")
    @Description("Entries that were deleted from the old generation")
    long deleted;

    @Label("Moved")
    @Description("Entries that were moved to the old generation, because they wait")
    long moved;

    @Label("Generation changed")
    @Description("Whether a young generation was emptied and put into use")
    boolean generationChanged;
}
