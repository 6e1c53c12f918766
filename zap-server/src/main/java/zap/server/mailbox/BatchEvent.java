package zap.server.mailbox;

import java.util.List;
import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Enabled;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import zap.protocol.Frame;

/**
 * A batch of the writer in a recording of JDK Flight Recorder: its contents, and the time of each of its steps. Only a
 * recording that asks for it has it; otherwise it costs nothing.
 *
 * <p>Times are {@link System#nanoTime()}, which all processes of a machine share on Linux. So {@code ./zap bench
 * latency --explain} can compare them with its own, and align the recording's clock with them.
 */
@Name(BatchEvent.NAME)
@Label("Batch")
@Category("zap")
@Description("A batch of the writer, from taking its writes to reporting their outcomes")
@Enabled(false)
@StackTrace(false)
final class BatchEvent extends Event {

    static final String NAME = "zap.Batch";

    @Label("Number")
    long number;

    @Label("Writes")
    int writes;

    @Label("Attempts")
    @Description("Attempts to store it, 1 without a retry")
    int attempts;

    @Label("Form")
    @Description("The way in which it was stored: alone, shared or locked")
    String form = "";

    @Label("Confirmations")
    int confirmations;

    @Label("Confirmed entries")
    long confirmedEntries;

    @Label("Messages")
    @Description("Entries that are messages, once for each recipient")
    int messages;

    @Label("Delivery receipts")
    int receipts;

    @Label("Other entries")
    int others;

    @Label("Bytes of the messages' texts")
    long bytes;

    @Label("First received")
    @Description("The earliest time at which one of the messages was read from a socket; 0 without messages")
    long firstReceived;

    @Label("Last received")
    @Description("The latest time at which one of the messages was read from a socket; 0 without messages")
    long lastReceived;

    @Label("Taken")
    @Description("The time at which the writer began with the batch")
    long taken;

    @Label("Storing")
    @Description("The time at which the last attempt went to the database to store")
    long storing;

    @Label("Stored")
    @Description("The time at which the commit had returned")
    long stored;

    @Label("Reported")
    @Description("The time at which all sessions had their outcomes and mail")
    long reported;

    /** Begins with a batch now. */
    static BatchEvent begun() {
        var event = new BatchEvent();
        if (event.isEnabled()) {
            event.taken = System.nanoTime();
            event.begin();
        }
        return event;
    }

    /**
     * Ends with a batch now, and writes the event into the recording, if there is one.
     *
     * @param attempts the number of attempts that it took
     * @param storedNanos the time at which the commit had returned
     */
    void reported(Attempt attempt, List<Write> submitted, int attempts, long storedNanos) {
        if (taken == 0 || !shouldCommit()) {
            return;
        }
        reported = System.nanoTime();
        stored = storedNanos;
        storing = attempt.storingNanos() == 0 ? storedNanos : attempt.storingNanos();
        this.attempts = attempts;
        number = attempt.name().number();
        writes = submitted.size();
        form = attempt.form().name();
        confirmations =
                (int) submitted.stream().filter(ConfirmWrite.class::isInstance).count();
        confirmedEntries = attempt.batch().confirmedEntries();
        attempt.batch().newEntries().forEach(this::count);
        commit();
    }

    private void count(NewEntry entry) {
        switch (entry.item().frame()) {
            case Frame.Deliver deliver ->
                countMessage(entry.item(), deliver.body().utf8().length);
            case Frame.Message message ->
                countMessage(entry.item(), message.body().utf8().length);
            case Frame.Delivered _ -> receipts++;
            case Frame.ReadReceipt _, Frame.GroupCreated _ -> others++;
        }
    }

    private void countMessage(MailboxItem item, int textBytes) {
        messages++;
        bytes += textBytes;
        long received = item.receivedAtNanos();
        if (received != MailboxItem.NOT_MEASURED) {
            firstReceived = firstReceived == 0 ? received : Math.min(firstReceived, received);
            lastReceived = Math.max(lastReceived, received);
        }
    }
}
