package zap.bench.explain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;

class ThreadSamplesTest {

    private static final long MS = 1_000_000;

    /** Samples every 10 ms, each with the milliseconds that the thread ran and waited since the one before. */
    private static ThreadSamples samples(ThreadRole role, long process, long... ranAndWaited) {
        var samples = new ThreadSamples(process, role, role.name());
        long ran = 0;
        long waited = 0;
        samples.add(0, 0, 0);
        for (int i = 0; i < ranAndWaited.length; i += 2) {
            ran += ranAndWaited[i] * MS;
            waited += ranAndWaited[i + 1] * MS;
            samples.add((i / 2 + 1) * 10 * MS, ran, waited);
        }
        return samples;
    }

    private static Disturbance millis(long from, long to) {
        return new Disturbance(from * MS, to * MS, "");
    }

    @Test
    void aThreadWaitsBeforeItRuns() {
        ThreadSamples samples = samples(ThreadRole.WRITER, 1, 3, 5, 10, 0, 0, 0, 2, 1);
        assertThat(samples.waits(MS, (_, _, _) -> "")).containsExactly(millis(2, 7), millis(37, 38));
        assertThat(samples.waits(2 * MS, (_, _, _) -> "")).containsExactly(millis(2, 7));
        assertThat(samples.runs()).containsExactly(millis(7, 10), millis(10, 20), millis(38, 40));
    }

    /** The kernel counts a wait when it is over. */
    @Test
    void aLongWaitReachesBackBehindTheSampleBefore() {
        assertThat(samples(ThreadRole.WRITER, 1, 0, 0, 0, 0, 1, 28).waits(MS, (_, _, _) -> ""))
                .containsExactly(millis(1, 29));
    }

    @Test
    void timeIsDividedEvenlyBetweenTwoSamples() {
        ThreadSamples samples = samples(ThreadRole.COMPILER, 1, 4, 0, 8, 0);
        assertThat(samples.ranIn(5 * MS, 15 * MS)).isCloseTo(6.0 * MS, within(1.0));
        assertThat(samples.ranIn(-5 * MS, 100 * MS)).isCloseTo(12.0 * MS, within(1.0));
        assertThat(samples.ran()).isEqualTo(12 * MS);
    }

    @Test
    void aStopLastsFromTheSampleBeforeItWasSeen() {
        var samples = new ThreadSamples(1, ThreadRole.BACKEND, "");
        samples.add(10, 0, 0);
        samples.addState(10, false);
        samples.add(20, 0, 0);
        samples.addState(20, true);
        samples.add(30, 0, 0);
        samples.addState(30, true);
        samples.add(40, 0, 0);
        samples.addState(40, false);
        assertThat(samples.stops()).containsExactly(new Disturbance(10, 40, "stopped by a signal"));
    }

    @Test
    void theBackendWithMostOfTheTimeIsTheWriters() {
        ThreadSamples writers = samples(ThreadRole.BACKEND, 11, 9, 0);
        ThreadSamples reads = samples(ThreadRole.BACKEND, 12, 1, 0);
        ThreadSamples idle = samples(ThreadRole.BACKEND, 13, 0, 0);
        ThreadSamples checkpointer = samples(ThreadRole.CHECKPOINTER, 14, 10, 0);
        assertThat(ThreadSampler.writersBackends(List.of(writers, reads, idle, checkpointer)))
                .containsExactly(11L);
        assertThat(ThreadSampler.writersBackends(List.of(idle))).isEmpty();
    }

    @Test
    void eachWaitIsTheDisturbanceOfItsThread() {
        var disturbances = ThreadSampler.disturbances(
                List.of(
                        samples(ThreadRole.WRITER, 1, 1, 2),
                        samples(ThreadRole.CARRIER, 1, 1, 3),
                        samples(ThreadRole.GENERATOR, 2, 1, 4),
                        samples(ThreadRole.BACKEND, 3, 1, 5),
                        samples(ThreadRole.COMPILER, 1, 10, 0)),
                2);
        assertThat(disturbances.get(Cause.WRITER_QUEUED)).hasSize(1);
        assertThat(disturbances.get(Cause.WRITER_QUEUED).getFirst().nanos()).isEqualTo(2 * MS);
        assertThat(disturbances.get(Cause.WRITER_QUEUED).getFirst().detail()).contains("JIT compiler 50 %");
        assertThat(disturbances.get(Cause.CARRIER_QUEUED).getFirst().nanos()).isEqualTo(3 * MS);
        assertThat(disturbances.get(Cause.GENERATOR_QUEUED).getFirst().nanos()).isEqualTo(4 * MS);
        assertThat(disturbances.get(Cause.BACKEND_QUEUED).getFirst().nanos()).isEqualTo(5 * MS);
        assertThat(disturbances.get(Cause.BACKEND_RUNS)).containsExactly(millis(9, 10));
    }

    @Test
    void withoutABackendThereAreNoMarksOfIt() {
        assertThat(ThreadSampler.disturbances(List.of(samples(ThreadRole.WRITER, 1, 1, 2)), 2))
                .doesNotContainKey(Cause.BACKEND_RUNS);
    }

    @Test
    void carriersAreBusyWhenNoneOfThemHasTimeLeft() {
        List<Disturbance> busy = ThreadSamples.allBusy(
                List.of(
                        samples(ThreadRole.CARRIER, 1, 9, 1, 5, 0, 10, 0),
                        samples(ThreadRole.CARRIER, 1, 5, 5, 10, 0, 0, 0)),
                2,
                0.9);
        assertThat(busy).containsExactly(millis(0, 10));
        assertThat(ThreadSamples.allBusy(List.of(), 2, 0.9)).isEmpty();
    }

    @Test
    void rolesAreToldByNames() {
        assertThat(ThreadRole.ofServer("mailbox-writer")).isEqualTo(ThreadRole.WRITER);
        assertThat(ThreadRole.ofServer("ForkJoinPool-1-")).isEqualTo(ThreadRole.CARRIER);
        assertThat(ThreadRole.ofServer("C2 CompilerThre")).isEqualTo(ThreadRole.COMPILER);
        assertThat(ThreadRole.ofServer("GC Thread#0")).isEqualTo(ThreadRole.COLLECTOR);
        assertThat(ThreadRole.ofServer("java")).isEqualTo(ThreadRole.SERVER_OTHER);
        assertThat(ThreadRole.ofGenerator("load-1")).isEqualTo(ThreadRole.GENERATOR);
        assertThat(ThreadRole.ofGenerator(ThreadSampler.NAME)).isEqualTo(ThreadRole.SAMPLER);
        assertThat(ThreadRole.ofGenerator(DatabaseSampler.NAME)).isEqualTo(ThreadRole.SAMPLER);
        assertThat(ThreadRole.ofDatabase("postgres: zap zap 127.0.0.1(41234) idle"))
                .isEqualTo(ThreadRole.BACKEND);
        assertThat(ThreadRole.ofDatabase("postgres: checkpointer ")).isEqualTo(ThreadRole.CHECKPOINTER);
        assertThat(ThreadRole.ofDatabase("postgres: walwriter ")).isEqualTo(ThreadRole.DATABASE_OTHER);
    }

    static boolean theKernelCounts() {
        return Files.isReadable(Path.of("/proc/self/task")) && Files.isReadable(Path.of("/proc/self/schedstat"));
    }

    @Test
    @EnabledIf("theKernelCounts")
    void aThreadThatRunsIsSeenRunning() {
        // The name of the server's writer: Linux knows threads by their names, and nothing else about them.
        Thread busy = Thread.ofPlatform().name("mailbox-writer").daemon().start(() -> {
            while (!Thread.currentThread().isInterrupted()) {
                Thread.onSpinWait();
            }
        });
        long pid = ProcessHandle.current().pid();
        var sampler = new ThreadSampler(OptionalLong.of(pid), OptionalLong.empty());
        sampler.start();
        ThreadMXBean times = ManagementFactory.getThreadMXBean();
        while (times.getThreadCpuTime(busy.threadId()) < 100 * MS) {
            Thread.onSpinWait();
        }
        sampler.close();
        busy.interrupt();
        assertThat(sampler.threads())
                .filteredOn(one -> one.role() == ThreadRole.WRITER)
                .singleElement()
                .satisfies(one -> assertThat(one.runs()).isNotEmpty());
        assertThat(sampler.kernel().risen()).isNotEmpty();
    }
}
