package zap.check.client;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import zap.check.client.ConversationEvent.Kind;
import zap.check.report.WireTrace;
import zap.kit.Phrase;
import zap.kit.WireFrame;
import zap.protocol.FrameType;

/**
 * A conversation that has ended, as the checks look at it.
 *
 * @param played the steps that were played
 * @param leftOut the steps that were not, with the reasons
 * @param values the texts and ids of steps, by name
 */
public record Evidence(
        List<ConversationEvent> events,
        List<GivenMessage> given,
        Set<Act> played,
        Map<Act, Phrase> leftOut,
        Map<String, String> values,
        Set<Act> diedIn,
        @Nullable StoryOutcome story,
        ClientDialect dialect) {

    private static final int MOST_SHOWN = 80;

    /**
     * The outcome of the lines of a file after {@code --expect}.
     *
     * @param failure the first line that did not happen, and the reason; null when all did
     */
    public record StoryOutcome(
            int lines, @Nullable Phrase expected, @Nullable Phrase failure) {}

    public Evidence {
        events = List.copyOf(events);
        given = List.copyOf(given);
        leftOut = Map.copyOf(new EnumMap<>(leftOut.isEmpty() ? new EnumMap<>(Act.class) : leftOut));
    }

    /** Fails quietly when a step was not played. */
    void need(Act act) {
        if (!played.contains(act)) {
            throw new NotSeenException(leftOut.getOrDefault(act, Phrase.of("client-left-out.not-reached")));
        }
    }

    /** Returns the events of a step. */
    List<ConversationEvent> of(Act act) {
        need(act);
        return events.stream().filter(event -> event.act() == act).toList();
    }

    /** Returns the frames of one type that the client sent in a step. */
    List<WireFrame> came(Act act, FrameType type) {
        return of(act).stream()
                .filter(event -> event.kind() == Kind.CAME)
                .map(ConversationEvent::frame)
                .filter(frame -> frame != null && frame.type() == type)
                .toList();
    }

    /** Returns all events in which the client sent a frame of this type. */
    List<ConversationEvent> came(FrameType type) {
        return events.stream()
                .filter(event -> event.kind() == Kind.CAME
                        && event.frame() != null
                        && event.frame().type() == type)
                .toList();
    }

    /** Returns the messages that were given in a step. */
    List<GivenMessage> given(Act act) {
        need(act);
        return given.stream().filter(message -> message.act() == act).toList();
    }

    String value(String name) {
        return values.getOrDefault(name, "");
    }

    /** Returns the id that the client got first. */
    String id() {
        return value("me");
    }

    /** Returns the lines of a report on some steps; on all of them when none is named. */
    List<WireTrace.Event> trace(List<Act> acts) {
        List<WireTrace.Event> all = events.stream()
                .filter(event -> acts.isEmpty() || acts.contains(event.act()))
                .map(ConversationEvent::shown)
                .toList();
        return all.size() <= MOST_SHOWN ? all : all.subList(0, MOST_SHOWN);
    }
}
