package zap.check.client;

import java.time.Instant;
import org.jspecify.annotations.Nullable;
import zap.check.report.WireTrace;
import zap.kit.Phrase;
import zap.kit.Shown;
import zap.kit.WireFrame;

/**
 * Something that happened on a connection with the client under test.
 *
 * @param act the step in which it happened
 * @param connection the number of the connection, from 1
 * @param frame of {@code CAME} and {@code SENT}
 * @param text bytes that are no frame, or that stood between two frames
 */
public record ConversationEvent(
        long millis,
        Instant time,
        Act act,
        int connection,
        Kind kind,
        @Nullable WireFrame frame,
        String text) {

    /** The kinds of events. */
    public enum Kind {
        CONNECTED,
        CAME,
        SENT,
        /** Bytes of the client that are no frame. */
        NO_FRAME,
        /** Bytes of the client between two frames: line breaks, blanks, NULs. */
        FILLER,
        /** The client asked for an assured session, which this suite does not offer. */
        HELLO,
        /** The client closed the connection. */
        CLOSED,
        /** This side closed the connection. */
        HUNG_UP,
        FLOODED
    }

    /** Returns the line of a report. */
    WireTrace.Event shown() {
        String name = "#" + connection;
        return switch (kind) {
            case CAME -> new WireTrace.Event(millis, name, WireTrace.Kind.RECEIVED, String.valueOf(frame));
            case SENT ->
                new WireTrace.Event(
                        millis, name, WireTrace.Kind.SENT, frame == null ? Shown.quoted(text) : frame.toString());
            case NO_FRAME ->
                new WireTrace.Event(
                        millis, name, WireTrace.Kind.RECEIVED, Phrase.of("trace.no-frame", Shown.quoted(text)));
            case FILLER ->
                new WireTrace.Event(
                        millis, name, WireTrace.Kind.RECEIVED, Phrase.of("client-trace.filler", Shown.quoted(text)));
            default ->
                new WireTrace.Event(
                        millis,
                        name,
                        WireTrace.Kind.NOTE,
                        Phrase.of("client-trace."
                                + kind.name().toLowerCase(java.util.Locale.ROOT).replace('_', '-')));
        };
    }
}
