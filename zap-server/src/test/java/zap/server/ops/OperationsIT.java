package zap.server.ops;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import zap.server.testing.RunningServer;
import zap.server.testing.WireClient;

class OperationsIT {

    private static final Path ROOT = Path.of(System.getProperty("zap.root"));
    private static final Pattern METRIC = Pattern.compile("\\b(?:zap|hikaricp|jvm|process|system|disk|ssl)_[a-z_]+");

    private final RunningServer server = RunningServer.shared();

    @Test
    void readinessAsksListenersWriterAndDatabase() throws Exception {
        JsonNode health = JsonMapper.shared().readTree(get("/actuator/health/readiness"));

        assertThat(health.get("status").asString()).isEqualTo("UP");
        assertThat(health.get("components").propertyNames()).contains("readinessState", "listeners", "writer", "db");
        assertThat(health.at("/components/listeners/details/main").asInt()).isEqualTo(server.port());
        assertThat(health.at("/components/listeners/details/recv").asInt()).isEqualTo(server.recvPort());
    }

    @Test
    void livenessDoesNotDependOnTheDatabase() throws Exception {
        JsonNode health = JsonMapper.shared().readTree(get("/actuator/health/liveness"));

        assertThat(health.get("status").asString()).isEqualTo("UP");
        assertThat(health.get("components").propertyNames()).containsExactly("livenessState");
    }

    @ParameterizedTest
    @ValueSource(strings = {"ops/grafana/dashboards/zap.json", "ops/prometheus/alerts.yml"})
    void theMetricsThatDashboardsAndAlertsLiveOnAreThere(String file) throws Exception {
        try (WireClient ana = server.connect("ana")) {
            String id = ana.register();
            ana.send("05" + id + id + "1795372030" + " ".repeat(218));
            ana.readFrame();
        }

        // What a collection took there is no metric for until there was one, and nobody says when it is.
        System.gc();
        RunningServer.await("a collection is counted", () -> metrics().contains("jvm_gc_pause_seconds_sum"));

        Set<String> asked = METRIC.matcher(Files.readString(ROOT.resolve(file)))
                .results()
                .map(MatchResult::group)
                .collect(Collectors.toSet());
        List<String> there = metrics();

        assertThat(asked)
                .hasSizeGreaterThan(5)
                .allSatisfy(name -> assertThat(there).contains(name));
    }

    private List<String> metrics() {
        try {
            return get("/actuator/prometheus")
                    .lines()
                    .map(line -> line.replaceFirst("[{ ].*", ""))
                    .distinct()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private String get(String path) throws IOException, InterruptedException {
        try (HttpClient http = HttpClient.newHttpClient()) {
            URI uri = URI.create("http://127.0.0.1:" + server.httpPort() + path);
            return http.send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString())
                    .body();
        }
    }
}
