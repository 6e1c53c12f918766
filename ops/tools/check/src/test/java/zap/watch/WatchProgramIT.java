package zap.watch;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import zap.watch.WireEvent.Kind;

/** The program: its words, its exit codes, and its recordings. */
class WatchProgramIT {

    private static final long TIME = 1_795_372_030_123_456L;

    @TempDir
    private Path folder;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    private int run(Locale locale, String... words) {
        return new WatchProgram(out, new PrintStream(err, true, UTF_8), locale, false, ZoneOffset.UTC, action -> {})
                .run(List.of(words));
    }

    private String err() {
        return err.toString(UTF_8);
    }

    private Path recording() throws IOException {
        Path file = folder.resolve("talk.zap");
        try (var writer = new SavedWire.Writer(file)) {
            writer.write(WireEvent.of(TIME, 0, Kind.LISTENING, "127.0.0.1:7000 → 127.0.0.1:7777"));
            writer.write(WireEvent.of(TIME, 1, Kind.OPENED, "127.0.0.1:4711"));
            writer.write(new WireEvent(TIME + 1_000, 1, Kind.CLIENT_BYTES, "01".getBytes(UTF_8)));
            writer.write(new WireEvent(TIME + 2_000, 1, Kind.SERVER_BYTES, "021000000000017".getBytes(UTF_8)));
            writer.write(WireEvent.of(TIME + 3_000, 1, Kind.CLOSED));
        }
        return file;
    }

    @Test
    void aRecordingIsShownWithItsTimes() throws IOException {
        assertThat(run(Locale.ROOT, recording().toString())).isZero();
        assertThat(out.toString(UTF_8))
                .isEqualTo("Watched since 2026-11-22 18:27:10: 127.0.0.1:7000 → 127.0.0.1:7777\n"
                        + "18:27:10.123   1 · connected: 127.0.0.1:4711\n"
                        + "18:27:10.124   1 → 01 register\n"
                        + "18:27:10.125   1 ← 02 registered  id=1000000000017\n"
                        + "18:27:10.126   1 · closed; from the client: frames 1, bytes 2;"
                        + " from the server: frames 1, bytes 15\n");
        assertThat(err()).isEmpty();
    }

    @Test
    void aRecordingIsShownToProgramsAndInColour() throws IOException {
        String file = recording().toString();
        assertThat(run(Locale.ROOT, file, "--json")).isZero();
        assertThat(out.toString(UTF_8).lines()).hasSize(5).allMatch(line -> line.startsWith("{\"time\":\"2026-11-22T"));
        out.reset();
        assertThat(run(Locale.ROOT, file, "--color=always")).isZero();
        assertThat(out.toString(UTF_8)).contains("\u001b[1;36m01 register\u001b[0m");
    }

    @Test
    void aDamagedRecordingIsShownUpToTheDamage() throws IOException {
        Path file = recording();
        byte[] whole = Files.readAllBytes(file);
        Files.write(file, Arrays.copyOf(whole, whole.length - 30));
        assertThat(run(Locale.ROOT, file.toString())).isEqualTo(65);
        assertThat(out.toString(UTF_8)).contains("02 registered");
        assertThat(err()).contains("was cut off at byte");

        whole[whole.length - 60] ^= 1;
        Files.write(file, whole);
        assertThat(run(Locale.forLanguageTag("pt-BR"), file.toString())).isEqualTo(65);
        assertThat(err()).contains("está danificado a partir do byte");

        Files.writeString(file, "not a recording");
        assertThat(run(Locale.ROOT, file.toString())).isEqualTo(65);
        assertThat(err()).contains("is no recording of zap watch");
        assertThat(run(Locale.ROOT, folder.resolve("nothing").toString())).isEqualTo(65);
        assertThat(err()).contains("There is no file");
        assertThat(run(Locale.ROOT, folder.toString())).isEqualTo(65);
    }

    @Test
    void aPortThatIsTakenAndAHostThatIsUnknownAreNamed() throws IOException {
        try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            String port = String.valueOf(taken.getLocalPort());
            assertThat(run(Locale.ROOT, "--listen", port, "--to", "127.0.0.1:1"))
                    .isEqualTo(69);
            assertThat(err()).contains("Port " + port + " cannot be listened on: another program has it");
        }
        assertThat(run(Locale.ROOT, "--listen", "0", "--to", "no-such-host.invalid:7777"))
                .isEqualTo(69);
        assertThat(err()).contains("There is no host");
    }

    @Test
    void aRecordingIsNeverOverwritten() throws IOException {
        String file = recording().toString();
        assertThat(run(Locale.ROOT, "--listen", "0", "--to", "127.0.0.1:1", "--save", file))
                .isEqualTo(73);
        assertThat(err()).contains("exists already");
        String nowhere = folder.resolve("no/such/folder").toString();
        assertThat(run(Locale.ROOT, "--listen", "0", "--to", "127.0.0.1:1", "--save", nowhere))
                .isEqualTo(73);
        assertThat(err()).contains("there is no such folder");
    }

    @Test
    void wrongWordsAreNamed() {
        assertThat(run(Locale.ROOT)).isEqualTo(64);
        assertThat(run(Locale.ROOT, "--listen", "7000")).isEqualTo(64);
        assertThat(run(Locale.ROOT, "--listen", "x", "--to", "a:1")).isEqualTo(64);
        assertThat(run(Locale.ROOT, "--listen", "0", "--to", "here")).isEqualTo(64);
        assertThat(run(Locale.ROOT, "--listen", "0", "--to", "a:1", "--fast")).isEqualTo(64);
        assertThat(run(Locale.ROOT, "--listen", "0", "--to", "a:1", "--cert", "x"))
                .isEqualTo(64);
        assertThat(run(Locale.ROOT, "--listen", "0", "--to", "a:1", "--wire", "x"))
                .isEqualTo(64);
        assertThat(run(Locale.ROOT, "--listen", "0", "--to", "a:1", "--color", "x"))
                .isEqualTo(64);
        assertThat(run(Locale.ROOT, "one", "two")).isEqualTo(64);
        assertThat(run(Locale.ROOT, "one", "--save", "two")).isEqualTo(64);
        assertThat(run(Locale.ROOT, "--listen", "0", "--to", "a:1", "--cert", "no.pem", "--key", "no.pem"))
                .isEqualTo(64);
        assertThat(err().lines()).hasSize(11).allMatch(line -> line.startsWith("zap watch: "));
        assertThat(run(Locale.ROOT, "--help")).isZero();
        assertThat(out.toString(UTF_8)).contains("--listen", "--save FILE");
    }
}
