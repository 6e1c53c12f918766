package zap.server.gateway.settings;

import com.sun.management.UnixOperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.util.Optional;

/** How many files this process may have open. Each connection is one. */
public final class OpenFiles {

    /** Fewer than these leave room for nobody, or not even for the server's own files. */
    static final long LEAST = 512;

    /** Files that are not for connections: libraries, the database's connections, the log. */
    public static final long FOR_OTHERS = 256;

    private OpenFiles() {}

    /** Returns how many the system allows this process. */
    public static long allowed() {
        return ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean unix
                ? unix.getMaxFileDescriptorCount()
                : Long.MAX_VALUE;
    }

    /** Returns why the server does not start with as many open files as it may have, and what helps; empty when it does. */
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
