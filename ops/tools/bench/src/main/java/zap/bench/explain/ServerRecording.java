package zap.bench.explain;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongPredicate;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordedMethod;
import jdk.jfr.consumer.RecordingFile;
import org.jspecify.annotations.Nullable;

/** Everything of use in a recording of the server's JVM, or of this one, in nanoTime. */
final class ServerRecording {

    private record Pause(Instant from, Instant to, String detail) {}

    /** @param collection the number of the collection that it belongs to */
    private record CollectionPause(Pause pause, int collection) {}

    private static final long WIDENED = 1_000_000_000;

    private final WallClock wall;
    private final long from;
    private final long to;
    private final LongPredicate isLate;

    private final List<RecordedBatch> batches = new ArrayList<>();
    private final RecordedMail mail = new RecordedMail();
    private final List<Long> differences = new ArrayList<>();
    private final List<CollectionPause> collections = new ArrayList<>();
    private final Map<Integer, String> collectionCauses = new HashMap<>();
    private final List<Pause> safepoints = new ArrayList<>();
    private final Map<Long, Instant> safepointBegins = new HashMap<>();
    private final Map<Circumstance, List<Pause>> circumstances = new EnumMap<>(Circumstance.class);
    private WallClock clock;

    private ServerRecording(WallClock wall, long from, long to, LongPredicate isLate) {
        this.wall = wall;
        this.clock = wall;
        this.from = from - WIDENED;
        this.to = to + WIDENED;
        this.isLate = isLate;
    }

    /**
     * Reads a recording.
     *
     * @param wall the clock of the wall
     * @param from only events from this time on are kept, and until {@code to}
     * @param isLate the clients whose mail is kept
     */
    static ServerRecording read(Path file, WallClock wall, long from, long to, LongPredicate isLate)
            throws IOException {
        var recording = new ServerRecording(wall, from, to, isLate);
        try (var events = new RecordingFile(file)) {
            while (events.hasMoreEvents()) {
                recording.take(events.readEvent());
            }
        }
        recording.mail.sort();
        recording.clock = wall.alignedWith(recording.differences);
        return recording;
    }

    private void take(RecordedEvent event) {
        switch (event.getEventType().getName()) {
            case "zap.MailWritten" -> takeMail(event);
            case "zap.Batch" -> takeBatch(event);
            case "zap.ForgettingRound" -> takeRound(event);
            case "jdk.SafepointBegin" -> safepointBegins.put(event.getLong("safepointId"), event.getStartTime());
            case "jdk.SafepointEnd" -> {
                @Nullable Instant begin = safepointBegins.remove(event.getLong("safepointId"));
                if (begin != null) {
                    keep(safepoints, begin, event.getEndTime(), "");
                }
            }
            case "jdk.Compilation" -> keep(Circumstance.COMPILATION, event, methodOf(event));
            case "jdk.JavaMonitorEnter" -> keep(Circumstance.MONITOR, event, threadOf(event));
            case "jdk.VirtualThreadPinned" -> keep(Circumstance.PINNED, event, threadOf(event));
            case "jdk.GarbageCollection" -> collectionCauses.put(event.getInt("gcId"), event.getString("cause"));
            case "jdk.GCPhasePause" -> takeCollectionPause(event);
            default -> {
                // The JVM writes some events about the recording itself.
            }
        }
    }

    private void takeCollectionPause(RecordedEvent event) {
        var kept = new ArrayList<Pause>(1);
        keep(kept, event.getStartTime(), event.getEndTime(), event.getString("name"));
        kept.forEach(pause -> collections.add(new CollectionPause(pause, event.getInt("gcId"))));
    }

    private void takeMail(RecordedEvent event) {
        long written = event.getLong("written");
        if (written >= from && written <= to && isLate.test(event.getLong("client"))) {
            mail.add(
                    event.getLong("client"),
                    new RecordedMail.Mail(event.getLong("received"), event.getLong("begun"), written));
        }
    }

    private void takeBatch(RecordedEvent event) {
        long taken = event.getLong("taken");
        differences.add(WallClock.nanos(event.getStartTime()) - taken);
        if (taken > to || event.getLong("reported") < from) {
            return;
        }
        batches.add(new RecordedBatch(
                event.getLong("number"),
                event.getString("form"),
                event.getInt("attempts"),
                event.getInt("messages"),
                event.getInt("receipts"),
                event.getInt("others"),
                event.getInt("confirmations"),
                event.getLong("confirmedEntries"),
                event.getLong("bytes"),
                event.getLong("firstReceived"),
                event.getLong("lastReceived"),
                taken,
                event.getLong("storing"),
                event.getLong("stored"),
                event.getLong("reported")));
    }

    private void takeRound(RecordedEvent event) {
        String detail = "%s deleted, %s moved".formatted(event.getLong("deleted"), event.getLong("moved"));
        keep(Circumstance.FORGETTING, event, detail);
        if (event.getBoolean("generationChanged")) {
            keep(Circumstance.GENERATION_CHANGE, event, detail);
        }
    }

    private void keep(Circumstance circumstance, RecordedEvent event, String detail) {
        keep(
                circumstances.computeIfAbsent(circumstance, _ -> new ArrayList<>()),
                event.getStartTime(),
                event.getEndTime(),
                detail);
    }

    private void keep(List<Pause> pauses, Instant begin, Instant end, String detail) {
        if (wall.toNanoTime(end) >= from && wall.toNanoTime(begin) <= to) {
            pauses.add(new Pause(begin, end.isBefore(begin) ? begin : end, detail));
        }
    }

    private static String methodOf(RecordedEvent event) {
        @Nullable RecordedMethod method = event.getValue("method");
        return method == null ? "" : method.getType().getName() + "." + method.getName();
    }

    private static String threadOf(RecordedEvent event) {
        return event.getThread() == null ? "" : String.valueOf(event.getThread().getJavaName());
    }

    private List<Disturbance> inNanoTime(List<Pause> pauses) {
        return pauses.stream()
                .map(pause ->
                        new Disturbance(clock.toNanoTime(pause.from()), clock.toNanoTime(pause.to()), pause.detail()))
                .toList();
    }

    /** Returns the clock of the recording. */
    WallClock clock() {
        return clock;
    }

    /** Returns the batches of the writer. */
    List<RecordedBatch> batches() {
        return batches;
    }

    /** Returns the mail of the clients that were asked for. */
    RecordedMail mail() {
        return mail;
    }

    /** Returns the pauses of collections, with the reasons for which they were begun. */
    List<Disturbance> collections() {
        return inNanoTime(collections.stream()
                .map(one -> {
                    String cause = collectionCauses.getOrDefault(one.collection(), "");
                    Pause pause = one.pause();
                    return cause.isEmpty() ? pause : new Pause(pause.from(), pause.to(), pause.detail() + ", " + cause);
                })
                .toList());
    }

    /** Returns all safepoints, those of collections included. */
    List<Disturbance> safepoints() {
        return inNanoTime(safepoints);
    }

    /** Returns all pauses. */
    List<Disturbance> pauses() {
        var all = new ArrayList<>(collections());
        all.addAll(safepoints());
        return all;
    }

    /** Returns the other things that went on in the JVM. */
    Map<Circumstance, List<Disturbance>> circumstances() {
        var all = new EnumMap<Circumstance, List<Disturbance>>(Circumstance.class);
        circumstances.forEach((circumstance, pauses) -> all.put(circumstance, inNanoTime(pauses)));
        return all;
    }
}
