package zap.check.server;

import java.util.Locale;

/** An action of the assignment, or a property that all actions share: the chapters of the suite. */
public enum Section {
    REGISTER(1),
    CONNECT(2),
    ONLINE(3),
    OFFLINE(4),
    DELIVERED(5),
    READ(6),
    GROUPS(7),
    TEXT(8),
    FRAMING(9),
    CLIENTS(10),
    BAD_INPUT(11);

    private final int number;

    Section(int number) {
        this.number = number;
    }

    /** Returns the number with which the numbers of its checks begin. */
    int number() {
        return number;
    }

    /** Returns the name in reports for programs, and in keys of the message bundles. */
    String key() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
