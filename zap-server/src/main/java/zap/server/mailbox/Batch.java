package zap.server.mailbox;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.LongPredicate;
import org.jspecify.annotations.Nullable;
import zap.protocol.ClientId;
import zap.protocol.Frame;
import zap.protocol.PosixTime;
import zap.protocol.StreamId;

/**
 * What one transaction of the writer does: reads and raises the counters of the clients that its writes touch, and
 * collects the entries that they append. Belongs to the writer's thread.
 */
public final class Batch {

    private final Map<Long, Counters> clients;
    private final ReceiptLedgers ledgers;
    private final LongPredicate online;
    private final long maxWaiting;
    private final int size;
    private final List<Append> appends = new ArrayList<>();
    private final Map<Long, Long> confirmations = new LinkedHashMap<>();
    private final Set<Long> removed = new HashSet<>();
    private long confirmedEntries;
    private boolean complete;

    Batch(List<Counters> locked, ReceiptLedgers ledgers, LongPredicate online, long maxWaiting, int size) {
        this.clients = HashMap.newHashMap(locked.size());
        for (Counters counters : locked) {
            clients.put(counters.client, counters);
        }
        this.ledgers = ledgers;
        this.online = online;
        this.maxWaiting = maxWaiting;
        this.size = size;
    }

    /** Whether there is such a client. Only for clients that the write has touched. */
    public boolean knows(ClientId client) {
        return clients.containsKey(client.value());
    }

    /** Whether the client's mailbox holds as many waiting entries as a mailbox may. */
    public boolean isFull(ClientId client) {
        Counters counters = countersOf(client.value());
        long given = Math.max(counters.given, confirmations.getOrDefault(client.value(), 0L));
        return counters.tail - given >= maxWaiting;
    }

    /**
     * How far the client's mailbox has come: what a session that begins now has to read. To be asked when the batch is complete
     * ({@link Write#settled}): before that, what the client has been given already may stand in it and not count yet, and would be
     * given once more.
     */
    public Standing standing(ClientId client) {
        if (!complete) {
            throw new IllegalStateException("The batch may still change where client " + client + " stands");
        }
        Counters counters = countersOf(client.value());
        return new Standing(counters.given, counters.tail);
    }

    /**
     * Counts a frame of a client's stream as dealt with (protocol section 3, stream and accepted), in this transaction.
     *
     * @param stream the stream that the session has named; null when the session registered, and has named none
     * @param ordinal the frame's number in it, from 1
     * @return false when it is not the one that comes next: another session has dealt with it, or has named another stream
     */
    boolean accept(ClientId sender, @Nullable StreamId stream, long ordinal) {
        @Nullable Counters counters = clients.get(sender.value());
        if (counters == null || !isCurrent(counters, stream) || counters.accepted != ordinal - 1) {
            return false;
        }
        counters.accepted = ordinal;
        counters.changed = true;
        return true;
    }

    private static boolean isCurrent(Counters counters, @Nullable StreamId stream) {
        return stream == null
                ? counters.stream == null
                : Long.valueOf(stream.value()).equals(counters.stream);
    }

    /**
     * The client sends from this stream now. A stream that was named never before goes on with what its registering session
     * has sent; any other one begins at 0.
     *
     * @return how many of its frames have been dealt with
     */
    public long resume(ClientId client, StreamId stream) {
        Counters counters = countersOf(client.value());
        if (!isCurrent(counters, stream)) {
            if (counters.stream != null) {
                counters.accepted = 0;
            }
            counters.stream = stream.value();
            counters.changed = true;
        }
        return counters.accepted;
    }

    /** The last position of the client's log. */
    public long tail(ClientId client) {
        return countersOf(client.value()).tail;
    }

    /**
     * Appends an entry to a client's mailbox.
     *
     * @param receivedAtNanos see {@link Mail#receivedAtNanos()}
     */
    public void append(ClientId recipient, Frame.Mail frame, long receivedAtNanos) {
        Counters counters = countersOf(recipient.value());
        boolean watched = online.test(recipient.value());
        if (frame instanceof Frame.Deliver(var src, var dst, var sentAt, var body)) {
            ledgers.appended(counters, src.value(), sentAt.seconds(), watched);
        } else {
            ledgers.appended(counters, null, 0, watched);
        }
        counters.tail++;
        counters.changed = true;
        appends.add(new Append(recipient.value(), new Mail(counters.tail, frame, receivedAtNanos)));
    }

    /** How many entries of the client's mailbox it has not been given yet. */
    public long waiting(ClientId client) {
        Counters counters = countersOf(client.value());
        return counters.tail - counters.given;
    }

    /**
     * The client is deleted in this transaction, by the write that says so: from here on nobody knows it, and what this batch would have stored for
     * it is not stored.
     */
    public void remove(ClientId client) {
        removed.add(client.value());
        clients.remove(client.value());
        confirmations.remove(client.value());
        appends.removeIf(append -> append.recipient() == client.value());
    }

    /** Those that are deleted in this transaction. */
    Set<Long> removed() {
        return removed;
    }

    /** Notes that the client has been given everything up to a position. Takes effect after all appends. */
    void confirm(ClientId client, long upTo) {
        confirmations.merge(client.value(), upTo, Math::max);
    }

    /** The counters of the clients that are about to be confirmed; those that are unknown left out. */
    List<Counters> confirming(Set<Long> confirming) {
        return confirming.stream().map(clients::get).filter(Objects::nonNull).toList();
    }

    /**
     * Raises the cursors, and appends the delivery receipts that are due now (protocol section 1, 07). This comes after
     * everything else in the batch, so that a receipt never overlooks a message that is committed together with it.
     */
    void settleConfirmations() {
        confirmations.forEach((client, upTo) -> {
            @Nullable Counters counters = clients.get(client);
            if (counters == null || upTo <= counters.given) {
                return;
            }
            if (upTo > counters.tail) {
                throw new IllegalStateException("Client " + client + " confirmed position " + upTo
                        + ", but its mailbox ends at " + counters.tail);
            }
            confirmedEntries += upTo - counters.given;
            ClientId recipient = new ClientId(client);
            for (ReceiptLedger.Due receipt : ledgers.confirmed(counters, upTo)) {
                var originator = new ClientId(receipt.originator());
                if (knows(originator)) { // or it was forgotten since, and nobody waits for this receipt
                    append(
                            originator,
                            new Frame.Delivered(recipient, new PosixTime(receipt.upTo())),
                            Mail.NOT_MEASURED);
                }
            }
        });
        complete = true;
    }

    /** How many writes are in it. */
    int size() {
        return size;
    }

    /** How far clients have been given their mail once it is committed. */
    Map<Long, Long> confirmations() {
        return confirmations;
    }

    List<Append> appends() {
        return appends;
    }

    long confirmedEntries() {
        return confirmedEntries;
    }

    /** In ascending order of their clients. */
    List<Counters> changed() {
        return clients.values().stream()
                .filter(counters -> counters.changed)
                .sorted(Comparator.comparingLong(counters -> counters.client))
                .toList();
    }

    Collection<Counters> counters() {
        return clients.values();
    }

    private Counters countersOf(long client) {
        @Nullable Counters counters = clients.get(client);
        if (counters == null) {
            throw new IllegalStateException("The write did not touch client " + client + ", or there is none");
        }
        return counters;
    }
}
