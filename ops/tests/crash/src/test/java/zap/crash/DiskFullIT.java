package zap.crash;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import zap.server.database.ReadyFolders;
import zap.server.testing.FrameText;
import zap.server.testing.RunningServer;
import zap.server.testing.ServerProcess;
import zap.server.testing.SmallDisk;
import zap.server.testing.WireClient;

/**
 * The disk on which the server's own PostgreSQL keeps everything is full, and later is not. What was written to the
 * server meanwhile has to wait, the server says why, and nobody has to do anything but to make room.
 */
@Execution(ExecutionMode.CONCURRENT)
class DiskFullIT {

    private static final int MEGABYTES = 200;
    private static final Duration PATIENCE = Duration.ofSeconds(90);
    private static final int MESSAGES = 3_000;
    private static final int FIRST_TIME = 1_795_372_000;
    private static final String TEXT =
            "what is said while there is no room for it ".repeat(5).strip();

    @TempDir
    Path folder;

    private SmallDisk disk;
    private ServerProcess server;

    @BeforeEach
    void start() {
        try {
            disk = SmallDisk.make(folder, MEGABYTES);
        } catch (IOException e) {
            Assumptions.abort("A disk of our own is not to be had here, so nobody can fill it: " + e.getMessage());
        }
        ReadyFolders.make(disk.seenFromHere());
        server = ServerProcess.in(disk.command(), "disk-full", List.of("zap.database.directory=" + folder));
        server.start();
    }

    @AfterEach
    void end() {
        if (server != null && server.isAlive()) {
            server.stop(); // and its PostgreSQL
        }
        if (server != null) {
            server.close();
        }
        if (disk != null) {
            disk.close();
        }
    }

    @Test
    void whatComesWhileTheDiskIsFullWaitsAndIsStoredWhenThereIsRoom() throws Exception {
        try (WireClient ana = WireClient.connect("ana", server.port()).patience(PATIENCE);
                WireClient bob = WireClient.connect("bob", server.port()).patience(PATIENCE)) {
            String anasId = ana.register();
            String bobsId = bob.register();
            ana.send(FrameText.send(anasId, bobsId, FIRST_TIME, TEXT));
            bob.expectFrame(FrameText.deliver(anasId, bobsId, FIRST_TIME, TEXT));

            disk.fill();
            CompletableFuture<Void> writing = CompletableFuture.runAsync(() -> {
                for (int i = 1; i < MESSAGES; i++) {
                    ana.send(FrameText.send(anasId, bobsId, FIRST_TIME + i, TEXT));
                }
            });
            RunningServer.await("not ready", PATIENCE, () -> !server.isReady());
            HttpResponse<String> readiness = server.health("/readiness");
            assertThat(readiness.body()).contains("messages cannot be stored: ").contains("the disk is full");
            assertThat(server.health("/liveness").statusCode()).isEqualTo(200);

            disk.makeRoom();
            for (int i = 1; i < MESSAGES; i++) {
                bob.expectFrame(FrameText.deliver(anasId, bobsId, FIRST_TIME + i, TEXT));
            }
            writing.join();
            bob.expectSilence(Duration.ofMillis(300));
            RunningServer.await("ready again", PATIENCE, server::isReady);
            assertThat(server.log())
                    .anyMatch(line ->
                            line.contains("Cannot store messages at the moment") && line.contains("the disk is full"))
                    .anyMatch(line -> line.contains("Storing again"))
                    .noneMatch(line -> line.contains("closed:") || line.contains("refused"));
        }
    }
}
