package zap.bench.report;

import java.util.Locale;

/** The quantity of a figure. The order is that of the columns. */
public enum Measure {
    MESSAGES("messages/s", 0),
    DELIVERIES("deliveries/s", 0),
    STORED("stored/s", 0),
    DRAINED("drained/s", 0),
    RECONNECTED("back/s", 0),
    ALL_BACK("all back, s", 2),
    P50("p50 ms", 2),
    P90("p90 ms", 2),
    P99("p99 ms", 2),
    P999("p99.9 ms", 2),
    MAX("max ms", 1),
    HEAP("heap KB each", 2),
    RESIDENT("RSS KB each", 2),
    CPU_SERVER("CPU s/1,000: server", 4),
    CPU_DATABASE("database", 4),
    CPU_GENERATOR("generator", 4),
    CPU_MEASURED("server and database", 4),
    BATCH("writes a commit", 1),
    OTHERS("others' share of the CPUs, %", 0);

    private final String title;
    private final int decimals;

    Measure(String title, int decimals) {
        this.title = title;
        this.decimals = decimals;
    }

    /** As it stands above a column. */
    public String title() {
        return title;
    }

    /** Tells whether it has a column in a terminal, which is narrow. The other reports have all columns. */
    public boolean isForTerminals() {
        return this != P90 && this != P999 && this != MAX;
    }

    /** Returns the number of significant digits after the point. */
    public int decimals() {
        return decimals;
    }

    /** The value in words. */
    public String format(double value) {
        return String.format(Locale.ROOT, "%,." + decimals + "f", value);
    }
}
