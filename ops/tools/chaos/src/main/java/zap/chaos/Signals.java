package zap.chaos;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Signals for processes of this machine. */
final class Signals {

    private Signals() {}

    /**
     * Sends a signal. A process that has ended meanwhile is passed over.
     *
     * @param name as in STOP
     */
    static void send(String name, List<Long> processes) throws IOException {
        var command = new ArrayList<>(List.of("kill", "-" + name));
        processes.forEach(process -> command.add(Long.toString(process)));
        try {
            new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start()
                    .waitFor();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        }
    }
}
