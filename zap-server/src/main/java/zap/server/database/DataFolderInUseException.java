package zap.server.database;

/** Another process holds the lock of the data folder. */
final class DataFolderInUseException extends CannotUseDatabaseException {

    private static final long serialVersionUID = 1;

    DataFolderInUseException(String message, String advice) {
        super(message, advice);
    }
}
