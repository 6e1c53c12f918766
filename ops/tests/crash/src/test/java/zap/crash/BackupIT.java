package zap.crash;

import static org.assertj.core.api.Assertions.assertThat;
import static zap.server.testing.FrameText.deliver;
import static zap.server.testing.FrameText.send;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
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
 * {@code ./zap backup} while messages flow, everything killed, and a server on what {@code ./zap restore} made of it.
 * Every message that was acknowledged before the backup is there, once and in order; with the archived write-ahead log
 * those after it, too.
 */
@Execution(ExecutionMode.CONCURRENT)
class BackupIT {

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int BEFORE = 200;
    private static final int MEANWHILE = 2_000;
    private static final int MESSAGES = MEANWHILE + 300;
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
        keepTheLog();
        String anasId;
        String bobsId;
        try (var server = new ServerProcess("backed-up", List.of(), List.of("zap.database.directory=" + data))) {
            server.start();
            try (WireClient ana = WireClient.connect("ana", server.port()).patience(PATIENCE)) {
                try (WireClient bob = WireClient.connect("bob", server.port())) {
                    anasId = ana.register();
                    bobsId = bob.register();
                }
                write(ana, anasId, bobsId, 0, BEFORE);
                Process backingUp = zap(data, "backup", backup.toString());
                write(ana, anasId, bobsId, BEFORE, MEANWHILE);
                assertDone(backingUp);
                write(ana, anasId, bobsId, MEANWHILE, MESSAGES);
            } finally {
                ProcessHandle postmaster = postmaster();
                server.kill();
                postmaster.destroyForcibly();
                RunningServer.await("PostgreSQL has ended", () -> !postmaster.isAlive());
            }
        }

        Path restored = home.resolve("restored");
        assertDone(zap(restored, "restore", backup.toString()));
        assertThere(restored, anasId, bobsId, BEFORE);

        archiveTheLastMinute();
        Path whole = home.resolve("whole");
        assertDone(zap(whole, "restore", "--wal", archive.toString(), backup.toString()));
        assertThere(whole, anasId, bobsId, MESSAGES);
    }

    private static void assertThere(Path restored, String anasId, String bobsId, int messages) {
        String name = "restored-" + restored.getFileName();
        try (var server = new ServerProcess(name, List.of(), List.of("zap.database.directory=" + restored))) {
            server.start();
            try (WireClient bob = WireClient.connect("bob", server.port()).patience(PATIENCE)) {
                bob.connectAs(bobsId);
                for (int i = 0; i < messages; i++) {
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

    /** As the runbook has it: "Lose nothing between two backups". */
    private void keepTheLog() throws IOException {
        Files.writeString(
                data.resolve("postgresql/data/postgresql.auto.conf"),
                """
                archive_mode = 'on'
                archive_command = 'test ! -f %1$s/%%f && cp %%p %1$s/%%f'
                """.formatted(archive),
                StandardOpenOption.APPEND);
    }

    /** Archives the last log: its disk has survived. */
    private void archiveTheLastMinute() throws IOException {
        try (var segments = Files.newDirectoryStream(data.resolve("postgresql/data/pg_wal"))) {
            for (Path segment : segments) {
                Path kept = archive.resolve(segment.getFileName());
                if (segment.getFileName().toString().matches(SEGMENT) && Files.notExists(kept)) {
                    Files.copy(segment, kept);
                }
            }
        }
    }

    private Process zap(Path folder, String... words) throws IOException {
        var command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                "zap.server.database.BackupCommand"));
        command.addAll(List.of(words));
        var builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().put("ZAP_DATA", folder.toString());
        builder.environment().remove("ZAP_DATABASE_URL");
        return builder.start();
    }

    private static void assertDone(Process process) throws IOException, InterruptedException {
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(said).isZero();
    }

    private ProcessHandle postmaster() throws IOException {
        String pid = Files.readAllLines(data.resolve("postgresql/data/postmaster.pid"))
                .getFirst();
        return ProcessHandle.of(Long.parseLong(pid)).orElseThrow();
    }
}
