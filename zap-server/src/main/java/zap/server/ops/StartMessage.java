package zap.server.ops;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.context.event.ApplicationReadyEvent;
import org.springframework.boot.info.BuildProperties;
import org.springframework.boot.web.server.context.WebServerApplicationContext;
import org.springframework.context.event.EventListener;
import org.springframework.stereotype.Component;
import zap.server.database.Database;
import zap.server.gateway.Gateway;

/** What a person sees when the server is up: which ports speak what, where the data is, and what to try next. */
@Component
class StartMessage {

    private final Gateway gateway;
    private final Database database;
    private final String version;

    StartMessage(Gateway gateway, Database database, ObjectProvider<BuildProperties> build) {
        this.gateway = gateway;
        this.database = database;
        this.version =
                build.stream().map(BuildProperties::getVersion).findFirst().orElse("");
    }

    @EventListener
    void print(ApplicationReadyEvent ready) {
        var taken = ready.getTimeTaken();
        int actuator =
                ready.getApplicationContext() instanceof WebServerApplicationContext web && web.getWebServer() != null
                        ? web.getWebServer().getPort()
                        : 0;
        System.out.printf(
                """

                zap %s is ready%s

                  %5d  messages: frames of full width  (docs/protocol.md)
                  %5d  messages: short frames, a line or one send each
                  %5d  for operators: http://127.0.0.1:%d/actuator/health and /actuator/prometheus
                   data  PostgreSQL %s
                   mail  to a base session is delivered when %s

                  Try:   nc 127.0.0.1 %d    and type 01: back come 02 and the 13 digits of a new client
                  Stop:  Ctrl-C

                """,
                version,
                taken == null ? "" : " after %.1f s".formatted(taken.toMillis() / 1000.0),
                gateway.port(),
                gateway.recvPort(),
                actuator,
                actuator,
                database.described(),
                gateway.deliveredWhen(),
                gateway.recvPort());
    }
}
