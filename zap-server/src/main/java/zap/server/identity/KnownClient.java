package zap.server.identity;

import java.time.Instant;
import java.time.LocalDate;
import org.jspecify.annotations.Nullable;

/**
 * The registration of a client.
 *
 * @param at the time of the registration
 * @param keyed whether it has a key, and so must prove its identity
 * @param lastUsed the day of its last session (UTC), noted within a minute
 * @param blockedAt the time at which it was blocked; null for a client that may connect
 */
public record KnownClient(
        Instant at,
        boolean keyed,
        LocalDate lastUsed,
        @Nullable Instant blockedAt) {}
