package zap.chaos;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import zap.protocol.Address;
import zap.protocol.ClientId;

/**
 * The judge of a crowd's messages, while they arrive. It knows what clients have sent and were given, and counts lost,
 * doubled, disordered and falsely told messages. Used by many threads.
 *
 * <p>A client on base sessions has no promise for what it wrote to a node that was killed. So its messages are numbered
 * anew on each connection, and the last ones of a connection may be missing; none before one that arrived. It may be
 * given the same message again on its next connection, which is counted, and is no fault.
 */
final class CrowdJudge {

    private static final int MOST_FAULTS = 50;

    /** Number of receipts that are compared again with frames whose acceptance comes behind them. */
    private static final int RECEIPTS_KEPT = 4;

    /** The messages of a client to an address, as they come to one of their recipients. */
    private record Channel(ClientId src, Address dst, ClientId recipient) {}

    /** A pair of clients, for receipts: they cover a group's messages, too. */
    private record Pair(ClientId src, ClientId recipient) {}

    /** The state of a channel at its recipient, or at its sender. */
    private static final class Progress {
        long life;
        long number;
        long read;
    }

    /** A message that its sender is owed receipts for. */
    private static final class Owed {
        final Channel channel;
        final long number;
        final long second;
        long at = -1; // the sender's position when it was accepted

        Owed(Channel channel, long number, long second) {
            this.channel = channel;
            this.number = number;
            this.second = second;
        }
    }

    /** A receipt, and its position in the sender's mailbox. */
    private record Receipt(long second, long position) {
        boolean covers(Owed owed) {
            return owed.at >= 0 && owed.at < position && owed.second <= second;
        }
    }

    /** Receipts of one kind, between two clients. */
    private static final class Receipts {
        /** The messages without one, in the order in which they were sent. */
        final Deque<Owed> open = new ArrayDeque<>();

        final Deque<Receipt> last = new ArrayDeque<>();
    }

    private record Numbered(long ordinal, List<Owed> owed) {}

    /**
     * The counts so far.
     *
     * @param sent messages, each counted once for each recipient
     * @param arrived likewise, without repetitions
     * @param unstored messages of base sessions that had gone to a node which was killed
     * @param again messages that a base session was given again
     * @param delivered messages with a delivery receipt
     * @param read messages with a read receipt
     */
    record Counts(
            long sent,
            long arrived,
            long unstored,
            long again,
            long delivered,
            long read,
            long lost,
            long doubled,
            long disordered,
            long falselyTold) {}

    private final Map<ClientId, Boolean> assured = new HashMap<>();
    private final Map<ClientId, Long> lives = new HashMap<>();
    private final Map<Pair, Map<Address, Progress>> progress = new HashMap<>();
    private final Map<Channel, Progress> sentOn = new HashMap<>();
    private final Map<Pair, Receipts> undelivered = new HashMap<>();
    private final Map<Pair, Receipts> unread = new HashMap<>();
    private final Map<ClientId, Deque<Numbered>> unaccepted = new HashMap<>();
    private final List<String> faults = new ArrayList<>();
    private long sent;
    private long arrived;
    private long again;
    private long delivered;
    private long read;
    private long lost;
    private long doubled;
    private long disordered;
    private long falselyTold;

    synchronized void join(ClientId client, boolean isAssured) {
        assured.put(client, isAssured);
        unaccepted.put(client, new ArrayDeque<>());
    }

    /** A client that uses base sessions has a new connection. */
    synchronized void connected(ClientId client, long life) {
        lives.put(client, life);
    }

    /**
     * A client writes its next message.
     *
     * @param life the number of its connection; 0 in assured sessions, which go on
     * @param ordinal the frame's number in the sender's stream; 0 on base sessions
     * @return the message's number in its channel
     */
    synchronized long sending(
            ClientId src, Address dst, List<ClientId> recipients, long life, long second, long ordinal) {
        long number = 0;
        var owed = new ArrayList<Owed>();
        for (ClientId recipient : recipients) {
            var channel = new Channel(src, dst, recipient);
            Progress own = sentOn.computeIfAbsent(channel, _ -> new Progress());
            number = own.life == life ? own.number + 1 : 1;
            own.life = life;
            own.number = number;
            sent++;
            if (ordinal > 0) {
                var one = new Owed(channel, number, second);
                owed.add(one);
                receipts(undelivered, channel).open.add(one);
                if (isAssured(recipient)) {
                    receipts(unread, channel).open.add(one);
                }
            }
        }
        if (ordinal > 0) {
            frames(src).add(new Numbered(ordinal, owed));
        }
        return number;
    }

    private static Receipts receipts(Map<Pair, Receipts> of, Channel channel) {
        return of.computeIfAbsent(new Pair(channel.src(), channel.recipient()), _ -> new Receipts());
    }

    private boolean isAssured(ClientId client) {
        return Boolean.TRUE.equals(assured.get(client));
    }

    private Deque<Numbered> frames(ClientId src) {
        return unaccepted.computeIfAbsent(src, _ -> new ArrayDeque<>());
    }

    /** A message has come to a recipient, which has it for good from now on. */
    synchronized void arrived(ClientId recipient, ClientId src, Address dst, long life, long number) {
        var channel = new Channel(src, dst, recipient);
        Progress so = progress.computeIfAbsent(new Pair(src, recipient), _ -> new HashMap<>())
                .computeIfAbsent(dst, _ -> new Progress());
        boolean known = life < so.life || (life == so.life && number <= so.number);
        if (known) {
            if (isAssured(recipient)) {
                doubled++;
                fault("message %s/%s of %s came again, after %s/%s"
                        .formatted(life, number, channel, so.life, so.number));
            } else {
                again++;
            }
            return;
        }
        long expected = life == so.life ? so.number + 1 : 1;
        if (number != expected) {
            disordered++;
            fault("message %s/%s of %s came after %s/%s".formatted(life, number, channel, so.life, so.number));
        }
        so.life = life;
        so.number = number;
        arrived++;
    }

    /** A client says that it has read all that it has of another's. It is about to write an 08. */
    synchronized void reading(ClientId recipient, ClientId src) {
        progress.getOrDefault(new Pair(src, recipient), Map.of()).values().forEach(so -> so.read = so.number);
    }

    /**
     * A client hears that frames are accepted.
     *
     * @param at the last position of its mailbox then
     */
    synchronized void accepted(ClientId src, long upTo, long at) {
        Deque<Numbered> frames = frames(src);
        while (!frames.isEmpty() && frames.peek().ordinal() <= upTo) {
            for (Owed owed : frames.remove().owed()) {
                owed.at = at;
                // A receipt that came before this counts now.
                settle(receipts(undelivered, owed.channel), owed, false);
                if (isAssured(owed.channel.recipient())) {
                    settle(receipts(unread, owed.channel), owed, true);
                }
            }
        }
    }

    private void settle(Receipts receipts, Owed owed, boolean isRead) {
        for (Receipt receipt : receipts.last) {
            if (receipt.covers(owed) && receipts.open.remove(owed)) {
                told(owed, receipt, isRead);
            }
        }
    }

    /** A client gets a delivery receipt (07), as the entry at this position of its mailbox. */
    synchronized void delivered(ClientId src, ClientId recipient, long second, long position) {
        receipt(undelivered, new Pair(src, recipient), new Receipt(second, position), false);
    }

    /** A client gets a read receipt (09), as the entry at this position of its mailbox. */
    synchronized void read(ClientId src, ClientId recipient, long second, long position) {
        var receipt = new Receipt(second, position);
        receipt(undelivered, new Pair(src, recipient), receipt, false);
        receipt(unread, new Pair(src, recipient), receipt, true);
    }

    private void receipt(Map<Pair, Receipts> kind, Pair pair, Receipt receipt, boolean isRead) {
        Receipts receipts = kind.computeIfAbsent(pair, _ -> new Receipts());
        receipts.last.addLast(receipt);
        if (receipts.last.size() > RECEIPTS_KEPT) {
            receipts.last.removeFirst();
        }
        Iterator<Owed> open = receipts.open.iterator();
        while (open.hasNext()) {
            Owed owed = open.next();
            if (owed.second > receipt.second()) {
                break;
            }
            if (receipt.covers(owed)) {
                open.remove();
                told(owed, receipt, isRead);
            }
        }
    }

    private void told(Owed owed, Receipt receipt, boolean isRead) {
        Progress so = progress(owed.channel);
        long has = so == null ? 0 : isRead ? so.read : so.number;
        // What was handed to a base session may not have been taken off its socket yet: what is lost is counted.
        if (owed.number > has && isAssured(owed.channel.recipient())) {
            falselyTold++;
            fault("%s is told %s for %s, number %s, which has come to %s (second %s, accepted at %s)"
                    .formatted(
                            receipt,
                            isRead ? "read" : "delivered",
                            owed.channel,
                            owed.number,
                            has,
                            owed.second,
                            owed.at));
        }
        if (isRead) {
            read++;
        } else {
            delivered++;
        }
    }

    /** Something else that must not happen. */
    synchronized void fault(String what) {
        if (faults.size() < MOST_FAULTS) {
            faults.add(what);
        }
    }

    /** Returns whether all that was sent and accepted is where it belongs, with all receipts. */
    synchronized boolean isComplete() {
        return missing() == 0 && owed() == 0;
    }

    /** Returns the number of messages that are under way. */
    synchronized long missing() {
        long missing = 0;
        for (Map.Entry<Channel, Progress> entry : sentOn.entrySet()) {
            missing += missing(entry.getKey(), entry.getValue());
        }
        return missing;
    }

    private @Nullable Progress progress(Channel channel) {
        return progress.getOrDefault(new Pair(channel.src(), channel.recipient()), Map.of())
                .get(channel.dst());
    }

    private long missing(Channel channel, Progress sent) {
        if (sent.life > 0 && sent.life < lives.getOrDefault(channel.src(), 0L)) {
            return 0; // it went to a node that was killed
        }
        Progress got = progress(channel);
        if (got == null || got.life < sent.life) {
            return sent.number;
        }
        return sent.number - got.number;
    }

    /** Returns the number of messages without all their receipts. */
    synchronized long owed() {
        return frames() + open(undelivered) + open(unread);
    }

    private long frames() {
        return unaccepted.values().stream().mapToLong(Deque::size).sum();
    }

    private static long open(Map<Pair, Receipts> kind) {
        return kind.values().stream().mapToLong(one -> one.open.size()).sum();
    }

    /** Judges what has not come by now. */
    synchronized void close() {
        sentOn.forEach((channel, own) -> {
            long missing = missing(channel, own);
            if (missing > 0) {
                lost += missing;
                fault("the last %s messages of %s have not come, %s were sent".formatted(missing, channel, own.number));
            }
        });
        long owed = owed();
        if (owed > 0) {
            fault("%s frames without acceptance, %s messages without delivery receipt, %s without read receipt"
                    .formatted(frames(), open(undelivered), open(unread)));
        }
    }

    synchronized Counts counts() {
        return new Counts(
                sent, arrived, sent - arrived - lost, again, delivered, read, lost, doubled, disordered, falselyTold);
    }

    synchronized List<String> faults() {
        return List.copyOf(faults);
    }
}
