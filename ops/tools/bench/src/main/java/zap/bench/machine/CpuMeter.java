package zap.bench.machine;

import java.lang.management.ManagementFactory;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/** Measures processor time by user: the server, its database, this load generator, all other processes. */
public final class CpuMeter {

    /** The user of processor time. */
    public enum Who {
        SERVER("server"),
        DATABASE("database"),
        GENERATOR("load generator"),
        OTHERS("everything else");

        private final String title;

        Who(String title) {
            this.title = title;
        }

        /** As people read it. */
        public String title() {
            return title;
        }
    }

    private final List<Long> servers;
    private final OptionalLong database;

    /**
     * @param server its process, if it runs here
     * @param database the first process of its database, if it runs here and is not below the server's
     */
    public CpuMeter(OptionalLong server, OptionalLong database) {
        this(server.stream().boxed().toList(), database);
    }

    /**
     * @param servers the processes of nodes on one database, which count as one server; none if they run elsewhere
     * @param database the first process of their database, if it runs here
     */
    public CpuMeter(List<Long> servers, OptionalLong database) {
        this.servers = List.copyOf(servers);
        this.database = database;
    }

    /** Seconds of processor time since each of them began. Who cannot be seen is missing. */
    public Map<Who, Double> seconds() {
        var seconds = new EnumMap<Who, Double>(Who.class);
        double own = ownSeconds();
        double known = own;
        seconds.put(Who.GENERATOR, own);
        if (!servers.isEmpty()) {
            // The database may be the server's child, and is counted for itself.
            double used = servers.stream().mapToDouble(Processes::seconds).sum();
            seconds.put(Who.SERVER, used);
            known += used;
        }
        if (database.isPresent()) {
            double used = Processes.secondsOfTree(database.getAsLong());
            seconds.put(Who.DATABASE, used);
            known += used;
        }
        double all = Processes.secondsOfMachine();
        if (all > 0) {
            seconds.put(Who.OTHERS, all - known);
        }
        return seconds;
    }

    private static double ownSeconds() {
        return ManagementFactory.getOperatingSystemMXBean() instanceof com.sun.management.OperatingSystemMXBean system
                ? system.getProcessCpuTime() / 1e9
                : Processes.seconds(ProcessHandle.current().pid());
    }

    /** Returns the seconds used between two readings. */
    public static Map<Who, Double> between(Map<Who, Double> before, Map<Who, Double> after) {
        var used = new EnumMap<Who, Double>(Who.class);
        after.forEach((who, seconds) -> {
            Double earlier = before.get(who);
            if (earlier != null) {
                used.put(who, Math.max(0, seconds - earlier));
            }
        });
        return used;
    }
}
