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
 * The settings of the mailbox.
 *
 * @param confirmWithin maximum delay of a confirmation, so that later confirmations of the same session, and their
 *     receipts, can be merged with it
 * @param maxBatch maximum number of writes in one commit
 * @param maxQueued maximum number of writes that wait for their commit; while the queue is full, the server does not
 *     read from its clients' sockets
 * @param maxWaiting maximum number of waiting entries in one mailbox; a message for a full mailbox is refused
 *     (MAILBOX_FULL), receipts and groups are always stored
 * @param pageSize number of entries that a session reads from its log at a time
 * @param maxReaders maximum number of sessions that read their logs at the same time; each of them holds a database
 *     connection
 * @param forgetEvery interval between deletions of delivered entries; an entry is gone after two to four intervals
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

        @DefaultValue(MailboxProperties.FORGET_EVERY) @DurationMin(seconds = 1)
        Duration forgetEvery) {

    static final String FORGET_EVERY = "2m";
}
