package zap.bench.explain;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The kernel's own counters, sampled now and then: TCP, the pressure on processors and disks, flushes of disks. */
final class KernelSamples {

    private static final double MILLIS_A_TICK = 10;
    /** Fields of a line of /proc/diskstats, from 0 on. */
    private static final int DISK_NAME = 2;

    private static final int DISK_WRITES = 7;
    private static final int DISK_WRITE_MILLIS = 10;
    private static final int DISK_FLUSHES = 18;
    private static final int DISK_FLUSH_MILLIS = 19;
    private static final double SLOW_MILLIS = 5;

    /** The counters that are kept. Everything else would only make the collections of this JVM longer. */
    private static final List<String> KEPT = List.of(
            "Tcp:RetransSegs",
            "TcpExt:TCPTimeouts",
            "TcpExt:DelayedACKs",
            "pressure:cpu some",
            "pressure:io some",
            "pressure:io full",
            "disk:writes",
            "disk:ms of writing",
            "disk:flushes",
            "disk:ms of flushing",
            "host:ms stolen");

    /** @param values of {@link #KEPT}, in that order */
    private record Sample(long at, double[] values) {

        double of(String name) {
            return values[KEPT.indexOf(name)];
        }
    }

    private final List<Sample> samples = new ArrayList<>();

    /** Takes a sample now. */
    void sample() {
        var counters = new HashMap<String, Double>();
        readPairs(counters, "net/netstat");
        readPairs(counters, "net/snmp");
        readPressure(counters, "cpu");
        readPressure(counters, "io");
        parseDisks(counters, lines("diskstats"));
        parseSteal(counters, lines("stat"));
        add(System.nanoTime(), counters);
    }

    void add(long at, Map<String, Double> counters) {
        samples.add(new Sample(
                at,
                KEPT.stream()
                        .mapToDouble(name -> counters.getOrDefault(name, 0.0))
                        .toArray()));
    }

    private static List<String> lines(String file) {
        try {
            return Files.readAllLines(Path.of("/proc", file));
        } catch (IOException e) {
            // Not every kernel has every file.
            return List.of();
        }
    }

    private static void readPairs(Map<String, Double> counters, String file) {
        parsePairs(counters, lines(file));
    }

    /** Reads lines in pairs: one with names, one with values, both with the same first word. */
    static void parsePairs(Map<String, Double> counters, List<String> lines) {
        for (int i = 0; i + 1 < lines.size(); i += 2) {
            String[] names = lines.get(i).split(" ", -1);
            String[] values = lines.get(i + 1).split(" ", -1);
            for (int n = 1; n < Math.min(names.length, values.length); n++) {
                counters.put(names[0] + names[n], Double.parseDouble(values[n]));
            }
        }
    }

    private static void readPressure(Map<String, Double> counters, String what) {
        parsePressure(counters, what, lines("pressure/" + what));
    }

    /** Reads the totals of /proc/pressure, in microseconds. */
    static void parsePressure(Map<String, Double> counters, String what, List<String> lines) {
        for (String line : lines) {
            String[] words = line.split(" ", -1);
            counters.put(
                    "pressure:" + what + " " + words[0],
                    Double.parseDouble(words[words.length - 1].replace("total=", "")) / 1000);
        }
    }

    /** Sums up the flushes and the writes of all whole disks. */
    static void parseDisks(Map<String, Double> counters, List<String> lines) {
        for (String line : lines) {
            String[] fields = line.strip().split("\\s+", -1);
            // A partition's flushes are counted with its disk.
            if (fields.length > DISK_FLUSH_MILLIS && !fields[DISK_NAME].matches("(loop|ram|zram|dm-).*")) {
                counters.merge("disk:writes", Double.parseDouble(fields[DISK_WRITES]), Double::sum);
                counters.merge("disk:ms of writing", Double.parseDouble(fields[DISK_WRITE_MILLIS]), Double::sum);
                counters.merge("disk:flushes", Double.parseDouble(fields[DISK_FLUSHES]), Double::sum);
                counters.merge("disk:ms of flushing", Double.parseDouble(fields[DISK_FLUSH_MILLIS]), Double::sum);
            }
        }
    }

    /** Reads the processor time that the host has taken. */
    static void parseSteal(Map<String, Double> counters, List<String> lines) {
        for (String line : lines) {
            if (line.startsWith("cpu ")) {
                counters.put("host:ms stolen", MILLIS_A_TICK * Double.parseDouble(line.split("\\s+", -1)[8]));
            }
        }
    }

    /** Returns by how much counters of interest have risen, between the first and the last sample. */
    Map<String, Double> risen() {
        var risen = new LinkedHashMap<String, Double>();
        if (samples.size() > 1) {
            for (String name : KEPT) {
                risen.put(name, rise(samples.getFirst(), samples.getLast(), name));
            }
        }
        return risen;
    }

    private static double rise(Sample one, Sample other, String name) {
        return other.of(name) - one.of(name);
    }

    private List<Disturbance> risesOf(String name, double atLeast, String unit) {
        var rises = new ArrayList<Disturbance>();
        for (int i = 1; i < samples.size(); i++) {
            double rise = rise(samples.get(i - 1), samples.get(i), name);
            if (rise >= atLeast) {
                rises.add(
                        new Disturbance(samples.get(i - 1).at(), samples.get(i).at(), Math.round(rise) + unit));
            }
        }
        return rises;
    }

    /** Returns the times between samples in which one of these took the disk long on the average. */
    private List<Disturbance> slow(String count, String millis) {
        var slow = new ArrayList<Disturbance>();
        for (int i = 1; i < samples.size(); i++) {
            double times = rise(samples.get(i - 1), samples.get(i), count);
            double took = rise(samples.get(i - 1), samples.get(i), millis);
            if (took >= SLOW_MILLIS * Math.max(1, times)) {
                slow.add(new Disturbance(
                        samples.get(i - 1).at(),
                        samples.get(i).at(),
                        "%s in %s ms".formatted(Math.round(times), Math.round(took))));
            }
        }
        return slow;
    }

    /** Returns the times between samples in which segments were sent again. */
    List<Disturbance> retransmissions() {
        return risesOf("Tcp:RetransSegs", 1, " segments");
    }

    /** Returns what the kernel says about the circumstances. */
    Map<Circumstance, List<Disturbance>> circumstances() {
        var circumstances = new EnumMap<Circumstance, List<Disturbance>>(Circumstance.class);
        circumstances.put(Circumstance.RETRANSMISSION, retransmissions());
        circumstances.put(Circumstance.STOLEN, risesOf("host:ms stolen", 1, " ms"));
        circumstances.put(Circumstance.DISK_FLUSH, slow("disk:flushes", "disk:ms of flushing"));
        circumstances.put(Circumstance.DISK_WRITE, slow("disk:writes", "disk:ms of writing"));
        return circumstances;
    }
}
