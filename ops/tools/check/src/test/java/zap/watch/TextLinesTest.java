package zap.watch;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.Test;
import zap.kit.KitTexts;
import zap.kit.Shown;
import zap.watch.WireEvent.Kind;

/** The lines that people see, and those for programs. */
class TextLinesTest {

    private static final String ANA = "1000000000017";
    private static final String BOB = "1739250018846";
    private static final String NOW = "1795372030";
    private static final String SEND = "05" + ANA + BOB + NOW;
    private static final long TIME = 1_795_372_030_123_456L;
    private static final Locale BRAZIL = Locale.forLanguageTag("pt-BR");

    private static TextLines plain() {
        return new TextLines(texts(Locale.ROOT), false, ZoneOffset.UTC);
    }

    private static KitTexts texts(Locale locale) {
        return new KitTexts("zap.watch.messages", locale);
    }

    private static String show(LineView view, FrameWidths widths, Side side, byte[]... chunks) {
        var lines = new StringBuilder();
        var dissection = new Dissection(widths, sighting -> lines.append(view.lines(sighting)));
        long micros = TIME;
        for (byte[] chunk : chunks) {
            dissection.accept(new WireEvent(micros, 7, Kind.bytesFrom(side), chunk));
            micros += 10_000_000;
        }
        dissection.accept(WireEvent.of(micros, 7, Kind.CLOSED));
        String over = lines.substring(lines.lastIndexOf("\n", lines.length() - 2) + 1);
        assertThat(over).containsAnyOf("closed", "fim da conex");
        return lines.substring(0, lines.length() - over.length());
    }

    private static String show(LineView view, Side side, String... chunks) {
        var bytes = new ArrayList<byte[]>();
        for (String chunk : chunks) {
            bytes.add(chunk.getBytes(UTF_8));
        }
        return show(view, FrameWidths.FULL, side, bytes.toArray(byte[][]::new));
    }

    private static String padded(String text) {
        return text + " ".repeat(256 - text.codePointCount(0, text.length()));
    }

    @Test
    void aFrameIsOneLineWithItsFieldsByName() {
        assertThat(show(plain(), Side.CLIENT, padded(SEND + "olá, mundo")))
                .isEqualTo("18:27:10.123   7 → 05 send  src=1000000000017  dst=1739250018846"
                        + "  timestamp=1795372030  data=\"olá, mundo\"+208␠\n");
        assertThat(show(plain(), Side.SERVER, "390000000000000000014006"))
                .isEqualTo("18:27:10.123   7 ← 39 refused  ordinal=14  reason=006 UNKNOWN_CLIENT\n");
    }

    @Test
    void everyGoldenFrameIsOneLine() {
        for (WatchedFrame golden : WatchedFrame.all()) {
            String line = show(plain(), FrameWidths.FULL, golden.from(), golden.bytes());
            assertThat(line.lines()).as(golden.name()).hasSize(1);
            assertThat(line).contains(golden.type().code() + " " + golden.type().title());
            golden.type().fields().forEach(field -> assertThat(line).contains("  " + field.name() + "="));
            assertThat(line).as(golden.name()).doesNotContain("(only a");
        }
    }

    @Test
    void aFrameFromTheWrongSideIsMarked() {
        assertThat(show(plain(), Side.CLIENT, "07" + BOB + NOW)).contains("(only a server sends this)");
        assertThat(show(plain(), Side.SERVER, padded(SEND))).contains("(only a client sends this)");
        assertThat(show(plain(), Side.CLIENT, "3001")).contains("(only version 02 is known here");
        assertThat(show(plain(), Side.CLIENT, "3002")).doesNotContain("known here");
    }

    @Test
    void foreignTextDoesNothingToTheTerminal() {
        String line = show(plain(), Side.CLIENT, padded(SEND + "\u001b]0;owned\u0007\u009b2J\u202e\n\r\0\u2028x"));
        assertThat(line.lines()).hasSize(1);
        assertThat(line).contains("\\u{1b}]0;owned\\u{7}\\u{9b}2J\\u{202e}\\n\\r\\u{0}\\u{2028}x");
    }

    @Test
    void randomBytesNeverActOnTheTerminal() {
        for (long seed = 0; seed < 300; seed++) {
            RandomGenerator random =
                    RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
            byte[] bytes = new byte[random.nextInt(1, 600)];
            random.nextBytes(bytes);
            byte[] text = (SEND + new String(bytes, ISO_8859_1)).getBytes(UTF_8);
            for (LineView view : List.of(plain(), new JsonLines(texts(Locale.ROOT)))) {
                for (FrameWidths widths : FrameWidths.values()) {
                    String lines = show(view, widths, Side.CLIENT, bytes, text, bytes, "01".getBytes(UTF_8));
                    assertThat(lines.codePoints().filter(c -> c != '\n').noneMatch(Shown::isTreacherous))
                            .as("seed %d", seed)
                            .isTrue();
                }
            }
        }
    }

    @Test
    void theWrongByteHasACaretBelowIt() {
        assertThat(show(plain(), Side.SERVER, "02Client-000001\n").lines())
                .containsExactly(
                        "18:27:10.123   7 ← no frame: byte 2 of 02 registered, field id: \"C\" where a digit from 0 to 9"
                                + " belongs (byte 2 of the stream)",
                        "                     30 32 43 6c 69 65 6e 74 2d 30 30 30 30 30 31 0a   02Client-000001·",
                        "                           ^^                                            ^",
                        "                     An id is 13 digits, and no letters.");
    }

    @Test
    void knownStrangersAreNamed() {
        assertThat(show(plain(), Side.SERVER, "HTTP/1.1 400 Bad Request\r\n"))
                .contains("This is a web server's answer");
        assertThat(show(plain(), Side.CLIENT, "GET / HTTP/1.1\r\n")).contains("request of a browser");
        assertThat(show(plain(), FrameWidths.UNKNOWN, Side.CLIENT, new byte[] {0x16, 3, 1, 2, 0}))
                .contains("The client speaks TLS");
        assertThat(show(plain(), FrameWidths.UNKNOWN, Side.SERVER, new byte[] {0x15, 3, 3, 0, 2, 2, 70}))
                .contains("The server speaks TLS: add --tls.");
        assertThat(show(plain(), Side.SERVER, "SSH-2.0-OpenSSH\r\n")).contains("SSH server");
        assertThat(show(plain(), Side.SERVER, "welcome\n")).contains("Each frame begins with the two digits");
        assertThat(show(plain(), FrameWidths.FULL, Side.CLIENT, (SEND + "ol\u00e9 ").getBytes(ISO_8859_1)))
                .contains("0xe9, which is not UTF-8 here", "Texts are UTF-8.");
    }

    @Test
    void halfAFrameIsToldAfterAWhileAndAtTheEnd() {
        String lines = show(plain(), Side.CLIENT, SEND, "oi" + " ".repeat(216), "0");
        assertThat(lines.lines().map(line -> line.substring(19)))
                .containsExactly(
                        "half a frame: 05 send has 38 of 256 characters, and nothing more has come for 2 s",
                        "05 send  src=1000000000017  dst=1739250018846  timestamp=1795372030  data=\"oi\"+216␠",
                        "half a frame: only \"0\", and nothing more has come for 2 s",
                        "cut off: only \"0\" came of a frame");
    }

    @Test
    void coloursAreOnlyWhereTheyAreWanted() {
        var colourful = new TextLines(texts(Locale.ROOT), true, ZoneOffset.UTC);
        String line = show(colourful, Side.CLIENT, padded(SEND + "oi"));
        assertThat(line).contains("\u001b[1;36m05 send\u001b[0m", "\u001b[1m\"oi\"+216␠\u001b[0m");
        assertThat(line.replaceAll("\u001b\\[[0-9;]*m", "")).isEqualTo(show(plain(), Side.CLIENT, padded(SEND + "oi")));
    }

    @Test
    void aBrazilianReadsPortuguese() {
        var lines = new TextLines(texts(BRAZIL), false, ZoneOffset.UTC);
        assertThat(show(lines, Side.SERVER, "02Client\n"))
                .contains("não é um quadro", "\"C\" onde deveria haver um dígito de 0 a 9", "Um id tem 13 dígitos");
    }

    @Test
    void connectionsComeAndGo() {
        assertThat(happened(Kind.OPENED, "127.0.0.1:4711")).endsWith("  7 · connected: 127.0.0.1:4711\n");
        assertThat(happened(Kind.CLIENT_ENDED, ""))
                .endsWith("→ the client has ended its side, and may still receive\n");
        assertThat(happened(Kind.SERVER_ENDED, WireEvent.WITHOUT_GOODBYE))
                .endsWith("(without the notice that TLS asks for)\n");
        assertThat(happened(Kind.SERVER_RESET, "")).endsWith("← the server has reset the connection\n");
        assertThat(happened(Kind.UNREACHABLE, "refused Connection refused"))
                .endsWith("· cannot connect to the server: connection refused; no server is listening there\n");
        assertThat(happened(Kind.SERVER_HANDSHAKE, "no-tls Unsupported")).contains("leave --tls out");
        assertThat(happened(Kind.CLIENT_HANDSHAKE, "alert \u001b[31m")).contains("\\u{1b}[31m");
        assertThat(happened(Kind.TOO_MANY, "2000")).contains("2000 connections are open already");
    }

    private static String happened(Kind kind, String text) {
        var lines = new StringBuilder();
        new Dissection(FrameWidths.FULL, sighting -> lines.append(plain().lines(sighting)))
                .accept(WireEvent.of(TIME, 7, kind, text));
        return lines.toString();
    }

    @Test
    void anObjectALineForPrograms() {
        var json = new JsonLines(texts(Locale.ROOT));
        assertThat(show(json, Side.CLIENT, padded(SEND + "say \"oi\"\n\u001b")))
                .isEqualTo(
                        "{\"time\":\"2026-11-22T18:27:10.123456Z\",\"connection\":7,\"event\":\"frame\",\"from\":\"client\","
                                + "\"code\":\"05\",\"name\":\"send\",\"fields\":{\"src\":\"1000000000017\",\"dst\":\"1739250018846\","
                                + "\"timestamp\":\"1795372030\",\"data\":\"say \\\"oi\\\"\\n\\u001b\"},"
                                + "\"offset\":0,\"bytes\":256,\"padded\":true}\n");
        assertThat(show(json, Side.SERVER, "11" + ANA + NOW + ANA + BOB + " ".repeat(78)))
                .contains("\"members\":[\"1000000000017\",\"1739250018846\"]");
        assertThat(show(json, Side.SERVER, "02Client\n"))
                .contains(
                        "\"event\":\"no-frame\"",
                        "\"field\":\"id\"",
                        "\"fault\":\"not-a-digit\"",
                        "\"at\":2",
                        "\"hex\":\"3032");
    }
}
