package zap.bench.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.StringReader;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import javax.xml.parsers.DocumentBuilderFactory;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Test;
import org.xml.sax.InputSource;
import zap.bench.explain.Cause;
import zap.bench.explain.Diagnosis;
import zap.bench.explain.Disturbance;
import zap.bench.explain.LateMessage;
import zap.bench.explain.Leg;
import zap.bench.explain.RunExplanation;
import zap.bench.machine.CpuMeter.Who;
import zap.bench.traffic.Verdict;

class ReportsTest {

    private static final Verdict CLEAN = new Verdict(1_000, 1_000, 0, 0, 0, 0, 0);

    private static RunResult run(String target, int run, double rate, Verdict verdict) {
        var figures = new EnumMap<Measure, Double>(Measure.class);
        figures.put(Measure.MESSAGES, rate);
        figures.put(Measure.P99, 10_000 / rate);
        figures.put(Measure.CPU_SERVER, 0.02);
        figures.put(Measure.CPU_DATABASE, 0.01);
        figures.put(Measure.CPU_MEASURED, 0.03);
        var latency = new Histogram(3);
        for (int i = 1; i <= 1_000; i++) {
            latency.recordValue(i * 1_000L);
        }
        return new RunResult(
                "throughput",
                "2 pairs, 1 in flight each",
                target,
                run,
                figures,
                latency,
                List.of(rate, rate + 1, rate - 1),
                new TreeMap<>(Map.of(1.0, 3.0, 2.0, 0.0, Double.POSITIVE_INFINITY, 1.0)),
                Map.of(Who.SERVER, 2.0, Who.DATABASE, 1.0),
                verdict);
    }

    private static Results results(RunResult... runs) {
        var results = new Results(new Surroundings(Instant.EPOCH, "./zap bench <&>", "a machine", 2, 0.5));
        for (RunResult run : runs) {
            results.add(run);
        }
        return results;
    }

    @Test
    void aTableHasTheMedianAndTheSpreadOfEachTarget() {
        String table = TextTable.of(results(
                run("zap", 1, 1_000, CLEAN),
                run("other", 1, 500, CLEAN),
                run("zap", 2, 3_000, CLEAN),
                run("zap", 3, 1_500, CLEAN)));
        assertThat(table.lines().toList().get(2)).contains("2 pairs, 1 in flight each", "zap", "1,500 (1,000–3,000)");
        assertThat(table.lines().toList().get(3)).contains("other", " 500 |");
        assertThat(table).contains("Every message: 4,000 sent, 0 lost, 0 doubled, 0 out of order.");
        assertThat(table.lines().limit(4).map(String::length).distinct()).hasSize(1);
    }

    @Test
    void whatWentWrongIsSaidInEveryReport() {
        Results results = results(run("zap", 1, 1_000, new Verdict(1_000, 1_000, 3, 2, 1, 0, 0)));
        assertThat(TextTable.of(results)).contains("NOT ALL IS WELL: 1,000 sent, 3 lost, 2 doubled, 1 out of order.");
        assertThat(HtmlReport.of(results)).contains("Not all is well: 1,000 sent, 3 lost, 2 doubled, 1 out of order.");
        assertThat(JsonReport.of(results))
                .contains("\"clean\": false", "\"lost\": 3", "\"doubled\": 2", "\"outOfOrder\": 1");
    }

    @Test
    void theTableOfNodesComparesWithAllClientsOnOneOfAsManyNodes() {
        String table = NodesTable.of(
                results(
                        run("1 node, all on one", 1, 9_000, 0.01),
                        run("2 nodes, all on one", 1, 1_000, 0.02),
                        run("2 nodes, apart", 1, 500, 0.03),
                        run("2 nodes, all on one", 2, 1_000, 0.02),
                        run("2 nodes, apart", 2, 500, 0.05)),
                "all on one");
        List<String> lines = table.lines().toList();
        assertThat(lines.get(2))
                .contains("1 node, all on one", "9,000", "0.0100")
                .doesNotContain("(");
        assertThat(lines.get(3)).contains("2 nodes, all on one", "0.0200").doesNotContain("(");
        assertThat(lines.get(4)).contains("2 nodes, apart", "0.0400", "2.00", "(1.50–2.50)");
        assertThat(table).contains("Every message: 5,000 sent, 0 lost");
    }

    private static RunResult run(String target, int run, double rate, double cpu) {
        RunResult result = run(target, run, rate, CLEAN);
        result.figures().put(Measure.CPU_MEASURED, cpu);
        return result;
    }

    @Test
    void thePageNeedsNothingBesideIt() {
        String page = HtmlReport.of(results(run("zap", 1, 1_000, CLEAN), run("<other>", 1, 500, CLEAN)));
        assertThat(page)
                .doesNotContain("<script", "<link", "http:", "https:", "src=", "url(", "@import")
                .contains("./zap bench &lt;&amp;&gt;", "&lt;other&gt;")
                .contains(">Latency<", ">Throughput over time, the last run<", ">Writes that shared a commit<")
                .contains(">Processor time for a message, by process<");
    }

    @Test
    void everyPlotIsWellFormed() throws Exception {
        String page = HtmlReport.of(results(run("zap", 1, 1_000, CLEAN), run("<other>", 1, 500, CLEAN)));
        var plots = Pattern.compile("<svg.*?</svg>", Pattern.DOTALL).matcher(page);
        int count = 0;
        while (plots.find()) {
            var plot = DocumentBuilderFactory.newInstance()
                    .newDocumentBuilder()
                    .parse(new InputSource(new StringReader(plots.group())));
            assertThat(plot.getElementsByTagName("polyline").getLength()
                            + plot.getElementsByTagName("rect").getLength())
                    .isGreaterThan(2);
            assertThat(plots.group()).doesNotContain("NaN", "Infinity");
            count++;
        }
        assertThat(count).isEqualTo(4);
    }

    @Test
    void withoutAnyFiguresOfThatKindAPlotIsLeftOut() {
        var bare = new RunResult(
                "idle",
                "10 idle connections",
                "zap",
                1,
                Map.of(Measure.RESIDENT, 4.4),
                null,
                List.of(),
                new TreeMap<>(),
                Map.of(),
                CLEAN);
        assertThat(HtmlReport.of(results(bare))).doesNotContain("<svg").contains("RSS KB each", "4.40");
        assertThat(TextTable.of(results(bare))).contains("| 10 idle connections | zap    |        4.40 |");
    }

    @Test
    void jsonHasEveryRun() {
        String json = JsonReport.of(results(run("zap", 1, 1_000, CLEAN), run("zap", 2, 2_000, CLEAN)));
        assertThat(json)
                .contains("\"command\": \"./zap bench <&>\"", "\"median\": 1500", "\"run\": 2", "\"p99.9\": ")
                .contains("\"≤1\": 3", "\"more\": 1", "\"server\": 2");
        assertThat(JsonReport.quoted("a \"b\"\\\n\u0007")).isEqualTo("\"a \\\"b\\\"\\\\\\n\\u0007\"");
    }

    /** Rounds in which the one gives 1,000 messages/s, and the other so many. */
    private static List<Comparison.Line> compared(double... rates) {
        var runs = new ArrayList<RunResult>();
        for (int i = 0; i < rates.length; i++) {
            runs.add(run("new", i + 1, rates[i], CLEAN));
            runs.add(run("old", i + 1, 1_000, CLEAN));
        }
        return Comparison.of(results(runs.toArray(RunResult[]::new)), "old", "new");
    }

    private static Comparison.Line line(List<Comparison.Line> lines, Measure measure) {
        return lines.stream()
                .filter(line -> line.measure() == measure)
                .findFirst()
                .orElseThrow();
    }

    @Test
    void aDifferenceIsOneOnlyWhenAllOfEnoughRoundsAgree() {
        List<Comparison.Line> faster = compared(1_100, 2_000, 1_200, 1_300, 1_250);
        assertThat(line(faster, Measure.MESSAGES).ratio()).isEqualTo(new Spread(1.25, 1.1, 2, 5));
        assertThat(line(faster, Measure.MESSAGES).judgement()).isEqualTo(Comparison.Judgement.BETTER);
        assertThat(line(faster, Measure.P99).judgement()).isEqualTo(Comparison.Judgement.BETTER);
        assertThat(line(faster, Measure.CPU_MEASURED).judgement()).isEqualTo(Comparison.Judgement.NO_DIFFERENCE);
        assertThat(Comparison.table(faster, "old", "new")).contains("|  1.25 |", "(1.10–2.00)", "better");

        List<Comparison.Line> slower = compared(900, 500, 800, 700, 750);
        assertThat(line(slower, Measure.MESSAGES).judgement()).isEqualTo(Comparison.Judgement.WORSE);
        assertThat(line(slower, Measure.P99).judgement()).isEqualTo(Comparison.Judgement.WORSE);

        for (var undecided : List.of(
                compared(1_100, 2_000, 999, 1_300, 1_250),
                compared(1_100, 2_000, 1_200, 1_300),
                compared(1_010, 1_020, 1_010, 1_010, 1_900))) {
            assertThat(line(undecided, Measure.MESSAGES).judgement()).isEqualTo(Comparison.Judgement.NO_DIFFERENCE);
        }
    }

    private static RunResult atAFixedRate(String target, int run, double p999) {
        RunResult result = run(target, run, 1_000, CLEAN);
        result.figures().put(Measure.P999, p999);
        return new RunResult(
                "latency",
                "2 pairs, 1,000 messages/s",
                target,
                run,
                result.figures(),
                result.latency(),
                result.perSecond(),
                result.batchSizes(),
                result.cpuSeconds(),
                CLEAN);
    }

    @Test
    void aFatterTailIsSeenWithTheSpreadOfItsRounds() {
        var runs = new ArrayList<RunResult>();
        for (int round = 1; round <= 5; round++) {
            runs.add(atAFixedRate("old", round, 10 + round));
            runs.add(atAFixedRate("new", round, 30 + round));
        }
        Results results = results(runs.toArray(RunResult[]::new));
        List<Comparison.Line> lines = Comparison.of(results, "old", "new");
        Comparison.Line tail = line(lines, Measure.P999);
        assertThat(tail.before()).isEqualTo(new Spread(13, 11, 15, 5));
        assertThat(tail.now()).isEqualTo(new Spread(33, 31, 35, 5));
        assertThat(tail.judgement()).isEqualTo(Comparison.Judgement.WORSE);
        assertThat(Comparison.table(lines, "old", "new"))
                .contains("p99.9 ms", "13.00 (11.00–15.00)", "33.00 (31.00–35.00)", "worse");
        assertThat(TextTable.of(results)).contains("p99 ms", "p99.9 ms", "33.00 (31.00–35.00)");
    }

    /** At full speed there is no p99.9 in the tables: it is that of the queue in front of the server. */
    @Test
    void theTailIsComparedAtAFixedRateOnly() {
        RunResult one = run("new", 1, 1_000, CLEAN);
        RunResult other = run("old", 1, 1_000, CLEAN);
        one.figures().put(Measure.P999, 20.0);
        other.figures().put(Measure.P999, 20.0);
        Results results = results(one, other);
        assertThat(Comparison.of(results, "old", "new"))
                .extracting(Comparison.Line::measure)
                .contains(Measure.P99)
                .doesNotContain(Measure.P999);
        assertThat(TextTable.of(results)).contains("p99 ms").doesNotContain("p99.9");
    }

    @Test
    void lateMessagesAreExplainedInEveryReport() {
        RunResult plain = atAFixedRate("zap", 1, 20);
        var message = new LateMessage(7, 0, 0, 20_000_000);
        var explained = new RunResult(
                plain.mode(),
                plain.what(),
                plain.target(),
                1,
                plain.figures(),
                plain.latency(),
                plain.perSecond(),
                plain.batchSizes(),
                plain.cpuSeconds(),
                CLEAN,
                new RunExplanation(
                        10_000_000,
                        1_000,
                        1,
                        0,
                        1_000_000_000,
                        List.of(new Diagnosis(
                                message,
                                Map.of(Cause.WAL_FLUSH, 20_000_000L),
                                Map.of(Leg.QUEUE, 20_000_000L),
                                Cause.WAL_FLUSH,
                                Map.of(Cause.WAL_FLUSH, new Disturbance(0, 20_000_000, "<IO>:WalSync")))),
                        List.of(),
                        Map.of(),
                        Map.of(),
                        Map.of("log, wal_bytes", 1.0),
                        List.of("A note & more.")));
        Results results = results(explained);
        String headline = "1 of 1,000 messages (0.100 %) took more than 10 ms.";
        assertThat(TextTable.of(results))
                .contains("zap, 2 pairs, 1,000 messages/s: " + headline)
                .contains("database: flush of the log, no checkpoint", "(<IO>:WalSync)", "A note & more.");
        assertThat(HtmlReport.of(results))
                .contains(headline, "(&lt;IO&gt;:WalSync)", "A note &amp; more.", "<h3>Causes</h3>");
        assertThat(JsonReport.of(results))
                .contains("\"lateMillis\": 10", "\"cause\": \"wal_flush\"", "\"share\": 1", "\"unknown\": false");
        assertThat(TextTable.of(results(plain))).doesNotContain("took more than");
        assertThat(JsonReport.of(results(plain))).doesNotContain("\"late\"");
    }

    @Test
    void aBusyMachineIsSaidToBeOne() {
        RunResult quiet = run("zap", 1, 1_000, CLEAN);
        var busy = new EnumMap<>(quiet.figures());
        busy.put(Measure.OTHERS, 60.0);
        Results results = results(new RunResult(
                quiet.mode(), quiet.what(), "zap", 2, busy, null, List.of(), new TreeMap<>(), Map.of(), CLEAN));
        assertThat(TextTable.of(results)).contains("Other processes took 60 %");
        assertThat(HtmlReport.of(results)).contains("Other processes took 60 %");
        assertThat(TextTable.of(results(quiet))).doesNotContain("Other processes");
    }

    @Test
    void theMedianIsTheOneInTheMiddle() {
        assertThat(Spread.of(List.of(5.0, 1.0, 3.0))).isEqualTo(new Spread(3, 1, 5, 3));
        assertThat(Spread.of(List.of(5.0, 1.0))).isEqualTo(new Spread(3, 1, 5, 2));
    }
}
