package zap.check;

import java.io.Console;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import zap.check.report.CheckOutcome;
import zap.check.report.CheckReport;
import zap.check.report.CheckTexts;
import zap.check.report.HtmlPage;
import zap.check.report.Phrase;
import zap.check.report.ProgramReports;
import zap.check.report.Score;
import zap.check.report.TerminalReport;
import zap.check.report.WireTrace;
import zap.check.server.Catalogue;
import zap.check.server.CheckTarget;
import zap.check.server.Dialect;
import zap.check.server.DialectProbe;
import zap.check.server.DialectProbe.Contact;
import zap.check.server.ServerCheck;
import zap.check.server.Stage;
import zap.check.server.Suite;

/** The program {@code ./zap check}. */
public final class CheckProgram {

    private static final int USAGE = 64;
    private static final int UNAVAILABLE = 69;
    private static final int CANNOT_CREATE = 73;
    private static final int SIDE_BY_SIDE = 12;

    /** Maximum time of the checks, so that the whole stays below 90 seconds. */
    private static final Duration MOST = Duration.ofSeconds(70);

    private final PrintStream out;
    private final PrintStream err;
    private final Locale locale;
    private final CheckTexts texts;
    private final boolean colour;

    CheckProgram(PrintStream out, PrintStream err, Locale locale, boolean colour) {
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
        System.exit(new CheckProgram(out, err, Locale.getDefault(), colour).run(List.of(words)));
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
            List<ServerCheck> checks = checks(options);
            if (options.list()) {
                checks.forEach(check -> out.println(String.format(
                        Locale.ROOT,
                        "%-6s %s  [%s]",
                        check.number(),
                        texts.say(check.sentence()),
                        texts.say("level." + check.level().key()))));
                return 0;
            }
            return check(options, target(options), checks);
        } catch (WrongUsageException e) {
            err.println(texts.say("problem.usage", e.phrase()));
            return USAGE;
        }
    }

    private static List<ServerCheck> checks(CheckOptions options) {
        if (options.only() == null) {
            return Catalogue.all();
        }
        try {
            return Catalogue.only(options.only());
        } catch (IllegalArgumentException e) {
            throw new WrongUsageException(Phrase.of("problem.only", String.valueOf(e.getMessage())));
        }
    }

    private static CheckTarget target(CheckOptions options) {
        String address = String.valueOf(options.address());
        int colon = address.lastIndexOf(':');
        int port = 0;
        try {
            port = colon > 0 ? Integer.parseInt(address.substring(colon + 1)) : 0;
        } catch (NumberFormatException e) {
            throw new WrongUsageException(Phrase.of("problem.address", address));
        }
        if (port < 1 || port > 65_535) {
            throw new WrongUsageException(Phrase.of("problem.address", address));
        }
        String host = address.substring(0, colon).replaceAll("^\\[|]$", "");
        if (!options.tls()) {
            return CheckTarget.plain(host, port);
        }
        try {
            return CheckTarget.tls(host, port, options.ca(), options.pin());
        } catch (IOException | GeneralSecurityException e) {
            throw new WrongUsageException(
                    Phrase.of("problem.ca", String.valueOf(options.ca()), String.valueOf(e.getMessage())));
        }
    }

    private int check(CheckOptions options, CheckTarget target, List<ServerCheck> checks) throws InterruptedException {
        InstantSource clock = InstantSource.system();
        Stage.Pace pace = Stage.Pace.usual(options.patience());
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
