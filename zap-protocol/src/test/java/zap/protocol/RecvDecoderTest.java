package zap.protocol;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static zap.protocol.RecvWire.dropped;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import zap.protocol.RecvDecoder.Follows;
import zap.protocol.RecvDecoder.Result;

/** The server's view of programs that take one {@code send()} for one frame. */
class RecvDecoderTest {

    private static final String ANA = "1000000000017";
    private static final String BOB = "1739250018846";
    private static final String EVA = "1000000000999";
    private static final String NOW = "1795372030";
    private static final String SEND = "05" + ANA + BOB + NOW;
    private static final String CREATE = "10" + ANA + NOW;
    private static final String READ = "08" + BOB + NOW;
    private static final String NOBODY = " ".repeat(13);

    /** A connection whose client is unknown. */
    private final RecvWire stranger = new RecvWire();

    /** A connection of Ana's. */
    private final RecvWire ana = new RecvWire().isNow(ClientId.parse(ANA));

    @Nested
    class AMessageEnds {

        @Test
        void whenNothingMoreHasComeForAPause() {
            ana.comes(SEND + "olá, mundo");
            assertThat(ana.heard()).isEmpty();
            assertThat(ana.pauses().heard()).containsExactly(said("olá, mundo"));
            assertThat(ana.waiting()).isZero();
        }

        @Test
        void atALineFeed() {
            assertThat(ana.comes(SEND + "oi\n").heard()).containsExactly(said("oi"));
        }

        @Test
        void atACarriageReturnAndALineFeed() {
            assertThat(ana.comes(SEND + "oi\r\n").heard()).containsExactly(said("oi"));
        }

        @Test
        void atACarriageReturnAndALineFeedInTwoSegments() {
            assertThat(ana.comes(SEND + "oi\r").heard()).isEmpty();
            assertThat(ana.comes("\n").heard()).containsExactly(said("oi"));
        }

        @Test
        void atTheEndOfTheStream() {
            assertThat(ana.comes(SEND + "oi").ends().heard()).containsExactly(said("oi"));
        }

        @Test
        void atItsFullWidth() {
            assertThat(ana.comes(SEND + "x".repeat(218)).heard()).containsExactly(said("x".repeat(218)));
        }

        @Test
        void whereTheNextMessageVisiblyBegins() {
            ana.comes(SEND + "um" + SEND + "dois");
            assertThat(ana.heard()).containsExactly(said("um"));
            assertThat(ana.pauses().heard()).containsExactly(said("um"), said("dois"));
        }

        @Test
        void whereAGroupVisiblyBegins() {
            ana.comes(SEND + "um" + CREATE + BOB).pauses();
            assertThat(ana.heard()).containsExactly(said("um"), grouped(BOB));
        }

        @Test
        void atAPauseRightAfterItsFixedPart() {
            assertThat(ana.comes(SEND).pauses().heard()).containsExactly(said(""));
        }

        @Test
        void atALineFeedRightAfterItsFixedPart() {
            assertThat(ana.comes(SEND + "\n").heard()).containsExactly(said(""));
        }

        @Test
        void whereTheNextOneBeginsRightAfterItsFixedPart() {
            assertThat(ana.comes(SEND + SEND + "oi").pauses().heard()).containsExactly(said(""), said("oi"));
        }
    }

    @Nested
    class AMessageGoesOn {

        @Test
        void overSegmentsThatFollowEachOther() {
            for (byte b : (SEND + "olá 🦜").getBytes(UTF_8)) {
                assertThat(ana.comes(new byte[] {b}).heard()).isEmpty();
            }
            assertThat(ana.pauses().heard()).containsExactly(said("olá 🦜"));
        }

        @Test
        void overAPauseWhileItsFixedPartIsNotThere() {
            ana.comes("0").pauses();
            ana.comes("510000").pauses().pauses();
            ana.comes((SEND + "oi").substring(7));
            assertThat(ana.heard()).isEmpty();
            assertThat(ana.pauses().heard()).containsExactly(said("oi"));
        }

        @Test
        void overALoneCarriageReturn() {
            assertThat(ana.comes(SEND + "um\rdois\n").heard()).containsExactly(said("um\rdois"));
        }

        @Test
        void overWhatBeginsLikeTheNextOneButIsNot() {
            String almost = "05" + ANA + BOB + "17953x";
            assertThat(ana.comes(SEND + almost + "\n").heard()).containsExactly(said(almost));
        }

        @Test
        void overAMessageOfSomebodyElseThatIsQuotedInIt() {
            String quoted = "05" + EVA + BOB + NOW + "oi";
            assertThat(ana.comes(SEND + quoted).pauses().heard()).containsExactly(said(quoted));
        }

        @Test
        void overWhatWouldBeTheNextOneAsLongAsNobodyKnowsWhoIsSpeaking() {
            assertThat(stranger.comes(SEND + "um" + SEND + "dois").pauses().heard())
                    .containsExactly(said("um" + SEND + "dois"));
        }
    }

    @Nested
    class ThePadding {

        @Test
        void isCountedInCharactersAndNotInBytes() {
            String padded = SEND + "é".repeat(39) + " ".repeat(179);
            assertThat(padded.getBytes(UTF_8)).hasSize(295);
            assertThat(ana.comes(padded).heard()).containsExactly(said("é".repeat(39)));
        }

        @Test
        void endsAMessageWithAnotherOneInTheSameSegment() {
            String padded = SEND + padded("ação") + SEND + padded("🦜🦜") + SEND + padded("");
            assertThat(stranger.comes(padded).heard()).containsExactly(said("ação"), said("🦜🦜"), said(""));
        }

        @Test
        void mayBeOfNulsAsProgramsInCDoIt() {
            assertThat(ana.comes(SEND + "oi" + "\0".repeat(216)).heard()).containsExactly(said("oi"));
            assertThat(ana.comes(SEND + "oi\0\0\0").pauses().heard()).containsExactly(said("oi"), said("oi"));
            assertThat(ana.comes(SEND + "oi\0\n").heard()).containsExactly(said("oi"), said("oi"), said("oi"));
        }

        @Test
        void isAllThatIsTakenOffAMessageOfFullWidth() {
            String content = "  um\r";
            assertThat(ana.comes(SEND + padded(content)).heard()).containsExactly(said(content));
        }

        @Test
        void mayFollowAFullWidthLessOneAndACarriageReturn() {
            String text = "x".repeat(217);
            assertThat(ana.comes(SEND + text + "\r\n" + READ).heard()).containsExactly(said(text), read());
        }

        @Test
        void doesNotHideThatTheNextMessageBeganBeforeTheFullWidth() {
            // 200 characters of text: the other message's fixed part lies across the first one's full width.
            String text = "x".repeat(200);
            ana.comes(SEND + text + SEND.substring(0, 18));
            assertThat(ana.heard()).isEmpty();
            ana.comes(SEND.substring(18));
            assertThat(ana.heard()).containsExactly(said(text));
            assertThat(ana.comes("dois\n").heard()).containsExactly(said(text), said("dois"));
        }

        @Test
        void isWaitedWithWhereTheLastCharacterCouldBeTheNextMessagesFirst() {
            String text = "x".repeat(217) + "0";
            assertThat(ana.comes(SEND + text).heard()).isEmpty();
            assertThat(ana.pauses().heard()).containsExactly(said(text));
            assertThat(ana.comes(SEND + text).comes("6").pauses().heard())
                    .containsExactly(said(text), said(text), dropped("6"));
        }
    }

    @Test
    void aNulInsideATextIsContentForTheServerToRefuse() {
        assertThat(ana.comes(SEND + "a\0b\n").heard()).containsExactly(said("a\0b"));
    }

    @Test
    void aHalfMessageGluedToAWholeOneIsNotItsText() {
        ana.comes(SEND + "um" + SEND.substring(0, 20)).pauses();
        assertThat(ana.heard()).containsExactly(said("um"));
        assertThat(ana.comes(SEND.substring(20) + "dois").pauses().heard()).containsExactly(said("um"), said("dois"));
    }

    @Test
    void aTextThatEndsInOnesOwnNumberIsAText() {
        String text = "call me: 10" + ANA;
        assertThat(ana.comes(SEND + text).pauses().heard()).containsExactly(said(text));
    }

    @Test
    void aFrameTakesItsLineBreakWithIt() {
        for (String line : List.of(SEND + "oi\n", SEND + "oi\r\n", CREATE + BOB + "\n", "what?\n")) {
            ByteBuffer in = ByteBuffer.wrap(line.getBytes(UTF_8));
            new RecvDecoder().decode(in, Follows.MORE_MAY_COME);
            assertThat(in.hasRemaining()).as(line).isFalse();
        }
    }

    @Test
    void betweenTwoFramesLineBreaksBlanksAndNulsAreSkipped() {
        ana.comes("\r\n \0" + READ + "\r\n\r\n" + READ + "\0\0\0" + READ + "   " + SEND + "oi\n\n" + " " + READ + "\n");
        assertThat(ana.heard()).containsExactly(read(), read(), read(), said("oi"), read());
        assertThat(ana.waiting()).isZero();
    }

    @Nested
    class FramesOfFixedWidth {

        @Test
        void neitherNeedAPauseNorALineBreak() {
            assertThat(ana.comes("01").heard()).containsExactly(new Frame.Register());
            assertThat(ana.comes("03" + ANA).heard()).last().isEqualTo(connect());
            assertThat(ana.comes(READ).heard()).last().isEqualTo(read());
        }

        @Test
        void areSplitByTheirWidthWhenGlued() {
            assertThat(ana.comes(READ + READ).heard()).containsExactly(read(), read());
            assertThat(stranger.comes("01" + "03" + ANA + READ + SEND + "oi\n").heard())
                    .containsExactly(new Frame.Register(), connect(), read(), said("oi"));
        }

        @Test
        void areWaitedForThroughAPause() {
            ana.comes(READ.substring(0, 24)).pauses();
            assertThat(ana.heard()).isEmpty();
            assertThat(ana.comes("0").heard()).containsExactly(read());
        }
    }

    @Nested
    class AGroup {

        @Test
        void hasAsManyMembersAsHaveComeBeforeAPause() {
            List<Object> made = new ArrayList<>();
            for (int members = 1; members < 7; members++) {
                ana.comes(CREATE + BOB.repeat(members));
                assertThat(ana.heard())
                        .as("%d members, before the pause", members)
                        .isEqualTo(made);
                made.add(grouped(Stream.generate(() -> BOB).limit(members).toArray(String[]::new)));
                assertThat(ana.pauses().heard()).as("%d members", members).isEqualTo(made);
            }
        }

        @Test
        void ofSevenIsCompleteWithoutAPause() {
            assertThat(ana.comes(CREATE + BOB.repeat(7)).heard())
                    .containsExactly(grouped(BOB, BOB, BOB, BOB, BOB, BOB, BOB));
        }

        @Test
        void endsAtALineBreakOrTheEndOfTheStream() {
            assertThat(ana.comes(CREATE + BOB + "\n" + CREATE + EVA + "\r\n" + CREATE + BOB + EVA)
                            .ends()
                            .heard())
                    .containsExactly(grouped(BOB), grouped(EVA), grouped(BOB, EVA));
        }

        @Test
        void endsAtABlankOrANulThatIsNoEmptySlot() {
            assertThat(ana.comes(CREATE + BOB + " ").pauses().heard()).containsExactly(grouped(BOB));
            assertThat(ana.comes(CREATE + BOB + "  \n").heard()).containsExactly(grouped(BOB), grouped(BOB));
            assertThat(ana.comes(CREATE + BOB + "\0" + CREATE + EVA + " " + SEND + "oi\n")
                            .heard())
                    .containsExactly(grouped(BOB), grouped(BOB), grouped(BOB), grouped(EVA), said("oi"));
        }

        @Test
        void endsWhereTheNextFrameVisiblyBegins() {
            ana.comes(CREATE + BOB + SEND + "oi\n" + CREATE + BOB + EVA + CREATE + EVA)
                    .pauses();
            assertThat(ana.heard()).containsExactly(grouped(BOB), said("oi"), grouped(BOB, EVA), grouped(EVA));
        }

        @Test
        void mayBePaddedToItsFullWidth() {
            String padded = CREATE + BOB + EVA + NOBODY.repeat(5);
            assertThat(stranger.comes(padded + padded + READ).heard())
                    .containsExactly(grouped(BOB, EVA), grouped(BOB, EVA), read());
        }

        @Test
        void mayHaveEmptySlotsAnywhere() {
            assertThat(ana.comes(CREATE + NOBODY + BOB + "0".repeat(13) + EVA)
                            .pauses()
                            .heard())
                    .containsExactly(grouped(BOB, EVA));
        }

        @Test
        void withoutAMemberIsForTheServerToRefuse() {
            assertThat(ana.comes(CREATE).pauses().heard()).containsExactly(grouped());
            assertThat(ana.comes(CREATE + "\n").heard()).containsExactly(grouped(), grouped());
        }

        @Test
        void withHalfAMemberIsDropped() {
            String half = CREATE + BOB + "100000";
            assertThat(ana.comes(half).heard()).isEmpty();
            assertThat(ana.pauses().heard()).containsExactly(dropped(half));
            assertThat(ana.comes(half + "\n" + READ).heard())
                    .containsExactly(dropped(half), dropped(half + "\n"), read());
        }

        @Test
        void withBlanksBetweenItsMembersIsDroppedRatherThanMadeTooSmall() {
            for (String second : List.of(" " + EVA, " " + EVA.substring(1), "      0000999")) {
                String spaced = CREATE + BOB + second;
                assertThat(anas().comes(spaced).pauses().heard()).containsExactly(dropped(spaced));
            }
        }

        @Test
        void whoseLastSlotCouldBeTheNextMessageIsWaitedWith() {
            // The eleven digits after the code are Ana's first ones.
            String member = "05" + ANA.substring(0, 11);
            String group = CREATE + BOB.repeat(6) + member;
            assertThat(ana.comes(group).heard()).isEmpty();
            assertThat(ana.pauses().heard()).containsExactly(grouped(BOB, BOB, BOB, BOB, BOB, BOB, member));
            assertThat(ana.comes(group).comes(SEND.substring(13) + "oi\n").heard())
                    .containsSubsequence(grouped(BOB, BOB, BOB, BOB, BOB, BOB), said("oi"));
        }
    }

    @Nested
    class WhatIsNoFrame {

        @ParameterizedTest
        @ValueSource(
                strings = {
                    "hello",
                    "GET / HTTP/1.1",
                    "9",
                    "3",
                    "2",
                    "04" + ANA,
                    "02" + ANA,
                    "06" + ANA + BOB + NOW + "oi",
                    "07" + ANA + NOW,
                    "09" + ANA + NOW,
                    "11" + ANA + NOW + BOB,
                    "3001",
                    "38",
                    "370000000000000000042",
                    "03abc",
                    "05" + ANA + BOB + "today-ish!" + "oi",
                    "08" + BOB + "17953x2030"
                })
        void isDroppedAsOnePacketAndTheConnectionGoesOn(String packet) {
            ana.comes(packet);
            assertThat(ana.heard()).isEmpty();
            assertThat(ana.waiting()).isEqualTo(packet.getBytes(UTF_8).length);
            assertThat(ana.pauses().heard()).containsExactly(dropped(packet));
            assertThat(ana.comes(SEND + "oi").pauses().heard()).containsExactly(dropped(packet), said("oi"));
        }

        @Test
        void isDroppedUpToItsLineBreak() {
            assertThat(ana.comes("hello\r\n" + READ + "what?\n" + SEND + "oi\n").heard())
                    .containsExactly(dropped("hello\r\n"), read(), dropped("what?\n"), said("oi"));
        }

        @Test
        void isDroppedWithAllThatIsGluedToIt() {
            String packet = "hello" + SEND + "oi";
            assertThat(ana.comes(packet).pauses().heard()).containsExactly(dropped(packet));
        }

        @Test
        void isDroppedAtTheEndOfTheStream() {
            assertThat(ana.comes("hello").ends().heard()).containsExactly(dropped("hello"));
        }

        @Test
        void isNotCollectedForEver() {
            ana.comes("x".repeat(4095));
            assertThat(ana.heard()).isEmpty();
            ana.comes("x");
            assertThat(ana.heard()).containsExactly(dropped(4095));
            ana.comes("x".repeat(100_000));
            assertThat(ana.heard()).containsExactly(dropped(4095), dropped(100_000));
            assertThat(ana.waiting()).isEqualTo(1);
        }

        @Test
        void isStillOnePacketWhenItsBeginningWasDroppedLongAgo() {
            ana.comes("x".repeat(4096)).comes(SEND + "not a message").comes(", but the rest of it\n" + SEND + "oi\n");
            assertThat(ana.heard().stream().filter(heard -> heard instanceof Frame))
                    .containsExactly(said("oi"));
        }

        @Test
        void isOverAtAPauseHoweverLongItWas() {
            ana.comes("x".repeat(5000)).pauses();
            assertThat(ana.comes(READ).heard()).containsExactly(dropped(4999), dropped(1), read());
        }

        @Test
        void staysWithOneByteInTheBufferUntilItIsOver() {
            // A caller that waits for a pause only while something is in the buffer would otherwise never see this
            // packet's end.
            ana.comes("x".repeat(4096)).comes("x").comes("x");
            assertThat(ana.waiting()).isEqualTo(1);
            assertThat(ana.pauses().waiting()).isZero();
        }

        @Test
        void includesATextThatIsNotUtf8() {
            byte[] latin = (SEND + "olá, mundo").getBytes(ISO_8859_1);
            assertThat(ana.comes(latin).heard()).isEmpty();
            assertThat(ana.pauses().heard()).containsExactly(dropped(latin.length));
            byte[] cut = Arrays.copyOf((SEND + "olá").getBytes(UTF_8), SEND.length() + 3);
            assertThat(ana.comes(cut).pauses().comes(READ).heard())
                    .containsExactly(dropped(latin.length), dropped(cut.length), read());
        }

        @Test
        void includesHalfAFrameBeforeALineBreak() {
            assertThat(ana.comes("03100\n" + READ).heard()).containsExactly(dropped("03100\n"), read());
        }

        @Test
        void includesHalfAFrameAtTheEndOfTheStream() {
            for (String half : List.of("0", "05", SEND.substring(0, 37), "03100", "1", CREATE.substring(0, 24))) {
                assertThat(new RecvWire().comes(half).ends().heard()).containsExactly(dropped(half));
            }
        }

        @Test
        void isNeverShown() {
            Result result = new RecvDecoder().decode(ByteBuffer.wrap("SECRET".getBytes(UTF_8)), Follows.PAUSE);
            assertThat(result).isInstanceOf(Result.Dropped.class);
            assertThat(result.toString()).doesNotContain("SECRET");
            result = new RecvDecoder().decode(ByteBuffer.wrap((SEND + "SECRET").getBytes(UTF_8)), Follows.PAUSE);
            assertThat(result).isInstanceOf(Result.Got.class);
            assertThat(result.toString()).doesNotContain("SECRET");
        }
    }

    @Test
    void silenceIsNoFrame() {
        assertThat(ana.pauses().comes("").ends().heard()).isEmpty();
        assertThat(ana.comes("\r\n\0 ").ends().heard()).isEmpty();
    }

    @Test
    void theKindOfBufferMakesNoDifference() {
        byte[] bytes = (READ + SEND + "olá\n" + "what?\n").getBytes(UTF_8);
        for (ByteBuffer in : List.of(
                ByteBuffer.allocateDirect(bytes.length).put(bytes).flip(),
                ByteBuffer.wrap(bytes).asReadOnlyBuffer(),
                ByteBuffer.allocate(bytes.length + 9)
                        .position(9)
                        .slice()
                        .put(bytes)
                        .flip())) {
            RecvDecoder decoder = new RecvDecoder();
            assertThat(decoder.decode(in, Follows.MORE_MAY_COME)).isEqualTo(new Result.Got(read()));
            assertThat(decoder.decode(in, Follows.MORE_MAY_COME)).isEqualTo(new Result.Got(said("olá")));
            assertThat(decoder.decode(in, Follows.MORE_MAY_COME)).isInstanceOf(Result.Dropped.class);
            assertThat(decoder.decode(in, Follows.MORE_MAY_COME)).isEqualTo(new Result.NeedMore());
        }
    }

    @Test
    void fullWidthFramesOfEveryClientAreReadHereToo() {
        FrameEncoder fullWidth = new FrameEncoder();
        RandomFrames.seeds(5_000).forEach(seed -> {
            Frame frame = RandomFrames.from(RandomFrames.generator(seed)).next();
            if (isSpokenHere(frame)) {
                Frame meant = readHere(frame);
                assertThat(new RecvWire().comes(fullWidth.encode(frame)).heard())
                        .as("seed %d", seed)
                        .startsWith(meant);
            }
        });
    }

    @Test
    void frameBoundariesDoNotDependOnPacketBoundaries() {
        RandomFrames.seeds(2_000).forEach(seed -> {
            RandomGenerator random = RandomFrames.generator(seed);
            byte[] wire = randomWire(random);
            List<Object> inOneSegment = anas().comes(wire).ends().heard();

            RecvWire inSegments = anas();
            for (int from = 0; from < wire.length; ) {
                int to = Math.min(wire.length, from + 1 + random.nextInt(random.nextBoolean() ? 5 : 400));
                inSegments.comes(Arrays.copyOfRange(wire, from, to));
                from = to;
            }

            assertThat(inSegments.ends().heard()).as("seed %d", seed).isEqualTo(inOneSegment);
        });
    }

    @Test
    void everyByteIsUnderstoodDroppedOrSkippedWhateverComes() {
        RandomFrames.seeds(5_000).forEach(seed -> {
            RandomGenerator random = RandomFrames.generator(seed);
            byte[] wire = randomWire(random);
            for (int i = random.nextInt(4); i > 0; i--) {
                wire[random.nextInt(wire.length)] = (byte) random.nextInt(256);
            }
            RecvWire mutated = anas();
            for (int from = 0; from < wire.length; ) {
                int to = Math.min(wire.length, from + 1 + random.nextInt(200));
                mutated.comes(Arrays.copyOfRange(wire, from, to));
                if (random.nextInt(3) == 0) {
                    mutated.pauses();
                }
                from = to;
            }
            assertThat(mutated.ends().waiting()).as("seed %d", seed).isZero();
        });
    }

    /**
     * Returns short and padded frames of Ana's, glued or with something between them, and now and then malformed bytes.
     */
    private static byte[] randomWire(RandomGenerator random) {
        RandomFrames frames = RandomFrames.from(random);
        ClientId me = ClientId.parse(ANA);
        String[] separators = {"", "", "\n", "\r\n", " ", "\0", "nonsense\n", "05x\n"};
        ByteArrayOutputStream wire = new ByteArrayOutputStream();
        for (int i = 0; i < 8; i++) {
            Frame frame = switch (random.nextInt(5)) {
                case 0 -> new Frame.Read(frames.client(), frames.time());
                case 1 -> new Frame.CreateGroup(me, frames.time(), frames.members(7));
                case 2 -> new Frame.Connect(me);
                default -> new Frame.Send(me, frames.client().asAddress(), frames.time(), frames.body());
            };
            wire.writeBytes(
                    random.nextInt(4) == 0 ? new FrameEncoder().encode(frame) : new RecvEncoder().encode(frame));
            wire.writeBytes(separators[random.nextInt(separators.length)].getBytes(UTF_8));
        }
        return wire.toByteArray();
    }

    private static RecvWire anas() {
        return new RecvWire().isNow(ClientId.parse(ANA));
    }

    private static boolean isSpokenHere(Frame frame) {
        return frame.type().wire() == FrameType.Wire.EVERY && frame.type().sender() == FrameType.Sender.CLIENT;
    }

    /** Returns the same frame, without the characters that end a text on this wire only. */
    private static Frame readHere(Frame frame) {
        if (!(frame instanceof Frame.Send send)) {
            return frame;
        }
        String text = send.body().text();
        int lineEnd = text.indexOf('\n');
        String kept = lineEnd >= 0
                ? text.substring(0, lineEnd).replaceFirst("[\r\0 ]+\\z", "")
                : text.replaceFirst(send.body().codePoints() == 218 ? "[\r\0 ]*\r\\z|[\0 ]+\\z" : "[\0 ]+\\z", "");
        return new Frame.Send(send.src(), send.dst(), send.sentAt(), Body.of(kept));
    }

    private static String padded(String text) {
        return text + " ".repeat(218 - text.codePointCount(0, text.length()));
    }

    private static Frame said(String text) {
        return new Frame.Send(ClientId.parse(ANA), Address.parse(BOB), PosixTime.parse(NOW), Body.of(text));
    }

    private static Frame grouped(String... members) {
        return new Frame.CreateGroup(
                ClientId.parse(ANA),
                PosixTime.parse(NOW),
                Stream.of(members).map(ClientId::parse).toList());
    }

    private static Frame read() {
        return new Frame.Read(ClientId.parse(BOB), PosixTime.parse(NOW));
    }

    private static Frame connect() {
        return new Frame.Connect(ClientId.parse(ANA));
    }
}
