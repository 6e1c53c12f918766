package zap.server.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.beans.factory.annotation.Autowired;
import zap.protocol.Reason;
import zap.server.testing.FrameText;
import zap.server.testing.RunningServer;
import zap.server.testing.StudentProgram;
import zap.server.testing.TestedServer;
import zap.server.testing.WireClient;
import zap.server.testing.ZapServerTest;

/** The recv listener, with programs as students write them (protocol.md, section 2). */
@ZapServerTest
class RecvProgramsIT {

    @Autowired
    private TestedServer server;

    private StudentProgram ria;
    private StudentProgram sam;
    private Map<Reason, Long> refusals;

    @BeforeEach
    void start() {
        refusals = server.refusals();
        ria = program("ria");
        sam = program("sam");
        ria.register();
        sam.register();
    }

    @AfterEach
    void quit() {
        ria.close();
        sam.close();
    }

    private StudentProgram program(String name) {
        return new StudentProgram(server.connectRecv(name));
    }

    @Test
    void aProgramThatRegistersAndNeverConnectsIsConnected() {
        ria.send(sam.id(), 1795372031, "Hi Sam, I never sent 03");
        sam.expectMessage(ria.id(), sam.id(), 1795372031, "Hi Sam, I never sent 03");
        ria.expectDelivered(sam.id(), 1795372031);
        sam.read(ria.id(), 1795372031);
        ria.expect("09" + sam.id() + "1795372031");
    }

    @Test
    void aProgramThatConnectsAfterItHasRegisteredIsToldThatItIs() {
        ria.connectAs(ria.id());
        ria.expect("04" + ria.id());
        sam.send(ria.id(), 1795372031, "still you?");
        ria.expectMessage(sam.id(), ria.id(), 1795372031, "still you?");
    }

    /**
     * Two messages in one segment, because the program sent them without waiting: the second begins with its own id.
     */
    @Test
    void gluedMessagesAreToldApart() {
        ria.sendRaw(ria.sending(sam.id(), 1795372031, "one")
                + ria.sending(sam.id(), 1795372032, "two")
                + ria.sending(sam.id(), 1795372033, "three"));
        sam.expectMessage(ria.id(), sam.id(), 1795372031, "one");
        sam.expectMessage(ria.id(), sam.id(), 1795372032, "two");
        sam.expectMessage(ria.id(), sam.id(), 1795372033, "three");
    }

    @Test
    void aMessageThatIsGluedToItsGroupIsToldApart() {
        ria.sendRaw("10" + ria.id() + "1795372031" + sam.id() + ria.sending(sam.id(), 1795372032, "see the group?"));
        assertThat(sam.recv()).matches("112[0-9]{12}[0-9]{10}" + ria.id() + sam.id());
        sam.expectMessage(ria.id(), sam.id(), 1795372032, "see the group?");
    }

    @Test
    void gluedReadMarksAreToldApart() {
        ria.send(sam.id(), 1795372031, "read me");
        sam.expectMessage(ria.id(), sam.id(), 1795372031, "read me");
        ria.expectDelivered(sam.id(), 1795372031);
        sam.sendRaw("08" + ria.id() + "1795372030" + "08" + ria.id() + "1795372031");
        ria.expect("09" + sam.id() + "1795372030");
        ria.expect("09" + sam.id() + "1795372031");
    }

    /** {@code text.ljust(218)} pads to 218 characters: with accents that is more than 218 bytes. */
    @Test
    void paddedTextsWithAccentsMayComeGluedAndArriveWithoutTheirPadding() {
        ria.sendRaw(ria.sending(sam.id(), 1795372031, ljust("Olá, você já não está?"))
                + ria.sending(sam.id(), 1795372032, ljust("é".repeat(218)))
                + ria.sending(sam.id(), 1795372033, ljust("🦜 fim")));
        sam.expectMessage(ria.id(), sam.id(), 1795372031, "Olá, você já não está?");
        sam.expectMessage(ria.id(), sam.id(), 1795372032, "é".repeat(218));
        sam.expectMessage(ria.id(), sam.id(), 1795372033, "🦜 fim");
    }

    private static String ljust(String text) {
        return text + " ".repeat(218 - text.codePointCount(0, text.length()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"\n", "\r\n"})
    void aLineBreakEndsAFrameAtOnce(String lineBreak) {
        ria.sendRaw(
                ria.sending(sam.id(), 1795372031, "a line") + lineBreak + ria.sending(sam.id(), 1795372032, "another")
                        + lineBreak + "08" + sam.id() + "1795372000" + lineBreak);
        sam.expectMessage(ria.id(), sam.id(), 1795372031, "a line");
        sam.expectMessage(ria.id(), sam.id(), 1795372032, "another");
        sam.expect("09" + ria.id() + "1795372000");
    }

    /** A person with a terminal. */
    @Test
    void whoTypesTheFramesTypesLines() {
        try (StudentProgram typist = program("typist")) {
            typist.sendRaw("01\n");
            String answer = typist.recv();
            assertThat(answer).matches("021[0-9]{12}");
            String id = answer.substring(2);
            typist.sendRaw("05" + id + sam.id() + "1795372031typed\n");
            sam.expectMessage(id, sam.id(), 1795372031, "typed");
        }
    }

    @Test
    void whatStandsBetweenFramesAndMeansNothingIsSkipped() {
        ria.sendRaw("\r\n\0\0   \n" + ria.sending(sam.id(), 1795372031, "one") + "\n\0\0\0  \r\n");
        sam.expectMessage(ria.id(), sam.id(), 1795372031, "one");
        ria.sendRaw("  \0" + ria.sending(sam.id(), 1795372032, "two") + "\0\0\0");
        sam.expectMessage(ria.id(), sam.id(), 1795372032, "two");
        assertThat(server.refusals()).isEqualTo(refusals);
    }

    @Test
    void aFrameFromSomebodyWhoNeverSaidWhoItIsIsRefusedThoughItHangsUpAtOnce() {
        try (StudentProgram hasty = program("hasty")) {
            hasty.sendRaw("05" + ria.id() + sam.id() + "1795372031it is me, Ria");
        }
        RunningServer.await(
                "it is refused", () -> server.refusals(Reason.NOT_CONNECTED) > refusals.get(Reason.NOT_CONNECTED));
        ria.send(sam.id(), 1795372032, "the first thing that Sam hears");
        sam.expectMessage(ria.id(), sam.id(), 1795372032, "the first thing that Sam hears");
    }

    @Test
    void whoSaysWhoItIsAndHangsUpAtOnceHasSaidWhatItSaid() {
        ria.close();
        try (StudentProgram hasty = program("hasty")) {
            hasty.connectAs(ria.id());
            hasty.expect("04" + ria.id());
            hasty.send(sam.id(), 1795372031, "bye");
        }
        sam.expectMessage(ria.id(), sam.id(), 1795372031, "bye");
    }

    @Test
    void aPacketWithLettersInItsTimestampIsDroppedAndTheConnectionGoesOn() {
        ria.sendRaw("05" + ria.id() + sam.id() + "12:30:59  hello");
        RunningServer.await("it is dropped", () -> server.refusals(Reason.MALFORMED) > refusals.get(Reason.MALFORMED));
        ria.send(sam.id(), 1795372031, "with digits");
        sam.expectMessage(ria.id(), sam.id(), 1795372031, "with digits");
        assertThat(server.refusals(Reason.MALFORMED)).isEqualTo(refusals.get(Reason.MALFORMED) + 1);
    }

    /** The fixed part of a frame is waited for through any pause: here the default one, several times over. */
    @Test
    void aPauseInTheFixedPartCutsNothing() throws InterruptedException {
        String frame = ria.sending(sam.id(), 1795372031, "in pieces");
        int at = 0;
        for (int end : List.of(1, 10, 20, 37)) {
            ria.sendRaw(frame.substring(at, end));
            Thread.sleep(250); // the pause
            at = end;
        }
        ria.sendRaw(frame.substring(at));
        sam.expectMessage(ria.id(), sam.id(), 1795372031, "in pieces");
    }

    /** A program that is slow to recv would find two frames glued without the gap; with it, it has time. */
    @Test
    void aBurstOfMessagesComesInAsManyRecvs() {
        try (WireClient ana = server.connect("ana")) {
            String anasId = ana.register();
            var all = new StringBuilder();
            for (int i = 0; i < 10; i++) {
                all.append(FrameText.send(anasId, sam.id(), 1795372031 + i, i % 2 == 0 ? "" : "number " + i));
            }
            ana.send(all.toString());
            for (int i = 0; i < 10; i++) {
                sam.expectMessage(anasId, sam.id(), 1795372031 + i, i % 2 == 0 ? "" : "number " + i);
            }
        }
    }

    @Test
    void aGroupNamesNoMoreThanItsMembers() {
        ria.createGroup(1795372031, List.of(sam.id()));
        String created = ria.recv();
        assertThat(created).matches("112[0-9]{12}[0-9]{10}" + ria.id() + sam.id());
        sam.expect(created);
        String group = created.substring(2, 15);
        sam.send(group, 1795372032, "short, too");
        ria.expectMessage(sam.id(), group, 1795372032, "short, too");
        sam.expectDelivered(ria.id(), 1795372032);
    }

    @Test
    void mailThatWaitedComesFrameByFrameAfterTheAnswerToConnect() {
        sam.close();
        RunningServer.await("the server has seen him go", () -> server.isOffline(sam.id()));
        ria.read(sam.id(), 1795372000);
        ria.sendRaw(ria.sending(sam.id(), 1795372031, "one") + ria.sending(sam.id(), 1795372032, "two"));
        try (StudentProgram back = program("sam again")) {
            back.connectAs(sam.id());
            back.expect("04" + sam.id());
            back.expect("09" + ria.id() + "1795372000");
            back.expectMessage(ria.id(), sam.id(), 1795372031, "one");
            back.expectMessage(ria.id(), sam.id(), 1795372032, "two");
        }
    }

    /** Long gaps, much patience with pieces, and no 04. */
    @Nested
    @Strict
    class OnAStrictServer {

        @Autowired
        private TestedServer strict;

        @Test
        void theAnswerToConnectCanBeSwitchedOff() {
            try (var tom = new StudentProgram(strict.connectRecv("tom"));
                    WireClient ana = strict.connect("ana")) {
                String anasId = ana.register();
                double before = strict.counter("zap.frames.received", "code", "03");
                tom.register();
                tom.connectAs(tom.id());
                RunningServer.await(
                        "the 03 has come", () -> strict.counter("zap.frames.received", "code", "03") > before);
                ana.send(FrameText.send(anasId, tom.id(), 1795372031, "the first thing you hear"));
                tom.expectMessage(anasId, tom.id(), 1795372031, "the first thing you hear");
            }
        }

        @Test
        void aFrameMayComeInPiecesWithoutPauses() {
            try (var tom = new StudentProgram(strict.connectRecv("tom"));
                    WireClient ana = strict.connect("ana")) {
                String anasId = ana.register();
                tom.register();
                tom.sending(anasId, 1795372031, "in the tiniest pieces")
                        .codePoints()
                        .forEach(character -> tom.sendRaw(Character.toString(character)));
                ana.expectFrame(FrameText.deliver(tom.id(), anasId, 1795372031, "in the tiniest pieces"));
            }
        }

        @Test
        void eachFrameComesByItselfNotPaddedAndNotBeforeTheGap() {
            int messages = 6;
            try (var tom = new StudentProgram(strict.connectRecv("tom"));
                    WireClient ana = strict.connect("ana")) {
                String anasId = ana.register();
                tom.register();
                var all = new StringBuilder();
                for (int i = 0; i < messages; i++) {
                    all.append(FrameText.send(anasId, tom.id(), 1795372031 + i, "number " + i));
                }
                long sent = System.nanoTime();
                ana.send(all.toString());
                for (int i = 0; i < messages; i++) {
                    tom.expectMessage(anasId, tom.id(), 1795372031 + i, "number " + i);
                    // Between the first and this one there were i gaps.
                    assertThat(Duration.ofNanos(System.nanoTime() - sent))
                            .isGreaterThanOrEqualTo(Duration.ofMillis(400L * i));
                }
            }
        }
    }
}
