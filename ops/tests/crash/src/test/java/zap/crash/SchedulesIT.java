package zap.crash;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.AnnotatedElementContext;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.io.TempDirFactory;
import zap.crash.Schedule.Kind;
import zap.server.testing.RunningServer;
import zap.shell.store.Profile;
import zap.shell.store.ProfileDatabase;

/**
 * Random schedules with cuts, restores of the server, copies of a store and stores that are put back, with the real
 * server and the real client store. {@code -Dzap.schedules.count=N -Dzap.schedules.seed=S} for more, or for one again.
 */
class SchedulesIT {

    private static final long SCHEDULES = Long.getLong("zap.schedules.count", 1_000);
    private static final long SEED = Long.getLong("zap.schedules.seed", 1);
    private static final int SIDE_BY_SIDE = Integer.getInteger("zap.schedules.side-by-side", 12);

    /**
     * The stores are in memory where the system has a place for that: no power is cut here, and they write all the
     * time.
     */
    private static final class InMemory implements TempDirFactory {
        @Override
        public Path createTempDirectory(AnnotatedElementContext element, ExtensionContext context) throws IOException {
            Path memory = Path.of("/dev/shm");
            return Files.isWritable(memory)
                    ? Files.createTempDirectory(memory, "zap-schedules")
                    : Files.createTempDirectory("zap-schedules");
        }
    }

    private static final List<Set<Kind>> KINDS = List.of(
            EnumSet.of(Kind.RESTORE),
            EnumSet.of(Kind.COPY),
            EnumSet.of(Kind.RESTORE, Kind.COPY),
            EnumSet.of(Kind.ROLLBACK),
            EnumSet.noneOf(Kind.class),
            EnumSet.allOf(Kind.class));

    private final AtomicLong next = new AtomicLong();
    private final ConcurrentLinkedQueue<String> broken = new ConcurrentLinkedQueue<>();

    /** A thousand schedules keep two processors busy for minutes, and a busy machine for longer. */
    @Test
    @Timeout(value = 30, unit = TimeUnit.MINUTES)
    void noScheduleLosesDoublesOrPromisesFalsely(@TempDir(factory = InMemory.class) Path folder) throws Exception {
        var template = Profile.named("template", Map.of("ZAP_HOME", folder.toString()), folder);
        ProfileDatabase.open(template).close();
        try (RunningServer server = RunningServer.startNew(
                        "spring.main.sources=" + ThriftyProofs.class.getName(),
                        "zap.mailbox.confirm-within=1ms",
                        "zap.mailbox.forget-every=1d",
                        "zap.gateway.max-connections=2000");
                Connection first = server.database()) {
            var rows = new RestorableRows(first);
            var threads = new ArrayList<Thread>();
            for (int i = 0; i < SIDE_BY_SIDE; i++) {
                threads.add(Thread.ofPlatform()
                        .name("schedules-" + i)
                        .start(() -> play(server, rows, template.folder(), folder)));
            }
            for (Thread thread : threads) {
                thread.join();
            }
        }
        assertThat(broken).isEmpty();
    }

    private void play(RunningServer server, RestorableRows rows, Path template, Path folder) {
        try (Connection database = server.database()) {
            long n;
            while ((n = next.getAndIncrement()) < SCHEDULES && broken.size() < 5) {
                play(server, rows, database, template, folder.resolve("schedule-" + n), SEED + n);
            }
        } catch (Exception | Error e) {
            broken.add(Thread.currentThread().getName() + ": " + e);
        }
    }

    private void play(
            RunningServer server, RestorableRows rows, Connection database, Path template, Path home, long seed)
            throws Exception {
        Set<Kind> kinds = KINDS.get((int) (seed % KINDS.size()));
        int steps = (int) (20 + (seed * 7) % 180);
        Schedule played = null;
        try (var schedule = new Schedule(server, rows, database, template, home, seed, kinds)) {
            played = schedule;
            Set<String> bad = schedule.run(steps);
            if (!bad.isEmpty()) {
                broken.add("seed " + seed + " " + kinds + ": " + bad + "\n  " + String.join("\n  ", schedule.trace()));
            }
            schedule.forgetBackups();
        } catch (Exception | Error e) {
            var where = new java.io.StringWriter();
            e.printStackTrace(new java.io.PrintWriter(where));
            broken.add("seed " + seed + " " + kinds + ": " + where
                    + (played == null ? "" : "\n  " + String.join("\n  ", played.trace())));
        }
        delete(home);
    }

    private static void delete(Path folder) throws IOException {
        if (!Files.exists(folder)) {
            return;
        }
        try (Stream<Path> below = Files.walk(folder)) {
            for (Path path : below.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }
}
