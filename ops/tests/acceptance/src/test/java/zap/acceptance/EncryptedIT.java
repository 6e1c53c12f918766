package zap.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.stream.Stream;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import zap.server.testing.TestAuthority;
import zap.server.testing.WireClient;

/**
 * The client over TLS: with the real server and what {@code ./zap certs} has made for it, and with servers that are not
 * what they should be.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class EncryptedIT {

    private Path home;
    private TestAuthority authority;
    private final List<Greeter> greeters = new ArrayList<>();

    @BeforeAll
    void authority(@TempDir Path home) {
        this.home = home;
        this.authority = new TestAuthority(home.resolve("authority"), "Honest CA");
    }

    @AfterAll
    void end() throws IOException {
        for (Greeter greeter : greeters) {
            greeter.close();
        }
    }

    /** A server that shakes hands, and says nothing more. */
    private static final class Greeter implements AutoCloseable {

        private final SSLServerSocket socket;

        Greeter(TestAuthority.Issued issued) throws IOException {
            socket = (SSLServerSocket) issued.server()
                    .getServerSocketFactory()
                    .createServerSocket(0, 50, InetAddress.getByName("127.0.0.1"));
            Thread.ofVirtual().start(this::accept);
        }

        int port() {
            return socket.getLocalPort();
        }

        private void accept() {
            while (!socket.isClosed()) {
                try {
                    Socket accepted = socket.accept();
                    Thread.ofVirtual().start(() -> greet(accepted));
                } catch (IOException e) {
                    // closed
                }
            }
        }

        private static void greet(Socket accepted) {
            try (accepted) {
                ((SSLSocket) accepted).startHandshake();
                accepted.getInputStream().read();
            } catch (IOException e) {
                // The client does not like us.
            }
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }

    @Test
    void whoIsEncryptedStaysSoAndSaysSo() {
        Person ana = Person.at(home, "ana");
        assertThat(ana.answer(
                        "--server", RealServer.encryptedAddress(), "--tls", "--ca", RealServer.authority(), "register"))
                .startsWith("You are ");
        try (WireClient bob = RealServer.connect("bob")) {
            String bobsId = bob.register();
            // What was said once is remembered.
            assertThat(ana.answer("send", "--quiet", bobsId, "psst")).isEmpty();
            assertThat(bob.readFrame().stripTrailing()).startsWith("06").endsWith("psst");
        }
        Outcome looked = ana.zap(Person.utf8("doctor\nstatus --json\n"));
        assertThat(looked.status()).as(looked.toString()).isZero();
        assertThat(looked.out())
                .contains("\"encrypted\":true")
                .contains("✓ The server: " + RealServer.encryptedAddress())
                .contains("✓ Encrypted: TLSv1.3")
                .containsPattern("✓ The certificate: for localhost, 127\\.0\\.0\\.1, .*; 36[45] more days, until ")
                .containsPattern("The server's key \\(for --pin\\): [A-Za-z0-9+/]{43}=");
        try (TerminalWindow window = ana.session()) {
            window.shows("online ❯")
                    .enter("status")
                    .showsLine("Encrypted: TLSv1\\.3; the certificate is valid for 36[45] more days");
            window.type(TerminalWindow.CTRL_D);
            assertThat(window.exitCode()).isZero();
        }

        // Another server of the same profile is not spoken to in the clear because nobody thought of it.
        Outcome elsewhere = ana.zap("--server", RealServer.address(), "connect");
        assertThat(elsewhere.status()).as(elsewhere.toString()).isEqualTo(76);
        assertThat(elsewhere.err()).contains("there is no TLS on that port");
        Outcome read = ana.zap("--server", RealServer.address(), "read");
        assertThat(read.status()).as(read.toString()).isEqualTo(76);
        assertThat(read.err())
                .contains("there is no TLS on that port")
                .contains("Only messages that arrived earlier are shown");
        assertThat(ana.answer("--no-tls", "--server", RealServer.address(), "connect"))
                .startsWith("Connected: ");
    }

    @Test
    void whoIsNotEncryptedIsToldWhereTheServerIs() {
        Outcome outcome = Person.at(home, "plain").zap("--server", RealServer.encryptedAddress(), "register");
        assertThat(outcome.status()).isEqualTo(69);
        assertThat(outcome.err()).contains("it accepts only TLS; use --tls");
    }

    /**
     * A server that is not to be trusted.
     *
     * @param server what it shows
     * @param trust what the client is told about that, besides where it is
     * @param says a part of what the client says
     */
    record Case(String name, TestAuthority.Issued server, List<String> trust, String says) {
        @Override
        public String toString() {
            return name;
        }
    }

    Stream<Case> cases() throws NoSuchAlgorithmException {
        List<String> honest = List.of("--ca", authority.certificate().toString());
        var mallory = new TestAuthority(home.resolve("mallory"), "Mallory's CA");
        TestAuthority.Issued good = authority.forLocalhost();
        return Stream.of(
                new Case(
                        "expired",
                        authority.issue("dns:localhost", "-startdate", "-10d", "-validity", "3"),
                        honest,
                        "its certificate expired on "),
                new Case(
                        "not yet valid",
                        authority.issue("dns:localhost", "-startdate", "+3d"),
                        honest,
                        "its certificate is not valid before "),
                new Case(
                        "somebody else's",
                        authority.issue("dns:elsewhere.example,dns:other.example"),
                        honest,
                        "its certificate is not for localhost, but for elsewhere.example, other.example."),
                new Case(
                        "signed by somebody else",
                        mallory.forLocalhost(),
                        honest,
                        "signed by \"Mallory's CA\", not by the issuer given with --ca"),
                new Case(
                        "signed by nobody whom the system knows",
                        good,
                        List.of("--tls"),
                        "signed by \"Honest CA\", which this computer does not trust."),
                new Case(
                        "with another key",
                        good,
                        Stream.concat(honest.stream(), Stream.of("--pin", pin(mallory.forLocalhost())))
                                .toList(),
                        "its key is not the pinned one, but " + pin(good)));
    }

    private static String pin(TestAuthority.Issued issued) throws NoSuchAlgorithmException {
        byte[] key = issued.x509().getPublicKey().getEncoded();
        return Base64.getEncoder()
                .encodeToString(MessageDigest.getInstance("SHA-256").digest(key));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void aServerThatCannotBeTrustedIsNotSpokenToAndTheReasonIsSaid(Case untrusted) throws IOException {
        Outcome outcome = Person.at(home, untrusted.name().replaceAll("\\W", "-"))
                .zap(words(greeter(untrusted.server()), untrusted.trust(), "register"));
        assertThat(outcome.status()).as(outcome.toString()).isEqualTo(76);
        assertThat(outcome.err()).contains(untrusted.says()).hasLineCount(1);
        assertThat(outcome.out()).isEmpty();
    }

    @Test
    void theRightPinIsNoTroubleAndAMessageWaitsForAServerThatCanBeTrusted() throws Exception {
        Person ana = Person.at(home, "pinned").with("ZAP_LANG", "pt_BR");
        String pin = Stream.of(
                        ana.zap("--server", RealServer.encryptedAddress(), "--ca", RealServer.authority(), "doctor")
                                .out()
                                .split("\n"))
                .filter(line -> line.contains("--pin"))
                .map(line -> line.substring(line.lastIndexOf(' ') + 1))
                .findFirst()
                .orElseThrow();
        assertThat(ana.answer(
                        "--server",
                        RealServer.encryptedAddress(),
                        "--ca",
                        RealServer.authority(),
                        "--pin",
                        pin,
                        "register"))
                .startsWith("Você é ");

        Greeter mallory = greeter(authority.forLocalhost());
        Outcome kept = ana.zap(words(mallory, List.of("--pin", pin), "send", "1999999999999", "oi"));
        assertThat(kept.status()).as(kept.toString()).isEqualTo(75);
        assertThat(kept.err())
                .contains("Ainda não enviada: sem conexão criptografada", "e não pelo emissor indicado com --ca");
    }

    private Greeter greeter(TestAuthority.Issued issued) throws IOException {
        var greeter = new Greeter(issued);
        synchronized (greeters) {
            greeters.add(greeter);
        }
        return greeter;
    }

    private static String[] words(Greeter server, List<String> trust, String... command) {
        var words = new ArrayList<>(List.of("--server", "localhost:" + server.port()));
        words.addAll(trust);
        words.addAll(List.of(command));
        return words.toArray(String[]::new);
    }
}
