package zap.server.database;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import zap.server.database.BackupException.Status;
import zap.server.database.BackupManifest.Entry;
import zap.server.database.BackupManifest.Origin;

class BackupManifestTest {

    private static final Origin ORIGIN = new Origin(
            "1.2.3",
            "18.6",
            5,
            "7713135255178029205",
            1,
            "0/1000028",
            "0/1006AA8",
            Instant.ofEpochSecond(1_795_372_031));

    @TempDir
    private Path backup;

    @Test
    void whatIsWrittenIsRead() throws BackupException {
        BackupManifest manifest =
                manifest(entry("postgresql/PG_VERSION", "18"), entry("certs/a name of mine, é.pem", "x"));
        assertThat(parsed(manifest.text())).isEqualTo(manifest);
    }

    @Test
    void aManifestThatWasCutAnywhereIsRefused() {
        String text = manifest(entry("postgresql/PG_VERSION", "18")).text();
        for (int length = 0; length < text.length(); length++) {
            String cut = text.substring(0, length);
            assertRefused(() -> parsed(cut));
        }
    }

    @Test
    void aManifestWithAChangedByteIsRefused() {
        byte[] bytes = manifest(entry("postgresql/PG_VERSION", "18")).text().getBytes(UTF_8);
        for (int at = 0; at < bytes.length; at++) {
            for (int bit = 0; bit < 8; bit++) {
                byte[] changed = bytes.clone();
                changed[at] ^= (byte) (1 << bit);
                assertRefused(() -> BackupManifest.parse(new String(changed, ISO_8859_1)));
            }
        }
    }

    @Test
    void aNameThatLeadsOutOfTheBackupIsRefused() {
        for (String name : List.of("../secret", "/etc/passwd", "postgresql/../../secret", "")) {
            assertRefused(() -> parsed(manifest(entry(name, "x")).text()));
        }
    }

    @Test
    void aFolderWithoutAManifestIsNoBackup() {
        assertThatThrownBy(() -> BackupManifest.read(backup))
                .isInstanceOf(BackupException.class)
                .hasMessageContaining("is not a complete backup, because it has no manifest");
        assertThatThrownBy(() -> BackupManifest.read(backup.resolve("nowhere")))
                .isInstanceOfSatisfying(
                        BackupException.class, e -> assertThat(e.status()).isEqualTo(Status.NO_INPUT));
    }

    @Test
    void anotherFormatIsRefusedByName() throws IOException {
        Files.writeString(backup.resolve(BackupManifest.NAME), "zap-backup 2\nwhatever\n");
        assertThatThrownBy(() -> BackupManifest.read(backup))
                .hasMessageContaining("another format (\"zap-backup 2\")")
                .hasMessageContaining("Restore it with the zap that made it");
    }

    @Test
    void everyFileIsReadAndCompared() throws BackupException, IOException {
        var entries = new ArrayList<Entry>();
        for (String name : List.of("a", "b", "c", "d", "e")) {
            Files.writeString(backup.resolve(name), "content of " + name);
            entries.add(entry(name, "content of " + name));
        }
        var manifest = new BackupManifest(ORIGIN, List.of(), entries);
        manifest.check(backup, new Cancellation());

        Files.delete(backup.resolve("a"));
        Files.writeString(backup.resolve("b"), "content of b and more");
        Files.writeString(backup.resolve("c"), "content of C");
        Files.delete(backup.resolve("d"));
        Files.createDirectory(backup.resolve("d"));
        assertThatThrownBy(() -> manifest.check(backup, new Cancellation()))
                .isInstanceOfSatisfying(
                        BackupException.class, e -> assertThat(e.status()).isEqualTo(Status.BAD_BACKUP))
                .hasMessageContaining(
                        "is damaged: a is missing, b has 21 bytes instead of 12, c has another sum and 1 more files.");
    }

    @Test
    void aCheckEndsWhenItIsInterrupted() throws IOException {
        Files.writeString(backup.resolve("a"), "x");
        var interrupted = new Cancellation();
        interrupted.request();
        assertThatThrownBy(() -> manifest(entry("a", "x")).check(backup, interrupted))
                .hasMessage("Interrupted.");
    }

    @Test
    void tablesThatOnlyANewerZapKnowsAreRefused() throws BackupException {
        Restore.checkKnownTables(manifest(), 5);
        assertThatThrownBy(() -> Restore.checkKnownTables(manifest(), 4))
                .hasMessage("A newer zap (1.2.3, tables of version 5) made this backup, and this zap knows tables up to"
                        + " version 4. Restore it with that zap.");
        assertThat(Schema.newestKnown()).isGreaterThanOrEqualTo(5);
    }

    @Test
    void theLogsFilesAreNamedAsPostgresqlNamesThem() {
        assertThat(WalSegments.between(1, WalSegments.lsn("0/1000028"), WalSegments.lsn("0/1006AA8"), 4 << 20))
                .containsExactly("000000010000000000000004");
        // The end is the first byte that is not needed.
        assertThat(WalSegments.between(10, WalSegments.lsn("0/FE000000"), WalSegments.lsn("1/1000000"), 16 << 20))
                .containsExactly("0000000A00000000000000FE", "0000000A00000000000000FF", "0000000A0000000100000000");
    }

    private static BackupManifest manifest(Entry... entries) {
        return new BackupManifest(ORIGIN, List.of("postgresql", "postgresql/data"), List.of(entries));
    }

    private static Entry entry(String name, String content) {
        byte[] bytes = content.getBytes(UTF_8);
        return new Entry(name, bytes.length, CheckedCopies.sha256(bytes));
    }

    private static BackupManifest parsed(String text) throws BackupException {
        return BackupManifest.parse(new String(text.getBytes(UTF_8), ISO_8859_1));
    }

    private static void assertRefused(ThrowingCallable reading) {
        assertThatThrownBy(reading)
                .isInstanceOfSatisfying(
                        BackupException.class, e -> assertThat(e.status()).isEqualTo(Status.BAD_BACKUP));
    }
}
