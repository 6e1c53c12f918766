package zap.server.mailbox;

import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
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
        needed.clear();
        locked.forEach(counters -> needed.add(counters.client));
        List<Long> stale = locked.stream()
                .filter(counters -> {
                    @Nullable ReceiptLedger ledger = ledgers.get(counters.client);
                    return ledger == null || !ledger.matches(counters);
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
     * Notes that an entry is appended to a mailbox.
     *
     * @param before the mailbox's counters before the entry
     * @param originator the author of the message, or null when the entry is not a message
     * @param online whether the owner has a session here, so that a confirmation will follow soon
     */
    void appended(Counters before, @Nullable Long originator, long sentAt, boolean online) {
        @Nullable ReceiptLedger ledger = ledgers.get(before.client);
        boolean kept = online || needed.contains(before.client);
        if (ledger != null && (!kept || !ledger.matches(before))) {
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
        if (originator == null) {
            ledger.appendedOther();
        } else {
            ledger.appended(originator, sentAt);
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

    /**
     * Adds mail that was read from the log to the ledger of its mailbox, if that is cached.
     *
     * @param before the mailbox's counters as they are cached
     * @return false when the ledger does not go with them, or mail is missing in between
     */
    boolean learn(Counters before, List<MailboxItem> mail) {
        List<MailboxItem> unknown =
                mail.stream().filter(item -> item.position() > before.tail).toList();
        if (unknown.isEmpty()) {
            return true;
        }
        if (unknown.getFirst().position() != before.tail + 1) {
            return false;
        }
        @Nullable ReceiptLedger ledger = ledgers.get(before.client);
        if (ledger == null) {
            return true;
        }
        if (!ledger.matches(before)) {
            return false;
        }
        unknown.forEach(item -> {
            switch (item.frame()) {
                case Frame.Deliver deliver ->
                    ledger.appended(deliver.src().value(), deliver.sentAt().seconds());
                case Frame.Message message ->
                    ledger.appended(message.src().value(), message.sentAt().seconds());
                case Frame.Delivered _, Frame.ReadReceipt _, Frame.GroupCreated _ -> ledger.appendedOther();
            }
        });
        return true;
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
