package zap.check.report;

import java.util.Locale;

/** The weight of a check. */
public enum Level {
    /** The letter of the assignment. */
    REQUIRED,
    /** A consequence of the assignment: nothing lost, nothing doubled, order, no false receipt. */
    EXPECTED,
    /** Behaviour on a real network: split and glued segments, bad input, peers that hang up. */
    ROBUST;

    /** Returns the name in reports for programs, and in keys of the message bundles. */
    public String key() {
        return name().toLowerCase(Locale.ROOT);
    }
}
