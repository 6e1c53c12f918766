package zap.shell.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.ConnectException;
import java.net.SocketTimeoutException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.shell.core.InputReader;
import org.springframework.shell.core.command.CommandContext;
import org.springframework.shell.core.command.CommandRegistry;
import org.springframework.shell.core.command.ParsedInput;
import zap.protocol.ClientId;
import zap.shell.chat.ClientListener;
import zap.shell.command.context.RefusedCommandException;
import zap.shell.command.context.ShellContext;
import zap.shell.command.context.ShellForTest;
import zap.shell.command.view.LiveView;
import zap.shell.connection.ServerAddress;
import zap.shell.connection.ServerAddresses;
import zap.shell.identity.IdentityKey;
import zap.shell.store.ProfileSettings;
import zap.shell.store.ProfileSettings.HostAndPort;

/** Tests that people see which of several addresses is used, and which ones were tried. */
class SeveralAddressesTest {

    private static final ClientId ME = ClientId.parse("1000000000001");
    private static final ServerAddress ONE = ServerAddresses.of("one.example", "192.0.2.1", false);
    private static final ServerAddress TWO = ServerAddresses.of("two.example", "192.0.2.2", false);
    private static final ServerAddress OF_A_NAME = ServerAddresses.of("one.example", "192.0.2.1", true);
    private static final ServerAddress ANOTHER_OF_IT = ServerAddresses.of("one.example", "192.0.2.3", true);
    private static final ProfileSettings.Server SINGLE = new ProfileSettings.Server("one.example", 7777, false);
    private static final ProfileSettings.Server SEVERAL = new ProfileSettings.Server(
            List.of(new HostAndPort("one.example", 7777), new HostAndPort("two.example", 7777)), false, null);

    @TempDir
    Path home;

    private final StringWriter out = new StringWriter();

    private ShellContext shellContext(FakeServer network, ProfileSettings.Server server, Locale language) {
        ShellContext shell =
                ShellForTest.in(home).network(network).language(language).build();
        shell.client().adopt(server, ME, IdentityKey.generate());
        shell.client().settings().assured(server);
        return shell;
    }

    private CommandContext context(String command) {
        return new CommandContext(
                ParsedInput.builder().commandName(command).build(),
                new CommandRegistry(),
                new PrintWriter(out),
                new InputReader() {});
    }

    private static SessionCommands commands(ShellContext shell) {
        return new SessionCommands(shell, new LiveView(shell));
    }

    private String output() {
        String said = out.toString();
        out.getBuffer().setLength(0);
        return said;
    }

    @Test
    void connectStatusAndDoctorNameTheAddressInUse() throws Exception {
        try (ShellContext shell = shellContext(FakeServer.willing(ME).at(TWO), SEVERAL, Locale.ENGLISH)) {
            commands(shell).connect(context("connect"), false);
            assertThat(output()).startsWith("Connected to two.example:7777: 0 new messages in 0 chats.");
            commands(shell).connect(context("connect"), true);
            assertThat(output()).contains("\"address\":\"two.example:7777\"");
            new DoctorCommands(shell, new LiveView(shell)).doctor(context("doctor"));
            assertThat(output())
                    .contains("one.example:7777,two.example:7777; connected to two.example:7777")
                    .contains("Online at two.example:7777\n");
            shell.client().open(ClientListener.NOBODY, state -> {});
            shell.client().await(Duration.ofSeconds(10), shell.client()::isCaughtUp);
            commands(shell).status(context("status"), false);
            assertThat(output()).contains("Online at two.example:7777\n");
            commands(shell).status(context("status"), true);
            assertThat(output())
                    .contains("\"server\":\"one.example:7777,two.example:7777\"", "\"address\":\"two.example:7777\"");
        }
    }

    @Test
    void ofANameWithSeveralAddressesTheOneInUseIsNamed() throws Exception {
        try (ShellContext shell =
                shellContext(FakeServer.willing(ME).at(OF_A_NAME), SINGLE, Locale.forLanguageTag("pt-BR"))) {
            commands(shell).connect(context("connect"), false);
            assertThat(output()).startsWith("Conectado a one.example:7777 (192.0.2.1): ");
            new DoctorCommands(shell, new LiveView(shell)).doctor(context("doctor"));
            assertThat(output()).contains("one.example:7777; conectado a one.example:7777 (192.0.2.1)");
        }
    }

    @Test
    void aSingleAddressIsNotWorthAWord() throws Exception {
        try (ShellContext shell = shellContext(FakeServer.willing(ME).at(ONE), SINGLE, Locale.ENGLISH)) {
            commands(shell).connect(context("connect"), false);
            assertThat(output()).startsWith("Connected: 0 new messages in 0 chats.");
            new DoctorCommands(shell, new LiveView(shell)).doctor(context("doctor"));
            assertThat(output()).contains("The server: one.example:7777\n");
        }
    }

    private String refusal(ProfileSettings.Server server, ServerAddress second, IOException ofTheSecond)
            throws Exception {
        var failures = new LinkedHashMap<ServerAddress, IOException>();
        failures.put(second.equals(TWO) ? ONE : OF_A_NAME, new ConnectException("refused"));
        failures.put(second, ofTheSecond);
        FakeServer network = FakeServer.failing(() -> {
            throw ServerAddresses.exception(failures);
        });
        try (ShellContext shell = shellContext(network, server, Locale.ENGLISH)) {
            RefusedCommandException refusal = catchThrowableOfType(
                    RefusedCommandException.class, () -> commands(shell).connect(context("connect"), false));
            return String.valueOf(refusal.getMessage());
        }
    }

    @Test
    void aFailureSaysWhatWasTriedWhereTheAddressAloneDoesNot() throws Exception {
        assertThat(refusal(SEVERAL, TWO, new ConnectException("refused")))
                .startsWith("No connection to one.example:7777,two.example:7777: "
                        + "connection refused; no server is listening there. ");
        assertThat(refusal(SEVERAL, TWO, new SocketTimeoutException()))
                .startsWith("No connection to one.example:7777,two.example:7777: "
                        + "connection refused; no server is listening there (one.example:7777); "
                        + "timeout, no answer (two.example:7777). ");
        assertThat(refusal(SINGLE, ANOTHER_OF_IT, new ConnectException("refused")))
                .startsWith("No connection to one.example:7777: connection refused; no server is listening there "
                        + "(192.0.2.1:7777, 192.0.2.3:7777). ");
    }
}
