package zap.server.database;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.Test;

/**
 * The statements of this server are on file. When the next migration comes, the file shows what the server before it
 * asks of the tables, and {@code CompatibleMigrationsIT} checks that the new tables still answer.
 */
class RecordedStatementsTest {

    /** With {@code -Dzap.statements.record=true}, writes the file. */
    @Test
    void theStatementsOfThisServerAreOnFile() throws IOException {
        Set<String> statements = ServerStatements.ofTheServer();
        Path file = ServerStatements.record(Schema.newestKnown());
        if (Boolean.getBoolean("zap.statements.record")) {
            Files.writeString(file, ServerStatements.recorded(statements), UTF_8);
        }

        assertThat(file)
                .as("the statements of the newest tables: ./zap test fast -pl zap-server -am"
                        + " -Dtest=RecordedStatementsTest -Dzap.statements.record=true"
                        + " -Dsurefire.failIfNoSpecifiedTests=false writes them")
                .content()
                .isEqualTo(ServerStatements.recorded(statements));
    }

    @Test
    void allKindsOfStatementsAreFound() {
        Set<String> statements = ServerStatements.ofTheServer();

        assertThat(statements)
                .as("a constant")
                .contains("select batch from writer where id = ?")
                .as("an expression")
                .contains("select turns from mailbox_turn")
                .as("an annotation")
                .contains("update client set blocked_at = null where id = :id")
                .as("a text that is put together at run time")
                .anyMatch(statement -> statement.contains("untrue_read as materialized"))
                .as("a mapping")
                .contains("delete from group_member where group_id = ? and slot = ?");
        assertThat(statements).hasSizeGreaterThan(40);
    }
}
