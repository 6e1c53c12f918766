package zap.bench.codec;

import java.util.List;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.CommandLineOptionException;
import org.openjdk.jmh.runner.options.CommandLineOptions;
import org.openjdk.jmh.runner.options.OptionsBuilder;

/** Runs the benchmarks of this package, with the options that JMH knows. */
public final class CodecBenchmarks {

    private CodecBenchmarks() {}

    /**
     * Runs them, and tells on the standard output.
     *
     * @throws IllegalArgumentException for words that JMH does not understand
     */
    public static void run(List<String> words) {
        try {
            var given = new CommandLineOptions(words.toArray(String[]::new));
            var options = new OptionsBuilder().parent(given);
            if (given.getProfilers().isEmpty()) {
                // How much garbage an operation makes counts as much as its time.
                options.addProfiler(GCProfiler.class);
            }
            new Runner(options.build()).run();
        } catch (CommandLineOptionException | RunnerException e) {
            throw new IllegalArgumentException(e.getMessage(), e);
        }
    }
}
