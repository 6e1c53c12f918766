package zap.shell.chat;

import zap.shell.store.Messages.DeliveryState;
import zap.shell.store.OutgoingMessages;
import zap.shell.store.OutgoingMessages.Open;
import zap.shell.store.PendingGroups;

/**
 * Marks messages as unsure that a base session handed over before it ended, and that are still open although all
 * waiting mail has come.
 */
final class UnsureMessages {

    private UnsureMessages() {}

    /**
     * Marks all open messages and groups as unsure that were handed over before this mark. Later ones may still be
     * answered.
     *
     * @return how many messages that are
     */
    static int mark(OutgoingMessages outgoing, PendingGroups pendingGroups, long before) {
        int unsure = 0;
        for (Open message : outgoing.open()) {
            if (message.mark() < before) {
                outgoing.mark(message.number(), DeliveryState.UNSURE);
                unsure++;
            }
        }
        for (Open group : pendingGroups.open()) {
            if (group.mark() < before) {
                pendingGroups.mark(group.number(), DeliveryState.UNSURE);
            }
        }
        return unsure;
    }
}
