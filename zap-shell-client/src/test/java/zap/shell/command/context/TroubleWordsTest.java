package zap.shell.command.context;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import zap.shell.connection.ServerConnection;
import zap.shell.connection.TlsFault;

/** The texts about problems of a connection. */
class TroubleWordsTest {

    private static final Instant WHEN = Instant.parse("2026-11-23T12:00:00Z");

    @TempDir
    private Path home;

    private ShellContext shellContext(String language) throws Exception {
        return ShellForTest.in(home)
                .profile("ana")
                .language(Locale.forLanguageTag(language))
                .build();
    }

    @ParameterizedTest
    @EnumSource
    void everyTroubleHasWords(ServerConnection.ConnectionProblem trouble) throws Exception {
        assertThat(shellContext("en").trouble(trouble, null)).isNotBlank();
    }

    @ParameterizedTest
    @ValueSource(strings = {"en", "pt-BR"})
    void everyFaultOfTheEncryptionSaysWhatIsWrongAndNothingIsLeftOpen(String language) throws Exception {
        ShellContext shell = shellContext(language);
        assertThat(shell.trouble(new TlsFault.Expired(WHEN))).contains("2026-11-23");
        assertThat(shell.trouble(new TlsFault.NotYetValid(WHEN))).contains("2026-11-23");
        assertThat(shell.trouble(new TlsFault.OtherName("here", List.of("there", "elsewhere"))))
                .contains("here", "there, elsewhere", "--server");
        assertThat(shell.trouble(new TlsFault.UnknownIssuer("Mallory", false))).contains("\"Mallory\"", "--ca");
        assertThat(shell.trouble(new TlsFault.UnknownIssuer("Mallory", true))).contains("\"Mallory\"", "--ca");
        assertThat(shell.trouble(new TlsFault.OtherKey("abc="))).contains("abc=", "--pin");
        assertThat(shell.trouble(new TlsFault.Unusable("MD5"))).contains("MD5");
        assertThat(shell.trouble(new TlsFault.NoTls())).contains("7779");
        assertThat(shell.trouble(new TlsFault.NotAgreed("protocol_version"))).contains("protocol_version");
        for (TlsFault fault : List.of(new TlsFault.Expired(WHEN), new TlsFault.OtherName("a", List.of("b")))) {
            assertThat(shell.trouble(fault)).doesNotContain("{");
        }
    }

    @Test
    void aNameInACertificateDoesNotGetToWriteOnTheScreen() throws Exception {
        String escape = "\u001b[2J";
        assertThat(shellContext("en").trouble(new TlsFault.UnknownIssuer(escape, false)))
                .doesNotContain(escape);
        assertThat(shellContext("en").trouble(new TlsFault.OtherName("a", List.of(escape))))
                .doesNotContain(escape);
    }
}
