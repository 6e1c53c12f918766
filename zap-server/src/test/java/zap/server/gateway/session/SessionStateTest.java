package zap.server.gateway.session;

import static org.assertj.core.api.Assertions.assertThat;
import static zap.protocol.Reason.ALREADY_CONNECTED;
import static zap.protocol.Reason.NOT_CONNECTED;
import static zap.protocol.Reason.NOT_YOURS_TO_SEND;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import zap.protocol.Body;
import zap.protocol.ClientId;
import zap.protocol.Frame;
import zap.protocol.FrameType;
import zap.protocol.GroupId;
import zap.protocol.HistoryDigest;
import zap.protocol.MessageId;
import zap.protocol.Nonce;
import zap.protocol.Position;
import zap.protocol.PosixTime;
import zap.protocol.PublicKeyBytes;
import zap.protocol.Reason;
import zap.protocol.SignatureBytes;
import zap.protocol.StreamId;
import zap.server.mailbox.StreamState;

class SessionStateTest {

    private static final ClientId ANA = new ClientId(1_000_000_000_001L);
    private static final ClientId BOB = new ClientId(1_000_000_000_002L);
    private static final PosixTime NOON = new PosixTime(1_700_000_000L);
    private static final StreamId STREAM = new StreamId(7);
    private static final Body HELLO = Body.of("hello");
    private static final Nonce NONCE = Nonce.of(new byte[Nonce.BYTES]);

    private static final SessionState SILENT = new SessionState.Silent();
    private static final SessionState ANONYMOUS = new SessionState.Anonymous();
    private static final SessionState GREETED = new SessionState.Greeted(NONCE);
    private static final SessionState BASE = new SessionState.Base(ANA);
    private static final SessionState ASSURED =
            new SessionState.Assured(ANA, new PeerStream(StreamState.fresh(STREAM), 1));
    private static final List<SessionState> STATES = List.of(SILENT, ANONYMOUS, GREETED, BASE, ASSURED);

    private static final Map<FrameType, Frame> FRAMES = Stream.of(
                    new Frame.Register(),
                    new Frame.Registered(ANA),
                    new Frame.Connect(BOB),
                    new Frame.Connected(ANA),
                    new Frame.Send(ANA, BOB.asAddress(), NOON, HELLO),
                    new Frame.Deliver(ANA, BOB.asAddress(), NOON, HELLO),
                    new Frame.Delivered(BOB, NOON),
                    new Frame.Read(BOB, NOON),
                    new Frame.ReadReceipt(BOB, NOON),
                    new Frame.CreateGroup(ANA, NOON, List.of(BOB)),
                    new Frame.GroupCreated(new GroupId(2_000_000_000_001L), NOON, List.of(ANA, BOB)),
                    new Frame.Hello(2),
                    new Frame.Welcome(2, NONCE),
                    new Frame.RegisterKey(
                            PublicKeyBytes.of(new byte[PublicKeyBytes.BYTES]), STREAM, SignatureBytes.NONE),
                    new Frame.Resume(ANA, STREAM, 0, new Position(0), HistoryDigest.EMPTY, SignatureBytes.NONE),
                    new Frame.Resumed(0, HistoryDigest.EMPTY, new Position(0), new Position(0), HistoryDigest.EMPTY),
                    new Frame.Accepted(1, new Position(0)),
                    new Frame.Message(ANA, BOB.asAddress(), NOON, new MessageId(1), HELLO),
                    new Frame.Received(new Position(1)),
                    new Frame.Ping(),
                    new Frame.Refused(1, Reason.SPOOFED))
            .collect(Collectors.toMap(
                    Frame::type, frame -> frame, (one, _) -> one, () -> new EnumMap<>(FrameType.class)));

    @Test
    void everyFrameIsTried() {
        assertThat(FRAMES.keySet()).containsExactlyInAnyOrder(FrameType.values());
    }

    @Test
    void aFrameIsRefusedUnlessItIsItsTurn() {
        assertThat(refusalsOf(FrameType.REGISTER))
                .containsExactly(null, null, NOT_YOURS_TO_SEND, ALREADY_CONNECTED, ALREADY_CONNECTED);
        assertThat(refusalsOf(FrameType.CONNECT))
                .containsExactly(null, null, NOT_YOURS_TO_SEND, ALREADY_CONNECTED, ALREADY_CONNECTED);
        assertThat(refusalsOf(FrameType.HELLO))
                .containsExactly(null, NOT_YOURS_TO_SEND, NOT_YOURS_TO_SEND, NOT_YOURS_TO_SEND, NOT_YOURS_TO_SEND);
        for (FrameType proof : List.of(FrameType.REGISTER_KEY, FrameType.RESUME)) {
            assertThat(refusalsOf(proof))
                    .containsExactly(NOT_YOURS_TO_SEND, NOT_YOURS_TO_SEND, null, ALREADY_CONNECTED, ALREADY_CONNECTED);
        }
        for (FrameType ofAClient : List.of(FrameType.SEND, FrameType.READ, FrameType.CREATE_GROUP)) {
            assertThat(refusalsOf(ofAClient)).containsExactly(NOT_CONNECTED, NOT_CONNECTED, NOT_CONNECTED, null, null);
        }
        assertThat(refusalsOf(FrameType.MESSAGE))
                .containsExactly(NOT_CONNECTED, NOT_CONNECTED, NOT_CONNECTED, NOT_YOURS_TO_SEND, null);
        assertThat(refusalsOf(FrameType.RECEIVED))
                .containsExactly(NOT_YOURS_TO_SEND, NOT_YOURS_TO_SEND, NOT_YOURS_TO_SEND, NOT_YOURS_TO_SEND, null);
        assertThat(refusalsOf(FrameType.PING))
                .containsExactly(NOT_YOURS_TO_SEND, NOT_YOURS_TO_SEND, null, NOT_YOURS_TO_SEND, null);
    }

    @Test
    void aFrameThatOnlyAServerSendsIsRefusedInEveryState() {
        FRAMES.values().stream()
                .filter(frame -> !(frame instanceof Frame.FromClient))
                .forEach(frame ->
                        assertThat(refusalsOf(frame.type())).as("%s", frame).containsOnly(NOT_YOURS_TO_SEND));
    }

    @Test
    void whoSaysItsOwnNumberAgainIsNotRefused() {
        assertThat(BASE.refusalOf(new Frame.Connect(ANA))).isNull();
        assertThat(ASSURED.refusalOf(new Frame.Connect(ANA))).isNull();
    }

    /** The row "a frame whose turn it is not" of the protocol's table. */
    @Test
    void theReasonsAreThoseOfTheProtocol() throws IOException {
        String row = Files.readAllLines(Path.of("../docs/protocol.md")).stream()
                .filter(line -> line.startsWith("| a frame whose turn it is not"))
                .findFirst()
                .orElseThrow();
        assertThat(row).endsWith("| goes on |");
        Set<Reason> said = Pattern.compile("`([A-Z_]+)`")
                .matcher(row)
                .results()
                .map(match -> Reason.valueOf(match.group(1)))
                .collect(Collectors.toCollection(() -> EnumSet.noneOf(Reason.class)));
        Set<Reason> given = FRAMES.keySet().stream()
                .flatMap(type -> refusalsOf(type).stream())
                .filter(reason -> reason != null)
                .collect(Collectors.toCollection(() -> EnumSet.noneOf(Reason.class)));
        assertThat(given).isEqualTo(said);
    }

    @Test
    void aSessionOnlyMovesForward() {
        assertThat(nextOf(SILENT)).containsExactly(ANONYMOUS, GREETED, BASE);
        assertThat(nextOf(ANONYMOUS)).containsExactly(BASE);
        assertThat(nextOf(GREETED)).containsExactly(ASSURED);
        assertThat(nextOf(BASE)).isEmpty();
        assertThat(nextOf(ASSURED)).isEmpty();
    }

    @Test
    void whoSpeaksTheAssuredProtocolUnderstandsRefusals() {
        assertThat(STATES.stream().filter(SessionState::understandsRefusals)).containsExactly(GREETED, ASSURED);
    }

    /** Of a frame in each of {@link #STATES}. */
    private static List<@Nullable Reason> refusalsOf(FrameType type) {
        return Arrays.asList(
                STATES.stream().map(state -> state.refusalOf(FRAMES.get(type))).toArray(Reason[]::new));
    }

    private static List<SessionState> nextOf(SessionState state) {
        return STATES.stream().filter(state::canBecome).toList();
    }
}
