package zap.bench.machine;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;

/** The processes of this machine, as /proc shows them. A process that has ended meanwhile counts as nothing. */
public final class Processes {

    /** Ticks of a second in /proc, the same on every Linux of today. */
    private static final double TICKS_A_SECOND = 100;

    private static final Path PROC = Path.of("/proc");
    private static final String LISTENING = "0A";

    // Fields of /proc/PID/stat, counted after the name in brackets, which may hold anything.
    private static final int PARENT = 1;
    private static final int USER = 11;
    private static final int SYSTEM = 12;
    private static final int CHILDREN_USER = 13;
    private static final int CHILDREN_SYSTEM = 14;

    private Processes() {}

    /** Which process listens on this port of this machine, if one does that we may look at. */
    public static OptionalLong listeningOn(int port) {
        var inodes = new HashSet<String>();
        for (String[] socket : sockets()) {
            if (socket[3].equals(LISTENING) && portOf(socket[1]) == port) {
                inodes.add(socket[9]);
            }
        }
        return inodes.isEmpty() ? OptionalLong.empty() : ownerOf(inodes);
    }

    /**
     * The database that this process is connected to: the PostgreSQL of this machine that listens where it has called.
     */
    public static OptionalLong postgresOf(long pid) {
        Set<String> own = socketsOf(pid);
        List<String[]> sockets = sockets();
        var called = new HashSet<Integer>();
        for (String[] socket : sockets) {
            if (own.contains(socket[9]) && !socket[3].equals(LISTENING)) {
                called.add(portOf(socket[2]));
            }
        }
        var listeners = new HashSet<String>();
        for (String[] socket : sockets) {
            if (socket[3].equals(LISTENING) && called.contains(portOf(socket[1]))) {
                listeners.add(socket[9]);
            }
        }
        if (listeners.isEmpty()) {
            return OptionalLong.empty();
        }
        for (long candidate : all()) {
            // Its children have inherited the listening socket; the parent of them all is meant.
            if (name(candidate).startsWith("postgres")
                    && socketsOf(candidate).stream().anyMatch(listeners::contains)
                    && !name(parent(candidate)).startsWith("postgres")) {
                return OptionalLong.of(candidate);
            }
        }
        return OptionalLong.empty();
    }

    private static OptionalLong ownerOf(Set<String> inodes) {
        long owner = 0;
        for (long pid : all()) {
            // The one that started first is the parent, where children have inherited the socket.
            if ((owner == 0 || pid < owner) && socketsOf(pid).stream().anyMatch(inodes::contains)) {
                owner = pid;
            }
        }
        return owner == 0 ? OptionalLong.empty() : OptionalLong.of(owner);
    }

    private static List<String[]> sockets() {
        var sockets = new ArrayList<String[]>();
        for (String table : List.of("net/tcp", "net/tcp6")) {
            for (String line : lines(PROC.resolve(table))) {
                String[] fields = line.strip().split("\\s+", -1);
                if (fields.length > 9 && fields[1].contains(":") && fields[2].contains(":")) {
                    sockets.add(fields);
                }
            }
        }
        return sockets;
    }

    private static int portOf(String address) {
        String hex = address.substring(address.lastIndexOf(':') + 1);
        return hex.matches("[0-9A-F]{4}") ? Integer.parseInt(hex, 16) : -1;
    }

    private static Set<String> socketsOf(long pid) {
        var inodes = new HashSet<String>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(PROC.resolve(pid + "/fd"))) {
            for (Path file : files) {
                String target = Files.readSymbolicLink(file).toString();
                if (target.startsWith("socket:[")) {
                    inodes.add(target.substring("socket:[".length(), target.length() - 1));
                }
            }
        } catch (IOException e) {
            // Not ours to look at, or just gone.
            return inodes;
        }
        return inodes;
    }

    private static List<Long> all() {
        var pids = new ArrayList<Long>();
        try (DirectoryStream<Path> folders = Files.newDirectoryStream(PROC, "[0-9]*")) {
            for (Path folder : folders) {
                pids.add(Long.parseLong(folder.getFileName().toString()));
            }
        } catch (IOException e) {
            return List.of();
        }
        return pids;
    }

    /** Returns the system's name of a process; empty if there is no such process. */
    public static String name(long pid) {
        return String.join("", lines(PROC.resolve(pid + "/comm"))).strip();
    }

    private static long parent(long pid) {
        String[] stat = stat(pid);
        return stat.length > PARENT ? Long.parseLong(stat[PARENT]) : 0;
    }

    /** Seconds of processor time that this process has used, all its threads together. */
    public static double seconds(long pid) {
        return seconds(stat(pid), false);
    }

    /** Seconds of processor time that this process and everything below it have used, what has ended included. */
    public static double secondsOfTree(long root) {
        double sum = 0;
        for (long pid : tree(root)) {
            sum += seconds(stat(pid), true);
        }
        return sum;
    }

    /** Returns this process and all below it that have not ended. */
    public static List<Long> tree(long root) {
        Map<Long, List<Long>> children = new HashMap<>();
        for (long pid : all()) {
            children.computeIfAbsent(parent(pid), _ -> new ArrayList<>()).add(pid);
        }
        var tree = new ArrayList<Long>();
        var toVisit = new ArrayList<>(List.of(root));
        while (!toVisit.isEmpty()) {
            long pid = toVisit.removeLast();
            tree.add(pid);
            toVisit.addAll(children.getOrDefault(pid, List.of()));
        }
        return tree;
    }

    private static double seconds(String[] stat, boolean withEnded) {
        if (stat.length <= CHILDREN_SYSTEM) {
            return 0;
        }
        long ticks = Long.parseLong(stat[USER]) + Long.parseLong(stat[SYSTEM]);
        if (withEnded) {
            ticks += Long.parseLong(stat[CHILDREN_USER]) + Long.parseLong(stat[CHILDREN_SYSTEM]);
        }
        return ticks / TICKS_A_SECOND;
    }

    /**
     * Returns the seconds of processor time of all processes but some, by their names. The time of a process that has
     * ended counts as its parent's.
     */
    public static Map<String, Double> secondsByName(Set<Long> except) {
        var seconds = new HashMap<String, Double>();
        for (long pid : all()) {
            if (!except.contains(pid)) {
                seconds.merge(name(pid), seconds(stat(pid), true), Double::sum);
            }
        }
        return seconds;
    }

    private static String[] stat(long pid) {
        String line = String.join("", lines(PROC.resolve(pid + "/stat")));
        int end = line.lastIndexOf(')');
        return end < 0 ? new String[0] : line.substring(end + 1).strip().split(" ", -1);
    }

    /** Bytes of memory that are resident for this process. */
    public static OptionalLong residentBytes(long pid) {
        for (String line : lines(PROC.resolve(pid + "/status"))) {
            if (line.startsWith("VmRSS:")) {
                return OptionalLong.of(1024 * Long.parseLong(line.replaceAll("\\D", "")));
            }
        }
        return OptionalLong.empty();
    }

    /** Seconds of processor time that all processes of the machine have used together, 0 when nobody knows. */
    public static double secondsOfMachine() {
        for (String line : lines(PROC.resolve("stat"))) {
            if (line.startsWith("cpu ")) {
                // user nice system idle iowait irq softirq steal
                String[] fields = line.split("\\s+", -1);
                double busy = 0;
                for (int i : new int[] {1, 2, 3, 6, 7, 8}) {
                    busy += Double.parseDouble(fields[i]);
                }
                return busy / TICKS_A_SECOND;
            }
        }
        return 0;
    }

    private static List<String> lines(Path file) {
        try {
            return Files.readAllLines(file, StandardCharsets.UTF_8);
        } catch (IOException e) {
            // No such process any more, or no such file on this system.
            return List.of();
        }
    }
}
