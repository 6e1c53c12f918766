package zap.check;

import java.io.Console;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.net.BindException;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.UnaryOperator;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;
import zap.check.client.ClientCatalogue;
import zap.check.client.ClientCheck;
import zap.check.client.ClientTrial;
import zap.check.client.ClientTrial.Subject;
import zap.check.client.ListeningSocket;
import zap.check.report.Check;
import zap.check.report.CheckOutcome;
import zap.check.report.CheckReport;
import zap.check.report.CheckTexts;
import zap.check.report.HtmlPage;
import zap.check.report.ProgramReports;
import zap.check.report.Score;
import zap.check.report.TerminalReport;
import zap.check.report.WireTrace;
import zap.check.server.Catalogue;
import zap.check.server.Dialect;
import zap.check.server.DialectProbe;
import zap.check.server.DialectProbe.Contact;
import zap.check.server.ServerCheck;
import zap.check.server.Stage;
import zap.check.server.Suite;
import zap.kit.HostAndPort;
import zap.kit.ListenerCertificate;
import zap.kit.Phrase;
import zap.kit.ServerTarget;
import zap.kit.UserLanguage;
import zap.kit.WrongUsageException;

/** The program {@code ./zap check}. */
public final class CheckProgram {

    private static final int USAGE = 64;
    private static final int UNAVAILABLE = 69;
    private static final int CANNOT_CREATE = 73;
    private static final int SIDE_BY_SIDE = 12;

    /** Maximum time of the checks, so that the whole stays below 90 seconds. */
    private static final Duration MOST = Duration.ofSeconds(70);

    /** The usual time to wait for a frame of a server. */
    private static final Duration PATIENCE = Duration.ofSeconds(4);

    private static final String DEFAULT_HOST = "127.0.0.1";
    private static final int DEFAULT_PORT = 7777;

    /** Shows the report so far, when the program is interrupted. */
    private final AtomicReference<@Nullable Runnable> interrupted = new AtomicReference<>();

    private final InputStream in;
    private final PrintStream out;
    private final PrintStream err;
    private final Locale locale;
    private final CheckTexts texts;
    private final boolean colour;

    CheckProgram(InputStream in, PrintStream out, PrintStream err, Locale locale, boolean colour) {
        this.in = in;
        this.out = out;
        this.err = err;
        this.locale = locale;
        this.texts = new CheckTexts(locale);
        this.colour = colour;
    }

    public static void main(String[] words) throws InterruptedException {
        var out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        var err = new PrintStream(System.err, true, StandardCharsets.UTF_8);
        boolean colour =
                isTerminal() && System.getenv().getOrDefault("NO_COLOR", "").isEmpty();
        var program = new CheckProgram(System.in, out, err, UserLanguage.of(System.getenv()), colour);
        Runtime.getRuntime().addShutdownHook(new Thread(program::interrupt, "report so far"));
        System.exit(program.run(List.of(words)));
    }

    @SuppressWarnings("SystemConsoleNull") // NullAway knows only that it may be null
    private static boolean isTerminal() {
        @Nullable Console console = System.console();
        return console != null && console.isTerminal();
    }

    /** Returns the exit code. */
    int run(List<String> words) throws InterruptedException {
        try {
            CheckOptions options = CheckOptions.parse(words);
            if (options.help()) {
                out.println(texts.say("usage"));
                return 0;
            }
            return options.client() ? clients(options) : servers(options);
        } catch (WrongUsageException e) {
            err.println(texts.say("problem.usage", e.phrase()));
            return USAGE;
        }
    }

    private int servers(CheckOptions options) throws InterruptedException {
        List<ServerCheck> checks = chosen(options, Catalogue.all(), UnaryOperator.identity(), "problem.only");
        return options.list() ? list(checks) : check(options, target(options), checks);
    }

    private int clients(CheckOptions options) throws InterruptedException {
        List<ClientCheck> checks =
                chosen(options, ClientCatalogue.all(), ClientCatalogue::fullNumber, "problem.only-clients");
        return options.list() ? list(checks) : meet(options, checks);
    }

    /**
     * Returns the checks that the options select by numbers of checks and sections, with commas between them; all
     * without such an option.
     *
     * @param full turns a typed number into the form that the checks have
     * @param problem the key of the text about a number that does not exist
     */
    private static <C extends Check> List<C> chosen(
            CheckOptions options, List<C> all, UnaryOperator<String> full, String problem) {
        String only = options.only();
        if (only == null) {
            return all;
        }
        List<String> words = List.of(only.replace(" ", "").split(",", -1));
        for (String word : words) {
            if (all.stream().noneMatch(check -> isNamed(check, full.apply(word)))) {
                throw new WrongUsageException(Phrase.of(problem, word));
            }
        }
        return all.stream()
                .filter(check -> words.stream().anyMatch(word -> isNamed(check, full.apply(word))))
                .toList();
    }

    private static boolean isNamed(Check check, String number) {
        return check.number().equals(number) || check.heading().number().equals(number);
    }

    private int list(List<? extends Check> checks) {
        checks.forEach(check -> out.println(String.format(
                Locale.ROOT,
                "%-6s %s  [%s]",
                check.number(),
                texts.say(check.sentence()),
                texts.say("level." + check.level().key()))));
        return 0;
    }

    private static ServerTarget target(CheckOptions options) {
        return ServerTarget.parse(String.valueOf(options.address()), options.tls(), options.ca(), options.pin());
    }

    private int check(CheckOptions options, ServerTarget target, List<ServerCheck> checks) throws InterruptedException {
        InstantSource clock = InstantSource.system();
        @Nullable Duration patience = options.patience();
        Stage.Pace pace = Stage.Pace.usual(patience == null ? PATIENCE : patience);
        long begin = System.nanoTime();
        return switch (new DialectProbe(target, pace, clock).contact(options.strict())) {
            case Contact.NoServer(Phrase reason, WireTrace trace) -> {
                err.println(texts.say("no-server.title", target));
                err.println(texts.say(reason));
                yield UNAVAILABLE;
            }
            case Contact.Spoke(Dialect dialect) -> {
                var terminal = new TerminalReport(out, texts, colour);
                if (!options.json()) {
                    terminal.begin(texts.say("report.title", target), "dialect.title", dialect.findings());
                }
                List<CheckOutcome> outcomes = new Suite(target, dialect, pace, clock, SIDE_BY_SIDE, MOST)
                        .run(checks, outcome -> {
                            if (!options.json()) {
                                terminal.show(outcome);
                            }
                        });
                var report = new CheckReport(
                        target.toString(), dialect.findings(), outcomes, (System.nanoTime() - begin) / 1_000_000);
                yield finish(options, terminal, report);
            }
        };
    }

    // -------------------------------------------------------------------------------------------------------- clients

    /** Listens for a client and has it driven. */
    private int meet(CheckOptions options, List<ClientCheck> checks) throws InterruptedException {
        @Nullable String script = script(options);
        Path cert = options.cert();
        Path key = options.key();
        @Nullable SSLContext certificate;
        try {
            certificate = cert == null || key == null ? null : ListenerCertificate.read(cert, key);
        } catch (WrongUsageException e) {
            return cannotListen(e.phrase());
        }
        ServerSocket listener;
        try {
            listener = listen(options, certificate);
        } catch (IOException e) {
            return cannotListen(String.valueOf(e.getMessage()));
        }
        @Nullable Duration given = options.patience();
        boolean person = options.run() == null;
        Duration patience = given != null ? given : person ? Subject.WITH_A_PERSON : Subject.WITH_A_PROGRAM;
        PrintStream screen = options.json() ? err : out;
        String address = listener.getInetAddress().getHostAddress() + ":" + listener.getLocalPort();
        long begin = System.nanoTime();
        var subject = new Subject(options.run(), script, patience);
        try (var trial = new ClientTrial(checks, listener, address, subject, options.strict(), in, screen, texts)) {
            screen.println(texts.say(options.cert() == null ? "client.title" : "client.title-tls", address));
            if (person) {
                screen.println(texts.say("client.how", patience.toSeconds()));
            }
            interrupted.set(() -> report(options, trial, address, trial.judged(), begin));
            List<CheckOutcome> outcomes = trial.run();
            if (interrupted.getAndSet(null) == null) {
                return 0; // the report so far is being shown, and then the program ends
            }
            if (!trial.hasMet()) {
                err.println(texts.say("client.nobody", address));
                if (!trial.lastWords().isEmpty()) {
                    err.println(
                            texts.say("client.last-words", trial.lastWords().replaceAll("[\\p{Cntrl}&&[^\n]]", "")));
                }
                return UNAVAILABLE;
            }
            return report(options, trial, address, outcomes, begin);
        } catch (IllegalArgumentException e) {
            throw new WrongUsageException(Phrase.of("problem.script", String.valueOf(e.getMessage())));
        }
    }

    private int report(
            CheckOptions options, ClientTrial trial, String address, List<CheckOutcome> outcomes, long begin) {
        var report = new CheckReport(address, trial.dialect(), outcomes, (System.nanoTime() - begin) / 1_000_000);
        var terminal = new TerminalReport(out, texts, colour);
        if (!options.json()) {
            out.println();
            terminal.begin(texts.say("client.report-title", address), "dialect.title", trial.dialect());
            outcomes.forEach(terminal::show);
        }
        return finish(options, terminal, report);
    }

    /** Shows the report so far. Called when the program is interrupted. */
    private void interrupt() {
        @Nullable Runnable report = interrupted.getAndSet(null);
        if (report != null) {
            err.println(texts.say("client.interrupted"));
            report.run();
            out.flush();
        }
    }

    private @Nullable String script(CheckOptions options) {
        Path file = options.expect();
        if (file == null) {
            return null;
        }
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new WrongUsageException(Phrase.of("problem.script", file + ": " + e));
        }
    }

    private int cannotListen(Object cause) {
        err.println(texts.say("problem.listen", cause));
        return UNAVAILABLE;
    }

    private ServerSocket listen(CheckOptions options, @Nullable SSLContext certificate) throws IOException {
        String address = options.address();
        if (address != null) {
            HostAndPort place = HostAndPort.ofListener(address);
            return ListeningSocket.open(place.host(), place.port(), certificate);
        }
        try {
            return ListeningSocket.open(DEFAULT_HOST, DEFAULT_PORT, certificate);
        } catch (BindException e) {
            err.println(texts.say("client.other-port", DEFAULT_PORT));
            return ListeningSocket.open(DEFAULT_HOST, 0, certificate);
        }
    }

    private int finish(CheckOptions options, TerminalReport terminal, CheckReport report) {
        var programs = new ProgramReports(texts);
        if (options.json()) {
            out.print(programs.json(report));
        } else {
            terminal.end(report);
        }
        boolean written = write(options.junit(), programs.junit(report), options.json());
        written &= write(options.html(), new HtmlPage(texts, locale).page(report), options.json());
        return written ? Score.exitCode(report.outcomes()) : CANNOT_CREATE;
    }

    private boolean write(@Nullable Path file, String content, boolean quietly) {
        if (file == null) {
            return true;
        }
        try {
            Files.writeString(file, content);
            if (!quietly) {
                out.println(texts.say("report.written", file));
            }
            return true;
        } catch (IOException e) {
            err.println(texts.say("problem.file", file, String.valueOf(e.getMessage())));
            return false;
        }
    }
}
