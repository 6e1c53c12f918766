package zap.bench.explain;

import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * A server on this machine whose late messages can be explained.
 *
 * @param pid its process: a JVM of the same user, because a recording is begun in it
 * @param isRecording whether that JVM records since its start
 * @param databasePid the first process of its PostgreSQL, if that runs here
 * @param database the way into its PostgreSQL; null for none
 */
public record ObservedServer(
        long pid,
        boolean isRecording,
        OptionalLong databasePid,
        @Nullable DatabaseAccess database) {}
