package zap.server.ops;

import java.time.Clock;
import java.time.Duration;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.scheduling.annotation.Scheduled;
import org.springframework.stereotype.Component;
import org.springframework.transaction.TransactionException;
import zap.protocol.ClientId;
import zap.server.identity.Identities;
import zap.server.identity.IdentityProperties;

/** Forgets clients that have been unused for long and have no waiting mail, if the operator has set that. */
@Component
class UnusedIdentities {

    private static final Logger log = LoggerFactory.getLogger(UnusedIdentities.class);
    private static final int AT_ONCE = 1000;

    private final Identities identities;
    private final Erasure erasure;
    private final Clock clock;
    private final @Nullable Duration keptUnused;

    UnusedIdentities(Identities identities, Erasure erasure, Clock clock, IdentityProperties properties) {
        this.identities = identities;
        this.erasure = erasure;
        this.clock = clock;
        this.keptUnused = properties.forgetUnusedAfter();
    }

    @Scheduled(fixedDelayString = "PT1H", initialDelayString = "PT10M")
    void run() throws InterruptedException {
        if (keptUnused == null) {
            return;
        }
        LocalDate day = LocalDate.ofInstant(clock.instant().minus(keptUnused), ZoneOffset.UTC);
        try {
            long forgotten = 0;
            long after = 0;
            List<ClientId> unused;
            do {
                unused = identities.unusedSince(day, after, AT_ONCE);
                for (ClientId client : unused) {
                    forgotten += erasure.forgetIfUnusedSince(client, day);
                    after = client.value();
                }
            } while (unused.size() == AT_ONCE);
            if (forgotten > 0) {
                log.info("Forgot {} clients that had no session since {} and no mail", forgotten, day);
            }
        } catch (DataAccessException | TransactionException e) {
            log.warn(
                    "Could not delete unused identities, will try again: {}",
                    e.getMostSpecificCause().getMessage());
        }
    }
}
