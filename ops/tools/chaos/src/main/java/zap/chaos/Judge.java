package zap.chaos;

import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import zap.protocol.Address;
import zap.protocol.ClientId;
import zap.shell.store.HistoryEvents.HistoryEvent;
import zap.shell.store.HistoryEvents.Kind;
import zap.shell.store.Messages.DeliveryState;
import zap.shell.store.Messages.Message;

/**
 * Knows what must be true of one run, and looks at every store's disk for it.
 *
 * <p>{@link #look} may be called at any moment, also while everything breaks: what a sender is told must be true when
 * it is told. {@link #verdict} is for the end.
 *
 * <p>A store is one life of a folder: a folder that is put back is another store than the one whose place it takes, and
 * may know less. What an identity has had, on whichever of its stores' disks, it has had for good.
 */
final class Judge {

    private static final int DELIVERED = 3;
    private static final int READ = 4;

    private final String mark;
    private final Address group;
    private final Map<StoreView, Store> stores = new LinkedHashMap<>();
    private final Map<ClientId, Fetched> fetched = new LinkedHashMap<>();
    private final Map<String, Written> written = new LinkedHashMap<>();
    private final Set<ClientId> disturbed = new HashSet<>();
    private final Set<String> acceptedOfGoneStores = new LinkedHashSet<>();
    private final List<Obligation> obligations = new ArrayList<>();
    /** What each store had said last before the first restore of the server. */
    private final Map<Store, Long> saidBeforeRestores = new HashMap<>();

    private final Set<String> doubledBefore = new HashSet<>();
    private final Set<String> faults = new LinkedHashSet<>();
    private boolean restored;

    /** One life of a folder. */
    private static final class Store {
        private final StoreView view;
        private final long begin; // its newest message before the run
        private final long beginSaid; // what it had said last before the run
        private final Map<String, Claim> claims = new HashMap<>();
        private long position;
        private long saidBeforePosition;

        Store(StoreView view, long begin, long beginSaid) {
            this.view = view;
            this.begin = begin;
            this.beginSaid = beginSaid;
            this.saidBeforePosition = view.newestSaid();
            this.position = view.position();
        }
    }

    /**
     * The state of a message as shown to the user of a store.
     *
     * @param acceptedAfter what the store had said last when the message was first seen as accepted, since when it is;
     *     {@link #NOT_ACCEPTED} if it is not
     * @param said what the store had said last before it was looked at
     */
    private record Claim(int rank, long acceptedAfter, int delivered, int read, long said) {

        static final long NOT_ACCEPTED = -1;

        boolean isAccepted() {
            return acceptedAfter != NOT_ACCEPTED;
        }
    }

    /** The messages that an identity has had on any disk, and those that it was shown. */
    private record Fetched(Set<String> texts, Set<String> shown) {}

    /**
     * A text, and who was told that it is on its way.
     *
     * @param place how many were written before
     */
    private record Written(ClientId sender, Address to, Store store, int place) {}

    /** This store knew more than the server that was restored, and must have said so since. */
    private record Obligation(Store store, long saidBefore) {}

    /**
     * For a run that begins now, when everything is quiet.
     *
     * @param mark with which every text of this run begins, and none of another run
     * @param group the address of the group, in which all are
     * @param views the stores, one for each identity
     */
    Judge(String mark, Address group, Collection<? extends StoreView> views) {
        this.mark = mark;
        this.group = group;
        for (StoreView view : views) {
            stores.put(view, new Store(view, view.newest(), view.newestSaid()));
            fetched.put(view.id(), new Fetched(new HashSet<>(), new HashSet<>()));
            doubledBefore.addAll(view.doubled());
        }
    }

    // ---- what the run tells

    /** The user of a store was told that this text is on its way. */
    void wasTold(StoreView sender, Address to, String text) {
        written.put(text, new Written(sender.id(), to, store(sender), written.size()));
    }

    /** A store's folder was copied, and both are used. */
    void copied(StoreView from, StoreView to) {
        disturbed.add(from.id());
        Store original = store(from);
        stores.put(to, new Store(to, original.begin, original.beginSaid));
    }

    /** An identity has another, empty store. */
    void imported(StoreView view) {
        disturbed.add(view.id());
        stores.put(view, new Store(view, 0, 0));
    }

    /** A store's folder is about to be replaced; its process does not run any more. */
    void aboutToBeReplaced(StoreView view) {
        look();
        disturbed.add(view.id());
        store(view).claims.forEach((text, claim) -> {
            if (claim.isAccepted()) {
                acceptedOfGoneStores.add(text);
            }
        });
    }

    /** Another folder of the same identity, copied in this run, has taken the place. */
    void replaced(StoreView view) {
        Store before = store(view);
        stores.put(view, new Store(view, before.begin, before.beginSaid));
        obligations.removeIf(one -> one.store() == before);
    }

    /**
     * Returns how many messages have been written: what comes later cannot be in a copy of the server that is made now.
     */
    int writtenSoFar() {
        return written.size();
    }

    /**
     * The server is about to start with an earlier copy of its data; it does not run.
     *
     * @param writtenBefore how many messages had been written when the copy was made
     */
    void aboutToBeRestored(int writtenBefore) {
        look();
        restored = true;
        obligations.clear();
        for (Store store : stores.values()) {
            boolean knowsMore = store.claims.entrySet().stream()
                    .anyMatch(one -> place(one.getKey()) >= writtenBefore && isOnServer(store, one.getValue()));
            if (knowsMore) {
                obligations.add(new Obligation(store, store.view.newestSaid()));
            }
            saidBeforeRestores.putIfAbsent(store, store.view.newestSaid());
        }
    }

    /**
     * Returns whether the store knows that the server has the message. It does not any more once it has said after a
     * restore that the server lost some: what was delivered before that is not sent again, so a further restore takes
     * nothing away.
     */
    private boolean isOnServer(Store store, Claim claim) {
        @Nullable Long saidBefore = saidBeforeRestores.get(store);
        boolean lost = saidBefore != null
                && hasSaid(
                        store, Math.max(saidBefore, claim.acceptedAfter()), Kind.SERVER_LOST, Kind.NEW_STREAM_SERVER);
        return claim.isAccepted() && !lost;
    }

    private int place(String text) {
        Written one = written.get(text);
        return one == null ? -1 : one.place();
    }

    private Store store(StoreView view) {
        return Objects.requireNonNull(stores.get(view));
    }

    // ---- at any moment

    private List<Message> messages(Store store) {
        return store.view.messagesAfter(store.begin).stream()
                .filter(message -> message.text().startsWith(mark))
                .toList();
    }

    private List<Message> outgoing(Store store) {
        return messages(store).stream().filter(Message::outgoing).toList();
    }

    /** Which identities must get a message of this sender to this address; none, where nobody has that number. */
    private List<ClientId> recipients(ClientId sender, Address to) {
        return fetched.keySet().stream()
                .filter(one -> to.equals(group) ? !one.equals(sender) : to.equals(one.asAddress()))
                .toList();
    }

    /** Looks whether all that the senders see at this moment is true, and whether anything was taken back. */
    void look() {
        // First what is claimed, then whether it is so: a truth that came in between does no harm.
        record Looked(Store store, long saidBefore, List<Message> outgoing) {}
        var looked = new ArrayList<Looked>();
        for (Store store : stores.values()) {
            long saidBefore = store.view.newestSaid();
            lookAtPosition(store, saidBefore);
            looked.add(new Looked(store, saidBefore, outgoing(store)));
        }
        stores.values().forEach(this::noteFetched);
        for (Looked one : looked) {
            for (Message claim : one.outgoing()) {
                check(one.store(), claim, one.saidBefore());
            }
        }
    }

    /** A position goes back when the server has lost history, and then this is said. */
    private void lookAtPosition(Store store, long saidBefore) {
        long position = store.view.position();
        if (position < store.position && !hasSaid(store, store.saidBeforePosition, Kind.SERVER_LOST)) {
            faults.add(store.view.name() + " was at " + store.position + " of its mailbox and is at " + position
                    + ", and has not said that the server lost history");
        }
        store.position = position;
        store.saidBeforePosition = saidBefore;
    }

    private static boolean hasSaid(Store store, long since, Kind... kinds) {
        List<Kind> wanted = List.of(kinds);
        return store.view.saidAfter(since).stream().map(HistoryEvent::kind).anyMatch(wanted::contains);
    }

    private void noteFetched(Store store) {
        ClientId self = store.view.id();
        Fetched had = Objects.requireNonNull(fetched.get(self));
        for (Message message : messages(store)) {
            // A note to oneself is there as soon as it is written.
            if (!message.outgoing() || message.chat().equals(self.asAddress())) {
                had.texts().add(message.text());
                if (message.outgoing() || message.seen()) {
                    had.shown().add(message.text());
                }
            }
        }
    }

    private void check(Store store, Message claim, long saidBefore) {
        ClientId sender = store.view.id();
        List<ClientId> recipients = recipients(sender, claim.chat());
        checkAgainstBefore(store, claim, saidBefore);
        if (claim.state() == DeliveryState.UNSURE) {
            fault(store, claim, "is in doubt, which an assured session never is");
        }
        if (recipients.isEmpty() && claim.state() == DeliveryState.AT_SERVER) {
            fault(store, claim, "is for nobody, and has a tick");
        }
        if (claim.delivered() == 0) {
            return;
        }
        if (recipients.isEmpty()) {
            fault(store, claim, "is for nobody and is delivered");
        }
        long have = recipients.stream().filter(one -> has(one, claim.text())).count();
        if (have < claim.delivered()) {
            fault(store, claim, "is delivered to " + claim.delivered() + ", and " + have + " have ever had it");
        }
        long shown = recipients.stream()
                .filter(one -> Objects.requireNonNull(fetched.get(one)).shown().contains(claim.text()))
                .count();
        if (shown < claim.read()) {
            fault(store, claim, "is read by " + claim.read() + ", and " + shown + " have ever been shown it");
        }
    }

    private boolean has(ClientId recipient, String text) {
        return Objects.requireNonNull(fetched.get(recipient)).texts().contains(text);
    }

    /**
     * Checks that a reported state stays. A store that says that it sends again may take back the tick of a message
     * that only the server had.
     */
    private void checkAgainstBefore(Store store, Message message, long saidBefore) {
        Claim before = store.claims.get(message.text());
        var now = new Claim(
                rankOf(message),
                acceptedAfter(before, message, saidBefore),
                message.delivered(),
                message.read(),
                saidBefore);
        store.claims.put(message.text(), now);
        if (before == null) {
            return;
        }
        if (now.delivered() < before.delivered() || now.read() < before.read()) {
            fault(
                    store,
                    message,
                    "was delivered to " + before.delivered() + " and read by " + before.read() + ", and is now to "
                            + now.delivered() + " and by " + now.read() + ": something that was told was taken back");
        }
        boolean takenBack =
                now.rank() < before.rank() || (before.isAccepted() && message.state() == DeliveryState.REFUSED);
        if (takenBack
                && (before.rank() >= DELIVERED
                        || !hasSaid(store, before.said(), Kind.NEW_STREAM_COPY, Kind.NEW_STREAM_SERVER))) {
            fault(
                    store,
                    message,
                    "was " + before.rank() + " and is " + now.rank() + " now, " + message.state()
                            + ": something that was told was taken back");
        }
    }

    private static long acceptedAfter(@Nullable Claim before, Message message, long saidBefore) {
        if (message.state() != DeliveryState.AT_SERVER) {
            return Claim.NOT_ACCEPTED;
        }
        return before != null && before.isAccepted() ? before.acceptedAfter() : saidBefore;
    }

    private static int rankOf(Message message) {
        int rank = switch (message.state()) {
            case WAITING -> 0;
            case HANDED, UNSURE -> 1;
            case AT_SERVER, REFUSED -> 2;
        };
        return message.recipients() == 0 || message.delivered() < message.recipients()
                ? rank
                : message.read() < message.recipients() ? DELIVERED : READ;
    }

    private void fault(Store store, Message message, String what) {
        faults.add(store.view.name() + "'s #" + message.number() + " \"" + shortened(message.text()) + "\" to "
                + message.chat() + " " + what);
    }

    private static String shortened(String text) {
        return text.length() > 40 ? text.substring(0, 40) + "…" : text;
    }

    /** Tells whether no broken promise has been seen so far. */
    boolean isContent() {
        return faults.isEmpty();
    }

    // ---- at the end

    /** Tells whether this store has nothing more to send. */
    boolean hasSent(StoreView view) {
        return outgoing(store(view)).stream()
                .allMatch(message ->
                        message.state() == DeliveryState.AT_SERVER || message.state() == DeliveryState.REFUSED);
    }

    /** Tells whether every message has reached its final state. */
    boolean isSettled() {
        return stores.values().stream()
                .allMatch(store -> outgoing(store).stream().allMatch(message -> isSettled(store, message)));
    }

    private boolean isSettled(Store store, Message message) {
        List<ClientId> recipients = recipients(store.view.id(), message.chat());
        if (message.state() == DeliveryState.REFUSED) {
            return true;
        }
        return message.state() == DeliveryState.AT_SERVER
                && recipients.stream().allMatch(one -> has(one, message.text()))
                && (isDisturbed(store) || rankOf(message) >= DELIVERED);
    }

    /**
     * A receipt goes to one store of an identity, and a store that was put back has not got what the one before it got.
     */
    private boolean isDisturbed(Store store) {
        return disturbed.contains(store.view.id());
    }

    /**
     * The result of a run.
     *
     * @param sent how many messages were written
     * @param arrived how many arrivals there were; a group message arrives more than once
     * @param refused how many were refused, and known to their senders to be
     * @param missed how many that were sent are not in a store of a recipient's, which says that it lacks some
     * @param said how often the stores have said what of their histories
     * @param faults what was not as it must be
     */
    record Verdict(int sent, int arrived, int refused, int missed, Map<Kind, Integer> said, List<String> faults) {}

    /** Judges the run, after it has settled or has not. */
    Verdict verdict() {
        look();
        var refused = new HashSet<String>();
        var missed = new HashSet<String>();
        for (Store store : stores.values()) {
            for (Message message : outgoing(store)) {
                if (message.state() == DeliveryState.REFUSED) {
                    refused.add(message.text());
                }
                checkEnd(store, message, missed);
            }
            for (String text : store.view.doubled()) {
                if (!doubledBefore.contains(text)) {
                    faults.add(store.view.name() + " has \"" + shortened(text) + "\" more than once");
                }
            }
        }
        checkThatNothingWasForgotten();
        checkThatLossesWereSaid();
        stores.values().forEach(this::checkThatNoLossWasSaidInVain);
        int arrived = 0;
        for (Store store : stores.values()) {
            arrived += checkArrivals(store, refused);
        }
        var said = new EnumMap<Kind, Integer>(Kind.class);
        stores.values()
                .forEach(store -> store.view
                        .saidAfter(store.beginSaid)
                        .forEach(event -> said.merge(event.kind(), 1, Integer::sum)));
        return new Verdict(written.size(), arrived, refused.size(), missed.size(), said, List.copyOf(faults));
    }

    private void checkEnd(Store store, Message message, Set<String> missed) {
        List<ClientId> recipients = recipients(store.view.id(), message.chat());
        if (recipients.isEmpty()) {
            if (message.state() != DeliveryState.REFUSED) {
                fault(store, message, "is for nobody, and is " + message.state() + " at the end");
            }
            return;
        }
        if (message.state() != DeliveryState.AT_SERVER) {
            fault(store, message, "is " + message.state() + " at the end");
            return;
        }
        if (rankOf(message) < DELIVERED && !isDisturbed(store)) {
            fault(store, message, "is not known to be delivered at the end");
        }
        for (ClientId recipient : recipients) {
            if (!has(recipient, message.text())) {
                fault(store, message, "was accepted, and " + recipient + " has never had it");
                continue;
            }
            for (Store other : storesOf(recipient)) {
                if (!isThere(other, message.text())) {
                    missed.add(other.view.name() + message.text());
                    checkThatAHoleWasSaid(store, message, other);
                }
            }
        }
    }

    private List<Store> storesOf(ClientId id) {
        return stores.values().stream().filter(one -> one.view.id().equals(id)).toList();
    }

    private boolean isThere(Store store, String text) {
        return messages(store).stream().map(Message::text).anyMatch(text::equals);
    }

    /**
     * A store says that it lacks something. It cannot know of what another store of its identity got in a history that
     * the server has lost since; then the sender, who lived through the loss, says it.
     */
    private void checkThatAHoleWasSaid(Store sender, Message message, Store recipient) {
        boolean said = hasSaid(recipient, recipient.beginSaid, Kind.UNSEEN, Kind.SERVER_LOST)
                || (restored
                        && hasSaid(sender, sender.beginSaid, Kind.UNSEEN, Kind.SERVER_LOST, Kind.NEW_STREAM_SERVER));
        if (!said) {
            fault(
                    sender,
                    message,
                    "is at the server and not in " + recipient.view.name() + ", which says nothing of it: silence");
        }
    }

    /**
     * Checks that every message reported as on its way is in its sender's store; if the store is gone, on the server.
     */
    private void checkThatNothingWasForgotten() {
        written.forEach((text, one) -> {
            if (stores.containsValue(one.store())) {
                if (!isThere(one.store(), text)) {
                    faults.add(one.store().view.name() + " was told that \"" + shortened(text)
                            + "\" is on its way, and it is not there");
                }
            } else if (acceptedOfGoneStores.contains(text) && !restored) {
                for (ClientId recipient : recipients(one.sender(), one.to())) {
                    if (!has(recipient, text)) {
                        faults.add("\"" + shortened(text) + "\" was accepted from a store that is gone, and "
                                + recipient + " has never had it");
                    }
                }
            }
        });
    }

    /**
     * Checks that every store that knew a message as accepted which the restored server lacked has reported that.
     * Copies send the same again and need not notice.
     */
    private void checkThatLossesWereSaid() {
        for (Obligation one : obligations) {
            if (!isDisturbed(one.store())
                    && !hasSaid(one.store(), one.saidBefore(), Kind.SERVER_LOST, Kind.NEW_STREAM_SERVER)) {
                faults.add(one.store().view.name() + " knew more than the restored server, and has not said so");
            }
        }
    }

    /** Checks that no store has reported a loss of the server's where the server was not restored. */
    private void checkThatNoLossWasSaidInVain(Store store) {
        if (!restored && hasSaid(store, store.beginSaid, Kind.SERVER_LOST, Kind.NEW_STREAM_SERVER)) {
            faults.add(store.view.name() + " says that the server lost history, and it has lost none");
        }
    }

    /**
     * Each is for this store and was not refused; between undisturbed stores each arrives in the order in which they
     * were sent.
     */
    private int checkArrivals(Store recipient, Set<String> refused) {
        ClientId self = recipient.view.id();
        var came = new LinkedHashMap<ClientId, List<String>>();
        int arrived = 0;
        for (Message message : messages(recipient)) {
            if (message.outgoing()) {
                continue;
            }
            arrived++;
            String text = message.text();
            Written origin = written.get(text);
            if (origin == null || !origin.sender().equals(message.author())) {
                faults.add(recipient.view.name() + " has \"" + shortened(text) + "\", which " + message.author()
                        + " did not send");
            } else if (!recipients(origin.sender(), origin.to()).contains(self)) {
                faults.add(recipient.view.name() + " has \"" + shortened(text) + "\", which is for " + origin.to());
            } else if (refused.contains(text)) {
                faults.add(recipient.view.name() + " has \"" + shortened(text) + "\", which was refused");
            }
            came.computeIfAbsent(message.author(), _ -> new ArrayList<>()).add(text);
        }
        if (!restored && !isDisturbed(recipient)) {
            came.forEach((author, texts) -> {
                if (!disturbed.contains(author)) {
                    checkOrder(author, texts, recipient);
                }
            });
        }
        return arrived;
    }

    private void checkOrder(ClientId author, List<String> texts, Store recipient) {
        @Nullable String before = null;
        for (String text : texts) {
            if (before != null && place(before) > place(text)) {
                faults.add("from " + author + " to " + recipient.view.name() + ": \"" + shortened(before)
                        + "\" came before \"" + shortened(text) + "\", which was sent earlier");
            }
            before = text;
        }
    }

    /** Returns the reports of these stores about their histories in this run, for a report of a broken promise. */
    List<String> said() {
        var lines = new ArrayList<String>();
        stores.values()
                .forEach(store -> store.view
                        .saidAfter(store.beginSaid)
                        .forEach(event -> lines.add(store.view.name() + " said " + event.kind() + " " + event.number()
                                + " after #" + event.afterMessage())));
        return lines;
    }
}
