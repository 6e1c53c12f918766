package zap.server.ops;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class ConfigurationPageTest {

    private static final Path PAGE = Path.of(System.getProperty("zap.root"), "docs", "configuration.md");

    @Test
    void thePageListsEveryPropertyWithItsDefaultAndItsMeaningAndNoOther() throws IOException {
        List<String> rows = Files.readAllLines(PAGE).stream()
                .filter(line -> line.startsWith("| `zap."))
                .toList();

        assertThat(rows).containsExactlyElementsOf(rowsFromTheCode());
    }

    /**
     * Returns the compiler's metadata of the properties' records: the doc comment of each component, and its default.
     */
    private static List<String> rowsFromTheCode() throws IOException {
        var rows = new ArrayList<String>();
        var metadata = "/META-INF/spring-configuration-metadata.json";
        try (InputStream json = ConfigurationPageTest.class.getResourceAsStream(metadata)) {
            for (JsonNode property : JsonMapper.shared().readTree(json).get("properties")) {
                if (property.get("type").asString().startsWith("java.util.Map")) {
                    continue; // a group: its contents are described
                }
                JsonNode value = property.get("defaultValue");
                rows.add("| `%s` | %s | %s |"
                        .formatted(
                                property.get("name").asString(),
                                value == null ? "" : "`" + value.asString() + "`",
                                property.get("description").asString()));
            }
        }
        // Properties that Spring Boot has for every endpoint are described on its own pages.
        return rows.stream().filter(row -> row.startsWith("| `zap.")).sorted().toList();
    }
}
