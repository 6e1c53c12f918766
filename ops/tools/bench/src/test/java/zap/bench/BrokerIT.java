package zap.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.OptionalLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import zap.bench.load.LoadPlan;
import zap.bench.load.Mode;
import zap.bench.load.Offline;
import zap.bench.load.Progress;
import zap.bench.load.Storm;
import zap.bench.load.Target;
import zap.bench.load.Throughput;
import zap.bench.machine.CpuMeter;
import zap.bench.machine.ServerMeters;
import zap.bench.mqtt.MqttMessenger;
import zap.bench.traffic.Flow;
import zap.bench.traffic.Messenger;
import zap.bench.traffic.Verdict;
import zap.bench.wire.BrokerMessenger;

/**
 * Both ways to be a broker's users, against the same little broker: what the library of others does there is what ours
 * must do.
 */
class BrokerIT {

    /** An implementation of MQTT. */
    enum Client {
        OURS {
            @Override
            Messenger messenger(InetSocketAddress broker) {
                return new BrokerMessenger(broker, "it", 2);
            }
        },
        HIVEMQ {
            @Override
            Messenger messenger(InetSocketAddress broker) {
                return new MqttMessenger(broker, "it", 2);
            }
        };

        abstract Messenger messenger(InetSocketAddress broker);
    }

    private LittleBroker broker;

    @BeforeEach
    void startBroker() throws IOException {
        broker = new LittleBroker();
    }

    @AfterEach
    void stopBroker() throws IOException {
        broker.close();
    }

    private static LoadPlan plan(int pairs) {
        return new LoadPlan(pairs, 218, 0, 0.5, Flow.Until.DELIVERED, Duration.ofSeconds(10));
    }

    /** Everything arrives, the broker has nothing to complain of, and nothing is left behind. */
    private Verdict measure(Client client, Mode mode) {
        try (var meters = new ServerMeters(null)) {
            var target = new Target(
                    "broker",
                    OptionalLong.empty(),
                    new CpuMeter(OptionalLong.empty(), OptionalLong.empty()),
                    meters,
                    () -> client.messenger(broker.address()),
                    false);
            Verdict verdict = mode.run(target, 1, new Progress(null)).verdict();
            assertThat(verdict.isClean()).as(verdict.toString()).isTrue();
            assertThat(broker.complaints()).isEmpty();
            assertThat(broker.sessions()).isEmpty();
            return verdict;
        }
    }

    @ParameterizedTest
    @EnumSource
    void onePublishesAndOneReceives(Client client) {
        assertThat(measure(client, new Throughput(plan(5), 16, 1)).sent()).isGreaterThan(80);
    }

    @ParameterizedTest
    @EnumSource
    void aGroupIsATopicOfMany(Client client) {
        Verdict verdict = measure(client, new Throughput(plan(2), 4, 3));
        assertThat(verdict.due()).isEqualTo(3 * verdict.sent()).isPositive();
    }

    @ParameterizedTest
    @EnumSource
    void whatWaitsComesOnReturn(Client client) {
        assertThat(measure(client, new Offline(plan(5), 400)).due()).isEqualTo(2_000);
    }

    @ParameterizedTest
    @EnumSource
    void allAreCutAndComeBack(Client client) {
        assertThat(measure(client, new Storm(plan(1), 20)).due()).isEqualTo(10);
    }
}
