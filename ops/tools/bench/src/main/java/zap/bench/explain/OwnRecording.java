package zap.bench.explain;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import jdk.jfr.Recording;

/** A recording of the pauses of this JVM, so that they are told from the server's. */
final class OwnRecording implements AutoCloseable {

    private final Recording recording = new Recording();

    OwnRecording() {
        recording.setName("zap-bench-own");
        recording.enable("jdk.GCPhasePause").withThreshold(Duration.ZERO);
        recording.enable("jdk.SafepointBegin").withThreshold(Duration.ZERO);
        recording.enable("jdk.SafepointEnd").withThreshold(Duration.ZERO);
    }

    void start() {
        recording.start();
    }

    /** Writes everything that is recorded so far into a new file. */
    Path dump(Path folder) throws IOException {
        Path file = folder.resolve("generator.jfr");
        recording.dump(file);
        return file;
    }

    @Override
    public void close() {
        recording.close();
    }
}
