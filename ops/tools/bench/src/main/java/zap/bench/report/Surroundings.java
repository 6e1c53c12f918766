package zap.bench.report;

import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Locale;

/**
 * The circumstances of a measurement, without which figures mean nothing.
 *
 * @param when the beginning
 * @param command what was typed
 * @param system machine, operating system and Java
 * @param processors how many there are, for all processes together
 * @param loadAtStart the load average when it began, negative when the system does not tell
 */
public record Surroundings(Instant when, String command, String system, int processors, double loadAtStart) {

    /** As they are now. */
    public static Surroundings of(String command) {
        return new Surroundings(
                Instant.now().truncatedTo(ChronoUnit.SECONDS),
                command,
                "%s, %s %s, Java %s"
                        .formatted(
                                host(),
                                System.getProperty("os.name"),
                                System.getProperty("os.version"),
                                Runtime.version()),
                Runtime.getRuntime().availableProcessors(),
                ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage());
    }

    private static String host() {
        try {
            return InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException e) {
            return "a machine without a name";
        }
    }

    /** In one line. */
    @Override
    public String toString() {
        return "%s; %s; %s processors; load average at the start %s"
                .formatted(
                        when,
                        system,
                        processors,
                        loadAtStart < 0 ? "unknown" : String.format(Locale.ROOT, "%.2f", loadAtStart));
    }
}
