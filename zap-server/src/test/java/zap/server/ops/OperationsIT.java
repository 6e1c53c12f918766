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
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.test.annotation.DirtiesContext;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import zap.server.testing.BesideOthers;
import zap.server.testing.RunningServer;
import zap.server.testing.TestAuthority;
import zap.server.testing.TestedServer;
import zap.server.testing.WireClient;
import zap.server.testing.ZapServerTest;

@ZapServerTest
@DirtiesContext // the server ends before its folder is deleted
@BesideOthers
class OperationsIT {

    private static final Path ROOT = Path.of(System.getProperty("zap.root"));

    @TempDir
    private static Path folder;

    private static Path data;
    private static Instant expires;

    @Autowired
    private TestedServer server;

    /** Sets the folder of the data, and a certificate, because that has metrics, too. */
    @DynamicPropertySource
    static void properties(DynamicPropertyRegistry properties) throws IOException {
        data = Files.createDirectories(folder.resolve("data"));
        var authority = new TestAuthority(folder.resolve("authority"), "Authority of the tests");
        expires = authority.forLocalhost().into(data).x509().getNotAfter().toInstant();
        Path old = Files.createDirectories(folder.resolve("old"));
        authority.issue("dns:localhost", "-startdate", "-3d", "-validity", "1").into(old);
        properties.add("zap.gateway.tls-bundle", () -> "zap");
        properties.add("zap.database.directory", data::toString);
        properties.add(
                "spring.ssl.bundle.pem.zap.keystore.certificate",
                () -> data.resolve("cert.pem").toString());
        properties.add(
                "spring.ssl.bundle.pem.zap.keystore.private-key",
                () -> data.resolve("key.pem").toString());
        properties.add(
                "spring.ssl.bundle.pem.old.keystore.certificate",
                () -> old.resolve("cert.pem").toString());
        properties.add(
                "spring.ssl.bundle.pem.old.keystore.private-key",
                () -> old.resolve("key.pem").toString());
    }

    @Test
    void readinessAsksListenersRoomWriterAndDatabase() throws Exception {
        JsonNode health = JsonMapper.shared().readTree(get("/actuator/health/readiness"));

        assertThat(health.get("status").asString()).isEqualTo("UP");
        assertThat(health.get("components").propertyNames())
                .contains("readinessState", "listeners", "connections", "writer", "db");
        assertThat(health.at("/components/listeners/details/main").asInt()).isEqualTo(server.port());
        assertThat(health.at("/components/listeners/details/recv").asInt()).isEqualTo(server.recvPort());
        assertThat(health.at("/components/connections/details/atMost").asInt()).isPositive();
    }

    @Test
    void livenessDoesNotDependOnTheDatabase() throws Exception {
        JsonNode health = JsonMapper.shared().readTree(get("/actuator/health/liveness"));

        assertThat(health.get("status").asString()).isEqualTo("UP");
        assertThat(health.get("components").propertyNames()).containsExactly("livenessState");
    }

    @ParameterizedTest
    @ValueSource(strings = {"ops/deploy/grafana/dashboards/zap.json", "ops/deploy/prometheus/alerts.yml"})
    void theMetricsThatDashboardsAndAlertsLiveOnAreThere(String file) throws Exception {
        try (WireClient ana = server.connect("ana")) {
            String id = ana.register();
            ana.send("05" + id + id + "1795372030" + " ".repeat(218));
            ana.readFrame();
        }

        // A collector has no metric of its time until its first collection, and that may come at any moment.
        System.gc();
        RunningServer.await("a collection is counted", () -> metrics().contains("jvm_gc_pause_seconds_sum"));

        Set<String> asked = MonitoringTest.METRIC
                .matcher(Files.readString(ROOT.resolve(file)))
                .results()
                .map(MatchResult::group)
                .collect(Collectors.toSet());
        List<String> there = metrics();

        assertThat(asked)
                .hasSizeGreaterThan(5)
                .allSatisfy(name -> assertThat(there).contains(name));
    }

    @Test
    void theDatabaseSaysHowLargeItIs() {
        RunningServer.await("the size is known", () -> value("zap_database_size_bytes") > 1_000_000);
    }

    @Test
    void theDiskThatIsWatchedIsTheOneWithTheData() throws IOException {
        assertThat(lines()).anyMatch(line -> line.startsWith("disk_free_bytes{path=\"" + data + "\"}"));
        assertThat(value("disk_total_bytes")).isEqualTo(Files.getFileStore(data).getTotalSpace());
    }

    @Test
    void aCertificateSaysHowLongItIsValid() {
        double left = Duration.between(Instant.now(), expires).toSeconds();
        assertThat(value("ssl_chain_expiry_seconds\\{bundle=\"zap\""))
                .isBetween(left - Duration.ofHours(1).toSeconds(), left + 1);
    }

    /** Checks the value that the alert uses. */
    @Test
    void oneThatHasExpiredIsValidForLessThanNoTime() {
        assertThat(value("ssl_chain_expiry_seconds\\{bundle=\"old\"")).isNegative();
    }

    private double value(String metric) {
        return lines().stream()
                .filter(line -> line.matches(metric + "[{ ,].*"))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .findFirst()
                .orElseThrow();
    }

    private List<String> metrics() {
        return lines().stream()
                .map(line -> line.replaceFirst("[{ ].*", ""))
                .distinct()
                .toList();
    }

    private List<String> lines() {
        try {
            return get("/actuator/prometheus").lines().toList();
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
