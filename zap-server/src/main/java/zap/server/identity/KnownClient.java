package zap.server.identity;

import java.time.Instant;
import java.time.LocalDate;
import org.jspecify.annotations.Nullable;

/**
 * What is known of a client besides its mail.
 *
 * @param at when it registered
 * @param keyed whether it has a key, and so has to prove who it is
 * @param lastUsed the day of its last session (UTC), noted within a minute
 * @param blockedAt since when it may not connect; null for one that may
 */
public record KnownClient(
        Instant at,
        boolean keyed,
        LocalDate lastUsed,
        @Nullable Instant blockedAt) {}
