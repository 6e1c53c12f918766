package zap.server.cluster;

import org.jspecify.annotations.Nullable;

/**
 * The activity of a node, which it reports with each heartbeat, for operators.
 *
 * @param version its version of zap; null if it is not known
 * @param servesAt the machine and the port to which its clients connect; null while it accepts none
 * @param sessions number of clients that are connected to it
 * @param draining whether it sends its clients to other nodes
 */
public record NodeActivity(
        @Nullable String version, @Nullable String servesAt, int sessions, boolean draining) {

    /** The activity of a node that has not reported any. */
    public static final NodeActivity NONE = new NodeActivity(null, null, 0, false);
}
