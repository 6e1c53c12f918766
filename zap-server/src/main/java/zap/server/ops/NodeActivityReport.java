package zap.server.ops;

import java.util.Optional;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.info.BuildProperties;
import org.springframework.stereotype.Component;
import zap.server.cluster.NodeActivity;
import zap.server.cluster.Nodes;
import zap.server.gateway.Gateway;

/** Reports the activity of this node to the others, with its heartbeats. */
@Component
class NodeActivityReport {

    NodeActivityReport(Nodes nodes, Gateway gateway, ObjectProvider<BuildProperties> build) {
        Optional<String> version =
                build.stream().map(BuildProperties::getVersion).findFirst();
        nodes.reportActivity(() -> new NodeActivity(
                version.orElse(null), gateway.servesAt().orElse(null), gateway.clients(), gateway.isDraining()));
    }
}
