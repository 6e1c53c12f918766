package zap.bench.machine;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Path;
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
            jcmd(pid, "GC.run");
            jcmd(pid, "GC.run");
            String info = jcmd(pid, "GC.heap_info");
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

    private static String jcmd(long pid, String command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(), Long.toString(pid), command)
                .redirectErrorStream(true)
                .start();
        String said = new String(process.getInputStream().readAllBytes(), UTF_8);
        if (process.waitFor() != 0) {
            throw new IOException(said);
        }
        return said;
    }
}
