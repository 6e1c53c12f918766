package zap.server.database;

/** A backup or a restore that ends early: one sentence for the operator, and the exit code of the command. */
final class BackupException extends Exception {

    private static final long serialVersionUID = 1;

    /** The exit codes of {@code ./zap backup} and {@code ./zap restore}, as in sysexits.h. */
    enum Status {
        /** The command line is wrong. */
        USAGE(64),
        /** The backup cannot be used: damaged, foreign, or made by a newer zap. */
        BAD_BACKUP(65),
        /** The command's input does not exist. */
        NO_INPUT(66),
        /** PostgreSQL cannot be used. */
        UNAVAILABLE(69),
        /** The folder of a new backup cannot be used. */
        CANNOT_CREATE(73),
        /** A file cannot be read or written. */
        IO_ERROR(74),
        /** Something else uses the data now. The same call may succeed later. */
        TEMPORARY(75);

        private final int code;

        Status(int code) {
            this.code = code;
        }

        int code() {
            return code;
        }
    }

    private final Status status;

    BackupException(Status status, String message) {
        super(message, null, false, false);
        this.status = status;
    }

    Status status() {
        return status;
    }
}
