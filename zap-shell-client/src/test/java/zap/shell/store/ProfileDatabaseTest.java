package zap.shell.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static zap.shell.store.StoreFixture.ANA;
import static zap.shell.store.StoreFixture.ME;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import zap.protocol.ClientId;
import zap.shell.store.People.Contact;

/** Tests the promises of a store: a commit is on disk, a transaction is whole, and other processes see both. */
class ProfileDatabaseTest {

    private static final ClientId BOB = StoreFixture.BOB;

    @TempDir
    Path folder;

    private Path file() {
        return folder.resolve("zap.db");
    }

    @Test
    void aNewFileHasThePresentSchemaAndItsOwnersPermissions() throws Exception {
        Profile profile = Profile.named("me", Map.of("ZAP_HOME", folder.toString()), folder);
        try (ProfileDatabase database = ProfileDatabase.open(profile)) {
            assertThat(database.schema()).isEqualTo(ProfileDatabase.SCHEMA);
            assertThat(database.unwritable()).isEmpty();
            assertThat(database.check()).isEqualTo("ok");
        }
        assertThat(ProfileDatabase.schemaOf(profile.database())).isEqualTo(ProfileDatabase.SCHEMA);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(profile.database())))
                .isEqualTo("rw-------");
    }

    @Test
    void aCommitIsForcedToDisk() {
        try (ProfileDatabase database = ProfileDatabase.open(file())) {
            assertThat(pragma(database, "synchronous")).as("FULL").isEqualTo("2");
            assertThat(pragma(database, "journal_mode")).isEqualTo("wal");
        }
    }

    private static String pragma(ProfileDatabase database, String name) {
        return database.with(
                jdbc -> jdbc.sql("pragma " + name).query(String.class).single());
    }

    @Test
    void aTransactionThatFailsLeavesNothing() {
        try (ProfileDatabase database = ProfileDatabase.open(file())) {
            var people = new People(database);
            assertThatThrownBy(() -> database.inTransaction(jdbc -> {
                        people.name(ANA, "ana");
                        throw new IllegalStateException("in the middle");
                    }))
                    .hasMessage("in the middle");
            assertThat(people.contacts()).isEmpty();
            people.name(BOB, "bob");
            assertThat(people.contacts()).extracting(Contact::name).containsExactly("bob");
        }
    }

    @Test
    void aTransactionInsideAnotherOneIsAPartOfIt() {
        try (ProfileDatabase database = ProfileDatabase.open(file())) {
            var people = new People(database);
            assertThatThrownBy(() -> database.inTransaction(jdbc -> {
                        database.inTransaction(inner -> {
                            people.name(ANA, "ana");
                            return true;
                        });
                        throw new IllegalStateException("after the inner one");
                    }))
                    .isInstanceOf(IllegalStateException.class);
            assertThat(people.contacts()).isEmpty();
        }
    }

    @Test
    void aCommitOfAnotherConnectionIsSeenAndChangesTheVersion() {
        try (ProfileDatabase one = ProfileDatabase.open(file());
                ProfileDatabase other = ProfileDatabase.open(file())) {
            ProfileDatabase.Version before = one.version();
            assertThat(one.version()).isEqualTo(before);
            new People(other).name(ANA, "ana");
            assertThat(new People(one).contacts()).hasSize(1);
            ProfileDatabase.Version after = one.version();
            assertThat(after.byOthers()).isNotEqualTo(before.byOthers());
            assertThat(after.own()).isEqualTo(before.own());
            new People(one).name(BOB, "bob");
            assertThat(one.version().own()).isNotEqualTo(after.own());
        }
    }

    @Test
    void aCopyHasEverythingUpToItsMoment() {
        Path copy = folder.resolve("copy.db");
        try (ProfileDatabase database = ProfileDatabase.open(file())) {
            new ProfileSettings(database).self(ME);
            database.copyTo(copy);
            new People(database).name(ANA, "too late");
        }
        try (ProfileDatabase copied = ProfileDatabase.open(copy)) {
            assertThat(new ProfileSettings(copied).self()).contains(ME);
            assertThat(new People(copied).contacts()).isEqualTo(List.of());
        }
    }

    @Test
    void aFileThatIsNoStoreIsNamedAsDamaged() throws Exception {
        Files.writeString(file(), "nonsense ".repeat(1000));
        assertThatThrownBy(() -> ProfileDatabase.schemaOf(file()))
                .satisfies(e -> assertThat(StoreFault.of(e)).contains(StoreFault.DAMAGED));
    }
}
