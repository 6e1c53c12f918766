package zap.shell.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;
import static zap.shell.connection.ScriptedTransport.hangsUp;
import static zap.shell.connection.ScriptedTransport.silence;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import zap.protocol.ClientId;
import zap.protocol.Frame;
import zap.protocol.FrameEncoder;
import zap.protocol.HistoryDigest;
import zap.protocol.Nonce;
import zap.protocol.Position;
import zap.protocol.PosixTime;
import zap.protocol.Reason;
import zap.protocol.SignatureBytes;
import zap.protocol.StreamId;
import zap.shell.connection.FrameChannel;
import zap.shell.connection.FullWidth;
import zap.shell.connection.ScriptedTransport;
import zap.shell.connection.ServerConnection;
import zap.shell.connection.SessionStart;
import zap.shell.identity.IdentityKey;
import zap.shell.store.HistoryEvents;
import zap.shell.store.HistoryEvents.HistoryEvent;
import zap.shell.store.HistoryEvents.Kind;
import zap.shell.store.MailboxDigests;
import zap.shell.store.Messages;
import zap.shell.store.Messages.DeliveryState;
import zap.shell.store.NumberedFrames;
import zap.shell.store.NumberedFrames.FrameSubject;
import zap.shell.store.OutgoingMessages;
import zap.shell.store.Profile;
import zap.shell.store.ProfileDatabase;
import zap.shell.store.ProfileSettings;

class AssuredHandshakeTest {

    private static final ClientId ME = ClientId.parse("1000000000001");
    private static final Nonce NONCE = Nonce.of(new byte[Nonce.BYTES]);
    private static final Frame WELCOME = new Frame.Welcome(2, NONCE);
    private static final Frame RESUMED = resumed(0, 0);
    private static final ProfileSettings.Server SERVER = new ProfileSettings.Server("localhost", 7777, false);

    private static final HistoryDigest DIGEST = new HistoryDigest(7);

    private static Frame.Resumed resumed(long accepted, long position) {
        return new Frame.Resumed(
                accepted,
                accepted == 0 ? HistoryDigest.EMPTY : DIGEST,
                new Position(0),
                new Position(position),
                position == 0 ? HistoryDigest.EMPTY : DIGEST);
    }

    @TempDir
    Path folder;

    private Instant now = Instant.ofEpochSecond(1_800_000_000);
    private ProfileDatabase database;
    private ProfileSettings settings;

    /** The server's frames for each connection. After them a connection is silent, or closes where null stands. */
    private final Deque<List<@Nullable Frame>> connections = new ArrayDeque<>();

    private final List<Frame> heard = new ArrayList<>();
    private int open;

    @BeforeEach
    void open() {
        database = ProfileDatabase.open(Profile.named("me", Map.of("ZAP_HOME", folder.toString()), folder));
        settings = new ProfileSettings(database);
        settings.self(ME);
    }

    @AfterEach
    void close() {
        database.close();
    }

    private SessionStart.Begun begin() throws IOException {
        return begin(SERVER);
    }

    private SessionStart.Begun begin(ProfileSettings.Server server) throws IOException {
        return new AssuredHandshake(
                        database, ME, server, () -> now, new Random(1), ClientListener.NOBODY, session -> {})
                .begin(() -> {
                    open++;
                    return new FrameChannel(script(connections.remove()), new FullWidth());
                });
    }

    private ScriptedTransport script(List<@Nullable Frame> frames) {
        return new ScriptedTransport(frames, heard, () -> open--);
    }

    @Test
    void helloAndProof() throws Exception {
        var key = IdentityKey.generate();
        settings.identity(SERVER, ME, Optional.of(key));
        new MailboxDigests(database).add(new Position(9), DIGEST);
        connections.add(List.of(WELCOME, resumed(0, 9)));
        assertThat(begin().handler()).isInstanceOf(AssuredSession.class);
        StreamId stream = settings.stream().orElseThrow();
        assertThat(heard)
                .containsExactly(
                        new Frame.Hello(2),
                        key.resume(
                                NONCE, new Frame.Resume(ME, stream, 0, new Position(9), DIGEST, SignatureBytes.NONE)));
        assertThat(settings.isAssured(SERVER)).isTrue();
    }

    @Test
    void aNumberWithoutAKeySaysSo() throws Exception {
        connections.add(List.of(WELCOME, RESUMED));
        assertThat(begin().handler()).isInstanceOf(AssuredSession.class);
        assertThat(heard.getLast())
                .isEqualTo(new Frame.Resume(
                        ME,
                        settings.stream().orElseThrow(),
                        0,
                        new Position(0),
                        HistoryDigest.EMPTY,
                        SignatureBytes.NONE));
    }

    @Test
    void theStreamStaysTheSame() throws Exception {
        connections.add(List.of(WELCOME, RESUMED));
        begin();
        StreamId stream = settings.stream().orElseThrow();
        connections.add(List.of(WELCOME, RESUMED));
        begin();
        assertThat(settings.stream()).contains(stream);
        assertThat(((Frame.Resume) heard.getLast()).stream()).isEqualTo(stream);
    }

    @Test
    void mailThatComesRightBehindTheAnswerIsNotLost() throws Exception {
        var encoder = new FrameEncoder();
        var both = new ByteArrayOutputStream();
        var mail = new Frame.Delivered(ME, new PosixTime(1_700_000_000));
        both.writeBytes(encoder.encode(RESUMED));
        both.writeBytes(encoder.encode(mail));
        connections.add(List.of(WELCOME));
        var handshake = new AssuredHandshake(
                database, ME, SERVER, () -> now, new Random(1), ClientListener.NOBODY, session -> {});
        var script = script(connections.remove());
        script.answer(both.toByteArray());
        SessionStart.Begun begun = handshake.begin(() -> new FrameChannel(script, new FullWidth()));
        assertThat(begun.channel().read(Duration.ofMillis(1))).containsExactly(mail);
    }

    @Test
    void aServerThatDoesNotKnowHelloIsSpokenToInTheBaseProtocol() throws Exception {
        connections.add(hangsUp());
        connections.add(silence());
        assertThat(begin().handler()).isInstanceOf(BaseSession.class);
        assertThat(heard).containsExactly(new Frame.Hello(2), new Frame.Connect(ME));
        assertThat(open).isEqualTo(1);
        // For a while it is not asked again.
        connections.add(silence());
        begin();
        assertThat(heard).hasSize(3).last().isEqualTo(new Frame.Connect(ME));
        now = now.plus(AssuredHandshake.BASE_HOLDS);
        connections.add(List.of(WELCOME, RESUMED));
        assertThat(begin().handler()).isInstanceOf(AssuredSession.class);
    }

    @Test
    void aServerThatWasFoundWhileTheClockWasAheadIsAskedAgainOnceItIsRight() throws Exception {
        settings.foundBase(SERVER, now.plus(Duration.ofDays(26_000)));
        connections.add(List.of(WELCOME, RESUMED));
        assertThat(begin().handler()).isInstanceOf(AssuredSession.class);
    }

    @Test
    void aNumberWithAKeyIsNeverUsedWithoutIt() {
        settings.identity(SERVER, ME, Optional.of(IdentityKey.generate()));
        connections.add(hangsUp());
        assertTrouble(ServerConnection.ConnectionProblem.NOT_ASSURED, SERVER);
        assertTrouble(
                ServerConnection.ConnectionProblem.NOT_ASSURED, new ProfileSettings.Server("localhost", 7778, true));
        assertThat(heard).containsExactly(new Frame.Hello(2));
        assertThat(open).isZero();
    }

    @Test
    void aServerThatWasAssuredOnceIsNeverSpokenToAsLess() {
        settings.assured(SERVER);
        connections.add(hangsUp());
        assertTrouble(ServerConnection.ConnectionProblem.CLOSED_BY_SERVER, SERVER);
        assertThat(heard).containsExactly(new Frame.Hello(2));
        assertThat(open).isZero();
    }

    @Test
    void aRefusalIsNamed() {
        connections.add(List.of(WELCOME, new Frame.Refused(0, Reason.BAD_PROOF)));
        assertTrouble(ServerConnection.ConnectionProblem.NOT_PROVEN, SERVER);
        connections.add(List.of(WELCOME, new Frame.Refused(0, Reason.SHUTTING_DOWN)));
        assertTrouble(ServerConnection.ConnectionProblem.SHUTTING_DOWN, SERVER);
        assertThat(open).isZero();
    }

    private void assertTrouble(ServerConnection.ConnectionProblem trouble, ProfileSettings.Server server) {
        assertThatThrownBy(() -> begin(server))
                .isInstanceOfSatisfying(
                        SessionStart.RefusedException.class,
                        e -> assertThat(e.trouble()).isEqualTo(trouble));
    }

    @Test
    void aServerThatKnowsLessMailThanWeHaveIsTakenAsItIsAndThatIsSaid() throws Exception {
        var digests = new MailboxDigests(database);
        digests.add(new Position(3), DIGEST);
        digests.add(new Position(50), new HistoryDigest(8));
        connections.add(List.of(WELCOME, resumed(0, 3)));
        begin();
        Frame.Resume said = (Frame.Resume) heard.getLast();
        assertThat(said.position()).isEqualTo(new Position(50));
        assertThat(said.digest()).isEqualTo(new HistoryDigest(8));
        assertThat(settings.position()).isEqualTo(new Position(3));
        assertThat(digests.at(new Position(50))).isEmpty();
        assertThat(new HistoryEvents(database).all())
                .extracting(HistoryEvent::kind, HistoryEvent::number)
                .containsExactly(tuple(Kind.SERVER_LOST, 47L));
    }

    @Test
    void aServerThatHasLostOurFramesIsDialledAgainAtOnceOnANewStream() throws Exception {
        var numbered = new NumberedFrames(database);
        var messages = new Messages(database);
        var outgoing = new OutgoingMessages(database);
        long number = outgoing.write(ME.asAddress(), ME, now, "from before the restore");
        outgoing.numbered(number, 1, 1, now);
        numbered.add(new Frame.Read(ME, new PosixTime(1)), new FrameSubject(number, null));
        outgoing.accepted(number, new Position(0), now);
        numbered.settled(1);
        settings.stream(new StreamId(77));
        connections.add(List.of(WELCOME, resumed(0, 0)));
        connections.add(List.of(WELCOME, resumed(0, 0)));
        assertThat(begin().handler()).isInstanceOf(AssuredSession.class);
        assertThat(open).isEqualTo(1);
        assertThat(settings.stream()).isNotEmpty().isNotEqualTo(Optional.of(new StreamId(77)));
        assertThat(((Frame.Resume) heard.getLast()).stream())
                .isEqualTo(settings.stream().orElseThrow());
        assertThat(numbered.last()).isZero();
        assertThat(messages.find(number).orElseThrow().state()).isEqualTo(DeliveryState.WAITING);
        assertThat(new HistoryEvents(database).all())
                .extracting(HistoryEvent::kind, HistoryEvent::number)
                .containsExactly(tuple(Kind.NEW_STREAM_SERVER, 1L));
    }

    @Test
    void aNewStreamWhoseConnectionFailsIsWorthAnotherTryAtOnceAndNothingElseIs() {
        settings.stream(new StreamId(77));
        settings.assured(SERVER);
        connections.add(List.of(WELCOME, resumed(5, 0)));
        connections.add(hangsUp());
        connections.add(hangsUp());
        var handshake = new AssuredHandshake(
                database, ME, SERVER, () -> now, new Random(1), ClientListener.NOBODY, session -> {});
        FrameChannel.Dialer dialer = () -> new FrameChannel(script(connections.remove()), new FullWidth());
        assertThatThrownBy(() -> handshake.begin(dialer)).isInstanceOf(IOException.class);
        assertThat(settings.stream()).isNotEqualTo(Optional.of(new StreamId(77)));
        assertThat(handshake.hasPutRight()).isTrue();
        assertThat(handshake.hasPutRight()).isFalse();
        assertThatThrownBy(() -> handshake.begin(dialer)).isInstanceOf(IOException.class);
        assertThat(handshake.hasPutRight()).isFalse();
    }

    @Test
    void aBaseServerThatHangsUpAtTheNumberDoesNotTakeItAndOneThatHangsUpBeforeHasNoRoom() throws Exception {
        var shortFrames = new ProfileSettings.Server("localhost", 7778, true);
        connections.add(hangsUp());
        assertTrouble(ServerConnection.ConnectionProblem.CLOSED_BY_SERVER, shortFrames);
        assertThat(heard).isEmpty();
        var script = script(List.of());
        var handshake = new AssuredHandshake(
                database, ME, shortFrames, () -> now, new Random(1), ClientListener.NOBODY, session -> {});
        script.hangUpAfter(1);
        assertThatThrownBy(() -> handshake.begin(() -> new FrameChannel(script, new FullWidth())))
                .isInstanceOfSatisfying(
                        SessionStart.RefusedException.class,
                        e -> assertThat(e.trouble()).isEqualTo(ServerConnection.ConnectionProblem.NUMBER_NOT_TAKEN));
        assertThat(heard).containsExactly(new Frame.Connect(ME));
    }

    @Test
    void aServerThatGoesOnWithNoStreamIsNotDialledForEver() {
        for (int i = 0; i < 3; i++) {
            connections.add(List.of(WELCOME, resumed(5, 0)));
        }
        assertThatThrownBy(this::begin).isInstanceOf(IOException.class);
        assertThat(connections).isEmpty();
        assertThat(open).isZero();
    }

    @Test
    void aNumberIsAskedForAgainWithTheSameKeyAndStream() {
        IdentityKey drawn = settings.keyToRegister(SERVER);
        StreamId stream = Resumption.stream(settings, new Random(1));
        assertThat(settings.keyToRegister(SERVER).publicKey()).isEqualTo(drawn.publicKey());
        assertThat(Resumption.stream(settings, new Random(2))).isEqualTo(stream);
        settings.identity(SERVER, ME, Optional.of(drawn));
        assertThat(settings.keyToRegister(SERVER).publicKey()).isNotEqualTo(drawn.publicKey());
    }
}
