package zap.server.ops;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.event.EventListener;
import org.springframework.stereotype.Component;
import zap.server.database.PromotionEvent;
import zap.server.database.Replication;
import zap.server.gateway.Gateway;

/**
 * Closes the sessions after a failover to a standby that was not synchronous. The writer finds out what this server has
 * lost; but the sessions may also know of what others have stored, or of what this one has stored long before.
 */
@Component
class FailoverListener {

    private static final Logger log = LoggerFactory.getLogger(FailoverListener.class);

    private final Replication replication;
    private final Gateway gateway;

    FailoverListener(Replication replication, Gateway gateway) {
        this.replication = replication;
        this.gateway = gateway;
    }

    @EventListener
    void promoted(PromotionEvent promotion) {
        if (replication.mayLose()) {
            log.warn(
                    "Timeline {} of the database began with a standby that was not known to be synchronous: closing the"
                            + " sessions, so that clients compare histories",
                    promotion.timeline());
            gateway.historyLost();
        }
    }
}
