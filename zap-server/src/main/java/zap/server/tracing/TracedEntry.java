package zap.server.tracing;

import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A stored entry of a mailbox on its way to its owner: the stages deliver and confirm. Guarded by the lock of {@link
 * TracedMail}.
 */
final class TracedEntry {

    private final Tracer tracer;
    private final Timeline timeline;
    private final MessageTrace.Entry entry;
    private final Span deliver;
    private @Nullable Span confirm;

    /**
     * @param commit the stage before
     * @param committedAtNanos the end of that stage
     */
    TracedEntry(Tracer tracer, Timeline timeline, MessageTrace.Entry entry, Span commit, long committedAtNanos) {
        this.tracer = tracer;
        this.timeline = timeline;
        this.entry = entry;
        this.deliver = begin("deliver", commit, committedAtNanos);
    }

    private Span begin(String stage, Span parent, long beginsAtNanos) {
        return tracer.spanBuilder(stage)
                .setParent(Context.root().with(parent))
                .setStartTimestamp(timeline.at(beginsAtNanos), TimeUnit.NANOSECONDS)
                .setAttribute(OpenTelemetryTracing.CLIENT, OpenTelemetryTracing.digits(entry.recipient()))
                .setAttribute(OpenTelemetryTracing.POSITION, entry.position())
                .startSpan();
    }

    MessageTrace.Entry entry() {
        return entry;
    }

    /**
     * Notes that the entry was written to its owner's connection; possibly again, because it was not confirmed the
     * first time.
     */
    void written(long session, long nowNanos) {
        if (confirm == null) {
            deliver.setAttribute(OpenTelemetryTracing.SESSION, session);
            delivered(nowNanos).setAttribute(OpenTelemetryTracing.SESSION, session);
        } else {
            confirm.addEvent("written again", timeline.at(nowNanos), TimeUnit.NANOSECONDS);
            confirm.setAttribute(OpenTelemetryTracing.SESSION, session);
        }
    }

    private Span delivered(long nowNanos) {
        deliver.end(timeline.at(nowNanos), TimeUnit.NANOSECONDS);
        Span next = begin("confirm", deliver, nowNanos);
        confirm = next;
        return next;
    }

    /** Notes that the owner has confirmed the entry. This may happen before the outbox reports that it was written. */
    void confirmed(long nowNanos) {
        Span last = confirm == null ? delivered(nowNanos) : confirm;
        last.end(timeline.at(nowNanos), TimeUnit.NANOSECONDS);
    }

    /** Ends the trace early, because too many others are traced or the server stops. */
    void abandoned(long nowNanos) {
        Span last = confirm == null ? deliver : confirm;
        last.addEvent("not followed any further", timeline.at(nowNanos), TimeUnit.NANOSECONDS);
        last.end(timeline.at(nowNanos), TimeUnit.NANOSECONDS);
    }
}
