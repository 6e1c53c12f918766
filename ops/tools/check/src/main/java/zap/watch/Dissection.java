package zap.watch;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import zap.kit.WireFrame;
import zap.protocol.FrameType;
import zap.watch.Sighting.Seen;
import zap.watch.WireEvent.Kind;

/**
 * Makes sightings of events: frames, faults, and connections that come and go, in their order. It is the same for a
 * live proxy and for a recording, because its clock is that of the events. Not safe for several threads.
 */
final class Dissection {

    /** The time without bytes after which a short frame has ended: less than the usual gap between two of them. */
    static final long PAUSE_MICROS = 100_000;

    /** The same while it is not known whether a direction sends short frames. */
    static final long FIRST_PAUSE_MICROS = 400_000;

    /** The time without bytes after which half a frame is shown. */
    static final long LONG_PAUSE_MICROS = 2_000_000;

    private final FrameWidths widths;
    private final Consumer<Sighting> sightings;
    private final Map<Integer, Link> links = new HashMap<>();
    private final Set<Flow> waiting = new LinkedHashSet<>();
    private long connections;
    private long frames;
    private long faults;

    /** One connection. */
    private static final class Link {
        final Map<Side, Flow> flows = new EnumMap<>(Side.class);

        Link(int number, FrameWidths widths) {
            for (Side side : Side.values()) {
                flows.put(side, new Flow(number, side, widths));
            }
        }

        Flow flow(Side side) {
            return Objects.requireNonNull(flows.get(side));
        }
    }

    /** One direction of a connection. */
    private static final class Flow {
        final int connection;
        final Side side;
        final FlowDecoder decoder;
        long lastCame;
        boolean paused;
        long frames;
        long bytes;

        Flow(int connection, Side side, FrameWidths widths) {
            this.connection = connection;
            this.side = side;
            this.decoder = new FlowDecoder(side, widths);
        }

        long pauseEndsAt() {
            return lastCame
                    + (paused
                            ? LONG_PAUSE_MICROS
                            : decoder.widths() == FrameWidths.UNKNOWN ? FIRST_PAUSE_MICROS : PAUSE_MICROS);
        }
    }

    Dissection(FrameWidths widths, Consumer<Sighting> sightings) {
        this.widths = widths;
        this.sightings = sightings;
    }

    long connections() {
        return connections;
    }

    long frames() {
        return frames;
    }

    /** Returns the number of places that were no frame. */
    long faults() {
        return faults;
    }

    /** Takes the next event. Pauses that ended before it are taken into account first. */
    void accept(WireEvent event) {
        advance(event.micros());
        switch (event.kind()) {
            case CLIENT_BYTES, SERVER_BYTES -> bytes(event);
            case CLIENT_ENDED, SERVER_ENDED -> {
                end(link(event).flow(event.from()));
                happened(event);
            }
            case CLIENT_RESET, SERVER_RESET -> {
                // What either side has sent before is complete now.
                link(event).flows.values().forEach(this::end);
                happened(event);
            }
            case OPENED -> {
                connections++;
                links.put(event.connection(), new Link(event.connection(), widths));
                happened(event);
            }
            case CLOSED -> closed(event);
            case LISTENING, UNREACHABLE, CLIENT_HANDSHAKE, SERVER_HANDSHAKE, TOO_MANY -> happened(event);
        }
    }

    /** Takes into account that no event came before this time. */
    void advance(long micros) {
        if (waiting.isEmpty()) {
            return;
        }
        List<Flow> due = null;
        for (Flow flow : waiting) {
            if (flow.pauseEndsAt() <= micros) {
                due = due == null ? new ArrayList<>() : due;
                due.add(flow);
            }
        }
        if (due != null) {
            due.sort((one, other) -> Long.compare(one.pauseEndsAt(), other.pauseEndsAt()));
            for (Flow flow : due) {
                pause(flow, micros);
            }
        }
    }

    /** Takes into account that nothing will come any more. */
    void finish() {
        links.values().forEach(link -> link.flows.values().forEach(this::end));
    }

    private void pause(Flow flow, long micros) {
        if (!flow.paused) {
            flow.paused = true;
            takeAll(flow, true);
        }
        if (flow.decoder.waits() && flow.pauseEndsAt() <= micros) {
            show(flow, flow.decoder.half(false));
            waiting.remove(flow);
        } else if (!flow.decoder.waits()) {
            waiting.remove(flow);
        }
    }

    private Link link(WireEvent event) {
        // A damaged recording may have lost the beginning of a connection.
        return links.computeIfAbsent(event.connection(), number -> new Link(number, widths));
    }

    private void bytes(WireEvent event) {
        Flow flow = link(event).flow(event.from());
        flow.decoder.add(event.payload());
        flow.bytes += event.payload().length;
        flow.lastCame = event.micros();
        flow.paused = false;
        takeAll(flow, false);
        if (flow.decoder.waits()) {
            waiting.add(flow);
        } else {
            waiting.remove(flow);
        }
    }

    private void end(Flow flow) {
        takeAll(flow, true);
        show(flow, flow.decoder.half(true));
        waiting.remove(flow);
    }

    private void closed(WireEvent event) {
        Link link = link(event);
        link.flows.values().forEach(this::end);
        Flow client = link.flow(Side.CLIENT);
        Flow server = link.flow(Side.SERVER);
        links.remove(event.connection());
        sightings.accept(new Sighting(
                event.micros(),
                event.connection(),
                null,
                new Seen.Over(client.frames, client.bytes, server.frames, server.bytes)));
    }

    private void takeAll(Flow flow, boolean pause) {
        Finding finding;
        while ((finding = flow.decoder.next(pause)) != null) {
            show(flow, finding);
        }
    }

    private void show(Flow flow, @Nullable Finding finding) {
        if (finding == null) {
            return;
        }
        if (finding instanceof Finding.Whole whole) {
            flow.frames++;
            frames++;
            learnOwnId(flow, whole.frame());
        } else if (finding instanceof Finding.NoFrame) {
            faults++;
        }
        sightings.accept(new Sighting(flow.lastCame, flow.connection, flow.side, new Seen.Found(finding)));
    }

    private void learnOwnId(Flow flow, WireFrame frame) {
        boolean tellsId = frame.type() == FrameType.REGISTERED || frame.type() == FrameType.CONNECT;
        Link link = links.get(flow.connection);
        if (tellsId && link != null) {
            link.flow(Side.CLIENT).decoder.ownId(frame.field("id"));
        }
    }

    private void happened(WireEvent event) {
        Side from = event.kind() == Kind.UNREACHABLE ? null : event.kind().side();
        sightings.accept(new Sighting(event.micros(), event.connection(), from, new Seen.Happened(event)));
    }
}
