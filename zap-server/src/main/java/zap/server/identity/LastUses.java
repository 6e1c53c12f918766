package zap.server.identity;

import jakarta.annotation.PreDestroy;
import java.time.Clock;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.scheduling.annotation.Scheduled;
import org.springframework.stereotype.Component;
import org.springframework.transaction.TransactionException;
import zap.protocol.ClientId;

/**
 * Notes the day of each client's last session. One statement a minute stores it for all clients, so that no connection
 * waits for it. A server that is killed loses one minute of it, which does not matter for its purpose.
 */
@Component
public class LastUses {

    private static final Logger log = LoggerFactory.getLogger(LastUses.class);

    private final Set<Long> seen = ConcurrentHashMap.newKeySet();
    private final ClientRepository clients;
    private final Clock clock;

    LastUses(ClientRepository clients, Clock clock) {
        this.clients = clients;
        this.clock = clock;
    }

    /** Notes that the client has a session now, or has had one until now. */
    public void seen(ClientId client) {
        seen.add(client.value());
    }

    /** Stores the noted clients. */
    @Scheduled(fixedDelayString = "PT1M", initialDelayString = "PT1M")
    @PreDestroy
    void store() {
        List<Long> noted = List.copyOf(seen);
        if (noted.isEmpty()) {
            return;
        }
        try {
            clients.used(noted, LocalDate.ofInstant(clock.instant(), ZoneOffset.UTC));
            // A client that was seen again meanwhile was seen on this day. If midnight has passed, it is seen again
            // when its session ends.
            noted.forEach(seen::remove);
        } catch (DataAccessException | TransactionException e) {
            log.warn(
                    "Could not store the days of the clients' last sessions, will try again: {}",
                    e.getMostSpecificCause().getMessage());
        }
    }
}
