package zap.shell.chat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import zap.shell.connection.ServerConnection;

/**
 * The state of a profile's connected session, for the other processes of that profile: a file beside the session's
 * lock.
 *
 * <p>It is valid only while a process holds the lock, so it does not have to survive a crash.
 *
 * @param trouble the last problem; null when there was none
 * @param nextTry the time of the next attempt to connect; null unless it is waiting
 */
public record SessionReport(
        ServerConnection.Phase phase,
        ServerConnection.@Nullable ConnectionProblem trouble,
        @Nullable Instant nextTry) {

    private static final Logger log = LoggerFactory.getLogger(SessionReport.class);

    private static final String NONE = "-";

    static SessionReport of(ServerConnection.State state) {
        return new SessionReport(state.phase(), state.trouble(), state.nextTry());
    }

    /** Replaces the file. A reader finds the old content or the new one. */
    void write(Path file) {
        Path fresh = file.resolveSibling(file.getFileName() + ".part");
        try {
            Files.writeString(
                    fresh,
                    String.join(
                            " ",
                            phase.name(),
                            trouble == null ? NONE : trouble.name(),
                            nextTry == null ? NONE : nextTry.toString()));
            Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            // The session goes on. Other processes know less about it.
            log.warn("The state of the session cannot be written: {}", String.valueOf(e));
        }
    }

    /** Reads the file; empty when there is none, or it cannot be read. */
    static Optional<SessionReport> read(Path file) {
        try {
            List<String> words = List.of(
                    Files.readString(file, StandardCharsets.UTF_8).strip().split(" ", -1));
            if (words.size() != 3) {
                return Optional.empty();
            }
            String trouble = words.get(1);
            String nextTry = words.get(2);
            return Optional.of(new SessionReport(
                    ServerConnection.Phase.valueOf(words.get(0)),
                    trouble.equals(NONE) ? null : ServerConnection.ConnectionProblem.valueOf(trouble),
                    nextTry.equals(NONE) ? null : Instant.parse(nextTry)));
        } catch (IOException | IllegalArgumentException | DateTimeParseException e) {
            return Optional.empty();
        }
    }

    /** Removes the file when the session has ended. */
    static void remove(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            log.warn("The state of the session cannot be removed: {}", String.valueOf(e));
        }
    }
}
