package zap.bench.load;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import zap.bench.machine.CpuMeter;
import zap.bench.machine.ServerMeters;
import zap.bench.report.Measure;
import zap.bench.report.RunResult;
import zap.bench.traffic.Flow;
import zap.bench.traffic.FrameListener;
import zap.bench.traffic.Letter;
import zap.bench.traffic.MessageText;
import zap.bench.traffic.Messenger;
import zap.bench.traffic.User;

/** The modes against a messenger that lives in memory: everything arrives at once, or after a stall. */
class PacingTest {

    private static final int CHARACTERS = 100;

    /** The time at which each message was due, from its text. */
    private final List<Long> due = Collections.synchronizedList(new ArrayList<>());

    private final class Memory implements Messenger {

        private final List<MemoryUser> users = new ArrayList<>();
        private final int stallAt;
        private int messages;

        Memory(int stallAt) {
            this.stallAt = stallAt;
        }

        @Override
        public User newUser(int flow, int seat, FrameListener inbox) {
            var user = new MemoryUser(this, users.size(), flow, seat, inbox);
            users.add(user);
            return user;
        }

        @Override
        public CompletableFuture<String> newGroup(User sender, List<User> members) {
            throw new UnsupportedOperationException();
        }

        @Override
        public boolean tellsAccepted() {
            return true;
        }

        @Override
        public boolean isExactlyOnce() {
            return false;
        }

        @Override
        public void close() {}
    }

    private final class MemoryUser extends User {

        private final Memory memory;
        private final int number;
        private final FrameListener inbox;

        MemoryUser(Memory memory, int number, int flow, int seat, FrameListener inbox) {
            super(flow, seat);
            this.memory = memory;
            this.number = number;
            this.inbox = inbox;
        }

        @Override
        public CompletableFuture<Void> connect() {
            return CompletableFuture.completedFuture(null);
        }

        @Override
        public CompletableFuture<Void> disconnect() {
            return CompletableFuture.completedFuture(null);
        }

        @Override
        public void cut() {}

        @Override
        public String address() {
            return Integer.toString(number);
        }

        @Override
        public Letter letterTo(String address, MessageText text) {
            MemoryUser recipient = memory.users.get(Integer.parseInt(address));
            return (sequence, nanos) -> {
                due.add(nanos);
                if (++memory.messages == memory.stallAt) {
                    stall();
                }
                byte[] bytes = text.bytes();
                MessageText.number(bytes, 0, sequence, nanos);
                recipient.inbox.received(recipient, bytes, 0, bytes.length);
            };
        }

        @Override
        public void askAccepted() {}
    }

    private static void stall() {
        try {
            // The stall that is to be seen in the latencies.
            Thread.sleep(Duration.ofMillis(200));
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Target target(Messenger messenger) {
        return new Target(
                "memory",
                OptionalLong.empty(),
                new CpuMeter(OptionalLong.empty(), OptionalLong.empty()),
                new ServerMeters(null),
                () -> messenger,
                false);
    }

    private static LoadPlan plan(double seconds) {
        return new LoadPlan(2, CHARACTERS, 0, seconds, Flow.Until.DELIVERED, Duration.ofSeconds(5));
    }

    /**
     * 500 messages in half a second, and nothing for the first two tenths of it: whoever leaves that out sees one late
     * message.
     */
    @Test
    void aStallMakesEveryMessageLateThatWasDueMeanwhile() {
        RunResult result = new Latency(plan(0.5), 1_000).run(target(new Memory(1)), 1, new Progress(null));
        assertThat(due).hasSize(500);
        assertThat(LongStream.range(1, due.size()).map(i -> due.get((int) i) - due.get((int) i - 1)))
                .allMatch(gap -> gap == 1_000_000);
        assertThat(result.verdict().isClean()).isTrue();
        assertThat(result.latency()).isNotNull();
        // Those due in the first tenth of a second wait a tenth at the least.
        assertThat(result.latency().getCountBetweenValues(100_000_000, Long.MAX_VALUE))
                .isGreaterThanOrEqualTo(90);
        assertThat(result.figures()).containsKeys(Measure.P50, Measure.P99, Measure.MESSAGES);
    }
}
