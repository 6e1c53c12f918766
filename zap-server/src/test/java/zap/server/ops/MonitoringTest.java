package zap.server.ops;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.yaml.snakeyaml.Yaml;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import zap.protocol.Reason;

/**
 * Compares alerts, dashboard and runbook with each other. {@code OperationsIT} checks that the server has their
 * metrics.
 */
class MonitoringTest {

    /** The metrics in an expression. */
    static final Pattern METRIC = Pattern.compile("\\b(?:zap|hikaricp|jvm|process|system|disk|ssl)_[a-z_]+");

    private static final Path ROOT = Path.of(System.getProperty("zap.root"));
    private static final int COLUMNS = 24;

    private static final Pattern PAGE = Pattern.compile("(?m)^## ([A-Z][a-z]+(?:[A-Z][a-z]*)+)$");
    private static final Pattern QUOTED = Pattern.compile("\"([^\"\\n]+)\"");
    private static final Pattern ON_THE_DASHBOARD = Pattern.compile("[^.]*\\bon the dashboard\\b");
    private static final Pattern LABEL = Pattern.compile("\\{\\{(\\w+)}}");
    private static final Pattern BY = Pattern.compile("\\bby \\(([^)]*)\\)");
    private static final Pattern REASONS = Pattern.compile("reason(?:=|!=|=~|!~)\"([^\"]*)\"");

    private final String runbook = read("docs/runbook.md");
    private final Map<String, Map<String, Object>> alerts = alerts();
    private final List<JsonNode> panels =
            panels().filter(panel -> !isRow(panel)).toList();

    @Test
    void everyAlertHasAPageInTheRunbookAndEveryPageAnAlert() {
        assertThat(alerts).hasSizeGreaterThan(5);
        assertThat(pages().keySet()).containsExactlyInAnyOrderElementsOf(alerts.keySet());
        alerts.forEach((name, alert) -> assertThat(map(alert.get("annotations")))
                .as(name)
                .containsEntry("runbook", "docs/runbook.md#" + name.toLowerCase(Locale.ROOT)));
    }

    @Test
    void everyPageSaysWhatItMeansWhatToLookAtAndWhatToDo() {
        assertThat(pages())
                .allSatisfy((name, page) -> assertThat(page).contains("\n*").contains("\nLook: ", "\nDo: "));
    }

    @Test
    void everyAlertSaysHowUrgentItIsAndWhatItIsAbout() {
        alerts.forEach((name, alert) -> {
            assertThat(map(alert.get("labels")).get("severity")).as(name).isIn("page", "ticket");
            assertThat(String.valueOf(map(alert.get("annotations")).get("summary")))
                    .as(name)
                    .endsWith(".");
        });
    }

    /** Checks that an operator who gets an alert finds its history on the dashboard. */
    @Test
    void whatAnAlertIsAboutIsOnTheDashboard() {
        Set<String> shown = panels.stream()
                .flatMap(panel -> expressions(panel).stream())
                .flatMap(MonitoringTest::metrics)
                .collect(Collectors.toSet());
        alerts.forEach((name, alert) -> assertThat(metrics(String.valueOf(alert.get("expr"))))
                .as(name)
                .allSatisfy(metric -> assertThat(shown).contains(metric)));
    }

    /**
     * The dashboard is imported into Grafanas whose data sources have other names, and whose Prometheus also reads
     * other programs. A line for each server compares the nodes.
     */
    @Test
    void thePanelsShowTheServerThatWasChosenAndNothingElse() {
        JsonNode dashboard = JsonMapper.shared().readTree(read("ops/deploy/grafana/dashboards/zap.json"));
        assertThat(dashboard
                        .at("/templating/list")
                        .valueStream()
                        .map(variable -> variable.get("name").asString()))
                .containsExactly("datasource", "job", "instance");
        assertThat(read("ops/deploy/grafana/dashboards/zap.json")).doesNotContain("\"uid\": \"prometheus\"", "[1m]");
        for (JsonNode panel : panels) {
            assertThat(panel.at("/datasource/uid").asString()).isEqualTo("${datasource}");
            for (String expression : expressions(panel)) {
                assertThat(METRIC.matcher(expression).results())
                        .as(expression)
                        .isNotEmpty()
                        .allMatch(metric -> expression.startsWith(
                                expression.startsWith("sum by (instance) ")
                                        ? "{job=\"$job\"}"
                                        : "{job=\"$job\",instance=\"$instance\"",
                                metric.end()));
            }
        }
    }

    /**
     * An alert on a mean of two servers, or on another program's memory, would be silent when it should fire, and fire
     * when it should not.
     */
    @Test
    void anAlertIsAboutOneServer() {
        alerts.forEach((name, alert) -> {
            String expression = String.valueOf(alert.get("expr"));
            BY.matcher(expression)
                    .results()
                    .forEach(by -> assertThat(by.group(1)).as(name).contains("job", "instance"));
            assertThat(expression).as(name).doesNotContainPattern("\\b(?:sum|min|max|avg) ?\\((?!.*\\bby\\b)");
            METRIC.matcher(expression)
                    .results()
                    .filter(metric -> !metric.group().startsWith("zap_"))
                    .forEach(metric -> assertThat(expression.substring(metric.end()))
                            .as(name)
                            .startsWith("{job=\"zap\""));
        });
    }

    @Test
    void theLimitsAndTheCertificatesAreOnTheDashboard() {
        assertThat(panels.stream().flatMap(panel -> expressions(panel).stream()).flatMap(MonitoringTest::metrics))
                .contains(
                        "zap_connections_turned_away_total",
                        "zap_sessions_slowed_total",
                        "zap_refusals_total",
                        "zap_tls_handshakes_total",
                        "ssl_chain_expiry_seconds");
        assertThat(alerts)
                .containsKeys("ConnectionsTurnedAway", "CertificateExpires", "CertificateExpired", "DiskIsNearlyFull");
    }

    @Test
    void whatTheRunbookSaysIsOnTheDashboardIsThere() {
        var there = new HashSet<String>();
        for (JsonNode panel : panels) {
            there.add(panel.get("title").asString());
            panel.get("targets")
                    .forEach(target -> there.add(target.get("legendFormat").asString()));
        }
        List<String> named = ON_THE_DASHBOARD
                .matcher(runbook)
                .results()
                .flatMap(sentence -> QUOTED.matcher(sentence.group()).results())
                .map(name -> name.group(1))
                .toList();
        assertThat(named)
                .hasSizeGreaterThan(5)
                .allSatisfy(name -> assertThat(there).contains(name));
    }

    @Test
    void whatIsCountedByAReasonIsCountedByOneThatThereIs() {
        Set<String> reasons = Arrays.stream(Reason.values()).map(Reason::name).collect(Collectors.toSet());
        String all =
                panels.stream().flatMap(panel -> expressions(panel).stream()).collect(Collectors.joining("\n"))
                        + alerts.values();
        assertThat(REASONS.matcher(all)
                        .results()
                        .flatMap(found -> Stream.of(found.group(1).split("\\|", -1))))
                .isNotEmpty()
                .allSatisfy(reason -> assertThat(reasons).contains(reason));
    }

    /** Otherwise the legend would show a line as "". */
    @Test
    void aLineIsNamedAfterLabelsThatItHas() {
        for (JsonNode panel : panels) {
            for (JsonNode target : panel.get("targets")) {
                Set<String> labels = BY.matcher(target.get("expr").asString())
                        .results()
                        .flatMap(by -> Stream.of(by.group(1).split(",\\s*", -1)))
                        .collect(Collectors.toSet());
                assertThat(LABEL.matcher(target.get("legendFormat").asString())
                                .results()
                                .map(label -> label.group(1)))
                        .as(panel.get("title").asString())
                        .allSatisfy(label -> assertThat(labels).contains(label));
            }
        }
    }

    @Test
    void thePanelsLieSideBySideInTheGrid() {
        var ids = new HashSet<Integer>();
        var taken = new TreeMap<String, String>();
        panels().forEach(panel -> {
            String title = panel.get("title").asString();
            assertThat(ids.add(panel.get("id").asInt())).as("id of " + title).isTrue();
            JsonNode place = panel.get("gridPos");
            int x = place.get("x").asInt();
            int y = place.get("y").asInt();
            assertThat(x + place.get("w").asInt()).as(title).isLessThanOrEqualTo(COLUMNS);
            for (int column = x; column < x + place.get("w").asInt(); column++) {
                for (int row = y; row < y + place.get("h").asInt(); row++) {
                    assertThat(taken.put(column + "," + row, title))
                            .as("what is below " + title)
                            .isNull();
                }
            }
        });
        for (JsonNode panel : panels) {
            var letters = new ArrayList<String>();
            panel.get("targets")
                    .forEach(target -> letters.add(target.get("refId").asString()));
            assertThat(letters).as(panel.get("title").asString()).isNotEmpty().doesNotHaveDuplicates();
        }
    }

    private Map<String, String> pages() {
        var pages = new TreeMap<String, String>();
        for (MatchResult heading : PAGE.matcher(runbook).results().toList()) {
            int next = runbook.indexOf("\n## ", heading.end());
            pages.put(heading.group(1), runbook.substring(heading.end(), next < 0 ? runbook.length() : next));
        }
        return pages;
    }

    private static Stream<String> metrics(String expression) {
        return METRIC.matcher(expression).results().map(MatchResult::group);
    }

    private static List<String> expressions(JsonNode panel) {
        return panel.get("targets")
                .valueStream()
                .map(target -> target.get("expr").asString())
                .toList();
    }

    private static Stream<JsonNode> panels() {
        return JsonMapper.shared()
                .readTree(read("ops/deploy/grafana/dashboards/zap.json"))
                .get("panels")
                .valueStream();
    }

    private static boolean isRow(JsonNode panel) {
        return panel.get("type").asString().equals("row");
    }

    private static Map<String, Map<String, Object>> alerts() {
        var alerts = new TreeMap<String, Map<String, Object>>();
        for (Object group : list(
                map(new Yaml().load(read("ops/deploy/prometheus/alerts.yml"))).get("groups"))) {
            for (Object rule : list(map(group).get("rules"))) {
                alerts.put(String.valueOf(map(rule).get("alert")), map(rule));
            }
        }
        return alerts;
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> map(Object value) {
        return (Map<String, Object>) value;
    }

    private static List<?> list(Object value) {
        return (List<?>) value;
    }

    private static String read(String file) {
        try {
            return Files.readString(ROOT.resolve(file));
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
