package zap.server.database;

/** A request to end early, made by another thread. Long copies check it again and again. */
final class Cancellation {

    private volatile boolean requested;

    void request() {
        requested = true;
    }

    /** Throws when an early end was requested. */
    void check() throws BackupException {
        if (requested) {
            throw new BackupException(BackupException.Status.TEMPORARY, "Interrupted.");
        }
    }
}
