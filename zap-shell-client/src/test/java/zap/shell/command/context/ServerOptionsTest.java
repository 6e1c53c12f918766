package zap.shell.command.context;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import zap.shell.store.Profile;
import zap.shell.store.ProfileDatabase;
import zap.shell.store.ProfileSettings;
import zap.shell.store.ProfileSettings.HostAndPort;
import zap.shell.store.ProfileSettings.Server;
import zap.shell.store.ProfileSettings.Tls;

/**
 * The server options before a command, applied to the profile's server: encryption stays on until an option turns it
 * off.
 */
class ServerOptionsTest {

    private static final String PIN = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
    private static final Server PLAIN = new Server("chat.example", 7777, false);
    private static final Server SEVERAL = new Server(
            List.of(
                    new HostAndPort("one.example", 7777),
                    new HostAndPort("::1", 9000),
                    new HostAndPort("two.example", 7777)),
            false,
            null);
    private static final Server ENCRYPTED = new Server("chat.example", 7779, false, new Tls("the CA", PIN));

    private static Server said(Server before, String... words) throws Exception {
        ServerOptions options = Invocation.of(words).server();
        return options == null ? before : options.resolve(before, file -> "text of " + file);
    }

    @Test
    void withoutAWordAllIsAsItWas() throws Exception {
        assertThat(said(PLAIN, "status")).isEqualTo(PLAIN);
        assertThat(said(ENCRYPTED, "--ascii", "status")).isEqualTo(ENCRYPTED);
    }

    @Test
    void theWishToEncryptNeedsNoAddressAndKnowsThePort() throws Exception {
        assertThat(said(Server.usual(), "--tls")).isEqualTo(new Server("localhost", 7779, false, Tls.USUAL));
        assertThat(said(PLAIN, "--tls")).isEqualTo(new Server("chat.example", 7779, false, Tls.USUAL));
        assertThat(said(new Server("chat.example", 9000, false), "--tls"))
                .isEqualTo(new Server("chat.example", 9000, false, Tls.USUAL));
        assertThat(said(new Server("chat.example", 7778, true), "--tls"))
                .isEqualTo(new Server("chat.example", 7779, false, Tls.USUAL));
        assertThat(said(PLAIN, "--tls", "--server", "other.example"))
                .isEqualTo(new Server("other.example", 7779, false, Tls.USUAL));
        assertThat(said(PLAIN, "--server", "zaps://other.example"))
                .isEqualTo(new Server("other.example", 7779, false, Tls.USUAL));
    }

    @Test
    void whomToTrustIsAWishToEncrypt() throws Exception {
        assertThat(said(PLAIN, "--ca", "ca.pem")).isEqualTo(encrypted("chat.example", "text of ca.pem", null));
        assertThat(said(PLAIN, "--pin", PIN)).isEqualTo(encrypted("chat.example", null, PIN));
        assertThat(said(PLAIN, "--pin=sha256//" + PIN)).isEqualTo(encrypted("chat.example", null, PIN));
    }

    @Test
    void whatIsEncryptedStaysSoWhereverItGoes() throws Exception {
        assertThat(said(ENCRYPTED, "--server", "chat.example:7779")).isEqualTo(ENCRYPTED);
        assertThat(said(ENCRYPTED, "--tls")).isEqualTo(ENCRYPTED);
        // A pin belongs to one server; trusted authorities do not.
        assertThat(said(ENCRYPTED, "--server", "other.example")).isEqualTo(encrypted("other.example", "the CA", null));
        assertThat(said(ENCRYPTED, "--ca", "other.pem")).isEqualTo(encrypted("chat.example", "text of other.pem", PIN));
    }

    @Test
    void aServerMayHaveSeveralAddresses() throws Exception {
        assertThat(said(PLAIN, "--server", "one.example,[::1]:9000,two.example:7777"))
                .isEqualTo(SEVERAL);
        assertThat(SEVERAL.address()).isEqualTo("one.example:7777,[::1]:9000,two.example:7777");
        assertThat(said(SEVERAL, "--tls").address()).isEqualTo("one.example:7779,[::1]:9000,two.example:7779");
        assertThat(said(PLAIN, "--server", "zaps://one.example,two.example").uri())
                .isEqualTo("zaps://one.example:7779,two.example:7779");
        assertThat(said(PLAIN, "--server", "one.example,one.example:7777").address())
                .isEqualTo("one.example:7777");
    }

    @Test
    void itEndsWhenSomebodySaysSo() throws Exception {
        assertThat(said(ENCRYPTED, "--no-tls")).isEqualTo(PLAIN);
        assertThat(said(ENCRYPTED, "--no-tls", "--server", "other.example:9000"))
                .isEqualTo(new Server("other.example", 9000, false));
        assertThat(said(ENCRYPTED, "--server", "zap://other.example"))
                .isEqualTo(new Server("other.example", 7777, false));
        assertThat(said(ENCRYPTED, "--no-tls", "--wire", "recv")).isEqualTo(new Server("chat.example", 7778, true));
        assertThat(said(ENCRYPTED, "--ca", "system", "--pin", "none")).isEqualTo(encrypted("chat.example", null, null));
    }

    @Test
    void shortFramesAreNotSpokenInsteadOfWhatWasEncrypted() {
        assertThatThrownBy(() -> said(ENCRYPTED, "--wire", "recv"))
                .isInstanceOf(ServerOptions.NotEncryptedException.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--tls --no-tls",
                "--no-tls --ca ca.pem",
                "--no-tls --pin " + PIN,
                "--tls --wire recv",
                "--pin tooshort",
                "--pin AAAA",
                "--pin",
                "--ca",
                "--server zaps://:7779",
                "--server one.example,",
                "--server ,two.example",
                "--server a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q",
                "--server zaps://host:99999"
            })
    void whatCannotBeIsNotGuessedAt(String words) {
        assertThatThrownBy(() -> Invocation.of(words.split(" "))).isInstanceOf(Invocation.Unreadable.class);
    }

    @Test
    void theProfileRemembersIt(@TempDir Path home) throws IOException {
        Profile profile = Profile.named("ana", Map.of("ZAP_HOME", home.toString()), home);
        profile.make();
        try (ProfileDatabase database = ProfileDatabase.open(profile)) {
            var settings = new ProfileSettings(database);
            for (Server server : new Server[] {
                ENCRYPTED,
                encrypted("chat.example", null, null),
                encrypted("::1", "the CA", null),
                PLAIN,
                SEVERAL,
                new Server("chat.example", 7778, true)
            }) {
                settings.server(server);
                assertThat(settings.server()).contains(server);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"zaps://localhost:7779, true", "zaps://[::1]:7779, true", "chat.example:7777, false"})
    void anAddressSaysWhetherItIsEncrypted(String uri, boolean encrypted) {
        Server server = Server.parse(uri, false);
        assertThat(server.tls() != null).isEqualTo(encrypted);
        assertThat(server.uri()).isEqualTo(uri);
    }

    private static Server encrypted(String host, String authorities, String pin) {
        return new Server(host, 7779, false, new Tls(authorities, pin));
    }
}
