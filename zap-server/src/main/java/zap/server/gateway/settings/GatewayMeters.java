package zap.server.gateway.settings;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.springframework.stereotype.Component;
import zap.protocol.Frame;
import zap.protocol.FrameType;
import zap.protocol.Reason;
import zap.server.mailbox.MailboxItem;

/** The meters of the gateway. Counts on the hot path are plain adders, which Micrometer reads on demand. */
@Component
public class GatewayMeters {

    private final Map<FrameType, LongAdder> received = new EnumMap<>(FrameType.class);
    private final Map<FrameType, LongAdder> sent = new EnumMap<>(FrameType.class);
    private final Map<Reason, LongAdder> refused = new EnumMap<>(Reason.class);
    private final LongAdder handshakesDone = new LongAdder();
    private final LongAdder handshakesFailed = new LongAdder();
    private final LongAdder outboxDepth = new LongAdder();
    private final LongAdder unacknowledged = new LongAdder();
    private final LongAdder slowedDown = new LongAdder();
    private final LongAdder turnedAway = new LongAdder();
    private final Timer delivery;

    public GatewayMeters(MeterRegistry registry) {
        for (FrameType type : FrameType.values()) {
            received.put(type, counter(registry, "zap.frames.received", "Frames that came in", type));
            sent.put(type, counter(registry, "zap.frames.sent", "Frames that went out", type));
        }
        for (Reason reason : Reason.values()) {
            var adder = new LongAdder();
            refused.put(reason, adder);
            FunctionCounter.builder("zap.refusals", adder, LongAdder::sum)
                    .description("What peers asked for and did not get, by reason")
                    .tag("reason", reason.name())
                    .register(registry);
        }
        handshakes(registry, "done", handshakesDone);
        handshakes(registry, "failed", handshakesFailed);
        FunctionCounter.builder("zap.sessions.slowed", slowedDown, LongAdder::sum)
                .description(
                        "How often a session was not read for a while, because it had sent too many frames in too short a time")
                .register(registry);
        FunctionCounter.builder("zap.connections.turned.away", turnedAway, LongAdder::sum)
                .description(
                        "Connections that were closed at once, because there were too many, in all or from one address")
                .register(registry);
        Gauge.builder("zap.outbox.depth", outboxDepth, LongAdder::sum)
                .description("Mailbox entries that wait in memory for their sessions' sockets")
                .baseUnit("entries")
                .register(registry);
        Gauge.builder("zap.outbox.unacknowledged", unacknowledged, LongAdder::sum)
                .description(
                        "Mailbox entries that were written to base sessions, and that their TCP has not acknowledged, or behind a proxy nothing shows to be delivered")
                .baseUnit("entries")
                .register(registry);
        delivery = Timer.builder("zap.delivery")
                .description(
                        "Time from the receipt of a frame to the write of what it caused, where the recipient was online")
                .publishPercentileHistogram()
                .minimumExpectedValue(Duration.ofNanos(100_000))
                .maximumExpectedValue(Duration.ofSeconds(10))
                .register(registry);
    }

    private static void handshakes(MeterRegistry registry, String outcome, LongAdder adder) {
        FunctionCounter.builder("zap.tls.handshakes", adder, LongAdder::sum)
                .description("Beginnings of encrypted connections")
                .tag("outcome", outcome)
                .register(registry);
    }

    private static LongAdder counter(MeterRegistry registry, String name, String description, FrameType type) {
        var adder = new LongAdder();
        FunctionCounter.builder(name, adder, LongAdder::sum)
                .description(description)
                .tag("code", type.code())
                .tag("frame", type.name().toLowerCase(Locale.ROOT))
                .register(registry);
        return adder;
    }

    public void received(List<Frame> frames) {
        for (Frame frame : frames) {
            of(received, frame.type()).increment();
        }
    }

    public void sent(List<Frame> frames) {
        for (Frame frame : frames) {
            of(sent, frame.type()).increment();
        }
    }

    /** Records the delivery times of mail that was written to its recipient. */
    public void given(List<MailboxItem> mail) {
        long now = System.nanoTime();
        for (MailboxItem entry : mail) {
            if (entry.receivedAtNanos() != MailboxItem.NOT_MEASURED) {
                delivery.record(now - entry.receivedAtNanos(), TimeUnit.NANOSECONDS);
            }
        }
    }

    /**
     * Counts a TLS handshake.
     *
     * @param done whether it succeeded
     */
    public void handshake(boolean done) {
        (done ? handshakesDone : handshakesFailed).increment();
    }

    /** Counts a session that exceeded its rate limit. */
    public void slowedDown() {
        slowedDown.increment();
    }

    /** Counts a connection that was closed because a limit was reached. */
    public void turnedAway() {
        turnedAway.increment();
    }

    public void refused(Reason reason) {
        of(refused, reason).increment();
    }

    /**
     * Adds to the number of entries in outboxes.
     *
     * @param more may be negative
     */
    public void outboxDepth(int more) {
        outboxDepth.add(more);
    }

    /**
     * Adds to the number of entries that were written and are not acknowledged.
     *
     * @param more may be negative
     */
    public void unacknowledged(long more) {
        unacknowledged.add(more);
    }

    private static <K> LongAdder of(Map<K, LongAdder> adders, K key) {
        LongAdder adder = adders.get(key);
        if (adder == null) {
            throw new IllegalStateException("No counter for " + key);
        }
        return adder;
    }
}
