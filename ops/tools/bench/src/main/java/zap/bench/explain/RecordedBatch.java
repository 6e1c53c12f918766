package zap.bench.explain;

import java.util.Locale;

/**
 * A batch of the server's writer, as its recording has it.
 *
 * @param number its number
 * @param form the way in which it was stored
 * @param attempts the attempts that it took
 * @param messages entries that are messages
 * @param receipts delivery receipts that it appended
 * @param others other entries
 * @param confirmations confirmations that it took in
 * @param confirmed entries that these confirmed
 * @param bytes bytes of the messages' texts
 * @param firstReceived the time at which the first of its messages was read from a socket; 0 without messages
 * @param lastReceived the time at which the last of its messages was read; 0 without messages
 * @param taken the time at which the writer began with it
 * @param storing the time at which it went to the database
 * @param stored the time at which the commit had returned
 * @param reported the time at which all sessions had their outcomes and mail
 */
public record RecordedBatch(
        long number,
        String form,
        int attempts,
        int messages,
        int receipts,
        int others,
        int confirmations,
        long confirmed,
        long bytes,
        long firstReceived,
        long lastReceived,
        long taken,
        long storing,
        long stored,
        long reported) {

    /** Returns whether confirmations are the greater part of its writes. */
    boolean isMostlyConfirmations() {
        return confirmations > messages;
    }

    /** Returns its contents and its time in the database in words. */
    String describe() {
        return String.format(
                Locale.ROOT,
                "batch %d: %d messages (%d bytes), %d confirmations, %d receipts%s, %.1f ms in the database%s",
                number,
                messages,
                bytes,
                confirmations,
                receipts,
                others == 0 ? "" : ", " + others + " other entries",
                (stored - storing) / 1e6,
                attempts == 1 ? "" : ", " + attempts + " attempts, " + form);
    }
}
