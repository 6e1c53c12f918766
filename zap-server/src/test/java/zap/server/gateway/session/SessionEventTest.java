package zap.server.gateway.session;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class SessionEventTest {

    private static final Path RUNBOOK = Path.of(System.getProperty("zap.root"), "docs", "runbook.md");

    /** Programs of operators look for these names. */
    @Test
    void theRunbookListsEveryEventUnderItsNameAndNoOther() throws IOException {
        List<String> listed = Files.readAllLines(RUNBOOK).stream()
                .filter(line -> line.startsWith("| `session-"))
                .map(line -> line.split("`", -1)[1])
                .toList();

        assertThat(listed)
                .containsExactlyElementsOf(Arrays.stream(SessionEvent.values())
                        .map(SessionEvent::action)
                        .toList());
    }
}
