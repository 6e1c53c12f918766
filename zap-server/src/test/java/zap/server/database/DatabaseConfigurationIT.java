package zap.server.database;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.JdbcTemplateAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.jdbc.core.JdbcTemplate;
import zap.server.ZapServer;

/** The server's own PostgreSQL inside Spring: started before, and stopped after, every bean that uses it. */
class DatabaseConfigurationIT {

    private Path folder = Path.of("");

    @BeforeEach
    void aFolder(@TempDir Path temporary) {
        folder = ReadyFolders.make(temporary);
    }

    /** A bean with a connection, which may use it until it is closed itself. */
    static final class LastWords implements AutoCloseable {

        private static final List<String> SAID = new ArrayList<>();
        private final JdbcTemplate jdbc;

        LastWords(JdbcTemplate jdbc) {
            this.jdbc = jdbc;
        }

        @Override
        public void close() {
            SAID.add(jdbc.queryForObject("select 'good bye'", String.class));
        }
    }

    @Test
    void itIsStoppedAfterEverythingThatUsesIt() {
        new ApplicationContextRunner()
                .withUserConfiguration(DatabaseConfigurationTest.Properties.class, DatabaseConfiguration.class)
                .withConfiguration(
                        AutoConfigurations.of(DataSourceAutoConfiguration.class, JdbcTemplateAutoConfiguration.class))
                .withBean(LastWords.class)
                .withPropertyValues("zap.database.directory=" + folder)
                .run(context -> assertThat(context.getBean(JdbcTemplate.class)
                                .queryForObject("select current_database()", String.class))
                        .isEqualTo("zap"));

        assertThat(LastWords.SAID).containsExactly("good bye");
        assertThat(folder.resolve("postgresql/data/postmaster.pid"))
                .as("PostgreSQL runs")
                .doesNotExist();
    }

    @Test
    void aSecondServerOnTheSameDataIsToldSoInPlainWords() throws IOException {
        try (var _ = OwnPostgres.start(folder, Duration.ofMinutes(2))) {
            Process second = new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "-XX:TieredStopAtLevel=1",
                            "-cp",
                            System.getProperty("java.class.path"),
                            ZapServer.class.getName(),
                            "--zap.database.directory=" + folder)
                    .redirectErrorStream(true)
                    .start();
            String said = new String(second.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(second.onExit().join().exitValue()).isEqualTo(1);
            assertThat(said)
                    .contains(
                            "Another zap server (pid " + ProcessHandle.current().pid() + ") is using the data in ")
                    .contains("Stop it, or start this one with ZAP_DATA=<another folder>.")
                    .doesNotContain("\tat ", "Exception");
        }
    }
}
