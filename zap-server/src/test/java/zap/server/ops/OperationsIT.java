package zap.server.ops;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import zap.server.testing.RunningServer;
import zap.server.testing.WireClient;

class OperationsIT {

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

    @Test
    void theMetricsThatTheDashboardsLiveOnAreThere() throws Exception {
        try (WireClient ana = server.connect("ana")) {
            String id = ana.register();
            ana.send("05" + id + id + "1795372030" + " ".repeat(218));
            ana.readFrame();
        }

        List<String> names = get("/actuator/prometheus")
                .lines()
                .filter(line -> line.startsWith("zap_"))
                .map(line -> line.replaceFirst("[{ ].*", ""))
                .distinct()
                .toList();

        assertThat(names)
                .contains(
                        "zap_sessions_open_sessions",
                        "zap_sessions_connected_sessions",
                        "zap_frames_received_total",
                        "zap_frames_sent_total",
                        "zap_refusals_total",
                        "zap_messages_stored_total",
                        "zap_writer_batch_size_writes_bucket",
                        "zap_writer_commit_seconds_bucket",
                        "zap_writer_queue_writes",
                        "zap_writer_failures_total",
                        "zap_delivery_seconds_bucket",
                        "zap_mailbox_backlog_entries",
                        "zap_outbox_depth_entries");
    }

    private String get(String path) throws IOException, InterruptedException {
        try (HttpClient http = HttpClient.newHttpClient()) {
            URI uri = URI.create("http://127.0.0.1:" + server.httpPort() + path);
            return http.send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString())
                    .body();
        }
    }
}
