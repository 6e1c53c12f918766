package zap.crash;

import static org.assertj.core.api.Assertions.assertThat;
import static zap.server.testing.FrameText.deliver;
import static zap.server.testing.FrameText.send;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import zap.server.database.ReadyFolders;
import zap.server.testing.FrameText;
import zap.server.testing.RunningServer;
import zap.server.testing.ServerProcess;
import zap.server.testing.WireClient;

/**
 * What the runbook says about backups, done: a base backup while messages flow, the write-ahead log kept beside it, everything killed, and a
 * server on what was restored. Every message that was acknowledged is there, once and in order, those after the backup too.
 */
@Execution(ExecutionMode.CONCURRENT)
class BackupIT {

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int BEFORE = 200;
    private static final int MESSAGES = 500;
    private static final int FIRST_TIME = 1_795_372_000;
    private static final String SEGMENT = "[0-9A-F]{24}";

    @TempDir
    Path home;

    private Path data;
    private Path backup;
    private Path archive;

    @Test
    void everyAcknowledgedMessageIsThereAfterARestore() throws Exception {
        data = Files.createDirectories(home.resolve("data"));
        backup = home.resolve("backup");
        archive = Files.createDirectories(home.resolve("archive"));
        ReadyFolders.make(data);
        String anasId;
        String bobsId;
        try (var server = new ServerProcess("backed-up", List.of(), List.of("zap.database.directory=" + data))) {
            server.start();
            keepTheLog();
            server.stop();
            server.start();
            try (WireClient ana = WireClient.connect("ana", server.port()).patience(PATIENCE)) {
                try (WireClient bob = WireClient.connect("bob", server.port())) {
                    anasId = ana.register();
                    bobsId = bob.register();
                }
                write(ana, anasId, bobsId, 0, BEFORE);
                backUp();
                write(ana, anasId, bobsId, BEFORE, MESSAGES);
            } finally {
                ProcessHandle postmaster = postmaster();
                server.kill();
                postmaster.destroyForcibly();
                RunningServer.await("PostgreSQL has ended", () -> !postmaster.isAlive());
            }
        }

        Path restored = restore();
        try (var server = new ServerProcess("restored", List.of(), List.of("zap.database.directory=" + restored))) {
            server.start();
            try (WireClient bob = WireClient.connect("bob", server.port()).patience(PATIENCE)) {
                bob.connectAs(bobsId);
                for (int i = 0; i < MESSAGES; i++) {
                    bob.expectFrame(deliver(anasId, bobsId, FIRST_TIME + i, "number " + i));
                }
            } finally {
                server.stop();
            }
        }
    }

    /** Writes, and waits until all of it is stored: what she writes to herself comes after it. */
    private static void write(WireClient ana, String anasId, String bobsId, int from, int to) {
        for (int i = from; i < to; i++) {
            ana.send(send(anasId, bobsId, FIRST_TIME + i, "number " + i));
        }
        ana.send(send(anasId, anasId, FIRST_TIME + to, "is it stored?"));
        String mark = deliver(anasId, anasId, FIRST_TIME + to, "is it stored?");
        String heard;
        do {
            heard = ana.readFrame();
            // Her own receipts come too.
        } while (heard.startsWith(FrameText.delivered(anasId, 0).substring(0, 2)));
        assertThat(heard).isEqualTo(mark);
    }

    private void keepTheLog() throws IOException, SQLException {
        try (Connection connection = connect();
                Statement statement = connection.createStatement()) {
            statement.execute("alter system set archive_mode = 'on'");
            statement.execute(
                    "alter system set archive_command = 'test ! -f %1$s/%%f && cp %%p %1$s/%%f'".formatted(archive));
        }
    }

    /** A base backup as PostgreSQL's manual has it for those without its tools: the copying is done between two questions. */
    private void backUp() throws IOException, SQLException {
        try (Connection connection = connect();
                Statement statement = connection.createStatement()) {
            statement.execute("select pg_backup_start('zap', true)");
            copy(data.resolve("postgresql"), backup);
            try (ResultSet label = statement.executeQuery("select labelfile from pg_backup_stop()")) {
                label.next();
                Files.writeString(backup.resolve("data/backup_label"), label.getString(1));
            }
        }
    }

    private Path restore() throws IOException {
        Path restored = Files.createDirectories(home.resolve("restored"));
        copy(backup, restored.resolve("postgresql"));
        Path cluster = restored.resolve("postgresql/data");
        // What had not been archived yet was on the disk of the log.
        try (var segments = Files.newDirectoryStream(data.resolve("postgresql/data/pg_wal"))) {
            for (Path segment : segments) {
                if (segment.getFileName().toString().matches(SEGMENT)) {
                    Files.copy(segment, cluster.resolve("pg_wal").resolve(segment.getFileName()));
                }
            }
        }
        Files.writeString(
                cluster.resolve("postgresql.auto.conf"),
                "restore_command = 'cp %s/%%f %%p'\n".formatted(archive),
                StandardOpenOption.APPEND);
        Files.createFile(cluster.resolve("recovery.signal"));
        return restored;
    }

    /** Without what belongs to the running process, and without the log, which is kept apart. */
    private static void copy(Path from, Path to) throws IOException {
        Files.walkFileTree(from, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) throws IOException {
                Files.copy(folder, target(folder), StandardCopyOption.COPY_ATTRIBUTES);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                String name = file.getFileName().toString();
                boolean runs = List.of("port", "postmaster.pid", "postmaster.opts", "start.log")
                        .contains(name);
                if (!runs && !file.getParent().endsWith("pg_wal")) {
                    copyFile(file);
                }
                return FileVisitResult.CONTINUE;
            }

            private void copyFile(Path file) throws IOException {
                Files.copy(file, target(file), StandardCopyOption.COPY_ATTRIBUTES, LinkOption.NOFOLLOW_LINKS);
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException e) {
                // PostgreSQL goes on meanwhile: a file that is gone by now is made again from the log.
                return FileVisitResult.CONTINUE;
            }

            private Path target(Path path) {
                return to.resolve(from.relativize(path));
            }
        });
    }

    private Connection connect() throws IOException, SQLException {
        Path postgresql = data.resolve("postgresql");
        return DriverManager.getConnection(
                "jdbc:postgresql://127.0.0.1:"
                        + Files.readString(postgresql.resolve("port")).strip() + "/zap",
                "zap",
                Files.readString(postgresql.resolve("password")).strip());
    }

    private ProcessHandle postmaster() throws IOException {
        String pid = Files.readAllLines(data.resolve("postgresql/data/postmaster.pid"))
                .getFirst();
        return ProcessHandle.of(Long.parseLong(pid)).orElseThrow();
    }
}
