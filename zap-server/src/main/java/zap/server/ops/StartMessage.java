package zap.server.ops;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.spi.LoggingEventBuilder;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.context.event.ApplicationReadyEvent;
import org.springframework.boot.info.BuildProperties;
import org.springframework.boot.web.server.Ssl;
import org.springframework.boot.web.server.autoconfigure.ServerProperties;
import org.springframework.boot.web.server.context.WebServerApplicationContext;
import org.springframework.context.event.EventListener;
import org.springframework.core.env.Environment;
import org.springframework.stereotype.Component;
import zap.server.cluster.Node;
import zap.server.cluster.Nodes;
import zap.server.database.Database;
import zap.server.database.Loopback;
import zap.server.gateway.Gateway;

/**
 * The message that the server prints when it is ready: its ports and their protocols, the place of its data, and a
 * command to try next. When the log is for programs, the message is one line of the log.
 */
@Component
class StartMessage {

    private static final Logger log = LoggerFactory.getLogger(StartMessage.class);

    private final Gateway gateway;
    private final Database database;
    private final Nodes nodes;
    private final ServerProperties actuator;
    private final Environment environment;
    private final String version;

    StartMessage(
            Gateway gateway,
            Database database,
            Nodes nodes,
            ServerProperties actuator,
            Environment environment,
            ObjectProvider<BuildProperties> build) {
        this.gateway = gateway;
        this.database = database;
        this.nodes = nodes;
        this.actuator = actuator;
        this.environment = environment;
        this.version =
                build.stream().map(BuildProperties::getVersion).findFirst().orElse("");
    }

    /** Prints nothing when the operator has pressed Ctrl-C meanwhile. */
    @EventListener
    void print(ApplicationReadyEvent ready) {
        gateway.unlessStopping(() -> say(ready));
    }

    private void say(ApplicationReadyEvent ready) {
        var taken = ready.getTimeTaken();
        int port =
                ready.getApplicationContext() instanceof WebServerApplicationContext web && web.getWebServer() != null
                        ? web.getWebServer().getPort()
                        : 0;
        String after = taken == null ? "" : String.format(Locale.ROOT, " after %.1f s", taken.toMillis() / 1000.0);
        if (environment.getProperty("logging.structured.format.console", "").isEmpty()) {
            System.out.println(String.join(System.lineSeparator(), text(after, port)));
        } else {
            log(after, port);
        }
    }

    private void log(String taken, int actuatorPort) {
        LoggingEventBuilder line = log.atInfo().addKeyValue("event.action", "server-ready");
        for (var listener : List.of(
                Map.entry("main", gateway.port()),
                Map.entry("recv", gateway.recvPort()),
                Map.entry("tls", gateway.tlsPort()),
                Map.entry("actuator", OptionalInt.of(actuatorPort)))) {
            if (listener.getValue().isPresent()) {
                line = line.addKeyValue(
                        "zap.port." + listener.getKey(), listener.getValue().getAsInt());
            }
        }
        line.log("zap {} is ready{}", version, taken);
    }

    private List<String> text(String taken, int actuatorPort) {
        var lines = new ArrayList<String>();
        lines.add("");
        lines.add("zap %s is ready%s".formatted(version, taken));
        lines.add("");
        gateway.port().ifPresent(port -> lines.add(port(port, "messages: frames of full width  (docs/protocol.md)")));
        gateway.recvPort()
                .ifPresent(port -> lines.add(port(port, "messages: short frames, one line or one send each")));
        gateway.tlsPort().ifPresent(port -> {
            lines.add(port(port, "messages: frames of full width over TLS"));
            lines.add("         with a certificate " + gateway.certificate());
        });
        lines.add(port(
                actuatorPort,
                "for operators: %s://%s:%s/actuator/health and /actuator/prometheus"
                        .formatted(
                                isEncrypted() ? "https" : "http",
                                Loopback.inUrl(Loopback.reaching(actuator.getAddress())),
                                actuatorPort)));
        lines.add("   data  PostgreSQL " + database.described());
        if (!nodes.others().isEmpty()) {
            lines.add("   node  %s of one zap: database, clients and messages are shared with %s."
                    .formatted(
                            nodes.number(),
                            nodes.others().stream().map(Node::toString).collect(Collectors.joining(", "))));
            lines.add("         Clients may connect to any of them. Not meant so? Stop this server: the others go on.");
        }
        lines.add("   mail  to a base session is delivered when " + gateway.deliveredWhen());
        lines.add("");
        OptionalInt byHand = gateway.recvPort();
        if (byHand.isPresent()) {
            lines.add("  Try:   nc %s %s    and type 01: back come 02 and the 13 digits of a new client"
                    .formatted(Loopback.reaching(gateway.address()), byHand.getAsInt()));
        }
        lines.add("  Stop:  Ctrl-C");
        lines.add("");
        return lines;
    }

    private static String port(int port, String what) {
        return "  %5s  %s".formatted(port, what);
    }

    private boolean isEncrypted() {
        @Nullable Ssl ssl = actuator.getSsl();
        return ssl != null && Ssl.isEnabled(ssl);
    }
}
