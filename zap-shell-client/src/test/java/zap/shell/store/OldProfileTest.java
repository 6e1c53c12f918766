package zap.shell.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import zap.protocol.PosixTime;
import zap.protocol.Reason;
import zap.shell.identity.IdentityKey;
import zap.shell.store.Messages.DeliveryState;
import zap.shell.store.Messages.Message;
import zap.shell.store.NumberedFrames.FrameSubject;
import zap.shell.store.OutgoingMessages.Open;
import zap.shell.store.PendingGroups.PendingGroup;
import zap.shell.store.PendingGroups.RefusedGroup;
import zap.shell.store.ReadMarks.ReadMark;

/** Tests that a profile of the schema before this one opens, and that nothing of it is missing. */
class OldProfileTest {

    private static final int PAGE = 4096;

    @TempDir
    Path home;

    private final IdentityKey key = IdentityKey.generate();
    private Profile profile;

    @BeforeEach
    void write() throws IOException, SQLException {
        profile = Profile.named("me", Map.of("ZAP_HOME", home.toString()), home);
        profile.make();
        OldProfile.write(profile.database(), key);
        assertThat(ProfileDatabase.schemaOf(profile.database())).isEqualTo(OldProfile.SCHEMA);
        assertThat(ProfileDatabase.SCHEMA).as("the schema before this one").isEqualTo(OldProfile.SCHEMA + 1);
    }

    @Test
    void onADiskThatCannotBeWrittenItIsReadInACopy() throws IOException {
        for (StoreFault fault : new StoreFault[] {StoreFault.FULL, StoreFault.READ_ONLY}) {
            try (ProfileDatabase database = ReadableStore.open(profile.database(), fault)) {
                assertThat(database.unwritable()).contains(fault);
                assertThat(new Messages(database).find(1).orElseThrow().text()).isEqualTo("at the server");
            }
        }
        assertThat(ProfileDatabase.schemaOf(profile.database())).isEqualTo(OldProfile.SCHEMA);
    }

    @Test
    void messagesKeepTheirStatesAndWhatIsKnownOfThem() {
        try (ProfileDatabase database = ProfileDatabase.open(profile)) {
            assertThat(database.schema()).isEqualTo(ProfileDatabase.SCHEMA);
            var messages = new Messages(database);
            var search = new MessageSearch(database);
            assertThat(messages.allAfter(0))
                    .extracting(Message::text)
                    .containsExactly("at the server", "handed", "unsure", "refused", "waiting", "seen", "not seen");
            assertThat(messages.allAfter(0).subList(0, 5))
                    .extracting(Message::state)
                    .containsExactly(
                            DeliveryState.AT_SERVER,
                            DeliveryState.HANDED,
                            DeliveryState.UNSURE,
                            DeliveryState.REFUSED,
                            DeliveryState.WAITING);
            Message atServer = messages.find(1).orElseThrow();
            assertThat(atServer.text()).isEqualTo("at the server");
            assertThat(atServer.delivered()).isOne();
            assertThat(atServer.read()).isOne();
            assertThat(messages.find(6).orElseThrow().seen()).isTrue();
            assertThat(messages.unseen(OldProfile.TRIP.asAddress()))
                    .extracting(Message::text)
                    .containsExactly("not seen");
            assertThat(messages.unreadCount()).isOne();
            assertThat(search.find("waiting", null, 5)).hasSize(1);
        }
    }

    @Test
    void whatWasHandedOverKeepsItsMark() {
        try (ProfileDatabase database = ProfileDatabase.open(profile)) {
            var pendingGroups = new PendingGroups(database);
            var outgoing = new OutgoingMessages(database);
            assertThat(outgoing.open()).containsExactly(new Open(2, 8));
            assertThat(pendingGroups.open()).containsExactly(new Open(2, 8));
            assertThat(outgoing.sessionOfMark(8)).contains(3L);
            assertThat(outgoing.settledUpTo(8, 3, Instant.EPOCH)).isOne();
            var readMarks = new ReadMarks(database);
            assertThat(readMarks.due(Instant.now())).as("told before").isEmpty();
            readMarks.tellAgainAfter(OldProfile.SEEN_MARK);
            assertThat(readMarks.due(Instant.now()))
                    .containsExactly(new ReadMark(OldProfile.ANA, new PosixTime(OldProfile.BEGIN.seconds() + 6)));
        }
    }

    @Test
    void groupsThatWereAskedForStayPending() {
        try (ProfileDatabase database = ProfileDatabase.open(profile)) {
            var pendingGroups = new PendingGroups(database);
            assertThat(pendingGroups.in(DeliveryState.WAITING))
                    .extracting(PendingGroup::name)
                    .containsExactly("waits");
            assertThat(pendingGroups.in(DeliveryState.HANDED))
                    .extracting(PendingGroup::name)
                    .containsExactly("handed");
            assertThat(pendingGroups.refused())
                    .containsExactly(new RefusedGroup(
                            new PendingGroup(3, "refused", OldProfile.BEGIN, List.of(OldProfile.ANA)),
                            Reason.ofCode(6)));
            assertThat(new NumberedFrames(database).subject(2)).contains(new FrameSubject(null, 2L));
            assertThat(new People(database).group(OldProfile.TRIP)).isPresent();
        }
    }

    @Test
    void ofADamagedOneTheRescueSavesMessagesAndReceipts() throws IOException {
        try (FileChannel channel = FileChannel.open(profile.database(), StandardOpenOption.WRITE)) {
            // The list of tables is lost, so their columns are known by place alone.
            channel.write(ByteBuffer.allocate(PAGE), 0);
        }
        assertRescued();
    }

    @Test
    void ofOneThatCannotBeMigratedTheRescueFindsColumnsByTheirFormerNames() throws IOException, SQLException {
        // The list of migrations is gone: Flyway refuses to go on.
        try (var store = DriverManager.getConnection("jdbc:sqlite:" + profile.database());
                var statement = store.createStatement()) {
            statement.execute("drop table flyway_schema_history");
        }
        assertRescued();
    }

    private void assertRescued() throws IOException {
        Rescue.Saved saved = new Rescue(profile).save();
        assertThat(saved.key()).isTrue();
        assertThat(saved.messages()).isEqualTo(7);
        assertThat(Files.exists(saved.damaged())).isTrue();
        try (ProfileDatabase database = ProfileDatabase.open(profile)) {
            var messages = new Messages(database);
            Message atServer = messages.find(1).orElseThrow();
            assertThat(atServer.text()).isEqualTo("at the server");
            assertThat(atServer.read()).isOne();
            assertThat(messages.find(6).orElseThrow().seen()).isTrue();
            assertThat(messages.find(7).orElseThrow().seen()).isFalse();
            assertThat(messages.of(DeliveryState.UNSURE))
                    .extracting(Message::text)
                    .containsExactly("handed", "unsure", "waiting");
        }
    }
}
