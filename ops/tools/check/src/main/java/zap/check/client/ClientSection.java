package zap.check.client;

import java.util.Locale;

/** A subject of the suite against clients: the chapters of its report. */
public enum ClientSection {
    REGISTER(1),
    CONNECT(2),
    SEND(3),
    TEXT(4),
    RECEIVE(5),
    READ(6),
    RECEIPTS(7),
    GROUPS(8),
    FRAMES(9),
    SEGMENTS(10),
    TROUBLE(11),
    STORY(12);

    private final int number;

    ClientSection(int number) {
        this.number = number;
    }

    /** Returns the number with which the numbers of its checks begin, after the letter C. */
    int number() {
        return number;
    }

    /** Returns the name in reports for programs, and in keys of the message bundles. */
    String key() {
        return name().toLowerCase(Locale.ROOT);
    }
}
