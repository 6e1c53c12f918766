package zap.check;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;

/** One run of the program, and its end. */
public record ProgramRun(int exitCode, String out, String err) {

    /** Runs the program with this keyboard and these words. */
    public static ProgramRun of(String keyboard, String... words) throws InterruptedException {
        var out = new ByteArrayOutputStream();
        var err = new ByteArrayOutputStream();
        var program = new CheckProgram(
                new ByteArrayInputStream(keyboard.getBytes(StandardCharsets.UTF_8)),
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8),
                Locale.ROOT,
                false);
        int code = program.run(List.of(words));
        return new ProgramRun(code, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }
}
