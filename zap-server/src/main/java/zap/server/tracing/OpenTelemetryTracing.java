package zap.server.tracing;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanBuilder;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import java.time.Clock;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;
import zap.protocol.Address;
import zap.protocol.Body;
import zap.protocol.ClientId;
import zap.protocol.Frame;
import zap.protocol.Reason;

/**
 * Makes a trace of each sampled message, with a span for each stage, each the child of the one before:
 *
 * <ul>
 *   <li>read: from when the frame was decoded to when it was handed to the writer; it waits for the frames of the same
 *       burst
 *   <li>commit: until it is durable, or refused. An event marks the begin of its transaction; until then it has waited
 *       for other batches
 *   <li>deliver, one for each recipient: until it is written to the recipient's connection, today or next week
 *   <li>confirm: until the recipient's confirmation is durable
 * </ul>
 */
final class OpenTelemetryTracing implements Tracing, AutoCloseable {

    /** The client of the span: the sender, or the recipient. */
    static final AttributeKey<String> CLIENT = AttributeKey.stringKey("zap.client");

    /** The number of the client's session, as in the log. */
    static final AttributeKey<Long> SESSION = AttributeKey.longKey("zap.session");

    /** The entry's position in the recipient's mailbox. */
    static final AttributeKey<Long> POSITION = AttributeKey.longKey("zap.position");

    private static final AttributeKey<String> FRAME = AttributeKey.stringKey("zap.frame");
    private static final AttributeKey<String> ADDRESSEE = AttributeKey.stringKey("zap.dst");
    private static final AttributeKey<Long> TEXT_BYTES = AttributeKey.longKey("zap.text.bytes");
    private static final AttributeKey<Long> BATCH_SIZE = AttributeKey.longKey("zap.batch.size");
    private static final AttributeKey<Long> ATTEMPTS = AttributeKey.longKey("zap.batch.attempts");
    private static final AttributeKey<Long> ENTRIES = AttributeKey.longKey("zap.entries");
    private static final AttributeKey<String> REASON = AttributeKey.stringKey("zap.reason");

    private final Tracer tracer;
    private final Clock clock;
    private final double sample;
    private final DoubleSupplier random;
    private final TracedMail mail;

    /**
     * @param sample the share of all messages that is traced, from 0 to 1
     * @param random from 0 to less than 1; asked once for each message, by any thread
     * @param mostEntries maximum number of mailbox entries that are traced at the same time
     */
    OpenTelemetryTracing(Tracer tracer, Clock clock, double sample, DoubleSupplier random, int mostEntries) {
        this.tracer = tracer;
        this.clock = clock;
        this.sample = sample;
        this.random = random;
        this.mail = new TracedMail(mostEntries);
    }

    @Override
    public @Nullable MessageTrace begin(long session, ClientId sender, Frame frame, long receivedAtNanos) {
        return random.getAsDouble() < sample ? follow(session, sender, frame, receivedAtNanos) : null;
    }

    private MessageTrace follow(long session, ClientId sender, Frame frame, long receivedAtNanos) {
        Timeline timeline = Timeline.now(clock);
        SpanBuilder builder = tracer.spanBuilder("read")
                .setNoParent()
                .setSpanKind(SpanKind.SERVER)
                .setStartTimestamp(timeline.at(receivedAtNanos), TimeUnit.NANOSECONDS)
                .setAttribute(SESSION, session)
                .setAttribute(CLIENT, sender.toString())
                .setAttribute(FRAME, frame.type().name());
        if (frame instanceof Frame.Send send) {
            describe(builder, send.dst(), send.body());
        } else if (frame instanceof Frame.Message message) {
            describe(builder, message.dst(), message.body());
        }
        Span read = builder.startSpan();
        read.end(timeline.epochNanos(), TimeUnit.NANOSECONDS);
        Span commit = tracer.spanBuilder("commit")
                .setParent(Context.root().with(read))
                .setStartTimestamp(timeline.epochNanos(), TimeUnit.NANOSECONDS)
                .startSpan();
        return new Commit(timeline, commit);
    }

    private static void describe(SpanBuilder builder, Address dst, Body body) {
        builder.setAttribute(ADDRESSEE, dst.toString()).setAttribute(TEXT_BYTES, (long) body.utf8().length);
    }

    @Override
    public void written(long session, ClientId recipient, long first, long last) {
        mail.written(session, recipient.value(), first, last);
    }

    @Override
    public void confirmed(long recipient, long upTo) {
        mail.confirmed(recipient, upTo);
    }

    /** Exports the unfinished traces as they are. */
    @Override
    public void close() {
        mail.abandon();
    }

    /** Returns the number of mailbox entries that are traced now. */
    int tracedEntries() {
        return mail.size();
    }

    static String digits(long client) {
        return new ClientId(client).toString();
    }

    /** The commit stage, and the beginning of the deliver stage. */
    private final class Commit implements MessageTrace {

        private final Timeline timeline;
        private final Span commit;
        private long attempts;
        private long begunAtNanos;

        Commit(Timeline timeline, Span commit) {
            this.timeline = timeline;
            this.commit = commit;
            this.begunAtNanos = timeline.nanos();
        }

        @Override
        public void transactionBegins() {
            attempts++;
            begunAtNanos = System.nanoTime();
        }

        @Override
        public void committed(int batchSize, List<Entry> entries) {
            long now = System.nanoTime();
            commit.setAttribute(BATCH_SIZE, (long) batchSize);
            commit.setAttribute(ENTRIES, (long) entries.size());
            end(now);
            for (Entry entry : entries) {
                mail.add(new TracedEntry(tracer, timeline, entry, commit, now));
            }
        }

        @Override
        public void refused(Reason reason) {
            commit.setAttribute(REASON, reason.name());
            end(System.nanoTime());
        }

        private void end(long nowNanos) {
            commit.setAttribute(ATTEMPTS, attempts);
            commit.addEvent("transaction begins", timeline.at(begunAtNanos), TimeUnit.NANOSECONDS);
            commit.end(timeline.at(nowNanos), TimeUnit.NANOSECONDS);
        }
    }
}
