package zap.chaos;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * A database with a synchronous standby. The primary may be killed or hang, and the standby takes over. What was the
 * primary becomes the standby in the end ({@link #makeWhole}).
 */
final class DatabasePair implements AutoCloseable {

    private final PostgresProcess first;
    private final PostgresProcess second;
    private final String password;
    private PostgresProcess primary;
    private boolean whole;

    /** Ends the processes when Ctrl-C ends the simulator. */
    private final Thread atExit = new Thread(this::endAtExit);

    private DatabasePair(PostgresProcess first, PostgresProcess second, String password) {
        this.first = first;
        this.second = second;
        this.password = password;
        this.primary = first;
        Runtime.getRuntime().addShutdownHook(atExit);
    }

    /**
     * Takes over the data and the programs of a server with a PostgreSQL of its own.
     *
     * @param server the data folder of that server, which does not run any more
     */
    static DatabasePair of(Path server) throws IOException {
        Path postgresql = server.resolve("postgresql");
        String password = Files.readString(postgresql.resolve("password")).strip();
        Path programs;
        try (DirectoryStream<Path> found = Files.newDirectoryStream(postgresql, "binaries-*")) {
            programs = found.iterator().next().resolve("bin");
        }
        return new DatabasePair(
                new PostgresProcess(programs, postgresql.resolve("data"), password),
                new PostgresProcess(programs, postgresql.resolve("standby"), password),
                password);
    }

    /** Starts both. */
    void begin() throws IOException {
        first.startAlone();
        makeWhole();
    }

    /** Returns the ports of both. Either may be the primary. */
    List<Integer> ports() {
        return List.of(first.port(), second.port());
    }

    /** Returns the password of role zap. */
    String password() {
        return password;
    }

    /** kill -9 for the primary. It recovers, and stays the primary. */
    void killPrimary() throws IOException {
        primary.kill();
        primary.startAgain();
    }

    /** kill -9 for the primary, and the standby takes over. */
    void failOver() throws IOException {
        primary.kill();
        promoteTheOther();
    }

    /** The primary hangs, and the standby takes over. {@link #thaw} lets the old one go on. */
    void failOverFromAHangingOne() throws IOException {
        primary.pause();
        promoteTheOther();
    }

    private void promoteTheOther() throws IOException {
        other().promote();
        primary = other();
        whole = false;
    }

    private PostgresProcess other() {
        return primary.equals(first) ? second : first;
    }

    /** Lets a primary that hung go on. It takes itself for the primary still. */
    void thaw() throws IOException {
        if (!whole) {
            other().resume();
        }
    }

    /** Makes the one that is not the primary its synchronous standby, unless it is. */
    void makeWhole() throws IOException {
        if (!whole) {
            other().kill();
            other().follow(primary);
            primary.requireStandby();
            whole = true;
        }
    }

    private void endAtExit() {
        try {
            first.close();
            second.close();
        } catch (IOException e) {
            System.err.println("PostgreSQL was not ended: " + e.getMessage());
        }
    }

    @Override
    public void close() throws IOException {
        first.close();
        second.close();
        Runtime.getRuntime().removeShutdownHook(atExit);
    }
}
