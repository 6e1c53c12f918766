package zap.bench.explain;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** The late messages of several runs of the same thing: causes by share, with evidence. */
public final class LatenessExplanation {

    private static final double MILLIS = 1e6;
    private static final double NANOS = 1e9;
    private static final int EPISODES = 12;
    private static final int CAUSES_OF_AN_EPISODE = 3;

    /**
     * A cause of the late messages.
     *
     * @param cause the cause
     * @param messages late messages of which it is the main cause
     * @param share their share of the late messages, from 0 to 1
     * @param timeShare the cause's share of the time of all late messages, from 0 to 1; all of them together are 1
     * @param medianMillis the median latency of those messages; 0 without any
     * @param worstMillis the greatest latency of those messages
     * @param evidence in words
     */
    public record CauseRow(
            Cause cause,
            long messages,
            double share,
            double timeShare,
            double medianMillis,
            double worstMillis,
            String evidence) {}

    /**
     * A table of an explanation.
     *
     * @param title its title
     * @param words the number of columns with words, which come first; the others have numbers
     * @param cells its lines; the first one is the head
     */
    public record Table(String title, int words, List<List<String>> cells) {}

    /**
     * Late messages whose times overlap.
     *
     * @param run its run, from 1 on
     * @param from its begin
     * @param to its end
     * @param diagnoses its messages
     */
    record Episode(int run, long from, long to, List<Diagnosis> diagnoses) {

        Diagnosis worst() {
            return diagnoses.stream()
                    .max(Comparator.comparingLong(one -> one.message().latency()))
                    .orElseThrow();
        }
    }

    private final List<RunExplanation> runs;
    private final List<Diagnosis> all = new ArrayList<>();

    private LatenessExplanation(List<RunExplanation> runs) {
        this.runs = runs;
        runs.forEach(run -> all.addAll(run.diagnoses()));
    }

    /** Returns the explanation of these runs. */
    public static LatenessExplanation of(List<RunExplanation> runs) {
        return new LatenessExplanation(List.copyOf(runs));
    }

    /** Returns the number of late messages and their share, in a sentence. */
    public String headline() {
        long measured = runs.stream().mapToLong(RunExplanation::measured).sum();
        long late = runs.stream().mapToLong(RunExplanation::late).sum();
        double millis = runs.isEmpty() ? 0 : runs.getFirst().lateNanos() / MILLIS;
        String sentence = String.format(
                Locale.ROOT,
                "%,d of %,d messages (%.3f %%) took more than %s ms",
                late,
                measured,
                measured == 0 ? 0 : 100.0 * late / measured,
                millis == Math.rint(millis) ? Long.toString((long) millis) : Double.toString(millis));
        return late == all.size() ? sentence + "." : sentence + "; the first " + count(all.size()) + " are explained.";
    }

    /** Returns the causes, the one with the most messages first. */
    public List<CauseRow> causes() {
        long time = all.stream().mapToLong(one -> one.message().latency()).sum();
        var rows = new ArrayList<CauseRow>();
        for (Cause cause : Cause.values()) {
            long nanos = all.stream()
                    .mapToLong(one -> one.causes().getOrDefault(cause, 0L))
                    .sum();
            if (nanos > 0) {
                double[] latencies = all.stream()
                        .filter(one -> one.main() == cause)
                        .mapToDouble(one -> one.message().latency() / MILLIS)
                        .sorted()
                        .toArray();
                rows.add(new CauseRow(
                        cause,
                        latencies.length,
                        (double) latencies.length / all.size(),
                        (double) nanos / time,
                        quantile(latencies, 0.5),
                        quantile(latencies, 1),
                        evidence(cause)));
            }
        }
        rows.sort(Comparator.comparingLong(CauseRow::messages)
                .thenComparingDouble(CauseRow::timeShare)
                .reversed());
        return rows;
    }

    private String evidence(Cause cause) {
        @Nullable Disturbance longest = null;
        int inRun = 0;
        for (int i = 0; i < runs.size(); i++) {
            for (Diagnosis diagnosis : runs.get(i).diagnoses()) {
                @Nullable Disturbance one = diagnosis.seen().get(cause);
                if (one != null && (longest == null || one.nanos() > longest.nanos())) {
                    longest = one;
                    inRun = i;
                }
            }
        }
        var words = new ArrayList<String>();
        if (longest != null) {
            words.add(String.format(
                    Locale.ROOT,
                    "longest %.1f ms at %s%s",
                    longest.nanos() / MILLIS,
                    when(inRun, longest.from()),
                    longest.detail().isEmpty() ? "" : " (" + longest.detail() + ")"));
        }
        for (RunExplanation run : runs) {
            @Nullable String users = run.users().get(cause);
            if (users != null) {
                words.add("in all: " + users);
            }
        }
        return String.join("; ", words);
    }

    private String when(int run, long time) {
        double seconds = (time - runs.get(run).from()) / NANOS;
        return runs.size() == 1
                ? String.format(Locale.ROOT, "%.2f s", seconds)
                : String.format(Locale.ROOT, "%.2f s of run %d", seconds, run + 1);
    }

    /** Returns all tables. */
    public List<Table> tables() {
        var tables = new ArrayList<Table>();
        tables.add(new Table("Causes", 1, causeCells()));
        tables.add(new Table("Evidence", 2, evidenceCells()));
        tables.add(new Table("Where they were", 1, legCells()));
        tables.add(new Table("What went on meanwhile", 2, circumstanceCells()));
        tables.add(new Table("Batches of the writer", 1, batchCells()));
        tables.add(new Table("The worst episodes", 2, episodeCells()));
        return tables;
    }

    private List<List<String>> causeCells() {
        var cells = new ArrayList<List<String>>();
        cells.add(List.of("cause", "late messages", "share", "share of their time", "median ms", "worst ms"));
        for (CauseRow row : causes()) {
            cells.add(List.of(
                    row.cause().title(),
                    count(row.messages()),
                    percent(row.share()),
                    percent(row.timeShare()),
                    row.messages() == 0 ? "" : millis(row.medianMillis()),
                    row.messages() == 0 ? "" : millis(row.worstMillis())));
        }
        return cells;
    }

    private List<List<String>> evidenceCells() {
        var cells = new ArrayList<List<String>>();
        cells.add(List.of("cause", "evidence"));
        for (CauseRow row : causes()) {
            if (!row.evidence().isEmpty()) {
                cells.add(List.of(row.cause().title(), row.evidence()));
            }
        }
        return cells;
    }

    private List<List<String>> legCells() {
        var cells = new ArrayList<List<String>>();
        cells.add(List.of("leg", "share of their time", "median ms", "worst ms"));
        long time = all.stream().mapToLong(one -> one.message().latency()).sum();
        for (Leg leg : Leg.values()) {
            double[] times = all.stream()
                    .mapToDouble(one -> one.legs().getOrDefault(leg, 0L) / MILLIS)
                    .sorted()
                    .toArray();
            double sum = Arrays.stream(times).sum();
            if (sum > 0) {
                cells.add(List.of(
                        leg.title(),
                        percent(sum * MILLIS / time),
                        millis(quantile(times, 0.5)),
                        millis(quantile(times, 1))));
            }
        }
        return cells;
    }

    private List<List<String>> circumstanceCells() {
        var cells = new ArrayList<List<String>>();
        cells.add(List.of("meanwhile", "the longest", "times", "share of the time", "late messages that met it"));
        for (Circumstance circumstance : Circumstance.values()) {
            long times = 0;
            long covered = 0;
            long whole = 0;
            long met = 0;
            @Nullable Disturbance longest = null;
            int inRun = 0;
            for (int i = 0; i < runs.size(); i++) {
                RunExplanation run = runs.get(i);
                DisturbanceLog log = run.circumstances().getOrDefault(circumstance, DisturbanceLog.EMPTY);
                whole += run.to() - run.from();
                covered += log.covered(run.from(), run.to());
                met += run.diagnoses().stream()
                        .filter(one ->
                                log.touches(one.message().due(), one.message().arrived()))
                        .count();
                for (Disturbance one : log.all()) {
                    if (one.to() >= run.from() && one.from() <= run.to()) {
                        times++;
                        if (longest == null || one.nanos() > longest.nanos()) {
                            longest = one;
                            inRun = i;
                        }
                    }
                }
            }
            if (longest != null) {
                cells.add(List.of(
                        circumstance.title(),
                        "%s at %s%s"
                                .formatted(
                                        longest.to() == Long.MAX_VALUE
                                                ? "to the end"
                                                : millis(longest.nanos() / MILLIS) + " ms",
                                        when(inRun, longest.from()),
                                        longest.detail().isEmpty() ? "" : " (" + longest.detail() + ")"),
                        count(times),
                        percent(whole == 0 ? 0 : (double) covered / whole),
                        all.isEmpty() ? "" : percent((double) met / all.size())));
            }
        }
        return cells;
    }

    private List<List<String>> batchCells() {
        var cells = new ArrayList<List<String>>();
        cells.add(List.of(
                "batches",
                "count",
                "messages",
                "confirmations",
                "receipts",
                "in the database: median ms",
                "p99 ms",
                "p99.9 ms",
                "worst ms",
                "all of it: worst ms"));
        addBatches(cells, "of messages alone", batch -> batch.confirmations() == 0 && batch.messages() > 0);
        addBatches(cells, "of both", batch -> batch.confirmations() > 0 && batch.messages() > 0);
        addBatches(cells, "of confirmations alone", batch -> batch.confirmations() > 0 && batch.messages() == 0);
        addBatches(cells, "of others", batch -> batch.confirmations() == 0 && batch.messages() == 0);
        return cells;
    }

    private void addBatches(List<List<String>> cells, String name, Predicate<RecordedBatch> which) {
        List<RecordedBatch> batches = runs.stream()
                .flatMap(run -> run.batches().stream())
                .filter(which)
                .toList();
        if (batches.isEmpty()) {
            return;
        }
        double[] stored = batches.stream()
                .mapToDouble(batch -> (batch.stored() - batch.storing()) / MILLIS)
                .sorted()
                .toArray();
        double[] whole = batches.stream()
                .mapToDouble(batch -> (batch.reported() - batch.taken()) / MILLIS)
                .sorted()
                .toArray();
        cells.add(List.of(
                name,
                count(batches.size()),
                mean(batches.stream().mapToLong(RecordedBatch::messages).sum(), batches.size()),
                mean(batches.stream().mapToLong(RecordedBatch::confirmations).sum(), batches.size()),
                mean(batches.stream().mapToLong(RecordedBatch::receipts).sum(), batches.size()),
                millis(quantile(stored, 0.5)),
                millis(quantile(stored, 0.99)),
                millis(quantile(stored, 0.999)),
                millis(quantile(stored, 1)),
                millis(quantile(whole, 1))));
    }

    /** Returns the late messages in groups that overlap, the worst first. */
    List<Episode> episodes() {
        var episodes = new ArrayList<Episode>();
        for (int i = 0; i < runs.size(); i++) {
            List<Diagnosis> sorted = new ArrayList<>(runs.get(i).diagnoses());
            sorted.sort(Comparator.comparingLong(one -> one.message().due()));
            var current = new ArrayList<Diagnosis>();
            long from = 0;
            long to = Long.MIN_VALUE;
            for (Diagnosis one : sorted) {
                if (one.message().due() > to && !current.isEmpty()) {
                    episodes.add(new Episode(i + 1, from, to, List.copyOf(current)));
                    current.clear();
                }
                if (current.isEmpty()) {
                    from = one.message().due();
                    to = from;
                }
                current.add(one);
                to = Math.max(to, one.message().arrived());
            }
            if (!current.isEmpty()) {
                episodes.add(new Episode(i + 1, from, to, List.copyOf(current)));
            }
        }
        episodes.sort(Comparator.comparingLong(
                        (Episode episode) -> episode.worst().message().latency())
                .reversed());
        return episodes;
    }

    private List<List<String>> episodeCells() {
        var cells = new ArrayList<List<String>>();
        List<Episode> episodes = episodes();
        cells.add(List.of("begin", "causes", "late messages", "length ms", "worst ms"));
        for (Episode episode : episodes.subList(0, Math.min(EPISODES, episodes.size()))) {
            cells.add(List.of(
                    when(episode.run() - 1, episode.from()),
                    causesOf(episode),
                    count(episode.diagnoses().size()),
                    millis((episode.to() - episode.from()) / MILLIS),
                    millis(episode.worst().message().latency() / MILLIS)));
        }
        if (episodes.size() > EPISODES) {
            cells.add(List.of("and " + count(episodes.size() - EPISODES) + " more", "", "", "", ""));
        }
        return cells;
    }

    private String causesOf(Episode episode) {
        Map<Cause, Long> sums = new EnumMap<>(Cause.class);
        episode.diagnoses().forEach(one -> one.causes().forEach((cause, nanos) -> sums.merge(cause, nanos, Long::sum)));
        long whole = sums.values().stream().mapToLong(Long::longValue).sum();
        var words = new ArrayList<String>();
        sums.entrySet().stream()
                .sorted(Map.Entry.<Cause, Long>comparingByValue().reversed())
                .limit(CAUSES_OF_AN_EPISODE)
                .forEach(entry -> words.add(entry.getKey().title() + " " + percent((double) entry.getValue() / whole)));
        RunExplanation run = runs.get(episode.run() - 1);
        for (Circumstance circumstance : Circumstance.values()) {
            if (run.circumstances()
                    .getOrDefault(circumstance, DisturbanceLog.EMPTY)
                    .touches(episode.from(), episode.to())) {
                words.add("[" + circumstance.title() + "]");
            }
        }
        return String.join(", ", words);
    }

    /** Returns the notes and counters of each run, as lines. */
    public List<String> notes() {
        var lines = new ArrayList<String>();
        for (int i = 0; i < runs.size(); i++) {
            RunExplanation run = runs.get(i);
            String prefix = runs.size() == 1 ? "" : "Run " + (i + 1) + ": ";
            run.notes().forEach(note -> lines.add(prefix + note));
            var counters = new ArrayList<String>();
            run.counters().forEach((name, value) -> counters.add(name + " " + number(value)));
            if (!counters.isEmpty()) {
                lines.add(prefix + "Counters rose by: " + String.join("; ", counters));
            }
        }
        return lines;
    }

    /** Returns everything for JSON: maps, lists, numbers and strings. */
    public Map<String, Object> toMap() {
        var map = new LinkedHashMap<String, Object>();
        map.put("lateMillis", runs.isEmpty() ? 0 : runs.getFirst().lateNanos() / MILLIS);
        map.put("messages", runs.stream().mapToLong(RunExplanation::measured).sum());
        map.put("late", runs.stream().mapToLong(RunExplanation::late).sum());
        var causes = new ArrayList<Object>();
        for (CauseRow row : causes()) {
            var cause = new LinkedHashMap<String, Object>();
            cause.put("cause", row.cause().name().toLowerCase(Locale.ROOT));
            cause.put("title", row.cause().title());
            cause.put("unknown", row.cause().isUnknown());
            cause.put("messages", row.messages());
            cause.put("share", row.share());
            cause.put("timeShare", row.timeShare());
            cause.put("medianMillis", row.medianMillis());
            cause.put("worstMillis", row.worstMillis());
            cause.put("evidence", row.evidence());
            causes.add(cause);
        }
        map.put("causes", causes);
        for (Table table : tables().subList(2, tables().size())) {
            var rows = new ArrayList<Object>();
            List<String> head = table.cells().getFirst();
            for (List<String> line : table.cells().subList(1, table.cells().size())) {
                var row = new LinkedHashMap<String, Object>();
                for (int i = 0; i < head.size(); i++) {
                    if (!head.get(i).isEmpty()) {
                        row.put(head.get(i), line.get(i));
                    }
                }
                rows.add(row);
            }
            map.put(table.title(), rows);
        }
        map.put("notes", notes());
        return map;
    }

    private static double quantile(double[] sorted, double quantile) {
        return sorted.length == 0 ? 0 : sorted[(int) Math.min(sorted.length - 1, Math.floor(sorted.length * quantile))];
    }

    private static String mean(long sum, int count) {
        return String.format(Locale.ROOT, "%.1f", (double) sum / count);
    }

    private static String count(long number) {
        return String.format(Locale.ROOT, "%,d", number);
    }

    private static String percent(double share) {
        return String.format(Locale.ROOT, "%.1f %%", 100 * share);
    }

    private static String millis(double millis) {
        return String.format(Locale.ROOT, "%,.1f", millis);
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, value == Math.rint(value) ? "%,.0f" : "%,.1f", value);
    }
}
