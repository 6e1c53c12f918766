package zap.server.gateway.outbox;

import java.util.List;
import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Enabled;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import zap.protocol.ClientId;
import zap.server.mailbox.MailboxItem;

/**
 * A message that was written to its recipient, in a recording of JDK Flight Recorder. Only a recording that asks for it
 * has it; otherwise it costs nothing. Times are {@link System#nanoTime()}.
 */
@Name(MailWrittenEvent.NAME)
@Label("Mail written")
@Category("zap")
@Description("A message that was written to its recipient's socket")
@Enabled(false)
@StackTrace(false)
final class MailWrittenEvent extends Event {

    static final String NAME = "zap.MailWritten";

    @Label("Client")
    @Description("The recipient")
    long client;

    @Label("Position")
    @Description("The message's position in the recipient's mailbox")
    long position;

    @Label("Received")
    @Description("The time at which the message was read from its sender's socket")
    long received;

    @Label("Begun")
    @Description("The time at which the outbox had it in hand")
    long begun;

    @Label("Written")
    @Description("The time at which the write to the socket had returned")
    long written;

    /** Returns the time, if a recording asks for these events; otherwise 0. */
    static long now() {
        return new MailWrittenEvent().isEnabled() ? System.nanoTime() : 0;
    }

    /**
     * Writes an event for each message that was received by this server.
     *
     * @param begun {@link #now} before the write; with 0 no event is written
     */
    static void write(ClientId client, List<MailboxItem> mail, long begun) {
        if (begun == 0) {
            return;
        }
        long written = System.nanoTime();
        for (MailboxItem item : mail) {
            if (item.receivedAtNanos() != MailboxItem.NOT_MEASURED) {
                var event = new MailWrittenEvent();
                event.client = client.value();
                event.position = item.position();
                event.received = item.receivedAtNanos();
                event.begun = begun;
                event.written = written;
                event.commit();
            }
        }
    }
}
