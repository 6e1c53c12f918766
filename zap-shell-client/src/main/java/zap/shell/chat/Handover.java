package zap.shell.chat;

import java.time.Instant;
import java.util.List;
import zap.shell.store.Messages.DeliveryState;
import zap.shell.store.OutgoingMessages.Due;
import zap.shell.store.PendingGroups;
import zap.shell.store.PendingGroups.PendingGroup;
import zap.shell.store.ProfileSettings;
import zap.shell.store.ReadMarks;
import zap.shell.store.ReadMarks.ReadMark;

/** Everything that a session hands over next, in the order in which it goes out: read marks, groups, messages. */
record Handover(List<ReadMark> readMarks, List<PendingGroup> groups, List<Due> messages) {

    /** The number of messages that are handed over at once. */
    static final int BATCH = 50;

    /**
     * Returns the messages that are given, and the groups and read marks that are due.
     *
     * @param messages at most {@link #BATCH} messages that this kind of session may hand over
     */
    static Handover of(
            List<Due> messages,
            PendingGroups pendingGroups,
            ReadMarks readMarks,
            ProfileSettings settings,
            Instant now) {
        return new Handover(
                settings.receipts() ? readMarks.due(now) : List.of(),
                pendingGroups.in(DeliveryState.WAITING),
                messages);
    }

    boolean isEmpty() {
        return readMarks.isEmpty() && groups.isEmpty() && messages.isEmpty();
    }
}
