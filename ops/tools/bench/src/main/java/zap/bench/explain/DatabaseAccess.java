package zap.bench.explain;

import java.nio.file.Path;

/**
 * The way into the server's PostgreSQL.
 *
 * @param url for its driver
 * @param user one that may see other users' statements, and read settings
 * @param password the user's
 * @param logs the folder with its logs
 * @param mayChangeSettings whether it exists for the measurement alone, and may be told to measure its input and output
 */
public record DatabaseAccess(String url, String user, String password, Path logs, boolean mayChangeSettings) {

    /** Returns the access without its password. */
    @Override
    public String toString() {
        return url;
    }
}
