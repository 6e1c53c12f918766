package zap.protocol;

import static java.util.Map.entry;
import static java.util.stream.Collectors.toSet;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.X509EncodedKeySpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The very bytes of the wire. A change that needs a golden frame to change is another protocol. */
class GoldenFramesTest {

    private static final ClientId ANA = ClientId.parse("1000000000017");
    private static final ClientId BOB = ClientId.parse("1739250018846");
    private static final ClientId EVA = ClientId.parse("1000000000999");
    private static final GroupId GROUP = GroupId.parse("2450000000031");
    private static final PosixTime NOW = PosixTime.parse("1795372030");
    private static final StreamId STREAM = StreamId.parse("7770000000007");

    private static final Map<String, Frame> MEANT = Map.ofEntries(
            entry("01-register", new Frame.Register()),
            entry("02-registered", new Frame.Registered(ANA)),
            entry("03-connect", new Frame.Connect(ANA)),
            entry("05-send", new Frame.Send(ANA, BOB.asAddress(), NOW, Body.of("olá, mundo"))),
            entry(
                    "05-send-leading-blanks-and-a-line-break",
                    new Frame.Send(ANA, BOB.asAddress(), NOW, Body.of("  um\ndois"))),
            entry("05-send-empty", new Frame.Send(ANA, BOB.asAddress(), NOW, Body.EMPTY)),
            entry("05-send-218-parrots", new Frame.Send(ANA, BOB.asAddress(), NOW, Body.of("🦜".repeat(218)))),
            entry("05-send-to-a-group", new Frame.Send(ANA, GROUP.asAddress(), NOW, Body.of("oi"))),
            entry("06-deliver", new Frame.Deliver(ANA, BOB.asAddress(), NOW, Body.of("olá, mundo"))),
            entry("06-deliver-from-a-group", new Frame.Deliver(ANA, GROUP.asAddress(), NOW, Body.of("oi"))),
            entry("07-delivered", new Frame.Delivered(BOB, NOW)),
            entry("07-delivered-long-ago", new Frame.Delivered(BOB, new PosixTime(42))),
            entry("08-read", new Frame.Read(ANA, NOW)),
            entry("09-read-receipt", new Frame.ReadReceipt(BOB, NOW)),
            entry("10-create-group", new Frame.CreateGroup(ANA, NOW, List.of(BOB, EVA))),
            entry("11-group-created", new Frame.GroupCreated(GROUP, NOW, List.of(ANA, BOB, EVA))),
            entry("30-hello", new Frame.Hello(2)),
            entry("31-welcome", new Frame.Welcome(2, nonce())),
            entry(
                    "32-register-key",
                    new Frame.RegisterKey(
                            PublicKeyBytes.of(hex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c")),
                            STREAM,
                            signatureIn("32-register-key"))),
            entry(
                    "33-resume",
                    new Frame.Resume(
                            ANA,
                            STREAM,
                            1,
                            new Position(4),
                            HistoryDigest.parse("e9bd4ef9"),
                            signatureIn("33-resume"))),
            entry(
                    "33-resume-without-a-key",
                    new Frame.Resume(ANA, STREAM, 0, new Position(0), HistoryDigest.EMPTY, SignatureBytes.NONE)),
            entry(
                    "34-resumed",
                    new Frame.Resumed(
                            2,
                            HistoryDigest.parse("82ced181"),
                            new Position(1),
                            new Position(4),
                            HistoryDigest.parse("e9bd4ef9"))),
            entry("35-accepted", new Frame.Accepted(13, new Position(42))),
            entry(
                    "36-message-from-the-client",
                    new Frame.Message(
                            ANA,
                            BOB.asAddress(),
                            new PosixTime(1_795_372_042L),
                            new MessageId(5_550_000_000_002L),
                            Body.of("até já"))),
            entry(
                    "36-message-from-the-server",
                    new Frame.Message(
                            BOB,
                            ANA.asAddress(),
                            new PosixTime(1_795_372_041L),
                            new MessageId(5_550_000_000_001L),
                            Body.of("olá, de novo"))),
            entry("37-received", new Frame.Received(new Position(42))),
            entry("38-ping", new Frame.Ping()),
            entry("39-refused", new Frame.Refused(14, Reason.UNKNOWN_CLIENT)),
            entry("39-refused-session", new Frame.Refused(0, Reason.REPLACED)));

    private final FrameDecoder decoder = new FrameDecoder();
    private final FrameEncoder encoder = new FrameEncoder();

    static List<GoldenFrame> golden() {
        return GoldenFrame.all();
    }

    @Test
    void everyGoldenFrameHasAMeaningAndEveryFrameOfTheFullWidthListenersIsGolden() {
        assertThat(golden()).extracting(GoldenFrame::name).containsExactlyInAnyOrderElementsOf(MEANT.keySet());
        assertThat(MEANT.values().stream().map(Frame::type).collect(toSet()))
                .containsExactlyInAnyOrderElementsOf(Stream.of(FrameType.values())
                        .filter(type -> type.wire() != FrameType.Wire.RECV_ONLY)
                        .toList());
    }

    @ParameterizedTest
    @MethodSource("golden")
    void itHasTheFieldsOfItsRowInTheTable(GoldenFrame golden) {
        FrameType type = meantBy(golden).type();
        List<String> expected = new ArrayList<>(List.of("code 2"));
        for (FrameType.Field field : type.fields()) {
            if (field.kind() == FrameType.Kind.MEMBERS) {
                for (int slot = 0; slot < field.width() / 13; slot++) {
                    expected.add("members 13");
                }
            } else {
                expected.add(field.name() + " " + field.width());
            }
        }
        assertThat(golden.fields())
                .extracting(field -> field.name() + " "
                        + field.characters()
                                .codePointCount(0, field.characters().length()))
                .isEqualTo(expected);
        assertThat(golden.fields().getFirst().characters()).isEqualTo(type.code());
    }

    @ParameterizedTest
    @MethodSource("golden")
    void itDecodesToWhatItMeans(GoldenFrame golden) throws MalformedFrameException {
        ByteBuffer in = ByteBuffer.wrap(golden.bytes());
        assertThat(decoder.decode(in)).isEqualTo(meantBy(golden));
        assertThat(in.hasRemaining()).isFalse();
    }

    @ParameterizedTest
    @MethodSource("golden")
    void itsMeaningEncodesToTheVeryBytes(GoldenFrame golden) {
        byte[] bytes = golden.bytes();
        assertThat(encoder.encode(meantBy(golden))).isEqualTo(bytes);

        ByteBuffer out = ByteBuffer.allocate(FrameEncoder.MAX_FRAME_BYTES);
        encoder.encode(meantBy(golden), out);
        assertThat(Arrays.copyOf(out.array(), out.position())).isEqualTo(bytes);
    }

    @ParameterizedTest
    @MethodSource("golden")
    void ofNoneOfItsPrefixesIsAnythingReadOrSkipped(GoldenFrame golden) throws MalformedFrameException {
        byte[] bytes = golden.bytes();
        for (int length = 0; length < bytes.length; length++) {
            ByteBuffer in = ByteBuffer.wrap(bytes, 0, length);
            assertThat(decoder.decode(in)).as("first %d bytes", length).isNull();
            assertThat(in.position()).as("first %d bytes", length).isZero();
        }
    }

    @Test
    void theGoldenSignaturesAreOverWhatIsSaidToBeSigned() throws Exception {
        Frame.RegisterKey register = (Frame.RegisterKey) meant("32-register-key");
        Frame.Resume resume = (Frame.Resume) meant("33-resume");
        byte[] beforeTheKeyInItsX509Form = hex("302a300506032b6570032100");
        byte[] x509 = Arrays.copyOf(beforeTheKeyInItsX509Form, 44);
        System.arraycopy(register.key().bytes(), 0, x509, 12, 32);
        PublicKey key = KeyFactory.getInstance("Ed25519").generatePublic(new X509EncodedKeySpec(x509));

        assertThat(isSigned(key, SignedText.of(nonce(), register), register.signature()))
                .isTrue();
        assertThat(isSigned(key, SignedText.of(nonce(), resume), resume.signature()))
                .isTrue();
        assertThat(isSigned(key, SignedText.of(Nonce.of(new byte[32]), resume), resume.signature()))
                .as("over another nonce")
                .isFalse();
        Frame.Resume further = new Frame.Resume(
                resume.id(),
                resume.stream(),
                resume.accepted(),
                resume.position().next(),
                resume.digest(),
                resume.signature());
        assertThat(isSigned(key, SignedText.of(nonce(), further), resume.signature()))
                .as("over another position")
                .isFalse();
    }

    @Test
    void theDigestsOfTheGoldenHistoriesAreThoseThatWereAgreedOn() {
        assertThat(digests("11-group-created", "07-delivered", "36-message-from-the-server", "09-read-receipt"))
                .containsExactly("00000000", "ea679ae0", "1fcf2389", "1a104cdd", "e9bd4ef9");
        assertThat(digests("05-send", "36-message-from-the-client"))
                .containsExactly("00000000", "7ff9aa41", "82ced181");
    }

    private static List<String> digests(String... history) {
        List<String> digests = new ArrayList<>();
        HistoryDigest digest = HistoryDigest.EMPTY;
        digests.add(digest.toString());
        for (String name : history) {
            byte[] bytes = GoldenFrame.named(name).bytes();
            assertThat(digest.after(bytes, 0, bytes.length)).isEqualTo(digest.after(meant(name)));
            digest = digest.after(meant(name));
            digests.add(digest.toString());
        }
        return digests;
    }

    private static boolean isSigned(PublicKey key, byte[] text, SignatureBytes signature) throws Exception {
        Signature verifier = Signature.getInstance("Ed25519");
        verifier.initVerify(key);
        verifier.update(text);
        return verifier.verify(signature.bytes());
    }

    private static Frame meantBy(GoldenFrame golden) {
        return meant(golden.name());
    }

    private static Frame meant(String name) {
        return Objects.requireNonNull(MEANT.get(name), name);
    }

    private static Nonce nonce() {
        byte[] upToThirtyOne = new byte[32];
        for (int i = 0; i < 32; i++) {
            upToThirtyOne[i] = (byte) i;
        }
        return Nonce.of(upToThirtyOne);
    }

    private static SignatureBytes signatureIn(String name) {
        return SignatureBytes.of(hex(GoldenFrame.named(name).fields().getLast().characters()));
    }

    private static byte[] hex(String digits) {
        return HexFormat.of().parseHex(digits);
    }
}
