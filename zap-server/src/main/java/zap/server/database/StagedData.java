package zap.server.database;

import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * The data that a restore is working on, beside the data in use. Nothing in it is needed once the restore has ended.
 *
 * <p>Use it only with the lock of the data folder: then every PostgreSQL that runs from here was left by a killed
 * restore.
 */
record StagedData(DataFolder folder, DataFolder inUse) {

    private static final Duration END_WITHIN = Duration.ofSeconds(30);

    static StagedData of(DataFolder inUse) {
        return new StagedData(inUse.staged(), inUse);
    }

    /** Ends the processes that run from it, and deletes it. */
    void discard() throws IOException {
        if (Files.exists(folder.postgresql())) {
            endProcesses();
            DataFolder.delete(folder.postgresql());
        }
        DataFolder.delete(inUse.restored());
    }

    /** Kills the processes, which is safe because their data is about to be deleted. */
    private void endProcesses() throws IOException {
        long deadline = System.nanoTime() + END_WITHIN.toNanos();
        while (true) {
            var running = ProcessHandle.allProcesses()
                    .filter(process -> OwnPostgres.runsFrom(folder.postgresql(), process))
                    .toList();
            if (running.isEmpty()) {
                return;
            }
            if (System.nanoTime() > deadline) {
                throw new IOException("processes of an earlier restore do not end: " + running);
            }
            running.forEach(ProcessHandle::destroyForcibly);
            running.forEach(process -> process.onExit()
                    .orTimeout(1, TimeUnit.SECONDS)
                    .exceptionally(_ -> process)
                    .join());
        }
    }
}
