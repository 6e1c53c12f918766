package zap.server.mailbox;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The delivery receipts (07) that one recipient's confirmations cause, and the time from which they are true.
 *
 * <p>A receipt up to second T promises that <em>every</em> message that the originator sent to this recipient up to T
 * has been delivered (protocol section 1, 07). Timestamps come from the originator's own clock: they repeat, and may
 * run backwards. So a delivered message is held while an older or equally old one from the same originator still waits.
 * It is released with the confirmation of the last such message.
 *
 * <p>Holds the messages after {@code settled}: those that wait, and those that were delivered and are held. It can be
 * built again from the log at any time, so it is only a cache.
 *
 * <p>While other nodes store in the same mailbox, entries may become known before those in front of them. They wait
 * behind the hole until it is filled, and are never delivered before that; their seconds count at once.
 */
final class ReceiptLedger {

    /** A receipt that may be sent now. */
    record Due(long originator, long upTo) {}

    /**
     * An entry behind a hole.
     *
     * @param originator the author of the message; null when the entry is not a message
     */
    private record Ahead(@Nullable Long originator, long sentAt) {}

    /** The part of a message that receipts depend on. */
    private record Message(long position, long originator, long sentAt) {}

    /** The messages from one originator to this recipient. */
    private static final class Pair {
        /**
         * The waiting messages without a later waiting message of a smaller timestamp: the first has the oldest waiting
         * second.
         */
        final ArrayDeque<Message> oldest = new ArrayDeque<>();
        /** The delivered and held messages: second → the first position with it. */
        NavigableMap<Long, Long> held = new TreeMap<>();

        void waits(Message message) {
            while (!oldest.isEmpty() && oldest.getLast().sentAt > message.sentAt) {
                oldest.removeLast();
            }
            oldest.addLast(message);
        }

        void delivered(Message message) {
            if (!oldest.isEmpty() && oldest.getFirst().position == message.position) {
                oldest.removeFirst();
            }
            held.putIfAbsent(message.sentAt, message.position);
        }

        /**
         * Stops holding the messages of seconds before everything that still waits, and returns them.
         *
         * @param oldestAhead the oldest second that waits behind a hole; {@link Long#MAX_VALUE} for none
         */
        NavigableMap<Long, Long> release(long oldestAhead) {
            long oldestWaiting = Math.min(oldestAhead, oldest.isEmpty() ? Long.MAX_VALUE : oldest.getFirst().sentAt);
            NavigableMap<Long, Long> released = held;
            if (held.isEmpty() || held.lastKey() < oldestWaiting) {
                held = new TreeMap<>();
            } else {
                held = new TreeMap<>(released.tailMap(oldestWaiting, true));
                released = released.headMap(oldestWaiting, false);
            }
            return released;
        }

        boolean isSpent() {
            return oldest.isEmpty() && held.isEmpty();
        }
    }

    private final ArrayDeque<Message> waiting = new ArrayDeque<>();
    private final Map<Long, Pair> pairs = new HashMap<>();
    /** The originators with held receipts: few, while there may be many pairs. */
    private final Set<Long> holding = new HashSet<>();

    /** The entries behind a hole, by position. */
    private final NavigableMap<Long, Ahead> ahead = new TreeMap<>();
    /** What the last confirmation has released, by originator. */
    private final Map<Long, NavigableMap<Long, Long>> released = new HashMap<>();

    private long tail;
    private long given;

    /**
     * Makes a ledger of a mailbox with no waiting and no held message: {@code settled}, {@code given} and {@code tail}
     * are equal.
     */
    ReceiptLedger(long tail) {
        this(tail, tail);
    }

    /**
     * Makes a ledger that is about to be filled with {@link #loaded}.
     *
     * @param given the last confirmed position
     * @param tail the last position
     */
    ReceiptLedger(long given, long tail) {
        this.given = given;
        this.tail = tail;
    }

    /** Adds a message of the log between {@code settled} and {@code tail}. Call it in ascending order of position. */
    void loaded(long position, long originator, long sentAt) {
        var message = new Message(position, originator, sentAt);
        if (position <= given) {
            pair(originator).held.putIfAbsent(sentAt, position);
            holding.add(originator);
        } else {
            waiting.addLast(message);
            pair(originator).waits(message);
        }
    }

    /** Adds a message that was appended at the next position. */
    void appended(long originator, long sentAt) {
        tail++;
        var message = new Message(tail, originator, sentAt);
        waiting.addLast(message);
        pair(originator).waits(message);
    }

    /** Counts an entry that was appended at the next position and is not a message. */
    void appendedOther() {
        tail++;
    }

    /**
     * Adds an entry at a position, if it is not known yet.
     *
     * @param originator the author of the message; null when the entry is not a message
     */
    void learned(long position, @Nullable Long originator, long sentAt) {
        if (position == tail + 1) {
            append(originator, sentAt);
            closeHole();
        } else if (position > tail) {
            ahead.put(position, new Ahead(originator, sentAt));
        }
    }

    private void append(@Nullable Long originator, long sentAt) {
        if (originator == null) {
            appendedOther();
        } else {
            appended(originator, sentAt);
        }
    }

    private void closeHole() {
        while (!ahead.isEmpty() && ahead.firstKey() <= tail + 1) {
            boolean isNext = ahead.firstKey() == tail + 1;
            Ahead first = ahead.pollFirstEntry().getValue();
            if (isNext) { // otherwise it was learned twice
                append(first.originator, first.sentAt);
            }
        }
    }

    /** Adds an entry whose place is not final: it waits as if behind a hole, until {@link #forgetFrom}. */
    void assumed(long position, @Nullable Long originator, long sentAt) {
        ahead.put(position, new Ahead(originator, sentAt));
    }

    /** Forgets the entries behind holes from a position on, because they have other places. */
    void forgetFrom(long position) {
        ahead.tailMap(position, true).clear();
    }

    /** Returns the number of entries behind holes. */
    int countAhead() {
        return ahead.size();
    }

    /** Returns the position up to which every entry is known. */
    long tail() {
        return tail;
    }

    private long oldestAhead(long originator) {
        if (ahead.isEmpty()) {
            return Long.MAX_VALUE; // as always on a node that is alone
        }
        return ahead.values().stream()
                .filter(entry -> entry.originator != null && entry.originator == originator)
                .mapToLong(Ahead::sentAt)
                .min()
                .orElse(Long.MAX_VALUE);
    }

    /**
     * Returns the second of an originator's oldest message after a position; {@link Long#MAX_VALUE} when there is none.
     *
     * @param after at least the last confirmed position
     */
    long oldestWaiting(long originator, long after) {
        @Nullable Pair pair = pairs.get(originator);
        if (pair != null) {
            for (Message message : pair.oldest) {
                if (message.position > after) {
                    return Math.min(message.sentAt, oldestAhead(originator));
                }
            }
        }
        return oldestAhead(originator);
    }

    /** Names the originators to whom {@link #confirmed} with the same position may owe a receipt. */
    void originatorsUpTo(long upTo, LongConsumer originators) {
        holding.forEach(originators::accept);
        for (Message message : waiting) {
            if (message.position > upTo) {
                break;
            }
            originators.accept(message.originator);
        }
    }

    /**
     * Notes that everything up to a position has been delivered.
     *
     * @return the receipts that are true from now on, at most one for each originator
     */
    List<Due> confirmed(long upTo) {
        while (!waiting.isEmpty() && waiting.getFirst().position <= upTo) {
            Message message = waiting.removeFirst();
            pair(message.originator).delivered(message);
            holding.add(message.originator);
        }
        given = Math.max(given, upTo);
        var due = new ArrayList<Due>();
        released.clear();
        holding.removeIf(originator -> {
            Pair pair = pair(originator);
            NavigableMap<Long, Long> free = pair.release(oldestAhead(originator));
            if (!free.isEmpty()) {
                due.add(new Due(originator, free.lastKey()));
                released.put(originator, free);
            }
            if (pair.isSpent()) {
                pairs.remove(originator);
            }
            return pair.held.isEmpty();
        });
        return due;
    }

    /**
     * Holds again what the last confirmation has released for an originator: its receipt was not true, because of a
     * message that is not known yet.
     */
    void holdBack(long originator) {
        @Nullable NavigableMap<Long, Long> again = released.remove(originator);
        if (again != null) {
            pair(originator).held.putAll(again);
            holding.add(originator);
        }
    }

    /** Returns the position up to which every receipt has been given out. */
    long settled() {
        long firstHeld = Long.MAX_VALUE;
        for (long originator : holding) {
            for (long position : pair(originator).held.values()) {
                firstHeld = Math.min(firstHeld, position);
            }
        }
        return Math.min(given, firstHeld - 1);
    }

    /** Returns whether this ledger matches a mailbox with these counters. */
    boolean matches(Counters counters) {
        return tail == counters.tail && given == counters.given && ahead.isEmpty();
    }

    /** Returns whether this ledger knows the beginning of a mailbox with these counters. */
    boolean isBeginningOf(Counters counters) {
        return tail <= counters.tail && given == counters.given;
    }

    /** Returns the number of messages in the ledger. */
    int size() {
        return waiting.size();
    }

    private Pair pair(long originator) {
        return pairs.computeIfAbsent(originator, _ -> new Pair());
    }
}
