package zap.server.database;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class MigrationTest {

    @Test
    void theNameSaysWhichServersWorkWithTheTables() {
        assertThat(Migration.of("V9__streets__compatible_with_7.sql"))
                .contains(new Migration("V9__streets__compatible_with_7.sql", 9, 7));
        assertThat(Migration.isCompatible("V9__streets__compatible_with_7.sql", 6))
                .isFalse();
        assertThat(Migration.isCompatible("V9__streets__compatible_with_7.sql", 7))
                .isTrue();
        assertThat(Migration.isCompatible("V9__streets__compatible_with_7.sql", 8))
                .isTrue();
    }

    @Test
    void aNameThatClaimsNothingIsForServersThatKnowTheMigration() {
        assertThat(Migration.isCompatible("V9__streets.sql", 8)).isFalse();
        assertThat(Migration.isCompatible("V9__streets.sql", 9)).isTrue();
    }

    @Test
    void anythingElseIsCompatibleWithNoServer() {
        assertThat(Migration.of("R__views.sql")).isEmpty();
        assertThat(Migration.isCompatible("<< Flyway Baseline >>", 100)).isFalse();
        assertThat(Migration.isCompatible("V9__streets__compatible_with_7.txt", 8))
                .isFalse();
    }
}
