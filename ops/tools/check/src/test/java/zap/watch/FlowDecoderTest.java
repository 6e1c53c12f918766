package zap.watch;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import zap.protocol.FrameType;
import zap.protocol.MalformedFrameException.Fault;

/** Frames taken off one direction: all of them, however they are cut, and the place of each fault. */
class FlowDecoderTest {

    private static final String ANA = "1000000000017";
    private static final String BOB = "1739250018846";
    private static final String NOW = "1795372030";
    private static final String SEND = "05" + ANA + BOB + NOW;

    private static final List<WatchedFrame> FRAMES = WatchedFrame.all();

    static List<WatchedFrame> frames() {
        return FRAMES;
    }

    static List<WatchedFrame> shortFrames() {
        return FRAMES.stream().filter(WatchedFrame::hasShortForm).toList();
    }

    private static List<Finding> all(FlowDecoder decoder, boolean pause) {
        var all = new ArrayList<Finding>();
        Finding finding;
        while ((finding = decoder.next(pause)) != null) {
            all.add(finding);
        }
        return all;
    }

    private static List<Finding> decode(Side side, FrameWidths widths, byte[] bytes) {
        var decoder = new FlowDecoder(side, widths);
        decoder.add(bytes);
        List<Finding> found = all(decoder, false);
        found.addAll(all(decoder, true));
        Finding half = decoder.half(true);
        if (half != null) {
            found.add(half);
        }
        return found;
    }

    private static List<Finding> decode(Side side, FrameWidths widths, String text) {
        return decode(side, widths, text.getBytes(UTF_8));
    }

    private static Finding.NoFrame fault(Side side, FrameWidths widths, byte[] bytes) {
        return decode(side, widths, bytes).stream()
                .filter(Finding.NoFrame.class::isInstance)
                .map(Finding.NoFrame.class::cast)
                .findFirst()
                .orElseThrow();
    }

    private static String data(Finding finding) {
        return ((Finding.Whole) finding).frame().field("data");
    }

    @Test
    void thereIsAFrameOfEachType() {
        var types = EnumSet.noneOf(FrameType.class);
        frames().forEach(frame -> types.add(frame.type()));
        assertThat(types).isEqualTo(EnumSet.allOf(FrameType.class));
    }

    @ParameterizedTest
    @MethodSource("frames")
    void eachFieldIsAsItStoodOnTheWire(WatchedFrame golden) {
        for (FrameWidths widths : List.of(FrameWidths.FULL, FrameWidths.UNKNOWN)) {
            assertThat(decode(golden.from(), widths, golden.bytes()))
                    .singleElement()
                    .satisfies(finding -> {
                        var whole = (Finding.Whole) finding;
                        assertThat(whole.frame().type()).isEqualTo(golden.type());
                        assertThat(whole.frame().fields()).isEqualTo(golden.values());
                        assertThat(whole.bytes()).isEqualTo(golden.bytes().length);
                        assertThat(whole.isPadded()).isTrue();
                    });
        }
    }

    @ParameterizedTest
    @MethodSource("shortFrames")
    void aPauseEndsAShortFrame(WatchedFrame golden) {
        var decoder = new FlowDecoder(golden.from(), FrameWidths.SHORT);
        // A line break ends a short text: there, such a text has none.
        byte[] bytes = new String(golden.shortBytes(), UTF_8).replace('\n', ' ').getBytes(UTF_8);
        boolean isShort = bytes.length < golden.bytes().length;
        decoder.add(bytes);
        List<Finding> found = all(decoder, false);
        assertThat(found).hasSize(isShort ? 0 : 1);
        found.addAll(all(decoder, true));
        assertThat(found).singleElement().satisfies(finding -> {
            var whole = (Finding.Whole) finding;
            assertThat(whole.frame().type()).isEqualTo(golden.type());
            assertThat(String.join("", whole.frame().fields()))
                    .isEqualTo(String.join("", golden.values()).stripTrailing().replace('\n', ' '));
            assertThat(whole.isPadded()).isEqualTo(!isShort);
        });
    }

    @Test
    void cutsAndGlueMakeNoDifference() {
        for (long seed = 0; seed < 20; seed++) {
            RandomGenerator random =
                    RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
            var sent = new ArrayList<String>();
            var bytes = new StringBuilder();
            for (int i = 0; i < 200; i++) {
                WatchedFrame golden = frames().get(random.nextInt(frames().size()));
                sent.add(golden.type().code());
                bytes.append(new String(golden.bytes(), UTF_8));
            }
            byte[] stream = bytes.toString().getBytes(UTF_8);
            var decoder = new FlowDecoder(Side.CLIENT, FrameWidths.FULL);
            var found = new ArrayList<Finding>();
            for (int at = 0; at < stream.length; ) {
                int end = Math.min(stream.length, at + 1 + random.nextInt(random.nextBoolean() ? 7 : 2_000));
                decoder.add(Arrays.copyOfRange(stream, at, end));
                found.addAll(all(decoder, random.nextInt(10) == 0));
                at = end;
            }
            assertThat(found).as("seed %d", seed).allMatch(Finding.Whole.class::isInstance);
            assertThat(found.stream()
                            .map(finding ->
                                    ((Finding.Whole) finding).frame().type().code()))
                    .as("seed %d", seed)
                    .isEqualTo(sent);
        }
    }

    @Test
    void shortFramesEndWhereTheNextOneBegins() {
        String glued = SEND + "oi" + SEND + "tudo bem?" + "0810000000000171795372030";
        var decoder = new FlowDecoder(Side.CLIENT, FrameWidths.UNKNOWN);
        decoder.ownId(ANA);
        decoder.add(glued.getBytes(UTF_8));
        List<Finding> found = all(decoder, false);
        assertThat(found).hasSize(1);
        assertThat(data(found.getFirst())).isEqualTo("oi");
        assertThat(decoder.widths()).isEqualTo(FrameWidths.SHORT);

        String fromServer = "06" + ANA + BOB + NOW + "oi" + "07" + BOB + NOW + "06" + ANA + BOB + NOW + "tchau";
        assertThat(decode(Side.SERVER, FrameWidths.SHORT, fromServer)).hasSize(3);
    }

    @Test
    void aLineBreakEndsAShortTextAndBelongsToALongOne() {
        assertThat(decode(Side.CLIENT, FrameWidths.SHORT, SEND + "um\r\n" + SEND + "dois\n"))
                .extracting(FlowDecoderTest::data)
                .containsExactly("um", "dois");
        String padded = SEND + "um\ndois" + " ".repeat(211);
        assertThat(decode(Side.CLIENT, FrameWidths.UNKNOWN, padded + padded))
                .extracting(FlowDecoderTest::data)
                .containsExactly("um\ndois", "um\ndois");
    }

    @Test
    void paddingTellsFullWidthAndAPauseTellsShortFrames() {
        var decoder = new FlowDecoder(Side.CLIENT, FrameWidths.UNKNOWN);
        decoder.add((SEND + "oi" + " ".repeat(216)).getBytes(UTF_8));
        assertThat(all(decoder, false)).hasSize(1);
        assertThat(decoder.widths()).isEqualTo(FrameWidths.FULL);
        decoder.add((SEND + "half of").getBytes(UTF_8));
        assertThat(all(decoder, true)).isEmpty();

        var other = new FlowDecoder(Side.CLIENT, FrameWidths.UNKNOWN);
        other.add((SEND + "oi").getBytes(UTF_8));
        assertThat(all(other, false)).isEmpty();
        assertThat(all(other, true)).extracting(FlowDecoderTest::data).containsExactly("oi");
        assertThat(other.widths()).isEqualTo(FrameWidths.SHORT);
    }

    @Test
    void fullWidthParrotsCutInsideACharacterAreOneFrame() {
        byte[] parrots = (SEND + "🦜".repeat(218)).getBytes(UTF_8);
        for (FrameWidths widths : List.of(FrameWidths.FULL, FrameWidths.UNKNOWN, FrameWidths.SHORT)) {
            var decoder = new FlowDecoder(Side.CLIENT, widths);
            var found = new ArrayList<Finding>();
            for (byte one : parrots) {
                decoder.add(new byte[] {one});
                found.addAll(all(decoder, false));
            }
            assertThat(found).singleElement().extracting(FlowDecoderTest::data).isEqualTo("🦜".repeat(218));
        }
    }

    @Test
    void theWrongByteIsPointedAt() {
        assertFault("h", Fault.NO_CODE_BEGINS_SO, null, 0);
        assertFault("99", Fault.UNKNOWN_CODE, null, 0);
        assertFault("02Client-000001", Fault.NOT_A_DIGIT, FrameType.REGISTERED, 2);
        assertFault("05" + ANA + BOB + "17953x", Fault.NOT_A_DIGIT, FrameType.SEND, 33);
        assertFault("3102000A", Fault.NOT_HEX, FrameType.WELCOME, 7);
        assertFault("379999999999999999999", Fault.TOO_LARGE, FrameType.RECEIVED, 2);
        assertFault("390000000000000000000099", Fault.NO_SUCH_REASON, FrameType.REFUSED, 21);
        assertFault("10" + ANA + NOW + "   1", Fault.BAD_SLOT, FrameType.CREATE_GROUP, 28);
        assertFault(SEND + "ol\u00e9 e mais", Fault.NOT_UTF8, FrameType.SEND, 40);
    }

    private static void assertFault(String latin1, Fault fault, FrameType type, int at) {
        Finding.NoFrame found = fault(Side.CLIENT, FrameWidths.FULL, latin1.getBytes(ISO_8859_1));
        assertThat(found.fault()).isEqualTo(fault);
        assertThat(found.type()).isEqualTo(type);
        assertThat(found.at()).as(latin1).isEqualTo(at);
        assertThat(new String(found.bytes(), ISO_8859_1)).isEqualTo(latin1);
    }

    @Test
    void faultsOfShortFramesArePointedAt() {
        byte[] cutMember = ("10" + ANA + NOW + BOB + "17392").getBytes(UTF_8);
        assertThat(fault(Side.CLIENT, FrameWidths.SHORT, cutMember))
                .satisfies(found -> assertThat(found.fault()).isEqualTo(Fault.CUT_MEMBER))
                .satisfies(found -> assertThat(found.at()).isEqualTo(38));
        byte[] cutCharacter = Arrays.copyOf((SEND + "olá").getBytes(UTF_8), SEND.length() + 3);
        assertThat(fault(Side.CLIENT, FrameWidths.SHORT, cutCharacter))
                .satisfies(found -> assertThat(found.fault()).isEqualTo(Fault.NOT_UTF8))
                .satisfies(found -> assertThat(found.at()).isEqualTo(SEND.length() + 2));
    }

    @Test
    void behindAFaultFramesAreLookedForAfterAPause() {
        var decoder = new FlowDecoder(Side.SERVER, FrameWidths.UNKNOWN);
        decoder.add("02Client-000001".getBytes(UTF_8));
        assertThat(all(decoder, false)).singleElement().isInstanceOf(Finding.NoFrame.class);
        decoder.add("07 something".getBytes(UTF_8));
        assertThat(all(decoder, false)).isEmpty();
        assertThat(all(decoder, true)).containsExactly(new Finding.PassedOver(27, 27));
        decoder.add(("07" + BOB + NOW).getBytes(UTF_8));
        assertThat(all(decoder, false)).singleElement().isInstanceOf(Finding.Whole.class);
    }

    @Test
    void aLineBreakBehindAFaultEndsIt() {
        List<Finding> found = decode(Side.SERVER, FrameWidths.UNKNOWN, "welcome!\n02" + ANA);
        assertThat(found).hasSize(2);
        assertThat(found.getFirst()).isInstanceOf(Finding.NoFrame.class);
        assertThat(found.getLast()).isInstanceOf(Finding.Whole.class);
        assertThat(found.getLast().offset()).isEqualTo(9);
    }

    @Test
    void aWebPageIsOneFaultAndNotOneForEachLine() {
        String page = "<!DOCTYPE HTML>\n<html>\n  <p>an error</p>\n</html>\n";
        assertThat(decode(Side.SERVER, FrameWidths.UNKNOWN, page)).hasSize(1);
        assertThat(decode(Side.SERVER, FrameWidths.UNKNOWN, page + "02" + ANA)).hasSize(2);
    }

    @Test
    void lineBreaksAndBlanksBetweenFramesAreTold() {
        List<Finding> found = decode(Side.CLIENT, FrameWidths.UNKNOWN, "01\r\n03" + ANA + "\n");
        assertThat(found).hasSize(4);
        assertThat(found.get(1))
                .isInstanceOfSatisfying(
                        Finding.Filler.class,
                        filler -> assertThat(filler.bytes()).containsExactly('\r', '\n'));
    }

    @Test
    void aStreamThatEndsInsideAFrameIsTold() {
        List<Finding> found = decode(Side.SERVER, FrameWidths.FULL, "021000");
        assertThat(found).singleElement().isInstanceOfSatisfying(Finding.Half.class, half -> {
            assertThat(half.type()).isEqualTo(FrameType.REGISTERED);
            assertThat(half.characters()).isEqualTo(6);
            assertThat(half.atEnd()).isTrue();
        });
        var decoder = new FlowDecoder(Side.SERVER, FrameWidths.FULL);
        decoder.add("0210".getBytes(UTF_8));
        assertThat(decoder.half(false)).isNotNull();
        assertThat(decoder.half(false)).as("once").isNull();
        decoder.add("00000000017".getBytes(UTF_8));
        assertThat(all(decoder, false)).singleElement().isInstanceOf(Finding.Whole.class);
    }

    @Test
    void randomBytesNeverBreakIt() {
        for (long seed = 0; seed < 200; seed++) {
            RandomGenerator random =
                    RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
            var decoder = new FlowDecoder(
                    random.nextBoolean() ? Side.CLIENT : Side.SERVER, FrameWidths.values()[random.nextInt(3)]);
            long taken = 0;
            long offset = 0;
            for (int i = 0; i < 50; i++) {
                byte[] bytes = new byte[1 + random.nextInt(300)];
                random.nextBytes(bytes);
                if (random.nextBoolean()) {
                    WatchedFrame golden = frames().get(random.nextInt(frames().size()));
                    bytes = golden.bytes();
                    if (random.nextBoolean()) {
                        bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
                    }
                }
                taken += bytes.length;
                decoder.add(bytes);
                for (Finding finding : all(decoder, random.nextBoolean())) {
                    assertThat(finding.offset()).as("seed %d", seed).isGreaterThanOrEqualTo(offset);
                    offset = finding.offset();
                }
            }
            all(decoder, true);
            decoder.half(true);
            assertThat(decoder.waits()).as("seed %d", seed).isFalse();
            assertThat(offset).isLessThanOrEqualTo(taken);
        }
    }
}
