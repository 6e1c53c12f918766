package zap.server.ops;

import java.util.LinkedHashMap;
import java.util.Map;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.stereotype.Component;
import zap.server.cluster.NodeActivity;
import zap.server.cluster.NodeState;
import zap.server.cluster.Nodes;

/**
 * Reports this node and the other nodes of its database, with their states and heartbeats. It appears as {@code nodes}
 * in the health endpoint. Down while the others count this node as gone.
 */
@Component
class NodesHealthIndicator implements HealthIndicator {

    private final Nodes nodes;

    NodesHealthIndicator(Nodes nodes) {
        this.nodes = nodes;
    }

    @Override
    public Health health() {
        Health.Builder health = (nodes.isCutOff() ? Health.down() : Health.up())
                .withDetail("number", nodes.number())
                .withDetail("this", described(nodes.state()))
                .withDetail(
                        "others",
                        nodes.otherStates().stream()
                                .map(NodesHealthIndicator::described)
                                .toList());
        if (nodes.isCutOff()) {
            health.withDetail(
                    "trouble", "no heartbeat has reached the database lately: the other nodes count this one as gone");
        }
        return health.build();
    }

    private static Map<String, Object> described(NodeState state) {
        NodeActivity activity = state.activity();
        var details = new LinkedHashMap<String, Object>();
        details.put("number", state.node().number());
        details.put("name", state.node().name());
        details.put("state", state.gone() ? "gone" : activity.draining() ? "draining" : "alive");
        details.put("clients", activity.sessions());
        details.put("heartbeatSecondsAgo", state.silent().toMillis() / 1000.0);
        details.put("upSeconds", state.up().toSeconds());
        if (activity.servesAt() != null) {
            details.put("address", activity.servesAt());
        }
        if (activity.version() != null) {
            details.put("version", activity.version());
        }
        return details;
    }
}
