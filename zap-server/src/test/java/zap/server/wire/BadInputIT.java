package zap.server.wire;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static zap.server.testing.FrameText.deliver;
import static zap.server.testing.FrameText.delivered;
import static zap.server.testing.FrameText.send;

import java.io.ByteArrayOutputStream;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.beans.factory.annotation.Autowired;
import zap.protocol.Reason;
import zap.server.testing.RunningServer;
import zap.server.testing.TestedServer;
import zap.server.testing.WireClient;
import zap.server.testing.ZapServerTest;

/** Bad input affects only its own connection. Cases that are easier to read as a dialogue are among the transcripts. */
@ZapServerTest
class BadInputIT {

    private static final String SOMEBODY = "1000000000017";

    @Autowired
    private TestedServer server;

    private WireClient ana;
    private WireClient bob;
    private String anasId;
    private String bobsId;

    @BeforeEach
    void register() {
        ana = server.connect("ana");
        bob = server.connect("bob");
        anasId = ana.register();
        bobsId = bob.register();
    }

    @AfterEach
    void hangUp() {
        ana.close();
        bob.close();
    }

    static Stream<Arguments> bytesThatAreNoFrame() {
        String fixed = "05" + SOMEBODY + SOMEBODY + "1795372031";
        return Stream.of(
                no("an unknown code", bytes("12")),
                no("the code 00", bytes("00")),
                no("the code 40, behind the last one", bytes("40")),
                no("a code of letters", bytes("GE")),
                no("a line break between frames", bytes("\n01")),
                no("a blank between frames", bytes(" 01")),
                no("a NUL between frames", new byte[] {0}),
                no("a letter in an id", bytes("03100000000000x")),
                no("a blank in an id", bytes("03 100000000000")),
                no("a minus in an id", bytes("03-100000000000")),
                no("a letter in src", bytes("05x")),
                no("a letter in dst", bytes("05" + SOMEBODY + "100000000000l")),
                no("a letter in a timestamp", bytes("05" + SOMEBODY + SOMEBODY + "179537203O")),
                no("a timestamp with a point", bytes("08" + SOMEBODY + "1795372.31")),
                no("full-width digits", bytes("03" + "１")),
                no("a letter in a member", bytes("10" + SOMEBODY + "1795372031" + "1000000000o17")),
                no("a member that begins with a blank", bytes("10" + SOMEBODY + "1795372031" + " 1000000000017")),
                no("a byte that UTF-8 does not have", bytes(fixed, 0xFF)),
                no("a byte that continues nothing", bytes(fixed, 0x80)),
                no("a character that is cut off by another", bytes(fixed, 0xF0, 0x9F, 'a')),
                no("a longer way to write a slash", bytes(fixed, 0xC0, 0xAF)),
                no("a longer way to write NUL", bytes(fixed, 0xC0, 0x80)),
                no("half of a surrogate pair", bytes(fixed, 0xED, 0xA0, 0x80)),
                no("a code point beyond the last", bytes(fixed, 0xF4, 0x90, 0x80, 0x80)));
    }

    private static Arguments no(String what, byte[] bytes) {
        return Arguments.of(what, bytes);
    }

    private static byte[] bytes(String text, int... more) {
        var bytes = new ByteArrayOutputStream();
        bytes.writeBytes(text.getBytes(UTF_8));
        for (int b : more) {
            bytes.write(b);
        }
        return bytes.toByteArray();
    }

    /** A malformed frame is found at its first wrong byte: the server does not wait for the rest of it. */
    @ParameterizedTest(name = "{0}")
    @MethodSource("bytesThatAreNoFrame")
    void bytesThatAreNoFrameCloseTheirConnectionAndNoOther(String what, byte[] bytes) {
        Map<Reason, Long> before = server.refusals();
        try (WireClient mallory = server.connect("mallory")) {
            String id = mallory.register();
            mallory.send(send(id, bobsId, 1795372031, "this was fine"));
            bob.expectFrame(deliver(id, bobsId, 1795372031, "this was fine"));
            mallory.expectFrame(delivered(bobsId, 1795372031));

            mallory.send(bytes);
            mallory.expectClosed();
        }
        assertRefused(before, Reason.MALFORMED, 1);
        assertThatAnaAndBobStillTalk();
    }

    @Test
    void framesBeforeTheBrokenOneStillCount() {
        Map<Reason, Long> before = server.refusals();
        try (WireClient mallory = server.connect("mallory")) {
            String id = mallory.register();
            mallory.send(
                    send(id, bobsId, 1, "one") + send(id, bobsId, 2, "two") + "05oops" + send(id, bobsId, 3, "three"));
            bob.expectFrame(deliver(id, bobsId, 1, "one"));
            bob.expectFrame(deliver(id, bobsId, 2, "two"));
            assertThat(mallory.readToTheEnd()).doesNotContain("0000000003");
        }
        assertRefused(before, Reason.MALFORMED, 1);
        assertThatAnaAndBobStillTalk();
    }

    @Test
    void aNulInABatchWithTheMessagesOfOthersHarmsNoneOfThem() throws SQLException {
        Map<Reason, Long> before = server.refusals();
        try (WireClient cid = server.connect("cid")) {
            String cidsId = cid.register();
            double received = server.counter("zap.frames.received", "code", "05");
            server.whileNothingIsStored(() -> {
                for (int i = 0; i < 50; i++) {
                    ana.send(send(anasId, bobsId, i, "from Ana " + i));
                    cid.send(send(cidsId, bobsId, i, i % 10 == 3 ? "from\0Cid " + i : "from Cid " + i));
                }
                // What the writer has not taken yet waits, and will share the next commit.
                RunningServer.await(
                        "all have come", () -> server.counter("zap.frames.received", "code", "05") >= received + 100);
            });
            var fromAna = new ArrayList<String>();
            var fromCid = new ArrayList<String>();
            for (int i = 0; i < 95; i++) {
                String frame = bob.readFrame();
                (frame.startsWith("06" + anasId) ? fromAna : fromCid).add(frame);
            }
            var expectedFromAna = new ArrayList<String>();
            var expectedFromCid = new ArrayList<String>();
            for (int i = 0; i < 50; i++) {
                expectedFromAna.add(deliver(anasId, bobsId, i, "from Ana " + i));
                if (i % 10 != 3) {
                    expectedFromCid.add(deliver(cidsId, bobsId, i, "from Cid " + i));
                }
            }
            assertThat(fromAna).isEqualTo(expectedFromAna);
            assertThat(fromCid).isEqualTo(expectedFromCid);
            assertRefused(before, Reason.BAD_TEXT, 5);
        }
    }

    /** All that a session can be refused for and go on, in one write, between messages that are fine. */
    @Test
    void refusalsInOneWriteDropNothingButThemselves() {
        Map<Reason, Long> before = server.refusals();
        String nobody = "1000000000000";
        List<String> bad = List.of(
                "01",
                "03" + bobsId,
                "09" + bobsId + "1795372031",
                send(bobsId, bobsId, 1, "spoofed"),
                send(anasId, nobody, 1, "to nobody"),
                "08" + nobody + "1795372031",
                "10" + anasId + "1795372031" + " ".repeat(91),
                send(anasId, bobsId, 1, "a\0b"));
        var all = new StringBuilder();
        for (int i = 0; i < bad.size(); i++) {
            all.append(send(anasId, bobsId, 100 + i, "fine " + i)).append(bad.get(i));
        }
        ana.send(all.toString());
        for (int i = 0; i < bad.size(); i++) {
            bob.expectFrame(deliver(anasId, bobsId, 100 + i, "fine " + i));
        }
        bob.send(send(bobsId, bobsId, 1, "marker"));
        bob.expectFrame(deliver(bobsId, bobsId, 1, "marker"));

        var expected = new EnumMap<>(before);
        expected.merge(Reason.ALREADY_CONNECTED, 2L, Long::sum);
        expected.merge(Reason.NOT_YOURS_TO_SEND, 1L, Long::sum);
        expected.merge(Reason.SPOOFED, 1L, Long::sum);
        expected.merge(Reason.UNKNOWN_CLIENT, 2L, Long::sum);
        expected.merge(Reason.BAD_GROUP, 1L, Long::sum);
        expected.merge(Reason.BAD_TEXT, 1L, Long::sum);
        assertThat(server.refusals()).isEqualTo(expected);
    }

    private void assertRefused(Map<Reason, Long> before, Reason reason, int times) {
        var expected = new EnumMap<>(before);
        expected.merge(reason, (long) times, Long::sum);
        RunningServer.await("it is counted", () -> server.refusals(reason) >= expected.get(reason));
        assertThat(server.refusals()).isEqualTo(expected);
    }

    private void assertThatAnaAndBobStillTalk() {
        ana.send(send(anasId, bobsId, 1795372039, "still here"));
        bob.expectFrame(deliver(anasId, bobsId, 1795372039, "still here"));
        ana.expectFrame(delivered(bobsId, 1795372039));
    }
}
