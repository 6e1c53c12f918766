package zap.check;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Document;
import zap.check.server.LittleServer;
import zap.check.server.LittleServer.Mistake;

/** The program: its words, its exit codes, and its reports. */
class CheckProgramIT {

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    private int run(Locale locale, String... words) throws InterruptedException {
        return new CheckProgram(java.io.InputStream.nullInputStream(), print(out), print(err), locale, false)
                .run(List.of(words));
    }

    private static PrintStream print(ByteArrayOutputStream to) {
        return new PrintStream(to, true, StandardCharsets.UTF_8);
    }

    private String out() {
        return out.toString(StandardCharsets.UTF_8);
    }

    private String err() {
        return err.toString(StandardCharsets.UTF_8);
    }

    @Test
    void aFaultIsShownWithItsFramesAndWhatToLookAt(@TempDir Path folder) throws Exception {
        Path junit = folder.resolve("report.xml");
        Path html = folder.resolve("report.html");
        try (var server = new LittleServer(Mistake.OWN_CLOCK)) {
            assertThat(run(
                            Locale.ROOT,
                            "server",
                            "127.0.0.1:" + server.port(),
                            "--only=5.2,5.3",
                            "--junit",
                            junit.toString(),
                            "--html",
                            html.toString()))
                    .isEqualTo(1);
        }
        assertThat(out())
                .contains("✓ 5.2", "✗ 5.3", "← 07 delivered  dst=", "Copy the timestamp of the 05", "required: 1 of 2");
        Document xml = DocumentBuilderFactory.newInstance()
                .newDocumentBuilder()
                .parse(new ByteArrayInputStream(Files.readAllBytes(junit)));
        assertThat(xml.getElementsByTagName("testcase").getLength()).isEqualTo(2);
        assertThat(xml.getElementsByTagName("failure").getLength()).isEqualTo(1);
        assertThat(Files.readString(html)).contains("id=\"c5.3\"", "</html>").doesNotContain("http");
    }

    @Test
    void theReportForProgramsIsAlone() throws InterruptedException {
        try (var server = new LittleServer(Mistake.NONE)) {
            assertThat(run(Locale.ROOT, "server", "127.0.0.1:" + server.port(), "--only", "3.1", "--json"))
                    .isZero();
        }
        assertThat(out()).startsWith("{").endsWith("}\n").contains("\"number\": \"3.1\"", "\"result\": \"passed\"");
    }

    @Test
    void aBraziliansReportIsInPortuguese() throws InterruptedException {
        try (var server = new LittleServer(Mistake.NONE)) {
            assertThat(run(Locale.forLanguageTag("pt-BR"), "server", "127.0.0.1:" + server.port(), "--only", "3.1"))
                    .isZero();
        }
        assertThat(out()).contains("Uma mensagem para um cliente conectado chega como 06.", "obrigatório: 1 de 1");
    }

    @Test
    void aFailureOfARobustCheckIsNoFailureOfTheWhole() throws InterruptedException {
        try (var server = new LittleServer(Mistake.ONE_RECV)) {
            assertThat(run(Locale.ROOT, "server", "127.0.0.1:" + server.port(), "--only", "9.1"))
                    .isZero();
        }
        assertThat(out()).contains("✗ 9.1", "robust: 0 of 1");
    }

    @Test
    void aClosedPortIsNoServer() throws Exception {
        int port;
        try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = socket.getLocalPort();
        }
        assertThat(run(Locale.ROOT, "server", "127.0.0.1:" + port)).isEqualTo(69);
        assertThat(err()).contains("Nothing to check", "refused");
    }

    @Test
    void wrongWordsAreNamed() throws InterruptedException {
        assertThat(run(Locale.ROOT, "server")).isEqualTo(64);
        assertThat(run(Locale.ROOT, "server", "here")).isEqualTo(64);
        assertThat(run(Locale.ROOT, "server", "a:1", "--fast")).isEqualTo(64);
        assertThat(run(Locale.ROOT, "server", "a:1", "--only", "77")).isEqualTo(64);
        assertThat(run(Locale.ROOT, "server", "a:1", "--patience", "soon")).isEqualTo(64);
        assertThat(err().lines()).hasSize(5).allMatch(line -> line.startsWith("zap check: "));
        assertThat(run(Locale.ROOT, "--help")).isZero();
        assertThat(run(Locale.ROOT, "--list")).isZero();
        assertThat(out()).contains("--strict", "5.4    No 07 comes while the recipient is offline.  [expected]");
    }

    @Test
    void theWordsOfCheckClientAreLookedAt() throws InterruptedException {
        assertThat(run(Locale.ROOT, "client", "127.0.0.1:7777")).isEqualTo(64);
        assertThat(run(Locale.ROOT, "client", "--tls")).isEqualTo(64);
        assertThat(run(Locale.ROOT, "client", "--run", "true")).isEqualTo(64);
        assertThat(run(Locale.ROOT, "client", "--only", "C77")).isEqualTo(64);
        assertThat(run(Locale.ROOT, "server", "a:1", "--listen", "1")).isEqualTo(64);
        assertThat(run(Locale.ROOT, "client", "--listen", "nowhere")).isEqualTo(64);
        assertThat(err().lines()).hasSize(6).allMatch(line -> line.startsWith("zap check: "));
        assertThat(run(Locale.ROOT, "client", "--list")).isZero();
        assertThat(out()).contains("C6.4   No 08 is sent before its message was shown.  [expected]");
    }

    @Test
    void checksOfClientsAreChosenWithAndWithoutTheirLetter() throws InterruptedException {
        assertThat(run(Locale.ROOT, "client", "--list", "--only", "C6.4, 12")).isZero();
        assertThat(out().lines()).extracting(line -> line.split(" ", 2)[0]).containsExactly("C6.4", "C12.1");
    }
}
