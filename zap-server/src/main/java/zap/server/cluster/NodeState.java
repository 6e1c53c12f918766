package zap.server.cluster;

import java.time.Duration;

/**
 * A node, as the last heartbeat of this one saw it.
 *
 * @param node its number and its name
 * @param activity its activity at its last heartbeat
 * @param up time since its start, by the database's clock
 * @param silent time since its last heartbeat
 * @param gone whether it counts as gone: it was killed, or cannot reach the database
 */
public record NodeState(Node node, NodeActivity activity, Duration up, Duration silent, boolean gone) {

    NodeState later(Duration time) {
        return new NodeState(node, activity, up.plus(time), silent.plus(time), gone);
    }
}
