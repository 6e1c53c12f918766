package zap.house;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.UnaryOperator;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Document;
import org.w3c.dom.NodeList;

/**
 * ops/tools/Dashboard.java with somebody who answers as a Prometheus does. That one was tried, and how it looks, is in
 * docs/runbook.md.
 */
class DashboardIT {

    private static final Pattern PANEL = Pattern.compile("\"type\": \"timeseries\",\\s+\"title\": \"([^\"]+)\"");
    private static final Pattern EXPRESSION = Pattern.compile("\"expr\": \"((?:[^\"\\\\]|\\\\.)*)\"");
    private static final String NOTHING = "{\"status\":\"success\",\"data\":{\"resultType\":\"matrix\",\"result\":[]}}";
    private static final String TWO_LINES = """
            {"status": "success", "data": {"resultType": "matrix", "result": [
              {"metric": {"frame": "<a & b>", "reason": "A"}, "values": [[1795446000, "12.5"], [1795446005, "NaN"], [1795446010, "1e3"]]},
              {"metric": {}, "values": [[1795446005, "+Inf"]]}
            ]}}
            """;

    private final Map<String, Map<String, String>> asked = new ConcurrentHashMap<>();
    private HttpServer prometheus;
    private volatile UnaryOperator<String> answers = _ -> TWO_LINES;
    private volatile int status = 200;
    private volatile List<String> servers = List.of("server:7780");

    private record Said(int status, String err) {}

    @BeforeEach
    void aPrometheus() throws IOException {
        prometheus = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        prometheus.createContext("/api/v1/query_range", this::answer);
        prometheus.createContext("/api/v1/series", this::servers);
        prometheus.start();
    }

    @AfterEach
    void stop() {
        prometheus.stop(0);
    }

    private void servers(HttpExchange exchange) throws IOException {
        try (exchange) {
            byte[] answer = servers.stream()
                    .map(server -> "{\"instance\": \"%s\", \"job\": \"chat\"}".formatted(server))
                    .collect(Collectors.joining(", ", "{\"status\": \"success\", \"data\": [", "]}"))
                    .getBytes(UTF_8);
            exchange.sendResponseHeaders(200, answer.length);
            exchange.getResponseBody().write(answer);
        }
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            Map<String, String> form = Stream.of(
                            new String(exchange.getRequestBody().readAllBytes(), UTF_8).split("&", -1))
                    .map(field -> field.split("=", 2))
                    .collect(Collectors.toMap(field -> field[0], field -> URLDecoder.decode(field[1], UTF_8)));
            String query = form.get("query");
            asked.put(query, form);
            byte[] answer = answers.apply(query).getBytes(UTF_8);
            exchange.sendResponseHeaders(status, answer.length);
            exchange.getResponseBody().write(answer);
        }
    }

    @Test
    void drawsEveryPanelWithItsOwnQueries(@TempDir Path folder) throws Exception {
        Path picture = folder.resolve("dashboard.svg");
        Said said = draw(picture, "2026-11-23T15:00:00Z", "2026-11-23T15:15:00Z");

        assertThat(said).isEqualTo(new Said(0, ""));
        assertThat(asked.keySet()).containsExactlyInAnyOrderElementsOf(expressions());
        assertThat(asked.keySet())
                .noneMatch(query -> query.contains("$"))
                .allMatch(query -> query.startsWith("sum by (instance) ")
                        ? query.contains("{job=\"chat\"}")
                        : query.contains("{job=\"chat\",instance=\"server:7780\""));
        assertThat(asked.values())
                .allSatisfy(form -> assertThat(form)
                        .containsEntry("start", "1795446000")
                        .containsEntry("end", "1795446900")
                        .containsEntry("step", "5"));
        List<String> texts = texts(parsed(picture), "text");
        assertThat(texts).containsAll(panels());
        assertThat(texts).as("a line's name, from its labels; the time; a unit").contains("<a & b>", "15:05", "1k/s");
    }

    @Test
    void aPanelWithoutDataIsToldOf(@TempDir Path folder) throws Exception {
        answers = query -> query.contains("zap_refusals_total") && query.contains("sum") ? NOTHING : TWO_LINES;
        Path picture = folder.resolve("dashboard.svg");

        assertThat(draw(picture, "now-15m", "now")).isEqualTo(new Said(1, "zap: \"Refusals\" has nothing to show.\n"));
        assertThat(texts(parsed(picture), "text")).containsOnlyOnce("No data");
    }

    @Test
    void ofSeveralServersOneIsShown(@TempDir Path folder) throws Exception {
        servers = List.of("other:7780", "server:7780");
        Path picture = folder.resolve("dashboard.svg");
        Said which = draw(picture, "now-15m", "now");
        assertThat(which.status()).isEqualTo(64);
        assertThat(which.err())
                .contains("so say which: other:7780, server:7780")
                .hasLineCount(1);
        assertThat(draw(picture, "now-15m", "now", "server:7780")).isEqualTo(new Said(0, ""));
        assertThat(asked.keySet())
                .filteredOn(query -> !query.startsWith("sum by (instance) "))
                .isNotEmpty()
                .allMatch(query -> query.contains("instance=\"server:7780\""));

        servers = List.of();
        assertThat(draw(picture, "now-15m", "now").err()).contains("knows of no zap server");
    }

    @Test
    void whatIsWrongIsSaidInALine(@TempDir Path folder) throws Exception {
        Path picture = folder.resolve("dashboard.svg");
        Said backwards = draw(picture, "now", "now-15m");
        assertThat(backwards.status()).isEqualTo(64);
        assertThat(backwards.err()).contains("is not before").hasLineCount(1);

        status = 422;
        answers = _ -> "{\"status\":\"error\",\"error\":\"parse error\"}";
        Said refused = draw(picture, "now-15m", "now");
        assertThat(refused.status()).isEqualTo(69);
        assertThat(refused.err()).contains("parse error").hasLineCount(1);

        stop();
        Said gone = draw(picture, "now-15m", "now");
        assertThat(gone.status()).isEqualTo(69);
        assertThat(gone.err()).contains("does not answer as a Prometheus does").hasLineCount(1);
        assertThat(picture).doesNotExist();
    }

    /** From another folder: it finds the dashboard beside itself. */
    private Said draw(Path picture, String... more) throws IOException, InterruptedException {
        Path said = picture.resolveSibling("said");
        var command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                House.root().resolve("ops/tools/Dashboard.java").toString(),
                picture.toString(),
                "http://127.0.0.1:" + prometheus.getAddress().getPort() + "/"));
        command.addAll(List.of(more));
        Process process = new ProcessBuilder(command)
                .directory(picture.getParent().toFile())
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(said.toFile())
                .start();
        return new Said(process.waitFor(), Files.readString(said));
    }

    private static List<String> panels() {
        return PANEL.matcher(dashboard()).results().map(panel -> panel.group(1)).toList();
    }

    private static List<String> expressions() {
        return EXPRESSION
                .matcher(dashboard())
                .results()
                .map((MatchResult expression) -> expression
                        .group(1)
                        .replace("\\\"", "\"")
                        .replace("$__rate_interval", "1m")
                        .replace("$job", "chat")
                        .replace("$instance", "server:7780"))
                .toList();
    }

    private static String dashboard() {
        return House.read(House.root().resolve("ops/deploy/grafana/dashboards/zap.json"));
    }

    private static Document parsed(Path picture) throws Exception {
        return DocumentBuilderFactory.newDefaultInstance().newDocumentBuilder().parse(picture.toFile());
    }

    private static List<String> texts(Document document, String element) {
        NodeList nodes = document.getElementsByTagName(element);
        var texts = new ArrayList<String>();
        for (int i = 0; i < nodes.getLength(); i++) {
            texts.add(nodes.item(i).getTextContent());
        }
        return texts;
    }
}
