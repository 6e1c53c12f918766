package zap.bench.machine;

import java.io.IOException;
import java.util.List;
import java.util.OptionalLong;
import java.util.regex.Pattern;

/** The heap of another JVM on this machine, asked for with this JDK's jcmd. */
public final class JavaHeap {

    private static final Pattern USED = Pattern.compile("used (\\d+)K");

    private JavaHeap() {}

    /** Bytes that are in use after full collections; empty when that process is no JVM of ours. */
    public static OptionalLong usedBytes(long pid) {
        try {
            // Twice: what the first one frees of buffers and references lets the second one free more.
            Jcmd.run(pid, List.of("GC.run"));
            Jcmd.run(pid, List.of("GC.run"));
            String info = Jcmd.run(pid, List.of("GC.heap_info"));
            long kilobytes = info.lines()
                    .filter(line -> !line.contains("Metaspace") && !line.contains("class space"))
                    .flatMap(line -> USED.matcher(line).results())
                    .mapToLong(match -> Long.parseLong(match.group(1)))
                    .sum();
            return kilobytes == 0 ? OptionalLong.empty() : OptionalLong.of(1024 * kilobytes);
        } catch (IOException e) {
            return OptionalLong.empty();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return OptionalLong.empty();
        }
    }
}
