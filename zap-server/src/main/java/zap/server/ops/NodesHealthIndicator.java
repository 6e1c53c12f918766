package zap.server.ops;

import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.stereotype.Component;
import zap.server.cluster.Node;
import zap.server.cluster.Nodes;

/**
 * Reports the number of this node and the other nodes of its database. It appears as {@code nodes} in the health
 * endpoint. Down while the others count this node as gone.
 */
@Component
class NodesHealthIndicator implements HealthIndicator {

    private final Nodes nodes;

    NodesHealthIndicator(Nodes nodes) {
        this.nodes = nodes;
    }

    @Override
    public Health health() {
        return (nodes.isCutOff() ? Health.down() : Health.up())
                .withDetail("number", nodes.number())
                .withDetail(
                        "others", nodes.others().stream().map(Node::toString).toList())
                .build();
    }
}
