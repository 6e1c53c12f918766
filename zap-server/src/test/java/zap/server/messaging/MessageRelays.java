package zap.server.messaging;

import zap.server.group.Groups;

/** Makes the real {@link MessageRelay}, for tests of the packages that use it. */
public final class MessageRelays {

    private MessageRelays() {}

    public static MessageRelay over(Groups groups) {
        return new MessageRelay(groups);
    }
}
