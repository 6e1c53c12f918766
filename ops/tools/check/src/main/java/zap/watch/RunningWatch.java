package zap.watch;

import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.function.Consumer;
import java.util.function.LongFunction;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;
import zap.kit.ServerTarget;
import zap.watch.SavedWire.Writer;

/** A proxy with everything that watches it: the recording, the dissection, and the printer. */
final class RunningWatch implements AutoCloseable {

    private static final Duration FOR_THE_REST = Duration.ofSeconds(3);

    private final WireProxy proxy;
    private final LinePrinter printer;
    private final Dissection dissection;
    private final WireRecorder recorder;

    /**
     * The parts of a watch that a caller chooses.
     *
     * @param gap the line that stands in place of so many lines that could not be printed
     * @param patience with a terminal that takes nothing
     */
    record Setup(
            InetSocketAddress listen,
            ServerTarget server,
            @Nullable SSLContext certificate,
            @Nullable Path save,
            FrameWidths widths,
            LineView view,
            LongFunction<String> gap,
            Duration patience) {}

    /** The file of the recording cannot be made. */
    static final class CannotSaveException extends Exception {

        private static final long serialVersionUID = 1L;

        CannotSaveException(IOException cause) {
            super(cause);
        }
    }

    /**
     * Watches from now on.
     *
     * @param trouble is told when the recording or the output cannot be written any more; watching goes on
     * @throws IOException when the address cannot be listened on
     */
    RunningWatch(Setup setup, OutputStream out, Consumer<WatchTrouble> trouble)
            throws IOException, CannotSaveException {
        var clock = new WireClock(InstantSource.system());
        proxy = new WireProxy(setup.listen(), setup.server(), setup.certificate(), clock);
        @Nullable Writer file;
        try {
            file = setup.save() == null ? null : new Writer(setup.save());
        } catch (IOException e) {
            proxy.close();
            throw new CannotSaveException(e);
        }
        printer = new LinePrinter(
                out,
                setup.gap(),
                e -> trouble.accept(new WatchTrouble("cannot-print", e)),
                LinePrinter.MAX_WAITING,
                setup.patience());
        dissection = new Dissection(
                setup.widths(), sighting -> printer.add(setup.view().lines(sighting)));
        recorder = new WireRecorder(file, dissection, clock, e -> trouble.accept(new WatchTrouble("cannot-save", e)));
        proxy.start(recorder);
    }

    /**
     * An error while watching.
     *
     * @param key in the message bundles, behind {@code problem.}
     */
    record WatchTrouble(String key, IOException cause) {}

    int port() {
        return proxy.port();
    }

    String addresses() {
        return proxy.addresses();
    }

    /** Returns the counts; final only when it is closed. */
    Dissection dissection() {
        return dissection;
    }

    /** Breaks all connections off, ends the recording, and prints what waits, in bounded time. */
    @Override
    public void close() {
        proxy.close();
        recorder.finish(FOR_THE_REST);
        printer.finish(FOR_THE_REST);
        printer.close();
    }
}
