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
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import zap.protocol.ClientId;
import zap.protocol.Frame;
import zap.protocol.HistoryDigest;
import zap.protocol.PosixTime;
import zap.protocol.Reason;
import zap.protocol.StreamId;

/**
 * The work of one transaction of the writer: reads and raises the counters of the clients that its writes touch, and
 * collects the entries that they append. Belongs to the writer's thread.
 */
public final class Batch {

    /** The position that a client confirms in this batch, and the mailbox's digest there. */
    private record Confirmed(long upTo, HistoryDigest digest) {}

    private final Map<Long, Counters> clients;
    private final MailboxStatements statements;
    private final ReceiptLedgers ledgers;
    private final LongPredicate online;
    private final long maxWaiting;
    private final long node;
    private final boolean shared;
    private final int size;
    private final List<NewEntry> newEntries = new ArrayList<>();
    /** The delivery receipts, which are the last of the new entries, in their order. */
    private final List<DueReceipt> receipts = new ArrayList<>();
    /** The read receipts among the new entries. */
    private final List<DueReceipt> reads = new ArrayList<>();
    /** For each mailbox, how far its entries moved when the database placed them. Clients that are missing: 0. */
    private final Map<Long, Long> shifts = new HashMap<>();
    /** The clients whose rows are not as this batch left them in memory. */
    private final Set<Long> outdated = new HashSet<>();

    private final List<KeptRefusal> refusals = new ArrayList<>();
    private final Map<Long, Confirmed> confirmations = new LinkedHashMap<>();
    private final Set<Long> removed = new HashSet<>();
    private long confirmedEntries;
    private int movedHere;
    private boolean complete;
    /** False when the database has given the entries places that are not known. */
    private boolean placed = true;

    /** @param shared whether the database may give the entries other places than those that are assumed here */
    Batch(
            List<Counters> locked,
            MailboxStatements statements,
            ReceiptLedgers ledgers,
            LongPredicate online,
            long maxWaiting,
            long node,
            boolean shared,
            int size) {
        this.statements = statements;
        this.clients = HashMap.newHashMap(locked.size());
        for (Counters counters : locked) {
            clients.put(counters.client, counters);
        }
        this.ledgers = ledgers;
        this.online = online;
        this.maxWaiting = maxWaiting;
        this.node = node;
        this.shared = shared;
        this.size = size;
    }

    /** Returns whether the client exists. Only for clients that the write has touched. */
    public boolean knows(ClientId client) {
        return clients.containsKey(client.value());
    }

    /** Returns whether the client's mailbox holds the maximum number of waiting entries. */
    public boolean isFull(ClientId client) {
        Counters counters = countersOf(client.value());
        return counters.tail - confirmedUpTo(counters) >= maxWaiting;
    }

    /**
     * Returns the cursors of the client's mailbox, for a session that begins now. Call it when the batch is complete
     * ({@link Write#settled}): before that, a confirmation of the same batch may not be counted yet, and the session
     * would deliver its entries again.
     */
    public MailboxCursor cursorOf(ClientId client) {
        if (!complete) {
            throw new IllegalStateException("The batch may still change where client " + client + " stands");
        }
        return cursorOf(countersOf(client.value()));
    }

    private static MailboxCursor cursorOf(Counters counters) {
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
        if (counters.node != Counters.NO_NODE && counters.node != node) {
            movedHere++;
        }
        counters.node = node;
        counters.changed = true;
        return counters.session;
    }

    /** Returns the number of the node that stores this batch. */
    public long node() {
        return node;
    }

    /** Returns whether this is the number of the client's current session. */
    public boolean isSession(ClientId client, long session) {
        return countersOf(client.value()).session == session;
    }

    /** Returns the cursors of the client's mailbox, including the confirmations of this batch so far. */
    public MailboxCursor cursorSoFar(ClientId client) {
        Counters counters = countersOf(client.value());
        @Nullable Confirmed confirmed = confirmations.get(client.value());
        return confirmed == null || confirmed.upTo <= counters.given
                ? cursorOf(counters)
                : new MailboxCursor(counters.session, confirmed.upTo, confirmed.digest, counters.tail);
    }

    /** Returns whether a frame is the next one of its sender's current stream and session. */
    boolean isNext(NumberedWrite.Place place) {
        @Nullable Counters counters = clients.get(place.sender().value());
        return counters != null
                && counters.session == place.session()
                && counters.stream.id() == place.stream().value()
                && counters.stream.accepted() == place.ordinal() - 1;
    }

    /**
     * Counts a frame as accepted (protocol section 3, stream and accepted), in this transaction, and keeps its refusal.
     *
     * @return the last position of the sender's mailbox
     */
    long accept(NumberedWrite.Place place, WriteOutcome outcome) {
        Counters counters = countersOf(place.sender().value());
        counters.stream = counters.stream.next(place.digest(), counters.tail);
        counters.changed = true;
        if (outcome instanceof WriteOutcome.Refused(Reason reason)) {
            refusals.add(new KeptRefusal(counters.client, counters.stream.id(), place.ordinal(), reason));
        }
        return counters.tail;
    }

    /**
     * Makes a stream the one that the client sends from now. Only in a transaction.
     *
     * @param known the number of frames that the client knows as accepted. Where later refusals have been dropped, the
     *     stream begins anew
     * @return the state of the stream
     */
    public StreamState resume(ClientId client, StreamId stream, long known) {
        keepRefusals(); // The refusals of this batch may be read, or deleted, by the next statement.
        Counters counters = countersOf(client.value());
        if (counters.stream.id() != stream.value()) {
            counters.stream =
                    statements.changeStream(counters.client, counters.stream, stream.value(), counters.session);
            counters.changed = true;
        }
        if (counters.stream.dropped() > known) {
            statements.forgetRefusals(counters.client, stream.value());
            counters.stream = StreamState.fresh(stream.value());
            counters.changed = true;
        }
        return counters.stream;
    }

    /**
     * Returns the refusals of the client's current stream after an ordinal, in ascending order. Only in a transaction.
     */
    public List<Frame.Refused> refusalsAfter(ClientId client, long ordinal) {
        Counters counters = countersOf(client.value());
        return statements.refusals(counters.client, counters.stream.id(), ordinal).stream()
                .map(kept -> new Frame.Refused(kept.ordinal(), kept.reason()))
                .toList();
    }

    /** Stores the refusals of this batch. Only in a transaction. */
    void keepRefusals() {
        if (!refusals.isEmpty()) {
            statements.keepRefusals(List.copyOf(refusals), this::dropped);
            refusals.clear();
        }
    }

    /** Notes that the refusals of the client's stream up to an ordinal have been deleted. */
    private void dropped(long client, long stream, long ordinal) {
        @Nullable Counters counters = clients.get(client);
        if (counters != null && counters.stream.id() == stream) {
            counters.stream = counters.stream.droppedUpTo(ordinal);
            counters.changed = true;
        }
    }

    /**
     * Returns the timestamp, in POSIX seconds, of the originator's oldest message that the recipient has not confirmed;
     * {@link Long#MAX_VALUE} when there is none. Only for recipients named by {@link Write#readsLedgerOf}.
     *
     * @param confirmedUpTo the position up to which confirmations of this batch count; committed ones always do
     */
    public long oldestWaiting(ClientId recipient, ClientId originator, long confirmedUpTo) {
        Counters counters = countersOf(recipient.value());
        long after = Math.clamp(confirmedUpTo, counters.given, confirmedUpTo(counters));
        return ledgers.oldestWaiting(counters, originator.value(), after);
    }

    private long confirmedUpTo(Counters counters) {
        @Nullable Confirmed confirmed = confirmations.get(counters.client);
        return confirmed == null ? counters.given : Math.max(counters.given, confirmed.upTo);
    }

    /**
     * Returns the last position of the client's log without the entries of this batch: nobody can have been given
     * those.
     */
    long tailBefore(ClientId client) {
        return countersOf(client.value()).tailBefore;
    }

    /**
     * Appends an entry to a client's mailbox.
     *
     * @param receivedAtNanos see {@link MailboxItem#receivedAtNanos()}
     */
    public void append(ClientId recipient, Frame.ForMailbox frame, long receivedAtNanos) {
        Counters counters = countersOf(recipient.value());
        boolean watched = online.test(recipient.value());
        if (frame instanceof Frame.ReadReceipt(ClientId reader, PosixTime upTo)
                && clients.containsKey(reader.value())) {
            reads.add(due(reader.value(), recipient.value(), upTo.seconds()));
        }
        ledgers.appended(counters, frame, watched, !shared);
        counters.tail++;
        counters.changed = true;
        newEntries.add(new NewEntry(recipient.value(), new MailboxItem(counters.tail, frame, receivedAtNanos)));
    }

    private DueReceipt due(long recipient, long originator, long upTo) {
        return new DueReceipt(recipient, originator, upTo, ledgers.knownUpTo(recipient));
    }

    /** Returns the number of entries in the client's mailbox that it has not confirmed. */
    public long waiting(ClientId client) {
        Counters counters = countersOf(client.value());
        return counters.tail - counters.given;
    }

    /**
     * Removes a client that the calling write deletes in this transaction. From here on the client is unknown, and
     * entries of this batch for it are not stored.
     */
    public void remove(ClientId client) {
        removed.add(client.value());
        clients.remove(client.value());
        confirmations.remove(client.value());
        newEntries.removeIf(entry -> entry.recipient() == client.value());
    }

    /** Returns the node on which the client's last session began; {@link Counters#NO_NODE} if it has had none. */
    long nodeOf(long client) {
        @Nullable Counters counters = clients.get(client);
        return counters == null ? Counters.NO_NODE : counters.node;
    }

    /**
     * Returns whether the batch depends on no other node, if its changed rows are as they were read: the last session
     * of each of these clients began on this node, each read receipt depends on one of these rows, and the mailboxes
     * that receipts depend on are known to their ends.
     */
    boolean isAllOn(long thisNode) {
        return clients.values().stream()
                        .filter(counters -> counters.changed)
                        .allMatch(counters -> counters.node == thisNode || counters.node == Counters.NO_NODE)
                && reads.stream().allMatch(read -> countersOf(read.recipient()).changed)
                && Stream.concat(reads.stream(), receipts.stream())
                        .allMatch(receipt -> receipt.known() == countersOf(receipt.recipient()).tailBefore);
    }

    /** Returns the clients that are deleted in this transaction. */
    Set<Long> removed() {
        return removed;
    }

    /** Notes that the client has confirmed everything up to a position. Takes effect after all appends. */
    void confirm(ClientId client, long upTo, HistoryDigest digest) {
        confirmations.merge(
                client.value(), new Confirmed(upTo, digest), (one, other) -> one.upTo >= other.upTo ? one : other);
    }

    /** Returns the counters of these clients, without those of unknown clients. */
    List<Counters> countersOf(Set<Long> some) {
        return some.stream().map(clients::get).filter(Objects::nonNull).toList();
    }

    /**
     * Raises the cursors, and appends the delivery receipts that are due now (protocol section 1, 07). Runs last in the
     * batch, so that a receipt takes into account every message that is committed together with it.
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
                if (knows(originator)) { // a client forgotten meanwhile needs no receipt
                    receipts.add(due(client, receipt.originator(), receipt.upTo()));
                    append(
                            originator,
                            new Frame.Delivered(recipient, new PosixTime(receipt.upTo())),
                            MailboxItem.NOT_MEASURED);
                }
            }
        });
        complete = true;
    }

    /** Returns the number of writes in the batch. */
    int size() {
        return size;
    }

    /** Returns the confirmed position of each confirming client, as it is once the batch has committed. */
    Map<Long, Long> confirmations() {
        var positions = new LinkedHashMap<Long, Long>();
        confirmations.forEach((client, confirmed) -> positions.put(client, confirmed.upTo));
        return positions;
    }

    List<NewEntry> newEntries() {
        return newEntries;
    }

    /** Returns the batch for a database that gives the entries their positions. */
    SharedBatch shared(MailboxStatements.BatchName name, List<Counters> rows) {
        return new SharedBatch(
                name, rows, newEntries.subList(0, newEntries.size() - receipts.size()), receipts, reads, maxWaiting);
    }

    /** Moves the entries to the places that the database gave them, and removes the receipts that it did not store. */
    void place(Placement placement) {
        int entries = newEntries.size() - receipts.size();
        var untrue = new HashMap<Long, Integer>();
        var kept = new ArrayList<NewEntry>(newEntries.subList(0, entries));
        for (int i = 0; i < receipts.size(); i++) {
            DueReceipt receipt = receipts.get(i);
            if (placement.stored().contains(i)) {
                kept.add(newEntries.get(entries + i));
            } else {
                untrue.merge(receipt.originator(), 1, Integer::sum);
                ledgers.holdBack(receipt.recipient(), receipt.originator());
                Counters recipient = countersOf(receipt.recipient());
                recipient.settled = recipient.settledBefore;
            }
        }
        placement.places().forEach((client, place) -> {
            Counters counters = countersOf(client);
            long shift = place.tail() - (counters.tail - untrue.getOrDefault(client, 0));
            counters.moveTo(place.tail(), shift);
            counters.node = place.node();
            if (shift != 0) {
                shifts.put(client, shift);
            }
        });
        newEntries.clear();
        var last = new HashMap<Long, Long>();
        kept.forEach(entry -> newEntries.add(placed(entry, last)));
    }

    /**
     * Gives an entry its place.
     *
     * @param last the last position in each mailbox so far: the receipts behind one that is not stored move up
     */
    private NewEntry placed(NewEntry entry, Map<Long, Long> last) {
        long first = placed(new ClientId(entry.recipient()), countersOf(entry.recipient()).tailBefore) + 1;
        long position = last.merge(entry.recipient(), first, (before, _) -> before + 1);
        return position == entry.item().position()
                ? entry
                : new NewEntry(
                        entry.recipient(),
                        new MailboxItem(
                                position, entry.item().frame(), entry.item().receivedAtNanos()));
    }

    /**
     * Takes over the rows as they are after a commit whose answer was lost. The places of the entries stay unknown.
     */
    void placedUnseen(List<Counters> rows) {
        for (Counters row : rows) {
            @Nullable Counters mine = clients.get(row.client);
            if (mine != null && row.stream.id() == mine.stream.id()) {
                shifts.put(row.client, row.stream.at() - mine.stream.at());
            }
        }
        outdated.addAll(clients.keySet());
        placed = false;
    }

    /** Returns whether the entries have their places. */
    boolean isPlaced() {
        return placed;
    }

    /** Returns the position in the database for a position in the client's mailbox that this batch has assumed. */
    long placed(ClientId client, long assumed) {
        return assumed + shifts.getOrDefault(client.value(), 0L);
    }

    /** Returns the entries with these indexes; none if their places are not known. */
    List<NewEntry> entries(int from, int to) {
        return placed ? newEntries.subList(from, to) : List.of();
    }

    /** Returns the clients whose cached rows and ledgers must be read again. */
    Set<Long> outdated() {
        return outdated;
    }

    /** Tells the ledgers the final places of the entries. Only for a {@code shared} batch. */
    void tellLedgers() {
        Map<Long, List<MailboxItem>> byRecipient = new LinkedHashMap<>();
        for (NewEntry entry : newEntries) {
            byRecipient
                    .computeIfAbsent(entry.recipient(), _ -> new ArrayList<>())
                    .add(entry.item());
        }
        byRecipient.forEach((client, items) -> ledgers.placed(client, countersOf(client).tailBefore + 1, items));
    }

    long confirmedEntries() {
        return confirmedEntries;
    }

    /** Returns how many sessions begin here whose clients had their last session on another node. */
    int movedHere() {
        return movedHere;
    }

    /** Returns the changed counters, in ascending order of their clients. */
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
