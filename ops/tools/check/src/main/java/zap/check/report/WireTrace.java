package zap.check.report;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import zap.kit.Phrase;

/** The frames of one check in the order in which they passed; of a long row only its beginning and its end are kept. */
public final class WireTrace {

    private static final int FIRST = 40;
    private static final int LAST = 40;

    private final long begin = System.nanoTime();
    private final List<Event> first = new ArrayList<>();
    private final Deque<Event> last = new ArrayDeque<>();
    private int left;

    /** The direction of an event, or that a connection came or went. */
    public enum Kind {
        SENT("→"),
        RECEIVED("←"),
        NOTE("·");

        private final String sign;

        Kind(String sign) {
            this.sign = sign;
        }

        public String sign() {
            return sign;
        }
    }

    /**
     * One line of the trace.
     *
     * @param what a {@link Phrase}, or a frame's text
     */
    public record Event(long millis, String actor, Kind kind, Object what) {}

    public synchronized void add(String actor, Kind kind, Object what) {
        var event = new Event((System.nanoTime() - begin) / 1_000_000, actor, kind, what);
        if (first.size() < FIRST) {
            first.add(event);
            return;
        }
        last.add(event);
        if (last.size() > LAST) {
            last.remove();
            left++;
        }
    }

    public synchronized List<Event> events() {
        var all = new ArrayList<>(first);
        if (left > 0) {
            all.add(new Event(0, "", Kind.NOTE, Phrase.of("trace.left-out", left)));
        }
        all.addAll(last);
        return all;
    }
}
