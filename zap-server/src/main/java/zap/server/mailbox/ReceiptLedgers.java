package zap.server.mailbox;

import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiPredicate;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;
import zap.protocol.Frame;

/**
 * A bounded cache of the ledgers of mailboxes whose owners confirm mail now. It spares the writer from reading the
 * waiting messages from the log. A ledger that does not match its locked row is read again. Belongs to the writer's
 * thread.
 */
final class ReceiptLedgers {

    /** Reads ledgers from the log. */
    interface Reader {
        /** Returns the ledgers of these mailboxes, built from the log. Unknown clients are missing. */
        Map<Long, ReceiptLedger> read(Collection<Long> clients);
    }

    /** Most entries behind holes of a mailbox: whoever misses more reads the log. */
    private static final int MOST_AHEAD = 1000;

    private final LruMap<Long, ReceiptLedger> ledgers;
    /** The mailboxes that the current batch confirms or asks about: their ledgers are needed until it ends. */
    private final Set<Long> needed = new HashSet<>();

    /** @param capacity maximum number of cached mailboxes; the least recently used one is dropped first */
    ReceiptLedgers(int capacity) {
        this.ledgers = new LruMap<>(capacity);
    }

    /** Reads the missing ledgers of mailboxes that are about to be confirmed or asked about. */
    void load(Collection<Long> mailboxes, Reader reader) {
        List<Long> missing = mailboxes.stream()
                .filter(client -> !ledgers.containsKey(client))
                .toList();
        if (!missing.isEmpty()) {
            ledgers.putAll(reader.read(missing));
        }
    }

    /** Names the originators whose rows a confirmation needs. The ledger must be loaded. */
    void originatorsUpTo(long client, long upTo, LongConsumer originators) {
        @Nullable ReceiptLedger ledger = ledgers.get(client);
        if (ledger != null) {
            ledger.originatorsUpTo(upTo, originators);
        }
    }

    /**
     * Compares the ledgers with the rows, which are locked now. Reads those again that do not match, because another
     * node wrote to that mailbox.
     *
     * @return whether all matched, which means that the originators named by {@link #originatorsUpTo} were right
     */
    boolean matchOrReload(Collection<Counters> locked, Reader reader) {
        return matchOrReload(locked, reader, (ledger, counters) -> ledger.matches(counters));
    }

    /**
     * Compares the ledgers with cached rows, for a batch that the database places among the entries of other nodes. A
     * ledger may end before its mailbox, if it knows everything that is confirmed now. Reads the others again.
     *
     * @param confirming the position that each client confirms
     * @return see {@link #matchOrReload}
     */
    boolean beginOrReload(Collection<Counters> cached, Map<Long, Long> confirming, Reader reader) {
        return matchOrReload(
                cached,
                reader,
                (ledger, counters) -> ledger.isBeginningOf(counters)
                        && ledger.tail() >= confirming.getOrDefault(counters.client, 0L));
    }

    private boolean matchOrReload(
            Collection<Counters> rows, Reader reader, BiPredicate<ReceiptLedger, Counters> matches) {
        needed.clear();
        rows.forEach(counters -> needed.add(counters.client));
        List<Long> stale = rows.stream()
                .filter(counters -> {
                    @Nullable ReceiptLedger ledger = ledgers.get(counters.client);
                    return ledger == null || !matches.test(ledger, counters);
                })
                .map(counters -> counters.client)
                .toList();
        if (stale.isEmpty()) {
            return true;
        }
        ledgers.keySet().removeAll(stale);
        ledgers.putAll(reader.read(stale));
        return false;
    }

    /**
     * Returns the position up to which the ledger of a mailbox knows every entry; 0 if there is no ledger. For a batch
     * that the database places, its own entries do not count.
     */
    long knownUpTo(long client) {
        @Nullable ReceiptLedger ledger = ledgers.get(client);
        return ledger == null ? 0 : ledger.tail();
    }

    /**
     * Notes that an entry is appended to a mailbox.
     *
     * @param before the mailbox's counters before the entry
     * @param frame the entry
     * @param online whether the owner has a session here, so that a confirmation will follow soon
     * @param isPlaceFinal whether the entry gets the next position; otherwise it may get a later one ({@link #placed})
     */
    void appended(Counters before, Frame.ForMailbox frame, boolean online, boolean isPlaceFinal) {
        @Nullable ReceiptLedger ledger = ledgers.get(before.client);
        boolean kept = online || needed.contains(before.client);
        if (ledger != null && (!kept || !(isPlaceFinal ? ledger.matches(before) : ledger.isBeginningOf(before)))) {
            ledgers.remove(before.client);
            ledger = null;
        }
        if (ledger == null && online && before.settled == before.tail) {
            ledger = new ReceiptLedger(before.tail);
            ledgers.put(before.client, ledger);
        }
        if (ledger == null) {
            return; // the next confirmation reads the ledger from the log
        }
        if (isPlaceFinal) {
            ledger.learned(before.tail + 1, originatorOf(frame), sentAtOf(frame));
        } else {
            ledger.assumed(before.tail + 1, originatorOf(frame), sentAtOf(frame));
        }
    }

    /** Returns the author of a message; null when the entry is not a message. */
    private static @Nullable Long originatorOf(Frame.ForMailbox frame) {
        return switch (frame) {
            case Frame.Deliver deliver -> deliver.src().value();
            case Frame.Message message -> message.src().value();
            case Frame.Delivered _, Frame.ReadReceipt _, Frame.GroupCreated _ -> null;
        };
    }

    private static long sentAtOf(Frame.ForMailbox frame) {
        return switch (frame) {
            case Frame.Deliver deliver -> deliver.sentAt().seconds();
            case Frame.Message message -> message.sentAt().seconds();
            case Frame.Delivered _, Frame.ReadReceipt _, Frame.GroupCreated _ -> 0;
        };
    }

    /**
     * Gives entries of a batch their final places in a mailbox.
     *
     * @param from the position that was assumed for the first of them
     */
    void placed(long client, long from, List<MailboxItem> entries) {
        @Nullable ReceiptLedger ledger = ledgers.get(client);
        if (ledger != null) {
            ledger.forgetFrom(from);
            learn(client, ledger, entries);
        }
    }

    /** Adds entries that another node has stored, or that were read from the log, to the ledger of their mailbox. */
    void learn(long client, List<MailboxItem> entries) {
        @Nullable ReceiptLedger ledger = ledgers.get(client);
        if (ledger != null) {
            learn(client, ledger, entries);
        }
    }

    private void learn(long client, ReceiptLedger ledger, List<MailboxItem> entries) {
        entries.forEach(item -> ledger.learned(item.position(), originatorOf(item.frame()), sentAtOf(item.frame())));
        if (ledger.countAhead() > MOST_AHEAD) {
            ledgers.remove(client);
        }
    }

    /** Returns the same as {@link ReceiptLedger#oldestWaiting}. Only after {@link #matchOrReload}. */
    long oldestWaiting(Counters counters, long originator, long after) {
        return required(counters).oldestWaiting(originator, after);
    }

    private ReceiptLedger required(Counters counters) {
        @Nullable ReceiptLedger ledger = ledgers.get(counters.client);
        if (ledger == null) {
            throw new IllegalStateException("No ledger was loaded for client " + counters.client);
        }
        return ledger;
    }

    /** Returns the receipts that a confirmation causes. Only after {@link #matchOrReload}. */
    List<ReceiptLedger.Due> confirmed(Counters counters, long upTo) {
        ReceiptLedger ledger = required(counters);
        List<ReceiptLedger.Due> due = ledger.confirmed(upTo);
        counters.given = upTo;
        counters.settled = ledger.settled();
        counters.changed = true;
        return due;
    }

    /** Holds a receipt of the last confirmation back, because it was not true. See {@link ReceiptLedger#holdBack}. */
    void holdBack(long client, long originator) {
        @Nullable ReceiptLedger ledger = ledgers.get(client);
        if (ledger != null) {
            ledger.holdBack(originator);
        }
    }

    /** Drops all ledgers. */
    void clear() {
        ledgers.clear();
    }

    /** Drops ledgers that may be out of date, or of deleted clients. */
    void forget(Collection<Long> clients) {
        ledgers.keySet().removeAll(clients);
    }
}
