package zap.server.messaging;

import java.util.List;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Service;
import zap.protocol.ClientId;
import zap.protocol.Frame;
import zap.protocol.Reason;
import zap.server.group.Groups;
import zap.server.identity.IdSource;
import zap.server.mailbox.Batch;
import zap.server.mailbox.Refusal;
import zap.server.mailbox.Write;

/**
 * Accepts a message (05) and sees that every recipient gets it (06) once; accepts a read mark (08) and sees that the originator
 * learns of it (09).
 *
 * <p>Who, store, tell. Nothing is delivered here: delivery reads the mailbox, after commit, by the same code whether the
 * recipient is online now or connects next week.
 */
@Service
public class MessageRelay {

    private final Groups groups;

    MessageRelay(Groups groups) {
        this.groups = groups;
    }

    /**
     * Puts a message into the mailbox of everyone it is meant for.
     *
     * @param sender the session's own client
     * @param receivedAtNanos {@link System#nanoTime()} when it came
     * @param outcome told when the message is durable (null), or why it was refused; on the writer's thread, must not block
     * @return what is to be submitted to the mailbox
     */
    public Write send(ClientId sender, Frame.Send message, long receivedAtNanos, Consumer<@Nullable Reason> outcome) {
        if (!message.src().equals(sender)) {
            return new Refusal(Reason.SPOOFED, outcome);
        }
        if (message.body().containsNul()) {
            return new Refusal(Reason.BAD_TEXT, outcome);
        }
        return new StoreMessage(message, receivedAtNanos, outcome);
    }

    /**
     * Tells the originator that its messages were read.
     *
     * @param reader the session's own client
     * @param receivedAtNanos {@link System#nanoTime()} when it came
     * @param outcome see {@link #send}
     * @return what is to be submitted to the mailbox
     */
    public Write read(ClientId reader, Frame.Read mark, long receivedAtNanos, Consumer<@Nullable Reason> outcome) {
        return new StoreReadReceipt(reader, mark, receivedAtNanos, outcome);
    }

    private final class StoreMessage implements Write {

        private final Frame.Send message;
        private final long receivedAtNanos;
        private final Consumer<@Nullable Reason> outcome;
        private List<ClientId> recipients = List.of();
        private @Nullable Reason impossible;

        StoreMessage(Frame.Send message, long receivedAtNanos, Consumer<@Nullable Reason> outcome) {
            this.message = message;
            this.receivedAtNanos = receivedAtNanos;
            this.outcome = outcome;
        }

        @Override
        public void prepare() {
            impossible = null;
            if (!IdSource.isGroup(message.dst().value())) {
                recipients = List.of(message.dst().asClient());
                return;
            }
            @Nullable List<ClientId> members = groups.membersOf(message.dst().asGroup());
            if (members == null) {
                impossible = Reason.UNKNOWN_CLIENT;
            } else if (!members.contains(message.src())) {
                impossible = Reason.NOT_A_MEMBER;
            } else {
                recipients = members.stream()
                        .filter(member -> !member.equals(message.src()))
                        .toList();
            }
        }

        @Override
        public void touch(LongConsumer clients) {
            if (impossible == null) {
                recipients.forEach(recipient -> clients.accept(recipient.value()));
            }
        }

        @Override
        public @Nullable Reason apply(Batch batch) {
            if (impossible != null) {
                return impossible;
            }
            // Of a group some may have been forgotten by the server since it was made: then it is the others' group.
            List<ClientId> known = recipients.stream().filter(batch::knows).toList();
            if (known.isEmpty()) {
                return Reason.UNKNOWN_CLIENT;
            }
            for (ClientId recipient : known) {
                // All or nothing, in a group too: who sends must be able to rely on it that all get what some get.
                if (batch.isFull(recipient)) {
                    return Reason.MAILBOX_FULL;
                }
            }
            var deliver = new Frame.Deliver(message.src(), message.dst(), message.sentAt(), message.body());
            for (ClientId recipient : known) {
                batch.append(recipient, deliver, receivedAtNanos);
            }
            return null;
        }

        @Override
        public void settled(@Nullable Reason refusal) {
            outcome.accept(refusal);
        }
    }

    private record StoreReadReceipt(
            ClientId reader, Frame.Read mark, long receivedAtNanos, Consumer<@Nullable Reason> outcome)
            implements Write {

        @Override
        public void touch(LongConsumer clients) {
            clients.accept(mark.src().value());
        }

        @Override
        public @Nullable Reason apply(Batch batch) {
            if (!batch.knows(mark.src())) {
                return Reason.UNKNOWN_CLIENT;
            }
            // A receipt takes room like a message: nobody fills somebody's mailbox with them either.
            if (batch.isFull(mark.src())) {
                return Reason.MAILBOX_FULL;
            }
            batch.append(mark.src(), new Frame.ReadReceipt(reader, mark.upTo()), receivedAtNanos);
            return null;
        }

        @Override
        public void settled(@Nullable Reason refusal) {
            outcome.accept(refusal);
        }
    }
}
