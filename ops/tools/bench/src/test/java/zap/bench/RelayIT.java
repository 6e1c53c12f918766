package zap.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import zap.bench.load.Latency;
import zap.bench.load.LoadPlan;
import zap.bench.load.Mode;
import zap.bench.load.Offline;
import zap.bench.load.Progress;
import zap.bench.load.Target;
import zap.bench.load.Throughput;
import zap.bench.machine.CpuMeter;
import zap.bench.machine.ServerMeters;
import zap.bench.traffic.Flow;
import zap.bench.traffic.Verdict;
import zap.bench.wire.Relay;
import zap.bench.wire.ZapMessenger;

/** Over real sockets, against a relay that does wrong on purpose: whether the checks see what happens. */
class RelayIT {

    private static final int EVERY = 50;

    private static Verdict verdict(Mode mode, Relay.Fate fate) {
        try (var relay = new Relay(0, fate);
                var meters = new ServerMeters(null)) {
            var address = new InetSocketAddress(InetAddress.getLoopbackAddress(), relay.port());
            var target = new Target(
                    "relay",
                    OptionalLong.empty(),
                    new CpuMeter(OptionalLong.empty(), OptionalLong.empty()),
                    meters,
                    () -> new ZapMessenger(address, ZapMessenger.Sessions.BASE, 2),
                    true);
            return mode.run(target, 1, new Progress(null)).verdict();
        }
    }

    private static LoadPlan plan(double seconds) {
        return new LoadPlan(10, 218, 0, seconds, Flow.Until.DELIVERED, Duration.ofSeconds(3));
    }

    /** 500 messages, whatever becomes of them. */
    private static final Mode FIXED = new Latency(plan(0.5), 1_000);

    @Test
    void aRelayThatDoesRightIsClean() {
        Verdict verdict = verdict(new Throughput(plan(0.5), 16, 1), _ -> 1);
        assertThat(verdict.isClean()).as(verdict.toString()).isTrue();
        assertThat(verdict.sent()).isGreaterThan(100);
    }

    @Test
    void whatWaitsForThoseWhoAreAwayArrives() {
        Verdict verdict = verdict(new Offline(plan(0), 300), _ -> 1);
        assertThat(verdict).isEqualTo(new Verdict(3_000, 3_000, 0, 0, 0, 0, 0));
    }

    @Test
    void whatIsSwallowedIsLost() {
        Verdict verdict = verdict(FIXED, number -> number % EVERY == 0 ? 0 : 1);
        assertThat(verdict).isEqualTo(new Verdict(500, 500, 10, 0, 0, 0, 0));
    }

    @Test
    void whatIsGivenTwiceIsDoubled() {
        Verdict verdict = verdict(FIXED, number -> number % EVERY == 0 ? 2 : 1);
        assertThat(verdict).isEqualTo(new Verdict(500, 500, 0, 10, 0, 0, 0));
    }
}
