package zap.server.ops;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.env.YamlPropertySourceLoader;
import org.springframework.core.env.PropertySource;
import org.springframework.core.io.FileSystemResource;
import org.yaml.snakeyaml.Yaml;

/**
 * Checks that everything named in docker-compose.yml and the images' files exists under that name, as far as this can
 * be checked without an engine.
 */
class ComposeTest {

    private static final Path ROOT = Path.of(System.getProperty("zap.root"));
    private static final Pattern COPY = Pattern.compile("(?m)^COPY (?!--from)(.*) \\S+$");

    private final Map<String, Map<String, Object>> services = map(compose().get("services"));

    @Test
    void everyFolderAndFileIsThere() throws IOException {
        for (Map<String, Object> service : services.values()) {
            for (String volume : strings(service.get("volumes"))) {
                String from = volume.split(":", -1)[0];
                if (from.startsWith(".")) {
                    assertThat(ROOT.resolve(from)).exists();
                } else {
                    assertThat(map(compose().get("volumes"))).containsKey(from);
                }
            }
            if (service.get("build") instanceof Map<?, ?> build) {
                Path dockerfile = ROOT.resolve(String.valueOf(build.get("dockerfile")));
                assertThat(dockerfile).exists();
                COPY.matcher(Files.readString(dockerfile))
                        .results()
                        .flatMap(copy -> Stream.of(copy.group(1).split(" ", -1)))
                        .forEach(source -> assertThat(ROOT.resolve(source)).exists());
            }
        }
    }

    /** Otherwise each start would leave a volume without a name behind, with the data of an earlier one. */
    @Test
    void theVolumesOfTheImagesHaveAPlace() throws IOException {
        Map<String, String> ofImages = Map.of(
                "postgres:18",
                "/var/lib/postgresql",
                "prom/prometheus:v3.7.3",
                "/prometheus",
                "grafana/grafana:12.3.0",
                "/var/lib/grafana",
                "zap-client",
                "/zap/home");
        assertThat(Files.readString(ROOT.resolve("ops/deploy/docker/client.Dockerfile")))
                .contains("VOLUME /zap/home\n");
        assertThat(Files.readString(ROOT.resolve("ops/deploy/docker/server.Dockerfile")))
                .doesNotContain("VOLUME");
        services.forEach((name, service) -> {
            String image = String.valueOf(service.get("image"));
            if (!image.equals("zap-server") && !image.equals("haproxy:3")) {
                assertThat(ofImages).as("the volumes of an image are known").containsKey(image);
                assertThat(Stream.concat(
                                strings(service.get("volumes")).stream().map(volume -> volume.split(":", -1)[1]),
                                strings(service.get("tmpfs")).stream().map(place -> place.split(":", -1)[0])))
                        .as(name)
                        .contains(ofImages.get(image));
            }
        });
    }

    @Test
    void theServersPortsAreTheOnesThatItListensOn() throws IOException {
        var inContainer = new TreeSet<String>();
        strings(services.get("server").get("ports"))
                .forEach(port -> inContainer.add(port.substring(port.lastIndexOf(':') + 1)));
        String configuration = Files.readString(ROOT.resolve("docs/configuration.md"));

        for (String port : inContainer) {
            assertThat(configuration).contains("`" + port + "`");
        }
        assertThat(inContainer)
                .contains("7777", "7778", String.valueOf(application().getProperty("server.port")));
        String check = services.get("server").get("healthcheck").toString();
        assertThat(check).contains("127.0.0.1/" + application().getProperty("server.port"));
        assertThat(Files.readString(ROOT.resolve("ops/deploy/prometheus/prometheus.yml")))
                .contains("server:" + application().getProperty("server.port"));
    }

    /** Checks that the ports of operators and dashboards are open to this machine only. */
    @Test
    void nothingButMessagesIsOpenToOthers() {
        for (Map.Entry<String, Map<String, Object>> service : services.entrySet()) {
            List<String> open = strings(service.getValue().get("ports")).stream()
                    .filter(port -> !port.startsWith("127.0.0.1:"))
                    .toList();
            assertThat(open)
                    .isSubsetOf(Set.of("7777:7777", "7778:7778", "7787:7777", "7788:7778", "7797:7777", "7798:7778"));
        }
    }

    @Test
    void nobodyHasMoreRightsThanNeeded() {
        assertThat(services.values())
                .isNotEmpty()
                .allSatisfy(service -> assertThat(service)
                        .containsEntry("read_only", true)
                        .containsEntry("cap_drop", List.of("ALL"))
                        .containsKeys("mem_limit", "pids_limit"));
    }

    @Test
    void whoIsWaitedForIsThereAndSaysWhenItIsReady() {
        services.forEach((name, service) -> map(service.get("depends_on")).forEach((other, how) -> {
            assertThat(services).containsKey(other);
            if (String.valueOf(map(how).get("condition")).equals("service_healthy")) {
                assertThat(services.get(other)).containsKey("healthcheck");
            }
        }));
    }

    @ParameterizedTest
    @ValueSource(strings = {"password", "PASSWORD"})
    void noSecretStandsInTheFile(String word) throws IOException {
        assertThat(Files.readString(ROOT.resolve("docker-compose.yml")).lines())
                .filteredOn(line -> line.contains(word) && line.matches(".*" + word + "\\S*[:=] *\\S+.*"))
                .allMatch(line -> line.contains("_FILE:") || line.contains("/secrets/") || line.contains("image:"));
    }

    /** Checks that the clients of the demo talk with each other through scripts of the image, at the server's port. */
    @Test
    void theDemoIsTwoWhoTalkWithEachOther() throws IOException {
        assertThat(services.get("ana")).containsEntry("entrypoint", List.of("zap-demo", "ana", "bob"));
        assertThat(services.get("bob")).containsEntry("entrypoint", List.of("zap-demo", "bob", "ana"));
        String dockerfile = Files.readString(ROOT.resolve("ops/deploy/docker/client.Dockerfile"));
        assertThat(dockerfile)
                .contains(
                        "COPY ops/deploy/docker/demo.sh /usr/local/bin/zap-demo",
                        "COPY ops/deploy/docker/zap-client.sh /usr/local/bin/zap");
        for (String service : List.of("ana", "bob", "client")) {
            assertThat(services.get(service)).containsEntry("profiles", List.of("demo"));
            assertThat(map(services.get(service).get("environment")))
                    .containsEntry("ZAP_SERVER", "server:7777")
                    .containsEntry("ZAP_HOME", "/zap/home");
        }
        assertThat(services.get("client")).containsEntry("scale", 0);
        assertThat(String.valueOf(services.get("client").get("entrypoint"))).contains("--server, server:7777");
    }

    /** Checks that a file in the folder that the server reads has the name of a property. */
    @Test
    void theSecretsThatAreMadeArePropertiesOfTheServer() throws IOException {
        String made = String.valueOf(services.get("password").get("command"));
        String configuration = Files.readString(ROOT.resolve("docs/configuration.md"));
        for (String secret : List.of("zap.database.password", "zap.admin.token")) {
            assertThat(made).contains(secret);
            assertThat(configuration).contains("| `" + secret + "` |");
        }
        assertThat(map(services.get("server").get("environment")))
                .containsEntry("SPRING_CONFIG_IMPORT", "configtree:/run/secrets/");
    }

    /** Checks that "docker compose up" starts one server, and the profile "cluster" none of these. */
    @Test
    void withoutAProfileItIsOneServer() throws IOException {
        assertThat(Files.readString(ROOT.resolve(".env"))).contains("\nCOMPOSE_PROFILES=single\n");
        Map<String, Set<String>> servicesOf = new TreeMap<>();
        services.forEach((name, service) -> strings(service.get("profiles"))
                .forEach(profile -> servicesOf
                        .computeIfAbsent(profile, _ -> new TreeSet<>())
                        .add(name)));
        assertThat(servicesOf.get("single")).containsExactly("database", "server");
        assertThat(servicesOf.get("observe")).contains("database", "server", "prometheus", "grafana");
        assertThat(servicesOf.get("demo")).contains("database", "server", "ana", "bob");
        assertThat(servicesOf.get("cluster"))
                .containsExactly("database-a", "database-b", "haproxy", "node-a", "node-b");
    }

    /** Checks that the nodes trust the proxy that is in front of them, and that it knows them. */
    @Test
    void theNodesOfTheClusterAndItsProxyKnowEachOther() throws IOException {
        String address = String.valueOf(
                map(map(services.get("haproxy").get("networks")).get("cluster")).get("ipv4_address"));
        String proxy = Files.readString(ROOT.resolve("ops/deploy/haproxy/compose.cfg"));
        for (String node : List.of("node-a", "node-b")) {
            assertThat(services.get(node)).containsEntry("command", List.of("--zap.gateway.proxy-protocol=" + address));
            assertThat(map(services.get(node).get("environment")))
                    .containsEntry("ZAP_DATABASE_URL", "jdbc:postgresql://database-a,database-b/zap")
                    .containsEntry("ZAP_DATA", "/zap/var");
            assertThat(strings(services.get(node).get("volumes"))).contains(node + ":/zap/var");
            assertThat(proxy).contains(" " + node + ":7777\n");
        }
        assertThat(proxy)
                .contains(
                        "bind :7777 ",
                        "send-proxy-v2",
                        "check port " + application().getProperty("server.port"));
        assertThat(services.get("haproxy").get("healthcheck").toString()).contains("127.0.0.1/8404");
        assertThat(proxy).contains("bind 127.0.0.1:8404");
        assertThat(Files.readString(ROOT.resolve("ops/deploy/docker/database-init.sh")))
                .contains("synchronous_standby_names = 'database_b'");
        for (String database : List.of("database-a", "database-b")) {
            assertThat(strings(services.get(database).get("entrypoint"))).contains("/zap/database.sh", database);
        }
    }

    @Test
    void grafanaAsksThePrometheusThatIsThere() throws IOException {
        assertThat(Files.readString(ROOT.resolve("ops/deploy/grafana/provisioning/datasources/prometheus.yml")))
                .contains("http://prometheus:9090");
        assertThat(strings(services.get("prometheus").get("ports"))).containsExactly("127.0.0.1:9090:9090");
    }

    private static PropertySource<?> application() throws IOException {
        return new YamlPropertySourceLoader()
                .load(
                        "application",
                        new FileSystemResource(ROOT.resolve("zap-server/src/main/resources/application.yaml")))
                .getFirst();
    }

    private static Map<String, Object> compose() {
        try (var reader = Files.newBufferedReader(ROOT.resolve("docker-compose.yml"))) {
            return new Yaml().load(reader);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @SuppressWarnings("unchecked") // a YAML mapping has strings for keys
    private static <T> Map<String, T> map(Object value) {
        return value == null ? Map.of() : (Map<String, T>) value;
    }

    private static List<String> strings(Object value) {
        return value instanceof List<?> list
                ? list.stream().map(String::valueOf).toList()
                : List.of();
    }
}
