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
import zap.protocol.HistoryDigest;
import zap.protocol.PosixTime;
import zap.protocol.Reason;
import zap.protocol.StreamId;

/**
 * What one transaction of the writer does: reads and raises the counters of the clients that its writes touch, and
 * collects the entries that they append. Belongs to the writer's thread.
 */
public final class Batch {

    /** Up to where a client confirms its mail in this batch, and the mailbox's digest there. */
    private record Confirmed(long upTo, HistoryDigest digest) {}

    private final Map<Long, Counters> clients;
    private final MailboxStatements sets;
    private final ReceiptLedgers ledgers;
    private final LongPredicate online;
    private final long maxWaiting;
    private final int size;
    private final List<NewEntry> appends = new ArrayList<>();
    private final List<KeptRefusal> refusals = new ArrayList<>();
    private final Map<Long, Confirmed> confirmations = new LinkedHashMap<>();
    private final Set<Long> removed = new HashSet<>();
    private long confirmedEntries;
    private boolean complete;

    Batch(
            List<Counters> locked,
            MailboxStatements sets,
            ReceiptLedgers ledgers,
            LongPredicate online,
            long maxWaiting,
            int size) {
        this.sets = sets;
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
        return counters.tail - confirmedUpTo(counters) >= maxWaiting;
    }

    /**
     * How far the client's mailbox has come: what a session that begins now has to read. To be asked when the batch is complete
     * ({@link Write#settled}): before that, what the client has been given already may stand in it and not count yet, and would be
     * given once more.
     */
    public MailboxCursor standing(ClientId client) {
        if (!complete) {
            throw new IllegalStateException("The batch may still change where client " + client + " stands");
        }
        return standingOf(countersOf(client.value()));
    }

    private static MailboxCursor standingOf(Counters counters) {
        return new MailboxCursor(counters.session, counters.given, counters.digest, counters.tail);
    }

    /**
     * Begins a session of the client: nothing of an earlier one counts from here on (protocol section 3, fence).
     *
     * @return the session's number
     */
    public long beginSession(ClientId client) {
        Counters counters = countersOf(client.value());
        counters.session++;
        counters.changed = true;
        return counters.session;
    }

    /** Whether the client's session is the one with this number. */
    public boolean isSession(ClientId client, long session) {
        return countersOf(client.value()).session == session;
    }

    /** Where the client's mailbox stands, with what this batch has confirmed so far. */
    public MailboxCursor standingSoFar(ClientId client) {
        Counters counters = countersOf(client.value());
        @Nullable Confirmed confirmed = confirmations.get(client.value());
        return confirmed == null || confirmed.upTo <= counters.given
                ? standingOf(counters)
                : new MailboxCursor(counters.session, confirmed.upTo, confirmed.digest, counters.tail);
    }

    /** Whether a frame is the next one of the stream and the session that its sender has now. */
    boolean isNext(NumberedWrite.Place place) {
        @Nullable Counters counters = clients.get(place.sender().value());
        return counters != null
                && counters.session == place.session()
                && counters.stream.id() == place.stream().value()
                && counters.stream.accepted() == place.ordinal() - 1;
    }

    /**
     * Counts a frame as dealt with (protocol section 3, stream and accepted), in this transaction, and keeps its refusal.
     *
     * @return the last position of the sender's mailbox
     */
    long accept(NumberedWrite.Place place, @Nullable Reason refusal) {
        Counters counters = countersOf(place.sender().value());
        counters.stream = counters.stream.next(place.digest(), counters.tail);
        counters.changed = true;
        if (refusal != null) {
            refusals.add(new KeptRefusal(counters.client, counters.stream.id(), place.ordinal(), refusal));
        }
        return counters.tail;
    }

    /**
     * Makes a stream the one that the client sends from now. In a transaction only.
     *
     * @param known how many of its frames the client knows as accepted: where refusals behind them are not kept any more, the
     *     stream begins anew
     * @return how far the stream has come
     */
    public StreamState resume(ClientId client, StreamId stream, long known) {
        keepRefusals(); // this batch's may be among those that are asked for, or forgotten, next
        Counters counters = countersOf(client.value());
        if (counters.stream.id() != stream.value()) {
            counters.stream = sets.changeStream(counters.client, counters.stream, stream.value(), counters.session);
            counters.changed = true;
        }
        if (counters.stream.dropped() > known) {
            sets.forgetRefusals(counters.client, stream.value());
            counters.stream = StreamState.fresh(stream.value());
            counters.changed = true;
        }
        return counters.stream;
    }

    /** The refusals of the client's current stream behind an ordinal, in their order. In a transaction only. */
    public List<Frame.Refused> refusalsAfter(ClientId client, long ordinal) {
        Counters counters = countersOf(client.value());
        return sets.refusals(counters.client, counters.stream.id(), ordinal).stream()
                .map(kept -> new Frame.Refused(kept.ordinal(), kept.reason()))
                .toList();
    }

    /** Stores what was refused in this batch. In a transaction only. */
    void keepRefusals() {
        if (!refusals.isEmpty()) {
            sets.keepRefusals(List.copyOf(refusals), this::dropped);
            refusals.clear();
        }
    }

    /** Refusals of the client's stream up to an ordinal are not kept any more. */
    private void dropped(long client, long stream, long ordinal) {
        @Nullable Counters counters = clients.get(client);
        if (counters != null && counters.stream.id() == stream) {
            counters.stream = counters.stream.droppedUpTo(ordinal);
            counters.changed = true;
        }
    }

    /**
     * The second of the oldest message from an originator that its recipient has not confirmed, what this batch confirms
     * included; {@link Long#MAX_VALUE} when none waits. Only for recipients named by {@link Write#readsLedgerOf}.
     */
    public long oldestWaiting(ClientId recipient, ClientId originator) {
        Counters counters = countersOf(recipient.value());
        return ledgers.oldestWaiting(counters, originator.value(), confirmedUpTo(counters));
    }

    private long confirmedUpTo(Counters counters) {
        @Nullable Confirmed confirmed = confirmations.get(counters.client);
        return confirmed == null ? counters.given : Math.max(counters.given, confirmed.upTo);
    }

    /** The last position of the client's log. */
    public long tail(ClientId client) {
        return countersOf(client.value()).tail;
    }

    /**
     * Appends an entry to a client's mailbox.
     *
     * @param receivedAtNanos see {@link MailboxItem#receivedAtNanos()}
     */
    public void append(ClientId recipient, Frame.ForMailbox frame, long receivedAtNanos) {
        Counters counters = countersOf(recipient.value());
        boolean watched = online.test(recipient.value());
        switch (frame) {
            case Frame.Deliver deliver ->
                ledgers.appended(
                        counters, deliver.src().value(), deliver.sentAt().seconds(), watched);
            case Frame.Message message ->
                ledgers.appended(
                        counters, message.src().value(), message.sentAt().seconds(), watched);
            case Frame.Delivered _, Frame.ReadReceipt _, Frame.GroupCreated _ ->
                ledgers.appended(counters, null, 0, watched);
        }
        counters.tail++;
        counters.changed = true;
        appends.add(new NewEntry(recipient.value(), new MailboxItem(counters.tail, frame, receivedAtNanos)));
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
    void confirm(ClientId client, long upTo, HistoryDigest digest) {
        confirmations.merge(
                client.value(), new Confirmed(upTo, digest), (one, other) -> one.upTo >= other.upTo ? one : other);
    }

    /** The counters of these clients; those that are unknown left out. */
    List<Counters> countersOf(Set<Long> some) {
        return some.stream().map(clients::get).filter(Objects::nonNull).toList();
    }

    /**
     * Raises the cursors, and appends the delivery receipts that are due now (protocol section 1, 07). This comes after
     * everything else in the batch, so that a receipt never overlooks a message that is committed together with it.
     */
    void settleConfirmations() {
        confirmations.forEach((client, confirmed) -> {
            long upTo = confirmed.upTo;
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
            counters.digest = confirmed.digest;
            for (ReceiptLedger.Due receipt : ledgers.confirmed(counters, upTo)) {
                var originator = new ClientId(receipt.originator());
                if (knows(originator)) { // or it was forgotten since, and nobody waits for this receipt
                    append(
                            originator,
                            new Frame.Delivered(recipient, new PosixTime(receipt.upTo())),
                            MailboxItem.NOT_MEASURED);
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
        var positions = new LinkedHashMap<Long, Long>();
        confirmations.forEach((client, confirmed) -> positions.put(client, confirmed.upTo));
        return positions;
    }

    List<NewEntry> appends() {
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
