package zap.watch;

import java.io.BufferedOutputStream;
import java.io.Console;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.ZoneId;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;
import zap.kit.KitTexts;
import zap.kit.ListenerCertificate;
import zap.kit.ServerTarget;
import zap.kit.Shown;
import zap.kit.UserLanguage;
import zap.kit.WrongUsageException;
import zap.watch.RunningWatch.CannotSaveException;
import zap.watch.RunningWatch.Setup;
import zap.watch.SavedWire.Ending;

/** The program {@code ./zap watch}. */
public final class WatchProgram {

    // As in sysexits.h.
    private static final int USAGE = 64;
    private static final int BAD_DATA = 65;
    private static final int UNAVAILABLE = 69;
    private static final int CANNOT_CREATE = 73;

    private final OutputStream out;
    private final PrintStream err;
    private final KitTexts texts;
    private final boolean isColourful;
    private final ZoneId zone;
    private final Consumer<Runnable> atExit;

    /**
     * @param isColourful true for a terminal that shows colours, unless the options say something else
     * @param atExit takes what has to be done when the program is ended by a signal
     */
    WatchProgram(
            OutputStream out,
            PrintStream err,
            Locale locale,
            boolean isColourful,
            ZoneId zone,
            Consumer<Runnable> atExit) {
        this.out = out;
        this.err = err;
        this.texts = new KitTexts("zap.watch.messages", locale);
        this.isColourful = isColourful;
        this.zone = zone;
        this.atExit = atExit;
    }

    public static void main(String[] words) {
        // Not System.out, which keeps errors to itself.
        var out = new FileOutputStream(FileDescriptor.out);
        var err = new PrintStream(System.err, true, StandardCharsets.UTF_8);
        Map<String, String> environment = System.getenv();
        boolean isColourful = isTerminal()
                && environment.getOrDefault("NO_COLOR", "").isEmpty()
                && !"dumb".equals(environment.get("TERM"));
        var program = new WatchProgram(
                out,
                err,
                UserLanguage.of(environment),
                isColourful,
                ZoneId.systemDefault(),
                action -> Runtime.getRuntime().addShutdownHook(new Thread(action, "ends")));
        System.exit(program.run(List.of(words)));
    }

    @SuppressWarnings("SystemConsoleNull") // NullAway knows only that it may be null
    private static boolean isTerminal() {
        @Nullable Console console = System.console();
        return console != null && console.isTerminal();
    }

    /** Returns the exit code. A live proxy goes on until its thread is interrupted. */
    int run(List<String> words) {
        try {
            WatchOptions options = WatchOptions.parse(words);
            if (options.help()) {
                out.write((texts.say("usage") + "\n").getBytes(StandardCharsets.UTF_8));
                out.flush();
                return 0;
            }
            boolean colour = switch (options.colours()) {
                case ALWAYS -> true;
                case NEVER -> false;
                case AUTO -> isColourful;
            };
            LineView view = options.json() ? new JsonLines(texts) : new TextLines(texts, colour, zone);
            Path recording = options.recording();
            return recording == null ? live(options, view) : replay(recording, options, view);
        } catch (WrongUsageException e) {
            say("problem.usage", e.phrase());
            return USAGE;
        } catch (IOException e) {
            return 0; // the reader of the output wants no more
        }
    }

    private void say(String key, Object... values) {
        err.println(texts.say(key, values));
    }

    private static String words(Throwable e) {
        return Shown.visible(String.valueOf(e.getMessage()));
    }

    // ------------------------------------------------------------------------------------------------------- live

    private int live(WatchOptions options, LineView view) {
        ServerTarget server = ServerTarget.parse(
                Objects.requireNonNull(options.server()), options.tls(), options.ca(), options.pin());
        @Nullable
        SSLContext certificate = options.certificate() == null || options.key() == null
                ? null
                : ListenerCertificate.read(options.certificate(), options.key());
        InetSocketAddress listen;
        try {
            InetAddress.getByName(server.host()); // a wrong name is found now and not at the first client
            listen = new InetSocketAddress(InetAddress.getByName(options.listenHost()), options.listenPort());
        } catch (UnknownHostException e) {
            say("problem.usage", texts.say("problem.unknown-host", words(e)));
            return UNAVAILABLE;
        }
        var setup = new Setup(
                listen, server, certificate, options.save(), options.widths(), view, this::gap, LinePrinter.PATIENCE);
        RunningWatch watch;
        try {
            watch = new RunningWatch(setup, out, trouble -> say("problem." + trouble.key(), words(trouble.cause())));
        } catch (BindException e) {
            say("problem.usage", texts.say("problem.in-use", options.listenPort(), words(e)));
            return UNAVAILABLE;
        } catch (IOException e) {
            say("problem.usage", texts.say("problem.listen", options.listenPort(), words(e)));
            return UNAVAILABLE;
        } catch (CannotSaveException e) {
            cannotSave(Objects.requireNonNull(options.save()), e.getCause());
            return CANNOT_CREATE;
        }
        var isOver = new AtomicBoolean();
        Runnable end = () -> {
            if (isOver.compareAndSet(false, true)) {
                watch.close();
                Dissection seen = watch.dissection();
                say("end.summary", seen.connections(), seen.frames(), seen.faults());
            }
        };
        atExit.accept(end);
        say("begin.listening", watch.addresses());
        say(options.tls() || certificate != null ? "begin.tls" : "begin.plain");
        try {
            new CountDownLatch(1).await(); // a signal ends it
        } catch (InterruptedException e) {
            end.run();
        }
        return 0;
    }

    private String gap(long lines) {
        return texts.say("seen.not-printed", lines) + "\n";
    }

    private void cannotSave(Path file, @Nullable Throwable cause) {
        if (cause instanceof FileAlreadyExistsException) {
            say("problem.usage", texts.say("problem.exists", file));
        } else {
            String words = cause instanceof NoSuchFileException
                    ? texts.say("problem.no-folder")
                    : cause == null ? "" : words(cause);
            say("problem.usage", texts.say("problem.file", file, words));
        }
    }

    // --------------------------------------------------------------------------------------------------- recording

    private int replay(Path file, WatchOptions options, LineView view) throws IOException {
        var buffered = new BufferedOutputStream(out, 1 << 16);
        var dissection = new Dissection(options.widths(), sighting -> print(buffered, view.lines(sighting)));
        SavedWire.@Nullable Read read;
        try {
            read = SavedWire.read(file, dissection::accept);
            dissection.finish();
        } catch (UncheckedIOException e) {
            throw e.getCause();
        } catch (NoSuchFileException e) {
            say("problem.usage", texts.say("problem.no-file", file));
            return BAD_DATA;
        } catch (IOException e) {
            say("problem.usage", texts.say("problem.unreadable", file, words(e)));
            return BAD_DATA;
        }
        buffered.flush();
        if (read == null) {
            say("problem.usage", texts.say("problem.no-recording", file));
            return BAD_DATA;
        }
        if (read.ending() != Ending.COMPLETE) {
            String key = "end." + read.ending().name().toLowerCase(Locale.ROOT);
            say("problem.usage", texts.say(key, file, read.at()));
        }
        return read.ending() == Ending.CUT || read.ending() == Ending.DAMAGED ? BAD_DATA : 0;
    }

    private static void print(OutputStream out, String lines) {
        try {
            out.write(lines.getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
