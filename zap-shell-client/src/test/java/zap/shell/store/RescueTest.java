package zap.shell.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import zap.protocol.ClientId;
import zap.protocol.PosixTime;
import zap.shell.identity.IdentityKey;

/** Tests that faults of a store have names, and that the readable part of a damaged one is saved, the key first. */
class RescueTest {

    private static final ClientId ME = ClientId.parse("1000000000001");
    private static final ClientId ANA = ClientId.parse("1000000000002");
    private static final Instant NOW = Instant.parse("2027-01-31T12:00:00Z");
    private static final int MESSAGES = 500;
    private static final int PAGE = 4096;

    @TempDir
    Path home;

    private Profile profile;
    private IdentityKey key;

    @BeforeEach
    void store() {
        profile = Profile.named("me", Map.of("ZAP_HOME", home.toString()), home);
        key = IdentityKey.generate();
        try (ProfileDatabase database = ProfileDatabase.open(profile)) {
            new ProfileSettings(database)
                    .identity(new ProfileSettings.Server("chat.example.org", 7777, false), ME, Optional.of(key));
            new People(database).name(ANA, "ana");
            database.inTransaction(jdbc -> {
                var outgoing = new OutgoingMessages(database);
                var incoming = new IncomingMessages(database);
                for (int i = 0; i < MESSAGES; i++) {
                    incoming.add(ANA.asAddress(), ANA, new PosixTime(1_800_000_000L + i), "message " + i, NOW, 1);
                }
                return outgoing.write(ANA.asAddress(), ME, NOW, "on its way");
            });
        }
    }

    private static StoreFault faultOf(Throwable exception) {
        return StoreFault.of(exception).orElseThrow(() -> new AssertionError(exception));
    }

    private void overwrite(long at, int length) throws IOException {
        try (FileChannel channel = FileChannel.open(profile.database(), StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.allocate(length), at);
        }
    }

    private void cut(double part) throws IOException {
        try (FileChannel channel = FileChannel.open(profile.database(), StandardOpenOption.WRITE)) {
            channel.truncate((long) (channel.size() * part) / 512 * 512);
        }
    }

    private void assertKeyIsSaved() {
        try (ProfileDatabase database = ProfileDatabase.open(profile)) {
            assertThat(database.check()).isEqualTo("ok");
            assertThat(new ProfileSettings(database).self()).contains(ME);
            assertThat(new ProfileSettings(database).key().map(IdentityKey::publicKey))
                    .contains(key.publicKey());
            assertThat(new ProfileSettings(database).server().map(ProfileSettings.Server::address))
                    .contains("chat.example.org:7777");
        }
    }

    @Test
    void aStoreThatWasCutIsDamagedAndWhatIsBeforeTheCutIsSaved() throws IOException {
        cut(0.8);
        byte[] damaged = Files.readAllBytes(profile.database());
        assertThat(faultOf(catchThrowable(() -> ProfileDatabase.open(profile)))).isEqualTo(StoreFault.DAMAGED);
        assertThat(profile.database()).hasBinaryContent(damaged);

        var rescue = new Rescue(profile);
        assertThat(rescue.isNeeded()).isTrue();
        Rescue.Saved saved = rescue.save();
        assertThat(saved.number()).contains(ME);
        assertThat(saved.key()).isTrue();
        assertThat(saved.people()).isEqualTo(1);
        assertThat(saved.messages()).isPositive();
        assertKeyIsSaved();
        assertThat(saved.damaged()).hasBinaryContent(damaged);
        assertThat(profile.workspace()).doesNotExist();
        assertThat(rescue.isNeeded()).isFalse();
    }

    @Test
    void behindADamagedPageItGoesOn() throws IOException {
        int pages = (int) (Files.size(profile.database()) / PAGE);
        long lost = 0;
        byte[] whole = Files.readAllBytes(profile.database());
        for (int page = 2; page < pages; page += 3) {
            Files.write(profile.database(), whole);
            overwrite((long) page * PAGE, PAGE);
            Rescue.Saved saved = new Rescue(profile).save();
            assertThat(saved.number()).as("page %d", page).contains(ME);
            assertThat(saved.key()).as("page %d", page).isTrue();
            assertThat(saved.messages()).as("page %d", page).isGreaterThan(MESSAGES / 2);
            lost = Math.max(lost, MESSAGES + 1 - saved.messages());
        }
        assertThat(lost).as("lost with one of the pages").isPositive();
    }

    @Test
    void whereTheListOfTablesIsLostTheTablesAreFoundAllTheSame() throws IOException {
        overwrite(0, PAGE);
        assertThat(faultOf(catchThrowable(() -> ProfileDatabase.open(profile)))).isEqualTo(StoreFault.DAMAGED);
        Rescue.Saved saved = new Rescue(profile).save();
        assertThat(saved.key()).isTrue();
        assertThat(saved.messages()).isEqualTo(MESSAGES + 1);
        assertThat(saved.people()).isEqualTo(1);
        assertKeyIsSaved();
    }

    @Test
    void whereTheTableOfTheKeyCannotBeReadItIsFoundInTheBytes() throws IOException {
        String bytes = Files.readString(profile.database(), StandardCharsets.ISO_8859_1);
        overwrite((long) (bytes.indexOf("public-key" + key.publicKey()) / PAGE) * PAGE, 8);
        Rescue.Saved saved = new Rescue(profile).save();
        assertThat(saved.key()).isTrue();
        assertThat(saved.messages()).isEqualTo(MESSAGES + 1);
        assertKeyIsSaved();
    }

    @Test
    void whereNothingIsFoundNothingIsChanged() throws IOException {
        byte[] nonsense = "nonsense ".repeat(1000).getBytes(StandardCharsets.US_ASCII);
        Files.write(profile.database(), nonsense);
        assertThat(new Rescue(profile).isNeeded()).isTrue();
        Rescue.Saved saved = new Rescue(profile).save();
        assertThat(saved.number()).isEmpty();
        assertThat(saved.damaged()).doesNotExist();
        assertThat(profile.database()).hasBinaryContent(nonsense);
    }

    @Test
    void aMessageThatWasOnItsWayIsUnsure() throws IOException {
        Rescue.Saved saved = new Rescue(profile).save();
        assertThat(saved.messages()).isEqualTo(MESSAGES + 1);
        assertThat(saved.unsure()).isEqualTo(1);
        try (ProfileDatabase database = ProfileDatabase.open(profile)) {
            assertThat(new Messages(database).of(Messages.DeliveryState.UNSURE)).hasSize(1);
            assertThat(new Messages(database).count(Messages.DeliveryState.WAITING))
                    .isZero();
        }
    }

    @Test
    void aStoreOfANewerZapIsRefusedAndNotChanged() throws IOException {
        try (ProfileDatabase database = ProfileDatabase.open(profile)) {
            database.with(jdbc -> jdbc.sql("pragma user_version = " + (ProfileDatabase.SCHEMA + 1))
                    .update());
        }
        byte[] newer = Files.readAllBytes(profile.database());
        assertThat(faultOf(catchThrowable(() -> ProfileDatabase.open(profile)))).isEqualTo(StoreFault.NEWER);
        assertThat(profile.database()).hasBinaryContent(newer);
    }

    /** SQLite rolls back a transaction by itself when the disk is full. */
    @Test
    void aTransactionForWhichThereIsNoRoomIsUndoneAndTheNextOneWorks() {
        try (ProfileDatabase database = ProfileDatabase.open(profile)) {
            long pages = database.with(
                    jdbc -> jdbc.sql("pragma page_count").query(Long.class).single());
            limit(database, pages + 2);
            assertThat(faultOf(catchThrowable(() -> database.inTransaction(jdbc -> {
                        new People(database).name(new ClientId(7), "bia");
                        return new OutgoingMessages(database).write(ANA.asAddress(), ME, NOW, "x".repeat(100 * PAGE));
                    }))))
                    .isEqualTo(StoreFault.FULL);
            assertThat(new People(database).contacts()).hasSize(1);
            limit(database, pages + 1000);
            database.inTransaction(jdbc -> {
                new People(database).name(new ClientId(7), "bia");
                return true;
            });
        }
        try (ProfileDatabase database = ProfileDatabase.open(profile)) {
            assertThat(new People(database).contacts()).hasSize(2);
        }
    }

    private static void limit(ProfileDatabase database, long pages) {
        database.with(jdbc ->
                jdbc.sql("pragma max_page_count = " + pages).query(Long.class).single());
    }

    @Test
    void aStoreThatCannotBeWrittenIsReadAndKeepsNothing() throws IOException {
        for (StoreFault fault : new StoreFault[] {StoreFault.FULL, StoreFault.READ_ONLY}) {
            try (ProfileDatabase database = ReadableStore.open(profile.database(), fault)) {
                assertThat(database.unwritable()).contains(fault);
                assertThat(new ProfileSettings(database).self()).contains(ME);
                assertThat(new MessageSearch(database).find("499", null, 5)).hasSize(1);
                assertThat(faultOf(catchThrowable(() -> database.inTransaction(jdbc -> true))))
                        .isEqualTo(fault);
                assertThat(faultOf(catchThrowable(() -> new ProfileSettings(database).self(ANA))))
                        .isEqualTo(StoreFault.READ_ONLY);
            }
        }
    }

    @Test
    void alsoWhatAKilledProcessHasLeftInTheLogIsRead() throws IOException {
        Path left = Files.createDirectory(home.resolve("left"));
        try (ProfileDatabase database = ProfileDatabase.open(profile)) {
            new People(database).name(new ClientId(7), "bia");
            for (String name : new String[] {"zap.db", "zap.db-wal"}) {
                Files.copy(profile.folder().resolve(name), left.resolve(name));
            }
        }
        try (ProfileDatabase database = ReadableStore.open(left.resolve("zap.db"), StoreFault.FULL)) {
            assertThat(new People(database).contacts()).hasSize(2);
        }
    }
}
