package zap.shell.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jline.terminal.Terminal;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.support.StaticListableBeanFactory;
import org.springframework.dao.DataAccessResourceFailureException;
import org.springframework.shell.core.InputReader;
import org.springframework.shell.core.command.CommandArgument;
import org.springframework.shell.core.command.CommandContext;
import org.springframework.shell.core.command.CommandRegistry;
import org.springframework.shell.core.command.ParsedInput;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;
import zap.protocol.ClientId;
import zap.protocol.Frame;
import zap.protocol.GroupId;
import zap.protocol.PosixTime;
import zap.protocol.Reason;
import zap.shell.chat.ClientListener;
import zap.shell.chat.ProfileClient;
import zap.shell.command.context.ExitCode;
import zap.shell.command.context.RefusedCommandException;
import zap.shell.command.context.ShellContext;
import zap.shell.command.context.ShellForTest;
import zap.shell.command.context.Texts;
import zap.shell.command.view.LiveView;
import zap.shell.connection.ServerConnection;
import zap.shell.connection.SessionStart;
import zap.shell.connection.TlsFault;
import zap.shell.connection.TlsFaults;
import zap.shell.identity.IdentityKey;
import zap.shell.store.IncomingMessages;
import zap.shell.store.Messages.DeliveryState;
import zap.shell.store.Messages.Message;
import zap.shell.store.People.Group;
import zap.shell.store.ProfileSettings;
import zap.shell.store.StoreFault;

/** The sentences and exit codes of commands without a session, all as docs/client.md lists them. */
class FailedSessionsTest {

    private static final ClientId ME = ClientId.parse("1000000000001");
    private static final ClientId BOB = ClientId.parse("1000000000002");
    private static final ClientId FRESH = ClientId.parse("1000000000009");
    private static final GroupId TRIP = new GroupId(2_000_000_000_001L);
    private static final Instant NOW = Instant.parse("2027-01-31T12:00:00Z");
    private static final ProfileSettings.Server SERVER = new ProfileSettings.Server("zap.example", 7777, false);
    private static final TlsFault FAULT = new TlsFault.NoTls();

    /** Rows of the two tables: a key, its English and Portuguese text, the occasion, and the exit code. */
    private static final Pattern ROW =
            Pattern.compile("(?m)^\\| `([a-z_.-]+)` \\| (.+?) \\| (.+?) \\| .+? \\| ([^|]*) \\|$");

    @TempDir
    Path home;

    private final StringWriter out = new StringWriter();

    private ShellContext shellContext(ProfileClient.Network network) {
        return shellContext(network, Locale.ENGLISH);
    }

    private ShellContext shellContext(ProfileClient.Network network, Locale language) {
        return ShellForTest.in(home).network(network).language(language).build();
    }

    /** Registers the profile at the server, as an assured one. */
    private static ShellContext registered(ShellContext shell) {
        shell.client().adopt(SERVER, ME, IdentityKey.generate());
        shell.client().settings().assured(SERVER);
        shell.client().people().name(BOB, "bob");
        return shell;
    }

    private CommandContext context(String command, String... arguments) {
        var parsed = ParsedInput.builder().commandName(command);
        for (int i = 0; i < arguments.length; i++) {
            parsed.addArgument(new CommandArgument(i, arguments[i]));
        }
        return new CommandContext(parsed.build(), new CommandRegistry(), new PrintWriter(out), new InputReader() {});
    }

    private static SessionCommands commands(ShellContext shell) {
        return new SessionCommands(shell, new LiveView(shell));
    }

    private interface Call {
        void run() throws Exception;
    }

    private static RefusedCommandException refusalOf(Call call) {
        RefusedCommandException refusal = catchThrowableOfType(RefusedCommandException.class, call::run);
        assertThat(refusal).isNotNull();
        return refusal;
    }

    private RefusedCommandException connect(ShellContext shell) {
        return refusalOf(() -> commands(shell).connect(context("connect"), false));
    }

    private RefusedCommandException doctor(ShellContext shell) {
        return refusalOf(() -> new DoctorCommands(shell, new LiveView(shell)).doctor(context("doctor")));
    }

    /** Waits until all mail has come, or the session has failed. */
    private static boolean awaitCaughtUp(ShellContext shell) {
        ProfileClient client = shell.client();
        client.await(Duration.ofSeconds(10), () -> client.isCaughtUp() || client.hasFailed());
        return client.isCaughtUp();
    }

    private static ReadCommands readCommands(ShellContext shell) {
        return new ReadCommands(shell, new LiveView(shell), noTerminal());
    }

    private static HistoryCommands historyCommands(ShellContext shell) {
        return new HistoryCommands(shell, new LiveView(shell), noTerminal());
    }

    private static ObjectProvider<Terminal> noTerminal() {
        return new StaticListableBeanFactory().getBeanProvider(Terminal.class);
    }

    private RefusedCommandException send(ShellContext shell) {
        return refusalOf(
                () -> new SendCommands(shell, new LiveView(shell)).send(context("send", "bob", "hello"), false));
    }

    private RefusedCommandException register(ShellContext shell, boolean yes) {
        return refusalOf(() -> commands(shell).register(context("register"), false, yes));
    }

    /** Returns a server, or a network, that leads to this problem. */
    private static FakeServer leadingTo(ServerConnection.ConnectionProblem trouble) {
        return switch (trouble) {
            case NO_SUCH_HOST -> failing(new UnknownHostException("zap.example"));
            case REFUSED -> failing(new ConnectException("Connection refused"));
            case UNREACHABLE -> failing(new NoRouteToHostException("Network is unreachable"));
            case NO_ANSWER -> failing(new SocketTimeoutException("Connect timed out"));
            case SILENT -> FakeServer.silent();
            case CLOSED_BY_SERVER, NOT_ASSURED, NUMBER_NOT_TAKEN -> FakeServer.hangingUp();
            case NONSENSE -> FakeServer.saying("HTTP/1.1 400 Bad Request\r\n\r\n");
            case BROKEN -> failing(new IOException("Stream closed"));
            case SHUTTING_DOWN -> FakeServer.refusing(Reason.SHUTTING_DOWN);
            case SESSION_REFUSED -> FakeServer.refusing(Reason.TIMED_OUT);
            case TOO_MANY_REGISTRATIONS -> FakeServer.refusing(Reason.TOO_FAST);
            case NO_AGREEMENT ->
                FakeServer.welcoming(
                        frame -> frame instanceof Frame.Resume ? List.of(FakeServer.resumed(5)) : List.of());
            case REPLACED -> FakeServer.refusing(Reason.REPLACED);
            case NOT_PROVEN -> FakeServer.refusing(Reason.BAD_PROOF);
            case TLS -> failing(TlsFaults.exception(FAULT));
            case WANTS_TLS -> failing(new SessionStart.RefusedException(ServerConnection.ConnectionProblem.WANTS_TLS));
            case DISK_FULL -> failing(SQLiteErrorCode.SQLITE_FULL);
            case DISK_READ_ONLY -> failing(SQLiteErrorCode.SQLITE_READONLY);
            case STORE_DAMAGED -> failing(SQLiteErrorCode.SQLITE_CORRUPT);
            case DISK_FAILED -> failing(SQLiteErrorCode.SQLITE_IOERR);
            case OUR_FAULT ->
                FakeServer.failing(() -> {
                    throw new IllegalStateException("a bug, for once on purpose");
                });
        };
    }

    /** Returns a network whose connection fails with this error of the store. */
    private static FakeServer failing(SQLiteErrorCode code) {
        return FakeServer.failing(() -> {
            throw new DataAccessResourceFailureException("disk", new SQLiteException("disk", code));
        });
    }

    /** Returns the cause that a command without a session prints for this problem. */
    private static String said(ServerConnection.ConnectionProblem trouble, ShellContext shell) {
        Optional<StoreFault> disk = switch (trouble) {
            case DISK_FULL -> Optional.of(StoreFault.FULL);
            case DISK_READ_ONLY -> Optional.of(StoreFault.READ_ONLY);
            case STORE_DAMAGED -> Optional.of(StoreFault.DAMAGED);
            case DISK_FAILED -> Optional.of(StoreFault.DISK);
            default -> Optional.empty();
        };
        return disk.map(fault -> String.valueOf(shell.refusal(fault).getMessage()))
                .orElseGet(() -> shell.texts().say(key(trouble)));
    }

    private static FakeServer failing(IOException failure) {
        return FakeServer.failing(() -> {
            throw failure;
        });
    }

    /** Returns a profile that meets this problem. */
    private ShellContext contextFor(ServerConnection.ConnectionProblem trouble, Locale language) throws Exception {
        ShellContext shell = shellContext(leadingTo(trouble), language);
        switch (trouble) {
            case TOO_MANY_REGISTRATIONS -> {}
            // This needs a number without a key, at a server of the base protocol.
            case NUMBER_NOT_TAKEN ->
                shell.client()
                        .settings()
                        .identity(new ProfileSettings.Server("zap.example", 7778, true), ME, Optional.empty());
            // This needs a key, and a server that has never said welcome.
            case NOT_ASSURED -> shell.client().adopt(SERVER, ME, IdentityKey.generate());
            default -> registered(shell);
        }
        return shell;
    }

    private static String key(ServerConnection.ConnectionProblem trouble) {
        return trouble == ServerConnection.ConnectionProblem.TLS
                ? "tls.none"
                : "trouble." + trouble.name().toLowerCase(Locale.ROOT);
    }

    @ParameterizedTest
    @EnumSource
    void aCommandThatNeedsASessionSaysWhyThereIsNoneAndEndsWithItsCode(ServerConnection.ConnectionProblem trouble)
            throws Exception {
        Map<String, List<String>> documented = documented();
        for (Locale language : List.of(Locale.ENGLISH, Locale.forLanguageTag("pt-BR"))) {
            try (ShellContext shell = contextFor(trouble, language)) {
                RefusedCommandException refusal = trouble == ServerConnection.ConnectionProblem.TOO_MANY_REGISTRATIONS
                        ? register(shell, false)
                        : connect(shell);
                assertThat(refusal.getMessage()).contains(said(trouble, shell));
                assertThat(documented.get(key(trouble)).get(2))
                        .isEqualTo(String.valueOf(refusal.exitCode().code()));
            }
        }
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "TOO_MANY_REGISTRATIONS")
    void theDoctorFindsEachOfThemAndEndsWithTheSameCode(ServerConnection.ConnectionProblem trouble) throws Exception {
        try (ShellContext shell = contextFor(trouble, Locale.ENGLISH)) {
            RefusedCommandException refusal = doctor(shell);
            assertThat(refusal.exitCode()).isEqualTo(ExitCode.of(trouble));
            assertThat(refusal.getMessage()).contains(said(trouble, shell));
            assertThat(out.toString().lines().filter(line -> line.startsWith("✗")))
                    .isNotEmpty()
                    .anyMatch(line -> line.contains(shell.texts().say(key(trouble))));
        }
    }

    @Test
    void theDoctorOpensASessionAndIsContentWithARightServer() throws Exception {
        try (ShellContext shell = registered(shellContext(FakeServer.willing(FRESH)))) {
            new DoctorCommands(shell, new LiveView(shell)).doctor(context("doctor"));
            assertThat(out.toString())
                    .doesNotContain("✗")
                    .contains("✓ The session: " + shell.texts().say("status.online", SERVER.address()));
            assertThat(shell.client().state()).isEmpty();
        }
    }

    @Test
    void theDoctorIsNotContentWhenAnythingIsNotWell() throws Exception {
        try (ShellContext shell = shellContext(FakeServer.willing(FRESH))) {
            RefusedCommandException refusal = doctor(shell);
            assertThat(refusal.exitCode()).isEqualTo(ExitCode.NOT_WELL);
            assertThat(refusal.getMessage()).isEqualTo(shell.texts().say("doctor.unwell"));
        }
        try (ShellContext shell = registered(shellContext(FakeServer.willing(FRESH)))) {
            Files.setPosixFilePermissions(shell.profile().database(), PosixFilePermissions.fromString("rw-r--r--"));
            assertThat(doctor(shell).exitCode()).isEqualTo(ExitCode.NOT_WELL);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"NOT_PROVEN", "NUMBER_NOT_TAKEN"})
    void whoeverIsNotAcceptedIsToldByEveryCommandWithACodeOfItsOwnAndTheWayOn(String name) throws Exception {
        var trouble = ServerConnection.ConnectionProblem.valueOf(name);
        try (ShellContext shell = contextFor(trouble, Locale.ENGLISH)) {
            shell.client().people().name(BOB, "bob");
            var reading = readCommands(shell);
            for (RefusedCommandException refusal : List.of(
                    connect(shell),
                    send(shell),
                    refusalOf(() -> reading.read(context("read"), false)),
                    refusalOf(() -> reading.peek(context("peek"), false)),
                    refusalOf(() -> reading.next(context("next"), false)),
                    refusalOf(() -> reading.unread(context("unread"), false, true)),
                    refusalOf(() -> new PeopleCommands(shell).createGroup(context("create-group", "trip", "bob"))),
                    doctor(shell))) {
                assertThat(refusal.exitCode()).isEqualTo(ExitCode.NOT_ACCEPTED);
                assertThat(refusal.getMessage())
                        .contains(shell.texts().say(key(trouble)))
                        .endsWith(shell.texts().say("session.new-number"));
            }
            assertThat(shell.client().messages().count(DeliveryState.WAITING)).isEqualTo(1);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"BAD_PROOF", "NEEDS_PROOF", "UNKNOWN_CLIENT"})
    void everyWayInWhichAServerSaysThatItDoesNotTakeTheNumberIsThatTrouble(Reason reason) throws Exception {
        try (ShellContext shell = registered(shellContext(FakeServer.refusing(reason)))) {
            assertThat(connect(shell).exitCode()).isEqualTo(ExitCode.NOT_ACCEPTED);
        }
    }

    @Test
    void aMessageIsKeptAndTheCauseIsSaid() throws Exception {
        try (ShellContext shell = contextFor(ServerConnection.ConnectionProblem.REFUSED, Locale.ENGLISH)) {
            RefusedCommandException refusal = send(shell);
            assertThat(refusal.exitCode()).isEqualTo(ExitCode.KEPT);
            assertThat(refusal.getMessage())
                    .isEqualTo(shell.texts()
                            .say("send.kept", SERVER.address(), shell.texts().say("trouble.refused")));
        }
    }

    @Test
    void besideASessionItIsSaidHowThatSessionReallyIs() throws Exception {
        try (ShellContext window = registered(shellContext(leadingTo(ServerConnection.ConnectionProblem.REFUSED)));
                ShellContext beside = shellContext(FakeServer.willing(FRESH))) {
            window.client().open(ClientListener.NOBODY, state -> {});
            assertThat(awaitCaughtUp(window)).isFalse();
            commands(beside).status(context("status"), false);
            assertThat(out.toString())
                    .contains(beside.texts().say("trouble.refused"))
                    .doesNotContain(beside.texts().say("status.elsewhere") + "\n");
            RefusedCommandException unwell = doctor(beside);
            assertThat(unwell.exitCode()).isEqualTo(ExitCode.UNAVAILABLE);
            assertThat(connect(beside).exitCode()).isEqualTo(ExitCode.IN_USE);
        }
    }

    @Test
    void besideASessionThatIsNotAcceptedThatIsSaid() throws Exception {
        try (ShellContext window = registered(shellContext(leadingTo(ServerConnection.ConnectionProblem.NOT_PROVEN)));
                ShellContext beside = shellContext(FakeServer.willing(FRESH))) {
            window.client().open(ClientListener.NOBODY, state -> {});
            awaitCaughtUp(window);
            assertThat(send(beside).exitCode()).isEqualTo(ExitCode.NOT_ACCEPTED);
            assertThat(register(beside, true).exitCode()).isEqualTo(ExitCode.IN_USE);
            commands(beside).status(context("status"), false);
            assertThat(out.toString())
                    .contains(beside.texts()
                            .say("status.elsewhere-off", beside.texts().say("trouble.not_proven")));
        }
    }

    @Test
    void besideASessionThatIsOnlineAllIsWell() throws Exception {
        try (ShellContext window = registered(shellContext(FakeServer.willing(FRESH)));
                ShellContext beside = shellContext(FakeServer.willing(FRESH))) {
            window.client().open(ClientListener.NOBODY, state -> {});
            assertThat(awaitCaughtUp(window)).isTrue();
            commands(beside).status(context("status"), false);
            assertThat(out.toString()).contains(beside.texts().say("status.elsewhere") + "\n");
            new DoctorCommands(beside, new LiveView(beside)).doctor(context("doctor"));
        }
    }

    @Test
    void aNumberThatIsAcceptedIsKept() throws Exception {
        try (ShellContext shell = registered(shellContext(FakeServer.willing(FRESH)))) {
            assertThat(register(shell, true).exitCode()).isEqualTo(ExitCode.USAGE);
            assertThat(shell.client().self()).contains(ME);
        }
        // A server that does not answer has not rejected the number, so the number stays.
        try (ShellContext shell = shellContext(leadingTo(ServerConnection.ConnectionProblem.REFUSED))) {
            assertThat(register(shell, true).exitCode()).isEqualTo(ExitCode.USAGE);
            assertThat(shell.client().self()).contains(ME);
        }
    }

    @Test
    void beforeANumberIsGivenUpSomebodyIsAsked() throws Exception {
        try (ShellContext shell = registered(shellContext(FakeServer.forgetful(FRESH)))) {
            RefusedCommandException refusal = register(shell, false);
            assertThat(refusal.exitCode()).isEqualTo(ExitCode.USAGE);
            assertThat(refusal.getMessage()).isEqualTo(shell.texts().say("register.again.needs-yes"));
            assertThat(shell.client().self()).contains(ME);
        }
    }

    @Test
    void aNumberThatIsNotAcceptedIsReplacedAndContactsGroupsAndHistoryStay() throws Exception {
        try (ShellContext shell = registered(shellContext(FakeServer.forgetful(FRESH)))) {
            ProfileClient client = shell.client();
            client.people().add(new Group(TRIP, "trip", new PosixTime(1_700_000_000), List.of(ME, BOB)));
            new IncomingMessages(client.database())
                    .add(BOB.asAddress(), BOB, new PosixTime(1_700_000_001), "from bob", NOW, 1);
            long waiting = client.write(BOB.asAddress(), "still waiting").getFirst();
            IdentityKey before = client.settings().key().orElseThrow();

            commands(shell).register(context("register"), false, true);

            assertThat(client.self()).contains(FRESH);
            assertThat(client.settings().key().orElseThrow().publicKey()).isNotEqualTo(before.publicKey());
            assertThat(client.people().nameOf(BOB.asAddress())).contains("bob");
            assertThat(client.messages().last(BOB.asAddress(), 9))
                    .extracting(Message::text)
                    .containsExactly("from bob", "still waiting");
            assertThat(client.messages().find(waiting).orElseThrow().author()).isEqualTo(FRESH);

            // The new number works at once, and waiting messages are sent.
            commands(shell).connect(context("connect"), false);
            assertThat(client.messages().count(DeliveryState.WAITING)).isZero();

            out.getBuffer().setLength(0);
            new PeopleCommands(shell).groups(context("group"), false);
            assertThat(out.toString()).contains("trip", shell.texts().say("group.former", "1 0000 0000 0001"));
            historyCommands(shell).history(context("history", "bob"), false, "20");
            assertThat(out.toString()).contains(shell.texts().say("history.new-number", "1 0000 0000 0001"));
            out.getBuffer().setLength(0);
            new DoctorCommands(shell, new LiveView(shell)).doctor(context("doctor"));
            assertThat(out.toString()).contains(shell.texts().say("doctor.history.whole"));
        }
    }

    private static Path root() {
        Path at = Path.of("").toAbsolutePath();
        while (!Files.exists(at.resolve("docs/client.md"))) {
            at = at.getParent();
        }
        return at;
    }

    /** Returns the rows of the tables by their keys: English, Portuguese, code. */
    private static Map<String, List<String>> documented() throws IOException {
        var rows = new TreeMap<String, List<String>>();
        ROW.matcher(Files.readString(root().resolve("docs/client.md")))
                .results()
                .forEach(row -> rows.put(row.group(1), List.of(row.group(2), row.group(3), row.group(4))));
        return rows;
    }

    @Test
    void theDocumentListsEverySentenceInBothLanguages() throws Exception {
        Map<String, List<String>> documented = documented();
        var expected = new TreeSet<String>();
        Stream.of(ServerConnection.ConnectionProblem.values())
                .map(trouble -> "trouble." + trouble.name().toLowerCase(Locale.ROOT))
                .forEach(expected::add);
        var english = new Texts(Locale.ENGLISH);
        var portuguese = new Texts(Locale.forLanguageTag("pt-BR"));
        expected.addAll(List.of(
                "tls.expired",
                "tls.not-yet-valid",
                "tls.other-name",
                "tls.unknown-issuer",
                "tls.other-issuer",
                "tls.other-key",
                "tls.unusable",
                "tls.none",
                "tls.not-agreed"));
        expected.addAll(SENTENCES);
        assertThat(documented.keySet()).containsExactlyInAnyOrderElementsOf(expected);
        documented.forEach((key, row) -> {
            assertThat(row.get(0)).as(key).isEqualTo(english.say(key));
            assertThat(row.get(1)).as(key).isEqualTo(portuguese.say(key));
        });
    }

    /** The sentences that contain a cause, or stand for one. */
    private static final List<String> SENTENCES = List.of(
            "connect.failed",
            "connect.failed-untrusted",
            "doctor.failed",
            "doctor.failed-untrusted",
            "group.kept-failed",
            "live.not_proven",
            "live.replaced",
            "live.untrusted",
            "read.offline",
            "read.offline-untrusted",
            "register.failed",
            "register.refused",
            "register.refused-untrusted",
            "register.again.warning",
            "send.kept",
            "send.kept-elsewhere",
            "send.kept-not-accepted",
            "send.kept-there",
            "send.kept-untrusted",
            "session.new-number",
            "status.elsewhere-connecting",
            "status.elsewhere-off",
            "status.elsewhere-waiting",
            "status.waiting");
}
