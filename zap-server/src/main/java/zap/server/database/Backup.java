package zap.server.database;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.util.regex.Pattern;
import zap.server.database.BackupException.Status;

/** A backup of the data of a server with a PostgreSQL of its own, made without stopping it. */
final class Backup {

    private static final String CLUSTER = "postgresql/data";

    /** The connection is lost, or PostgreSQL is starting or stopping. */
    private static final Pattern AWAY = Pattern.compile("08...|57P..");

    private final Path data;
    private final Path cluster;
    private final Path target;
    private final CheckedCopies copies;
    private final BaseCopy base;
    private final Clock clock;

    /**
     * @param data the data folder of the server
     * @param target the backup's folder: it exists and is empty
     */
    Backup(Path data, Path target, Clock clock, Cancellation cancellation) {
        this.data = data;
        this.cluster = data.resolve(CLUSTER);
        this.target = target;
        this.clock = clock;
        this.copies = new CheckedCopies(target, cancellation);
        this.base = new BaseCopy(cluster, copies, CLUSTER);
    }

    /**
     * Makes the backup. It is complete, durable and has its manifest when this returns.
     *
     * @param zap the version of zap
     * @throws BackupException when PostgreSQL cannot be used; the target is then unusable
     */
    BackupManifest make(String zap) throws BackupException, IOException {
        copies.addFolder("postgresql");
        addIfThere("postgresql/password");
        addIfThere("admin.token");
        if (Files.isDirectory(data.resolve("certs"))) {
            base.addTree(data.resolve("certs"), "certs");
        }
        BackupManifest.Origin origin = copyCluster(zap);
        copies.sync();
        var manifest = new BackupManifest(origin, copies.folders(), copies.files());
        write(manifest);
        return manifest;
    }

    private void addIfThere(String name) throws IOException, BackupException {
        if (Files.exists(data.resolve(name))) {
            copies.add(data.resolve(name), name);
        }
    }

    private BackupManifest.Origin copyCluster(String zap) throws BackupException, IOException {
        try (Connection connection = connect();
                Statement statement = connection.createStatement()) {
            checkIsOurs(SingleValueQuery.to(statement, "show data_directory"));
            int schema = schema(statement);
            BaseCopy.Span span = base.make(statement, clock);
            if (schema(statement) != schema) {
                throw new BackupException(
                        Status.TEMPORARY,
                        "The server has changed its tables while they were copied, as it does at its first start after"
                                + " an upgrade. Try again.");
            }
            return new BackupManifest.Origin(
                    zap,
                    SingleValueQuery.to(statement, "show server_version"),
                    schema,
                    SingleValueQuery.to(statement, "select system_identifier from pg_control_system()"),
                    span.timeline(),
                    span.start(),
                    span.stop(),
                    span.end());
        } catch (SQLException e) {
            throw notDone(e);
        }
    }

    private Connection connect() throws IOException, SQLException {
        return DriverManager.getConnection(
                "jdbc:postgresql://127.0.0.1:%1$s,[::1]:%1$s".formatted(read("postgresql/port"))
                        + "/zap?ApplicationName=zap-backup&connectTimeout=10",
                "zap",
                read("postgresql/password"));
    }

    private String read(String name) throws IOException {
        return Files.readString(data.resolve(name)).strip();
    }

    private static BackupException notDone(SQLException e) {
        String state = String.valueOf(e.getSQLState());
        return AWAY.matcher(state).matches()
                ? new BackupException(
                        Status.TEMPORARY,
                        "The server's PostgreSQL does not answer, or no longer: is the server starting or "
                                + "stopping? Try again. ("
                                + e.getMessage() + ")")
                : new BackupException(Status.UNAVAILABLE, "PostgreSQL refused the backup: " + e.getMessage());
    }

    /**
     * Checks that this is the PostgreSQL of our data folder. The port may have gone to a copy of it with the same
     * password.
     */
    private void checkIsOurs(String directory) throws IOException, BackupException {
        if (!Files.isSameFile(Path.of(directory), cluster)) {
            throw new BackupException(
                    Status.UNAVAILABLE,
                    "The PostgreSQL on the port in " + data.resolve("postgresql/port") + " has its data in " + directory
                            + " and not in " + cluster + ".");
        }
    }

    private static int schema(Statement statement) throws SQLException, BackupException {
        try {
            return Schema.of(statement);
        } catch (Schema.NoneException e) {
            throw new BackupException(
                    Status.NO_INPUT, "There is nothing to back up yet: no server has made its tables in this data.");
        }
    }

    /**
     * Writes the manifest under another name and renames it, so that a file with the manifest's name is always
     * complete.
     */
    private void write(BackupManifest manifest) throws IOException {
        Path making = target.resolve(BackupManifest.NAME + ".new");
        try (FileChannel out = DataFolder.createOwnerOnly(making)) {
            CheckedCopies.write(out, StandardCharsets.UTF_8.encode(manifest.text()));
            out.force(true);
        }
        Files.move(making, target.resolve(BackupManifest.NAME), StandardCopyOption.ATOMIC_MOVE);
        CheckedCopies.sync(target);
    }
}
