package zap.shell.chat;

import zap.shell.store.Messages;
import zap.shell.store.Messages.DeliveryState;
import zap.shell.store.Messages.Open;

/** Judges what base sessions that are no more were given, and of which nothing has been heard although all waiting mail has come. */
final class UnsureMessages {

    private UnsureMessages() {}

    /**
     * Whatever was handed over before this count is unsure now; what was handed over after it may still be answered.
     *
     * @return how many messages that are
     */
    static int mark(Messages messages, long before) {
        int unsure = 0;
        for (Open message : messages.open()) {
            if (message.mark() < before) {
                messages.mark(message.number(), DeliveryState.UNSURE);
                unsure++;
            }
        }
        for (Open group : messages.openGroups()) {
            if (group.mark() < before) {
                messages.decideGroup(group.number(), DeliveryState.UNSURE);
            }
        }
        return unsure;
    }
}
