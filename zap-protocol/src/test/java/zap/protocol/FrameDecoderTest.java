package zap.protocol;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class FrameDecoderTest {

    private static final String ANA = "1000000000017";
    private static final String BOB = "1739250018846";
    private static final String NOW = "1795372030";
    private static final String EMPTY_SLOT = " ".repeat(13);

    private final FrameDecoder decoder = new FrameDecoder();
    private final FrameEncoder encoder = new FrameEncoder();

    @Test
    void nothingIsNoFrameYet() throws MalformedFrameException {
        assertThat(decode("")).isNull();
    }

    @Test
    void threeHundredFramesInOneBufferComeOutOneByOne() throws MalformedFrameException {
        List<Frame> sent = someFrames(300);
        ByteBuffer in = ByteBuffer.wrap(encodeAll(sent));

        List<Frame> got = new ArrayList<>();
        for (Frame frame = decoder.decode(in); frame != null; frame = decoder.decode(in)) {
            got.add(frame);
        }

        assertThat(got).isEqualTo(sent);
        assertThat(in.hasRemaining()).isFalse();
    }

    @Test
    void framesThatComeByteByByteAreTheSameFrames() throws MalformedFrameException {
        List<Frame> sent = someFrames(100);
        ByteBuffer in = ByteBuffer.allocate(FrameEncoder.MAX_FRAME_BYTES);

        List<Frame> got = new ArrayList<>();
        for (byte b : encodeAll(sent)) {
            in.put(b).flip();
            Frame frame = decoder.decode(in);
            if (frame != null) {
                got.add(frame);
            }
            in.compact();
        }

        assertThat(got).isEqualTo(sent);
        assertThat(in.position()).isZero();
    }

    @Test
    void theKindOfBufferMakesNoDifference() throws MalformedFrameException {
        Frame frame = new Frame.Send(
                ClientId.parse(ANA), Address.parse(BOB), PosixTime.parse(NOW), Body.of("🦜".repeat(218)));
        byte[] bytes = encodeAll(List.of(frame, new Frame.Ping()));
        List<Function<byte[], ByteBuffer>> kinds = List.of(
                ByteBuffer::wrap,
                b -> ByteBuffer.wrap(b).asReadOnlyBuffer(),
                b -> ByteBuffer.allocateDirect(b.length).put(b).flip(),
                b -> ByteBuffer.allocate(b.length + 7)
                        .position(7)
                        .slice()
                        .put(b)
                        .flip(),
                b -> ByteBuffer.allocate(b.length + 7).position(3).put(b).flip().position(3));
        for (Function<byte[], ByteBuffer> kind : kinds) {
            ByteBuffer in = kind.apply(bytes);
            assertThat(decoder.decode(in)).isEqualTo(frame);
            assertThat(in.remaining()).isEqualTo(2);
            assertThat(decoder.decode(in)).isEqualTo(new Frame.Ping());
            assertThat(decoder.decode(in)).isNull();
        }
    }

    @Test
    void whatStandsBeyondTheLimitIsNotRead() throws MalformedFrameException {
        ByteBuffer in = ByteBuffer.wrap(("03" + ANA).getBytes(UTF_8)).limit(14);
        assertThat(decoder.decode(in)).isNull();
        assertThat(decoder.decode(in.limit(15))).isEqualTo(new Frame.Connect(ClientId.parse(ANA)));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "2",
                "4",
                "5",
                "6",
                "7",
                "8",
                "9",
                "a",
                " ",
                "\n",
                "\0",
                "é",
                "00",
                "04",
                "04" + ANA,
                "12",
                "19",
                "20",
                "2x",
                "29",
                "40",
                "99",
                "0x",
                "0 ",
                "3/",
                "3:",
                "1é"
            })
    void aCodeThatDoesNotExistIsRefusedAtItsFirstWrongByte(String nonsense) {
        assertMalformed(nonsense, "code");
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "1", "3"})
    void aFirstDigitThatACodeBeginsWithIsWaitedWith(String digit) throws MalformedFrameException {
        assertThat(decode(digit)).isNull();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            ignoreLeadingAndTrailingWhitespace = false,
            value = {
                "05|x|src",
                "05100000000001|x|src",
                "05100000000001|'\n'|src",
                "05100000000001| |src",
                "051000000000017|-|dst",
                "0510000000000171739250018846|٣|timestamp",
                "05100000000001717392500188461795372|:|timestamp",
                "0310|/|id",
                "08100000000001717953720|x|timestamp",
                "101000000000017179537203|x|timestamp",
                "30|x|version",
                "3101|g|nonce",
                "3101|A|nonce",
                "32|@|key",
                "331000000000017777000000000700000000000000000010000000000000000004|E|digest",
                "331000000000017777000000000700000000000000000010000000000000000004e9bd4ef9|F|signature",
                "340000000000000000012|g|stream digest",
                "34000000000000000001282ced18100000000000000000010| |position",
                "3610000000000171739250018846179537204255500|x|message id",
                "39000000000000000001400|x|reason"
            })
    void aWrongByteIsRefusedTheMomentItComes(String good, String wrong, String field) throws MalformedFrameException {
        assertThat(decode(good)).isNull();
        assertMalformed(good + wrong, field);
        assertMalformed(good + wrong + "0".repeat(300), field);
    }

    @Test
    void whatIsRefusedStaysInTheBuffer() {
        ByteBuffer in = ByteBuffer.wrap("0510x".getBytes(UTF_8));
        assertThatThrownBy(() -> decoder.decode(in)).isInstanceOf(MalformedFrameException.class);
        assertThat(in.position()).isZero();
    }

    @Test
    void theComplaintSaysWhereAndNeverWhat() {
        MalformedFrameException bad = malformed("05" + ANA + BOB + "17953 SECRET");
        assertThat(bad).hasMessage("05 send, timestamp, byte 33: something else where a digit belongs");
        assertThat(malformed("05" + ANA + BOB + NOW + "SECRET\u00FF"))
                .hasMessage("05 send, data, byte 44: bytes that are not UTF-8");
        assertThat(bad.getStackTrace()).isEmpty();
    }

    @Test
    void aTextMayHoldWhateverUtf8Can() throws MalformedFrameException {
        for (String text :
                List.of("\0", "a\0b", "\t\r\n", "\u007F", "\uFFFE", "\uFEFFbom", "\uDBFF\uDFFF", "a\u0301")) {
            Frame.Send send = (Frame.Send) decodeWhole(sendOf(text));
            assertThat(send.body().text()).isEqualTo(text);
            assertThat(send.body().containsNul()).isEqualTo(text.contains("\0"));
        }
    }

    @Test
    void onlyBlanksAtTheEndOfATextArePadding() throws MalformedFrameException {
        assertThat(((Frame.Send) decodeWhole(sendOf("   a  b\t "))).body()).isEqualTo(Body.of("   a  b\t"));
        assertThat(((Frame.Send) decodeWhole(sendOf("a\u00A0"))).body().text()).isEqualTo("a\u00A0");
        assertThat(((Frame.Send) decodeWhole(sendOf(" ".repeat(218)))).body()).isEqualTo(Body.EMPTY);
        assertThat(((Frame.Send) decodeWhole(sendOf(" ".repeat(217) + "x")))
                        .body()
                        .codePoints())
                .isEqualTo(218);
    }

    @Test
    void membersComeInTheirOrderWithoutTheEmptySlots() throws MalformedFrameException {
        assertThat(members(BOB + ANA + BOB + EMPTY_SLOT.repeat(4))).containsExactly(BOB, ANA, BOB);
        assertThat(members(BOB + "0".repeat(13) + ANA + EMPTY_SLOT.repeat(4))).containsExactly(BOB, ANA);
        assertThat(members(EMPTY_SLOT + BOB + EMPTY_SLOT.repeat(2) + ANA + EMPTY_SLOT.repeat(2)))
                .containsExactly(BOB, ANA);
        assertThat(members(EMPTY_SLOT.repeat(7))).isEmpty();
        assertThat(members("0".repeat(91))).isEmpty();
        assertThat(members(BOB.repeat(7))).hasSize(7);
    }

    @ParameterizedTest
    @ValueSource(strings = {" 739250018846", "173925001884 ", "      0000000", "1739250 18846", "\t", "x"})
    void aSlotThatIsPartlyBlankIsNoMember(String slot) {
        assertMalformed("10" + ANA + NOW + BOB + slot, "members");
    }

    @Test
    void aNumberStopsAtTheGreatestLong() throws MalformedFrameException {
        assertThat(decodeWhole("37" + Long.MAX_VALUE)).isEqualTo(new Frame.Received(new Position(Long.MAX_VALUE)));
        assertMalformed("379223372036854775808", "position");
        assertMalformed("379999999999999999999", "position");
        assertMalformed("3793", "position");
        assertMalformed("37922337203685477581", "position");
        assertThat(decode("3792")).isNull();
        assertThat(decode("37922337203685477580")).isNull();
    }

    @Test
    void everyReasonIsReadAndNoOtherNumber() throws MalformedFrameException {
        for (int code = 0; code < 1000; code++) {
            String frame = String.format(Locale.ROOT, "39" + "0000000000000000014" + "%03d", code);
            Reason reason = Reason.ofCode(code);
            if (reason == null) {
                assertMalformed(frame, "reason");
            } else {
                assertThat(decodeWhole(frame)).isEqualTo(new Frame.Refused(14, reason));
            }
        }
        assertMalformed("39" + "0000000000000000014" + "1", "reason");
        assertMalformed("39" + "0000000000000000014" + "02", "reason");
        assertThat(decode("39" + "0000000000000000014" + "01")).isNull();
    }

    @Test
    void everyIdAndTimestampOfTheRightWidthIsOne() throws MalformedFrameException {
        assertThat(decodeWhole("080000000000000" + "0000000000"))
                .isEqualTo(new Frame.Read(new ClientId(0), new PosixTime(0)));
        assertThat(decodeWhole("089999999999999" + "9999999999"))
                .isEqualTo(new Frame.Read(new ClientId(9_999_999_999_999L), new PosixTime(9_999_999_999L)));
    }

    @Test
    void anyVersionIsWellFormed() throws MalformedFrameException {
        assertThat(decodeWhole("3000")).isEqualTo(new Frame.Hello(0));
        assertThat(decodeWhole("3099")).isEqualTo(new Frame.Hello(99));
    }

    private List<String> members(String slots) throws MalformedFrameException {
        Frame.CreateGroup create = (Frame.CreateGroup) decodeWhole("10" + ANA + NOW + slots);
        return create.members().stream().map(ClientId::toString).toList();
    }

    private static String sendOf(String text) {
        return "05" + ANA + BOB + NOW + text + " ".repeat(218 - text.codePointCount(0, text.length()));
    }

    private @Nullable Frame decode(String bytes) throws MalformedFrameException {
        ByteBuffer in = ByteBuffer.wrap(bytes.getBytes(UTF_8));
        Frame frame = decoder.decode(in);
        assertThat(in.position() == 0).isEqualTo(frame == null);
        return frame;
    }

    private Frame decodeWhole(String bytes) throws MalformedFrameException {
        ByteBuffer in = ByteBuffer.wrap(bytes.getBytes(UTF_8));
        Frame frame = decoder.decode(in);
        assertThat(in.hasRemaining()).isFalse();
        assertThat(frame).isNotNull();
        return frame;
    }

    private void assertMalformed(String bytes, String field) {
        assertThat(malformed(bytes)).hasMessageContaining(", " + field + ", byte ");
    }

    private MalformedFrameException malformed(String bytes) {
        // In ISO 8859-1, a lone é stays one byte; a text with other characters is UTF-8 all the same.
        ByteBuffer in = ByteBuffer.wrap(bytes.getBytes(bytes.chars().allMatch(c -> c < 256) ? ISO_8859_1 : UTF_8));
        return catchThrowableOfType(MalformedFrameException.class, () -> decoder.decode(in));
    }

    private byte[] encodeAll(List<Frame> frames) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        frames.forEach(frame -> all.writeBytes(encoder.encode(frame)));
        return all.toByteArray();
    }

    private static List<Frame> someFrames(int count) {
        RandomFrames frames = RandomFrames.from(RandomFrames.generator(300));
        List<Frame> some = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            some.add(frames.next());
        }
        return some;
    }
}
