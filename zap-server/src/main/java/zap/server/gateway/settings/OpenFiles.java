package zap.server.gateway.settings;

import com.sun.management.UnixOperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.util.Optional;

/** The limit of open files of this process. Each connection is one. */
public final class OpenFiles {

    /**
     * The least with which a server starts: fewer leave no room for connections, or not even for the server's own
     * files.
     */
    static final long LEAST = 512;

    /** Files that are not for connections: libraries, the database's connections, the log. */
    public static final long FOR_OTHERS = 256;

    private OpenFiles() {}

    /** Returns how many files the system allows this process. */
    public static long allowed() {
        return ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean unix
                ? unix.getMaxFileDescriptorCount()
                : Long.MAX_VALUE;
    }

    /** Returns why the limit is too low for a server, and what to do; empty when it is high enough. */
    public static Optional<String> tooFew() {
        return tooFew(allowed());
    }

    static Optional<String> tooFew(long allowed) {
        return allowed >= LEAST
                ? Optional.empty()
                : Optional.of(
                        ("This process may open %s files, and a server needs %s at least: each connection is one, and %s are"
                                        + " for its own files.%nLet it open more: ulimit -n 20000, LimitNOFILE in the unit, --ulimit"
                                        + " nofile=65536 of a container.")
                                .formatted(allowed, LEAST, FOR_OTHERS));
    }
}
