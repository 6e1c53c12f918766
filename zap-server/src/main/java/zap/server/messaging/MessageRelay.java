package zap.server.messaging;

import java.util.List;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Service;
import zap.protocol.Address;
import zap.protocol.Body;
import zap.protocol.ClientId;
import zap.protocol.Frame;
import zap.protocol.PosixTime;
import zap.protocol.Reason;
import zap.server.group.Groups;
import zap.server.identity.IdSource;
import zap.server.mailbox.Batch;
import zap.server.mailbox.LruMap;
import zap.server.mailbox.RefusedWrite;
import zap.server.mailbox.Write;
import zap.server.mailbox.WriteOutcome;

/**
 * Accepts a message (05, 36) and stores it for every recipient once (06, 36). Accepts a read mark (08) and stores a
 * read receipt (09) for the originator.
 *
 * <p>It finds the recipients, stores the message, and reports the outcome. It delivers nothing: delivery reads the
 * mailbox, after the commit, by the same code for a recipient who is online now and for one who connects next week.
 */
@Service
public class MessageRelay {

    /**
     * Capacity of the cache of last read receipts, in pairs of reader and originator. It only serves to leave out
     * receipts without news.
     */
    private static final int CACHED_RECEIPTS = 10_000;

    private static final long NOTHING_READ = -1;

    private final Groups groups;

    /** The second of each pair's last read receipt. Belongs to the writer's thread. */
    private final LruMap<Pair, Long> lastReceipts = new LruMap<>(CACHED_RECEIPTS);

    MessageRelay(Groups groups) {
        this.groups = groups;
    }

    /**
     * Puts a message (05) into the mailbox of each recipient.
     *
     * @param sender the session's own client
     * @param receivedAtNanos {@link System#nanoTime()} when the frame came
     * @param onSettled receives the outcome once it is durable, on the writer's thread; must not block
     * @return the write to submit to the mailbox
     */
    public Write send(ClientId sender, Frame.Send message, long receivedAtNanos, Consumer<WriteOutcome> onSettled) {
        var deliver = new Frame.Deliver(message.src(), message.dst(), message.sentAt(), message.body());
        return send(sender, message.src(), message.dst(), message.body(), deliver, receivedAtNanos, onSettled);
    }

    /** Puts a message with an identity (36) into the mailbox of each recipient, who gets it with its identity. */
    public Write send(ClientId sender, Frame.Message message, long receivedAtNanos, Consumer<WriteOutcome> onSettled) {
        return send(sender, message.src(), message.dst(), message.body(), message, receivedAtNanos, onSettled);
    }

    private Write send(
            ClientId sender,
            ClientId src,
            Address dst,
            Body body,
            Frame.ForMailbox entry,
            long receivedAtNanos,
            Consumer<WriteOutcome> onSettled) {
        if (!src.equals(sender)) {
            return new RefusedWrite(Reason.SPOOFED, onSettled);
        }
        if (body.containsNul()) {
            return new RefusedWrite(Reason.BAD_TEXT, onSettled);
        }
        return new MessageWrite(src, dst, entry, receivedAtNanos, onSettled);
    }

    /**
     * Stores a read receipt for the originator. The second is lowered below the originator's oldest message to the
     * reader that still waits: a read receipt is as true as a delivery receipt (protocol section 1, 08).
     *
     * @param reader the session's own client
     * @param confirmedUpTo the position up to which the session had confirmed mail when the frame came. The mark says
     *     nothing of what it confirms later, even if both are stored together
     * @param receivedAtNanos {@link System#nanoTime()} when the frame came
     * @param onSettled see {@link #send}
     * @return the write to submit to the mailbox
     */
    public Write read(
            ClientId reader,
            Frame.Read mark,
            long confirmedUpTo,
            long receivedAtNanos,
            Consumer<WriteOutcome> onSettled) {
        return new StoreReadReceipt(reader, mark, confirmedUpTo, receivedAtNanos, onSettled);
    }

    private final class MessageWrite implements Write {

        private final ClientId src;
        private final Address dst;
        private final Frame.ForMailbox entry;
        private final long receivedAtNanos;
        private final Consumer<WriteOutcome> onSettled;
        private List<ClientId> recipients = List.of();
        private @Nullable Reason impossible;

        MessageWrite(
                ClientId src,
                Address dst,
                Frame.ForMailbox entry,
                long receivedAtNanos,
                Consumer<WriteOutcome> onSettled) {
            this.src = src;
            this.dst = dst;
            this.entry = entry;
            this.receivedAtNanos = receivedAtNanos;
            this.onSettled = onSettled;
        }

        @Override
        public void prepare() {
            impossible = null;
            if (!IdSource.isGroup(dst.value())) {
                recipients = List.of(dst.asClient());
                return;
            }
            @Nullable List<ClientId> members = groups.membersOf(dst.asGroup());
            if (members == null) {
                impossible = Reason.UNKNOWN_CLIENT;
            } else if (!members.contains(src)) {
                impossible = Reason.NOT_A_MEMBER;
            } else {
                recipients =
                        members.stream().filter(member -> !member.equals(src)).toList();
            }
        }

        @Override
        public void touch(LongConsumer clients) {
            if (impossible == null) {
                recipients.forEach(recipient -> clients.accept(recipient.value()));
            }
        }

        @Override
        public WriteOutcome apply(Batch batch) {
            if (impossible != null) {
                return WriteOutcome.refused(impossible);
            }
            // The server may have forgotten members of a group since it was made, through another node even since this
            // one has read them. The message goes to the others, also if there are none.
            List<ClientId> known = recipients.stream().filter(batch::knows).toList();
            if (known.isEmpty() && !IdSource.isGroup(dst.value())) {
                return WriteOutcome.refused(Reason.UNKNOWN_CLIENT);
            }
            for (ClientId recipient : known) {
                // All or nothing, in a group too: the sender must be able to rely on it that all members get the same
                // messages.
                if (batch.isFull(recipient)) {
                    return WriteOutcome.refused(Reason.MAILBOX_FULL);
                }
            }
            for (ClientId recipient : known) {
                batch.append(recipient, entry, receivedAtNanos);
            }
            return WriteOutcome.STORED;
        }

        @Override
        public void settled(WriteOutcome outcome) {
            onSettled.accept(outcome);
        }
    }

    /** A reader, and the originator of the messages that it read. */
    private record Pair(ClientId reader, ClientId originator) {}

    private final class StoreReadReceipt implements Write {

        private final Pair pair;
        private final PosixTime upTo;
        private final long confirmedUpTo;
        private final long receivedAtNanos;
        private final Consumer<WriteOutcome> onSettled;
        private long appended;

        StoreReadReceipt(
                ClientId reader,
                Frame.Read mark,
                long confirmedUpTo,
                long receivedAtNanos,
                Consumer<WriteOutcome> onSettled) {
            this.pair = new Pair(reader, mark.src());
            this.upTo = mark.upTo();
            this.confirmedUpTo = confirmedUpTo;
            this.receivedAtNanos = receivedAtNanos;
            this.onSettled = onSettled;
        }

        /**
         * Returns true, because a message that the reader has just confirmed must not count as waiting. A client's
         * marks for itself do not need that.
         */
        @Override
        public boolean followsConfirmations() {
            return !pair.reader.equals(pair.originator);
        }

        /** Returns the reader: it has not seen what it confirms after the mark. */
        @Override
        public @Nullable ClientId precedesConfirmationsOf() {
            return followsConfirmations() ? pair.reader : null;
        }

        @Override
        public void touch(LongConsumer clients) {
            clients.accept(pair.originator.value());
            clients.accept(pair.reader.value());
        }

        @Override
        public void readsLedgerOf(LongConsumer clients) {
            clients.accept(pair.reader.value());
        }

        @Override
        public WriteOutcome apply(Batch batch) {
            appended = NOTHING_READ;
            if (!batch.knows(pair.originator) || !batch.knows(pair.reader)) {
                return WriteOutcome.refused(Reason.UNKNOWN_CLIENT);
            }
            long waits = batch.oldestWaiting(pair.reader, pair.originator, confirmedUpTo);
            long covered = Math.min(upTo.seconds(), waits - 1);
            boolean lowered = covered < upTo.seconds();
            if (lowered && covered <= lastReceipts.getOrDefault(pair, NOTHING_READ)) {
                return WriteOutcome.STORED;
            }
            appended = covered;
            batch.append(pair.originator, new Frame.ReadReceipt(pair.reader, new PosixTime(covered)), receivedAtNanos);
            return WriteOutcome.STORED;
        }

        @Override
        public void settled(WriteOutcome outcome) {
            if (outcome instanceof WriteOutcome.Stored && appended > NOTHING_READ) {
                lastReceipts.merge(pair, appended, Math::max);
            }
            onSettled.accept(outcome);
        }
    }
}
