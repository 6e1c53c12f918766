package zap.bench.explain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class KernelSamplesTest {

    private final Map<String, Double> counters = new HashMap<>();

    @Test
    void namesAndValuesComeInPairsOfLines() {
        KernelSamples.parsePairs(
                counters,
                List.of(
                        "TcpExt: SyncookiesSent DelayedACKs TCPTimeouts",
                        "TcpExt: 0 607684 35",
                        "Tcp: RtoMin RetransSegs",
                        "Tcp: 200 22393"));
        assertThat(counters)
                .containsOnly(
                        entry("TcpExt:SyncookiesSent", 0.0),
                        entry("TcpExt:DelayedACKs", 607_684.0),
                        entry("TcpExt:TCPTimeouts", 35.0),
                        entry("Tcp:RtoMin", 200.0),
                        entry("Tcp:RetransSegs", 22_393.0));
    }

    @Test
    void pressureIsReadInMilliseconds() {
        KernelSamples.parsePressure(
                counters,
                "io",
                List.of(
                        "some avg10=0.32 avg60=1.14 avg300=1.90 total=568565557",
                        "full avg10=0.32 avg60=0.48 avg300=0.91 total=201642000"));
        assertThat(counters).containsOnly(entry("pressure:io some", 568_565.557), entry("pressure:io full", 201_642.0));
    }

    @Test
    void disksAreAddedUpWithoutThoseInMemory() {
        KernelSamples.parseDisks(
                counters,
                List.of(
                        "   7       0 loop0 9 9 9 9 9 9 9 9 9 9 9 9 9 9 9 9 9",
                        " 254       0 vda 1186422 104913 32003802 5725291 7235645 1466902 362993224 3079987 0 1032956"
                                + " 9207191 1594735 46 203084880 197298 2820459 204615",
                        " 254      16 vdb 1 1 1 1 5 1 1 13 0 1 1 1 1 1 1 41 85"));
        assertThat(counters)
                .containsOnly(
                        entry("disk:writes", 7_235_650.0),
                        entry("disk:ms of writing", 3_080_000.0),
                        entry("disk:flushes", 2_820_500.0),
                        entry("disk:ms of flushing", 204_700.0));
    }

    @Test
    void stolenTimeIsReadInMilliseconds() {
        KernelSamples.parseSteal(
                counters, List.of("cpu  2832554 0 459122 1283322 32312 0 32322 4977 0 0", "cpu0 1 2 3 4 5 6 7 8 9 10"));
        assertThat(counters).containsOnly(entry("host:ms stolen", 49_770.0));
    }

    @Test
    void whatRoseBetweenTwoSamplesIsACircumstanceAndTheRestIsNot() {
        var samples = new KernelSamples();
        samples.add(10, Map.of("Tcp:RetransSegs", 5.0));
        samples.add(20, Map.of("Tcp:RetransSegs", 5.0, "host:ms stolen", 10.0, "disk:flushes", 1.0));
        samples.add(30, Map.of("Tcp:RetransSegs", 7.0, "host:ms stolen", 10.0, "disk:flushes", 2.0));
        assertThat(samples.circumstances())
                .contains(entry(Circumstance.RETRANSMISSION, List.of(new Disturbance(20, 30, "2 segments"))))
                .contains(entry(Circumstance.STOLEN, List.of(new Disturbance(10, 20, "10 ms"))))
                .contains(entry(Circumstance.DISK_FLUSH, List.of()));
        assertThat(samples.risen()).contains(entry("Tcp:RetransSegs", 2.0), entry("disk:flushes", 2.0));
        assertThat(new KernelSamples().risen()).isEmpty();
    }

    @Test
    void aDiskIsSlowByTheMeanOfItsWritesAndFlushes() {
        var samples = new KernelSamples();
        samples.add(10, Map.of());
        samples.add(20, Map.of("disk:writes", 10.0, "disk:ms of writing", 49.0));
        samples.add(30, Map.of("disk:writes", 12.0, "disk:ms of writing", 59.0, "disk:ms of flushing", 20.0));
        assertThat(samples.circumstances())
                .contains(entry(Circumstance.DISK_WRITE, List.of(new Disturbance(20, 30, "2 in 10 ms"))))
                .contains(entry(Circumstance.DISK_FLUSH, List.of(new Disturbance(20, 30, "0 in 20 ms"))));
    }
}
