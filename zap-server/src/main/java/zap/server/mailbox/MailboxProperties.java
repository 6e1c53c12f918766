package zap.server.mailbox;

import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import java.time.Duration;
import org.hibernate.validator.constraints.time.DurationMax;
import org.hibernate.validator.constraints.time.DurationMin;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.validation.annotation.Validated;

/**
 * How messages are stored.
 *
 * @param confirmWithin how long what a client has got may wait to be noted, and its receipts to be given out, so that they can be one for
 *     all that it is given meanwhile
 * @param maxBatch how many writes share one commit at most
 * @param maxQueued how many writes may wait for their commit; when it is full, sockets are not read until there is room
 * @param maxWaiting how many entries may wait in one mailbox; a message for a fuller one is refused (MAILBOX_FULL), receipts and
 *     groups always go in
 * @param pageSize how many entries a session reads from its log at a time
 * @param maxReaders how many sessions may read their logs at the same time; each of them holds a database connection
 * @param forgetEvery how often delivered entries are tidied up; each is gone after two to four times
 */
@Validated
@ConfigurationProperties(prefix = "zap.mailbox", ignoreUnknownFields = false)
public record MailboxProperties(
        @DefaultValue("20ms") @DurationMin(nanos = 0) @DurationMax(seconds = 5)
        Duration confirmWithin,

        @DefaultValue("1000") @Min(1) @Max(10_000) int maxBatch,
        @DefaultValue("8192") @Min(1) @Max(1_000_000) int maxQueued,
        @DefaultValue("100000") @Min(1) long maxWaiting,
        @DefaultValue("256") @Min(1) @Max(10_000) int pageSize,
        @DefaultValue("4") @Min(1) @Max(100) int maxReaders,
        @DefaultValue("2m") @DurationMin(seconds = 1) Duration forgetEvery) {}
