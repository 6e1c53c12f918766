package zap.shell.command;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.shell.core.command.CommandContext;
import org.springframework.shell.core.command.annotation.Command;
import zap.protocol.ClientId;
import zap.shell.chat.ClientListener;
import zap.shell.chat.ProfileClient;
import zap.shell.chat.SessionFailure;
import zap.shell.chat.SessionReport;
import zap.shell.command.context.ExitCode;
import zap.shell.command.context.RefusedCommandException;
import zap.shell.command.context.ShellContext;
import zap.shell.command.context.Style;
import zap.shell.command.context.Texts;
import zap.shell.command.view.ConnectionTexts;
import zap.shell.command.view.FailureTexts;
import zap.shell.command.view.LiveView;
import zap.shell.connection.CancellableDialer;
import zap.shell.connection.Encryption;
import zap.shell.connection.ServerAddress;
import zap.shell.connection.ServerConnection;
import zap.shell.connection.TlsFault;
import zap.shell.identity.IdentityKey;
import zap.shell.store.HistoryEvents.Kind;
import zap.shell.store.Messages.DeliveryState;
import zap.shell.store.ProfileSettings;
import zap.shell.store.StoreFault;
import zap.shell.text.VisibleText;

/** The command that checks this profile: its files, the server, and whether the server gives a session for it. */
class DoctorCommands {

    private static final Duration SESSION_WITHIN = Duration.ofSeconds(10);

    /** Remaining time from which a certificate counts as a problem. */
    private static final Duration SOON = Duration.ofDays(14);

    private final ShellContext shell;
    private final LiveView live;
    private final ConnectionTexts connectionTexts;
    private final FailureTexts failures;

    DoctorCommands(ShellContext shell, LiveView live) {
        this.shell = shell;
        this.live = live;
        this.connectionTexts = new ConnectionTexts(shell);
        this.failures = new FailureTexts(shell);
    }

    /**
     * The observed state of the server and the session.
     *
     * @param failure why there is no session; null when there is one, or none was tried
     * @param session the sentence about the session
     * @param encryption the encryption of the connection; null without encryption or connection
     * @param address the address of the connection; null without one
     */
    private record Look(
            @Nullable SessionFailure failure,
            String session,
            @Nullable Encryption encryption,
            @Nullable ServerAddress address) {}

    /** The printed results. It remembers whether one of them was bad. */
    private final class Findings {

        private final PrintWriter out;
        private boolean well = true;

        Findings(PrintWriter out) {
            this.out = out;
        }

        void say(String key, boolean good, Object detail) {
            Style style = shell.style();
            print(good ? style.good(style.sign("✓", "ok")) : style.warning(style.sign("✗", "!!")), key, detail);
            well &= good;
        }

        /** Prints a fact that is not good and that the user cannot repair. */
        void note(String key, Object detail) {
            print(shell.style().dim(shell.style().sign("•", "*")), key, detail);
        }

        private void print(String sign, String key, Object detail) {
            out.println(sign + " " + shell.texts().say(key) + ": " + detail);
        }

        boolean isWell() {
            return well;
        }
    }

    @Command(group = Syntax.GROUP, name = "doctor", description = "Look whether all is well")
    void doctor(CommandContext context) {
        Arguments.of(context, shell.texts()).atMost(0);
        PrintWriter out = context.outputWriter();
        ProfileClient client = shell.client();
        var findings = new Findings(out);
        lookAtTheDisk(findings);
        out.flush();
        ProfileSettings.Server server = client.self().isPresent() ? client.server() : shell.serverToRegisterAt();
        Look look = look(server);
        sayTheServer(findings, server, look);
        findings.say(
                "doctor.outbox",
                client.messages().count(DeliveryState.UNSURE) == 0 && shell.refusals() == 0,
                client.messages().count(DeliveryState.WAITING) + " / "
                        + client.messages().count(DeliveryState.UNSURE) + " / " + shell.refusals());
        connectionTexts.printRefusals(out);
        sayTheHistory(findings);
        connectionTexts.printHistory(out);
        out.flush();
        shell.inUse();
        @Nullable SessionFailure failure = look.failure();
        if (failure != null) {
            throw failures.refusal(failure, server, "doctor.failed");
        }
        if (!findings.isWell()) {
            throw new RefusedCommandException(ExitCode.NOT_WELL, shell.texts().say("doctor.unwell"));
        }
    }

    private void lookAtTheDisk(Findings findings) {
        ProfileClient client = shell.client();
        Optional<ClientId> self = client.self();
        findings.say(
                "doctor.identity",
                self.isPresent(),
                self.map(ClientId::toString).orElse("-"));
        Optional<IdentityKey> key = client.settings().key();
        if (key.isPresent()) {
            findings.say("doctor.key", true, key.get().fingerprint());
        } else {
            // A number of a server without keys cannot get one later.
            findings.note("doctor.key", shell.texts().say("doctor.no-key"));
        }
        String disk = client.database().check();
        findings.say("doctor.disk", disk.equals("ok"), client.messages().count() + ", " + disk);
        Optional<StoreFault> unwell =
                disk.equals("ok") ? client.database().unwritable() : Optional.of(StoreFault.DAMAGED);
        unwell.ifPresent(fault -> findings.say(
                "doctor.disk", false, String.valueOf(shell.refusal(fault).getMessage())));
        findings.say(
                "doctor.private",
                isPrivate(shell.profile().folder()) && isPrivate(shell.profile().database()),
                shell.profile().folder());
    }

    /**
     * Returns the state of the server and the session. It does not use {@code OneShot}, for two reasons: in a session
     * with a prompt it keeps or reopens that session instead of one of its own, and elsewhere the first message that
     * arrives is proof enough, where {@code OneShot} waits for all of them.
     */
    private Look look(ProfileSettings.Server server) {
        ProfileClient client = shell.client();
        if (client.self().isEmpty() || client.moves().isRetired()) {
            String session = client.moves().isRetired()
                    ? connectionTexts.state()
                    : shell.texts().say("doctor.no-session");
            return greet(server, session);
        }
        Optional<SessionReport> elsewhere = client.elsewhere();
        if (elsewhere.isPresent()) {
            SessionReport report = elsewhere.get();
            return report.phase() == ServerConnection.Phase.ONLINE
                    ? greet(server, connectionTexts.state())
                    : new Look(SessionFailure.of(report), connectionTexts.state(), null, null);
        }
        boolean own = client.state().isPresent();
        if (!client.isOnline()) {
            // An earlier failure may be over: connect again.
            client.disconnect();
            client.open(
                    shell.isInteractive() ? live : ClientListener.NOBODY, own ? live::connectionState : state -> {});
        }
        try {
            // Arriving mail proves a session; the rest of it need not be awaited.
            client.await(
                    SESSION_WITHIN,
                    () -> client.isCaughtUp() || client.hasFailed() || client.arrived() > 0 || shell.isStopped());
            if (shell.isStopped()) {
                throw shell.cancelled();
            }
            boolean there = client.isCaughtUp() || (client.isOnline() && client.arrived() > 0);
            Optional<ServerConnection.State> state = client.state();
            return there
                    ? new Look(
                            null,
                            connectionTexts.state(),
                            state.map(ServerConnection.State::encryption).orElse(null),
                            state.map(ServerConnection.State::address).orElse(null))
                    : new Look(
                            SessionFailure.of(client),
                            own ? connectionTexts.state() : shell.texts().say("doctor.no-session"),
                            null,
                            null);
        } finally {
            if (!own) {
                client.disconnect();
            }
        }
    }

    /** Connects and sends hello only, because there is no number for a session, or another window has the session. */
    private Look greet(ProfileSettings.Server server, String session) {
        try {
            ProfileClient.Greeted greeted = shell.client().greet(server);
            return new Look(null, session, greeted.encryption(), greeted.address());
        } catch (CancellableDialer.CancelledException e) {
            throw shell.cancelled();
        } catch (IOException e) {
            return new Look(SessionFailure.of(e), session, null, null);
        }
    }

    private void sayTheServer(Findings findings, ProfileSettings.Server server, Look look) {
        Texts texts = shell.texts();
        @Nullable SessionFailure failure = look.failure();
        boolean isTheServer = failure != null && isOfTheServer(failure.problem());
        findings.say(
                "doctor.server",
                !isTheServer,
                failure != null && isTheServer
                        ? server.address() + ": " + failures.cause(failure)
                        : connectionTexts.at(server, look.address()));
        @Nullable TlsFault fault = failure == null ? null : failure.fault();
        @Nullable Encryption encryption = look.encryption();
        if (fault != null) {
            findings.say("doctor.tls", false, shell.trouble(fault));
        } else if (encryption != null) {
            findings.say("doctor.tls", true, encryption.protocol());
            findings.say(
                    "doctor.certificate",
                    encryption.until().isAfter(shell.client().clock().instant().plus(SOON)),
                    texts.say(
                            "doctor.certificate.for",
                            VisibleText.line(String.join(", ", encryption.names())),
                            connectionTexts.daysLeft(encryption),
                            shell.views().moment(encryption.until())));
            findings.say("doctor.server-key", true, encryption.pin());
        }
        boolean hasSession = failure == null
                && shell.client().self().isPresent()
                && !shell.client().moves().isRetired();
        boolean isTheSession = failure != null && !isTheServer && fault == null;
        findings.say(
                "doctor.session",
                hasSession,
                failure != null && isTheSession ? failures.cause(failure) : look.session());
    }

    /**
     * Returns whether a problem belongs to the line about the server; else it belongs to the line about the session.
     */
    private static boolean isOfTheServer(ServerConnection.ConnectionProblem trouble) {
        return switch (trouble) {
            case NO_SUCH_HOST,
                    REFUSED,
                    UNREACHABLE,
                    NO_ANSWER,
                    SILENT,
                    CLOSED_BY_SERVER,
                    NONSENSE,
                    BROKEN,
                    NOT_ASSURED,
                    WANTS_TLS -> true;
            case SHUTTING_DOWN,
                    SESSION_REFUSED,
                    TOO_MANY_REGISTRATIONS,
                    NO_AGREEMENT,
                    REPLACED,
                    NOT_PROVEN,
                    NUMBER_NOT_TAKEN,
                    TLS,
                    DISK_FULL,
                    DISK_READ_ONLY,
                    STORE_DAMAGED,
                    DISK_FAILED,
                    OUR_FAULT -> false;
        };
    }

    /**
     * Prints the state of the history. Events cannot be undone; the user decides whether read receipts are sent again.
     */
    private void sayTheHistory(Findings findings) {
        ProfileClient client = shell.client();
        boolean whole = client.history().all().stream().allMatch(event -> event.kind() == Kind.NEW_NUMBER);
        if (whole) {
            findings.say("doctor.history", true, shell.texts().say("doctor.history.whole"));
        } else if (client.settings().hole().isPresent()) {
            findings.say("doctor.history", false, shell.texts().say("doctor.history.not-whole"));
        } else {
            findings.note("doctor.history", shell.texts().say("doctor.history.not-whole"));
        }
    }

    private static boolean isPrivate(Path path) {
        try {
            @Nullable PosixFileAttributeView view = Files.getFileAttributeView(path, PosixFileAttributeView.class);
            return view == null
                    || PosixFilePermissions.toString(view.readAttributes().permissions())
                            .endsWith("------");
        } catch (IOException e) {
            return false;
        }
    }
}
