package zap.bench.load;

import java.util.OptionalLong;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import zap.bench.explain.ObservedServer;
import zap.bench.machine.CpuMeter;
import zap.bench.machine.ServerMeters;
import zap.bench.traffic.Messenger;

/**
 * Something to measure.
 *
 * @param name as it is called in the results
 * @param process its process, if it runs on this machine
 * @param cpu tells who uses the processors
 * @param meters the meters that it shows
 * @param messengers makes users' way in, one for each run
 * @param isRelay whether it only hands on what it gets: it knows no groups, and notices late who is gone
 * @param observed the way to explain its late messages; null for none
 */
public record Target(
        String name,
        OptionalLong process,
        CpuMeter cpu,
        ServerMeters meters,
        Supplier<Messenger> messengers,
        boolean isRelay,
        @Nullable ObservedServer observed) {

    /** A target whose late messages are not explained. */
    public Target(
            String name,
            OptionalLong process,
            CpuMeter cpu,
            ServerMeters meters,
            Supplier<Messenger> messengers,
            boolean isRelay) {
        this(name, process, cpu, meters, messengers, isRelay, null);
    }
}
