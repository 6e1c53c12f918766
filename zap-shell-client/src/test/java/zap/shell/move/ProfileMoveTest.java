package zap.shell.move;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.DriverManager;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.assertj.core.api.ThrowableAssert;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import zap.protocol.ClientId;
import zap.protocol.Position;
import zap.protocol.PosixTime;
import zap.protocol.StreamId;
import zap.shell.chat.ClientListener;
import zap.shell.chat.ProfileClient;
import zap.shell.identity.IdentityKey;
import zap.shell.move.ProfileFileException.Fault;
import zap.shell.move.ProfileMove.Result;
import zap.shell.store.IncomingMessages;
import zap.shell.store.Messages.Message;
import zap.shell.store.Moves;
import zap.shell.store.OutgoingMessages;
import zap.shell.store.Profile;
import zap.shell.store.ProfileDatabase;
import zap.shell.store.ProfileSettings;

/** Tests a move from one profile to another, on disk: what arrives, what stays, and what a failure leaves. */
class ProfileMoveTest {

    private static final ClientId ME = ClientId.parse("1000000000001");
    private static final ClientId ANA = ClientId.parse("1000000000002");
    private static final ProfileSettings.Server SERVER =
            new ProfileSettings.Server("localhost", 1, false, new ProfileSettings.Tls("authorities", "pin"));
    private static final Instant EXPORTED = Instant.parse("2027-01-31T10:20:30.456Z");
    private static final Instant IMPORTED = Instant.parse("2027-02-01T11:22:33Z");
    private static final int FEW = 10;

    @TempDir
    Path home;

    private ProfileClient old;
    private ProfileClient fresh;
    private Path file;

    @BeforeEach
    void people() {
        old = client("old", EXPORTED);
        old.adopt(SERVER, ME, IdentityKey.generate());
        old.people().name(ANA, "ana");
        old.settings().stream(new StreamId(4711));
        old.settings().position(new Position(42));
        new IncomingMessages(old.database())
                .add(ANA.asAddress(), ANA, new PosixTime(1_800_000_000), "olá, tudo bem?", EXPORTED, 1);
        old.write(ANA.asAddress(), "not sent yet");
        fresh = client("fresh", IMPORTED);
        file = home.resolve("me.zap");
    }

    @AfterEach
    void close() {
        old.close();
        fresh.close();
    }

    private ProfileClient client(String name, Instant now) {
        Profile profile = Profile.named(name, Map.of("ZAP_HOME", home.toString()), home);
        return new ProfileClient(profile, InstantSource.fixed(now), () -> 7);
    }

    private static ProfileMove move(ProfileClient client, String host) {
        return new ProfileMove(client.profile(), client.database(), client.clock(), host, FEW);
    }

    private Result export() throws IOException {
        return move(old, "old-computer").export(file, "correct horse".toCharArray());
    }

    private Result takeIn(ProfileClient client) throws IOException {
        return move(client, "new-computer").takeIn(ProfileFile.open(file), "correct horse".toCharArray());
    }

    private static List<String> texts(ProfileClient client) {
        return client.messages().last(ANA.asAddress(), 100).stream()
                .map(Message::text)
                .toList();
    }

    private void assertThatNothingElseIsLeft() throws IOException {
        assertThat(old.profile().workspace()).doesNotExist();
        assertThat(fresh.profile().workspace()).doesNotExist();
        try (var files = Files.list(home)) {
            assertThat(files.map(one -> one.getFileName().toString())).isSubsetOf("old", "fresh", "me.zap");
        }
    }

    @Test
    void everythingArrivesAndGoesOn() throws IOException {
        Files.writeString(old.profile().history(), "1800000000000:history ana\n");
        Files.writeString(fresh.profile().history(), "1800000000001:profile import me.zap\n");
        assertThat(export()).isEqualTo(Result.DONE);
        assertThat(takeIn(fresh)).isEqualTo(Result.DONE);

        assertThat(fresh.self()).contains(ME);
        assertThat(fresh.settings().key().map(IdentityKey::publicKey))
                .isEqualTo(old.settings().key().map(IdentityKey::publicKey))
                .isPresent();
        assertThat(fresh.server()).isEqualTo(SERVER);
        assertThat(fresh.settings().stream()).contains(new StreamId(4711));
        assertThat(fresh.settings().position()).isEqualTo(new Position(42));
        assertThat(fresh.people().contacts()).isEqualTo(old.people().contacts()).hasSize(1);
        assertThat(texts(fresh)).containsExactly("olá, tudo bem?", "not sent yet");
        assertThat(fresh.search().find("ola", null, 10))
                .as("the index came, too")
                .hasSize(1);
        assertThat(fresh.outgoing().waiting(10)).hasSize(1);
        assertThat(Files.readString(fresh.profile().history()))
                .isEqualTo("1800000000000:history ana\n1800000000001:profile import me.zap\n");
        assertThat(fresh.database().check()).isEqualTo("ok");

        assertThat(fresh.moves().retirement()).isEmpty();
        assertThat(fresh.moves().arrival()).contains(new Moves.Arrival(IMPORTED, EXPORTED, "old", "old-computer"));
        assertThat(fresh.write(ANA.asAddress(), "from here")).hasSize(1);
        assertThat(texts(fresh)).endsWith("from here");
        assertThatNothingElseIsLeft();
    }

    @Test
    void theImportIsThereAlsoForWhoHasTheStoreOpenAndForWhoOpensItLater() throws IOException {
        export();
        try (ProfileDatabase beside = ProfileDatabase.open(fresh.profile())) {
            assertThat(new ProfileSettings(beside).self()).isEmpty();
            takeIn(fresh);
            assertThat(new ProfileSettings(beside).self()).contains(ME);
        }
        try (ProfileDatabase later = ProfileDatabase.open(fresh.profile())) {
            assertThat(new ProfileSettings(later).self()).contains(ME);
            assertThat(later.check()).isEqualTo("ok");
        }
    }

    @Test
    void onlyTheOwnerCanReadTheFile() throws IOException {
        export();
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
    }

    @Test
    void aRetiredProfileShowsWhatItHasAndChangesNothing() throws IOException {
        export();
        assertThat(old.moves().retirement()).contains(new Moves.Retirement(EXPORTED, file.toString()));
        assertThat(texts(old)).containsExactly("olá, tudo bem?", "not sent yet");
        assertThat(old.open(ClientListener.NOBODY, state -> {})).isEqualTo(ProfileClient.Opening.RETIRED);
        assertThat(old.isOpenElsewhere()).as("the lock is free again").isFalse();
        assertRetired(() -> old.write(ANA.asAddress(), "too late"));
        assertRetired(() -> old.requestGroup("trip", List.of(ANA)));
        assertRetired(() -> old.again(2));
        assertRetired(() -> export());
        old.seen(old.messages().unseen(ANA.asAddress()).stream()
                .map(Message::number)
                .toList());
        assertThat(old.readMarks().due(EXPORTED)).isEmpty();
        assertThat(old.messages().unreadCount()).isEqualTo(1);
        assertThat(old.outgoing().waiting(10)).hasSize(1);
        assertThat(old.pendingGroups().find(1)).isEmpty();
    }

    private static void assertRetired(ThrowableAssert.ThrowingCallable call) {
        assertThatThrownBy(call).isInstanceOf(Moves.RetiredException.class);
    }

    @Test
    void aReopenedProfileIsAsBefore() throws IOException {
        export();
        old.moves().reopen();
        assertThat(old.moves().retirement()).isEmpty();
        assertThat(old.write(ANA.asAddress(), "again")).hasSize(1);
        assertThat(old.open(ClientListener.NOBODY, state -> {})).isEqualTo(ProfileClient.Opening.OPENED);
        old.disconnect();
        Files.delete(file);
        assertThat(export()).isEqualTo(Result.DONE);
    }

    @Test
    void whatIsMovedTwiceSaysWhereItWasLast() throws IOException {
        export();
        takeIn(fresh);
        Files.delete(file);
        assertThat(move(fresh, "new-computer").export(file, "correct horse".toCharArray()))
                .isEqualTo(Result.DONE);
        try (ProfileClient third = client("third", IMPORTED)) {
            assertThat(takeIn(third)).isEqualTo(Result.DONE);
            assertThat(third.moves().retirement()).isEmpty();
            assertThat(third.moves().arrival().map(Moves.Arrival::profile)).contains("fresh");
        }
    }

    @Test
    void whileAnotherProcessIsTheSessionNothingIsExportedOrImported() throws IOException {
        export();
        old.moves().reopen();
        try (var lock = old.profile().tryLock()) {
            assertThat(move(old, "").export(home.resolve("other.zap"), new char[8]))
                    .isEqualTo(Result.IN_USE);
        }
        try (var lock = fresh.profile().tryLock()) {
            assertThat(takeIn(fresh)).isEqualTo(Result.IN_USE);
        }
        assertThat(old.moves().retirement()).isEmpty();
        assertThat(fresh.self()).isEmpty();
        assertThatNothingElseIsLeft();
    }

    @Test
    void whatAnotherProcessWritesMeanwhileIsNotLeftBehind() throws IOException {
        try (ProfileDatabase beside = ProfileDatabase.open(old.profile())) {
            // The export looks at the clock between the copy and the retirement.
            InstantSource disturbed = () -> {
                new OutgoingMessages(beside).write(ANA.asAddress(), ME, EXPORTED, "beside");
                return EXPORTED;
            };
            var move = new ProfileMove(old.profile(), old.database(), disturbed, "old-computer", FEW);
            assertThat(move.export(file, "correct horse".toCharArray())).isEqualTo(Result.CHANGED_MEANWHILE);
        }
        assertThat(file).doesNotExist();
        assertThat(old.moves().retirement()).isEmpty();
        assertThatNothingElseIsLeft();
        assertThat(export()).isEqualTo(Result.DONE);
        takeIn(fresh);
        assertThat(texts(fresh)).endsWith("beside");
    }

    @Test
    void whatThisProcessWritesMeanwhileIsNotLeftBehindEither() throws IOException {
        InstantSource disturbed = () -> {
            old.write(ANA.asAddress(), "of our own");
            return EXPORTED;
        };
        var move = new ProfileMove(old.profile(), old.database(), disturbed, "old-computer", FEW);
        assertThat(move.export(file, "correct horse".toCharArray())).isEqualTo(Result.CHANGED_MEANWHILE);
        assertThat(file).doesNotExist();
        assertThat(old.moves().retirement()).isEmpty();
    }

    @Test
    void aFileThatIsThereIsNotReplaced() throws IOException {
        Files.writeString(file, "something else");
        assertThatThrownBy(this::export).isInstanceOf(FileAlreadyExistsException.class);
        assertThat(file).hasContent("something else");
        assertThat(old.moves().retirement()).isEmpty();
        assertThatNothingElseIsLeft();
    }

    @Test
    void anExportThatCannotBeWrittenLeavesTheProfileAsItWas() throws IOException {
        file = home.resolve("no-such-folder/me.zap");
        assertThatThrownBy(this::export).isInstanceOf(IOException.class);
        assertThat(old.moves().retirement()).isEmpty();
        assertThat(old.write(ANA.asAddress(), "still here")).hasSize(1);
        assertThatNothingElseIsLeft();
    }

    @Test
    void whoHasANumberOrContactsIsNotReplaced() throws IOException {
        export();
        fresh.people().name(ANA, "somebody");
        assertThat(takeIn(fresh)).isEqualTo(Result.NOT_EMPTY);
        fresh.people().forget(ANA);
        fresh.settings().self(ANA);
        assertThat(takeIn(fresh)).isEqualTo(Result.NOT_EMPTY);
        assertThat(fresh.self()).contains(ANA);
        assertThat(takeIn(old)).isEqualTo(Result.NOT_EMPTY);
    }

    @Test
    void whatCannotBeImportedLeavesNothing() throws IOException {
        export();
        byte[] good = Files.readAllBytes(file);
        byte[] bad = good.clone();
        bad[bad.length - 100] ^= 1;
        Files.write(file, bad);
        assertThatThrownBy(() -> takeIn(fresh))
                .isInstanceOfSatisfying(
                        ProfileFileException.class, e -> assertThat(e.fault()).isEqualTo(Fault.DAMAGED));
        Files.write(file, good);
        assertThatThrownBy(() -> move(fresh, "").takeIn(ProfileFile.open(file), "incorrect horse".toCharArray()))
                .isInstanceOfSatisfying(
                        ProfileFileException.class, e -> assertThat(e.fault()).isEqualTo(Fault.WRONG_PASSPHRASE));
        assertThat(fresh.self()).isEmpty();
        assertThatNothingElseIsLeft();
        assertThat(takeIn(fresh)).isEqualTo(Result.DONE);
    }

    @Test
    void aStoreOfANewerZapOrOfSomebodyElseOrNoneAtAllIsRefused() throws IOException {
        Path store = home.resolve("copy");
        old.database().copyTo(store);
        try (ProfileDatabase copy = ProfileDatabase.open(store)) {
            copy.with(jdbc -> jdbc.sql("pragma user_version = " + (ProfileDatabase.SCHEMA + 1))
                    .update());
        }
        assertThat(faultOf(ME, store)).isEqualTo(Fault.NEWER);
        Files.delete(store);
        old.database().copyTo(store);
        assertThat(faultOf(ANA, store)).isEqualTo(Fault.DAMAGED);
        Files.writeString(store, "nonsense ".repeat(1000));
        assertThat(faultOf(ME, store)).isEqualTo(Fault.DAMAGED);
        assertThat(fresh.self()).isEmpty();
        Files.delete(store);
        Files.delete(file);
        assertThatNothingElseIsLeft();
    }

    private Fault faultOf(ClientId number, Path store) throws IOException {
        Files.write(file, new byte[0]);
        var origin = new ProfileOrigin(number, "localhost:1", ProfileDatabase.SCHEMA, EXPORTED, "old", "old-computer");
        ProfileFile.write(
                file, origin, PassphraseKeys.fresh("correct horse".toCharArray(), FEW), Map.of("zap.db", store));
        try {
            takeIn(fresh);
        } catch (ProfileFileException e) {
            return e.fault();
        }
        throw new AssertionError("it was imported");
    }

    @Test
    void anOlderStoreIsBroughtUpToDate() throws Exception {
        Path store = home.resolve("older");
        Flyway.configure()
                .dataSource("jdbc:sqlite:" + store, null, null)
                .locations("classpath:zap/shell/store")
                .target("1")
                .load()
                .migrate();
        assertThat(ProfileDatabase.schemaOf(store)).isEqualTo(1);
        try (var connection = DriverManager.getConnection("jdbc:sqlite:" + store);
                var statement = connection.createStatement()) {
            statement.execute("insert into setting (name, value) values ('id', '" + ME + "')");
        }
        Files.createFile(file);
        var origin = new ProfileOrigin(ME, "localhost:1", 1, EXPORTED, "old", "old-computer");
        ProfileFile.write(
                file, origin, PassphraseKeys.fresh("correct horse".toCharArray(), FEW), Map.of("zap.db", store));
        assertThat(takeIn(fresh)).isEqualTo(Result.DONE);
        assertThat(fresh.self()).isEqualTo(Optional.of(ME));
        assertThat(fresh.database().schema()).isEqualTo(ProfileDatabase.SCHEMA);
        Files.delete(store);
    }

    @Test
    void whatAKilledExportOrImportLeavesIsDeletedByTheNextOwnerOfTheLock() throws IOException {
        old.profile().makeWorkspace();
        Files.writeString(old.profile().workspace().resolve("zap.db"), "half a copy");
        Files.writeString(home.resolve("me.zap.old.part"), "half a file");
        assertThat(old.open(ClientListener.NOBODY, state -> {})).isEqualTo(ProfileClient.Opening.OPENED);
        assertThat(old.profile().workspace()).doesNotExist();
        old.disconnect();
        assertThat(export()).isEqualTo(Result.DONE);
        assertThatNothingElseIsLeft();
    }
}
