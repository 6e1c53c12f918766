package zap.bench.traffic;

import org.HdrHistogram.Recorder;
import org.jspecify.annotations.Nullable;

/**
 * One sender's messages to its recipients: gives out the numbers, keeps the window, and checks what comes.
 *
 * <p>Its users may live on different threads, so it has a lock; usually they share one, and the lock is never
 * contended.
 */
public final class Flow {

    /** The event that makes room for the next message. */
    public enum Until {
        /** The last of its recipients has it. */
        DELIVERED,
        /** The server has said that it is stored. */
        ACCEPTED
    }

    /** The listener for arrivals. */
    @FunctionalInterface
    public interface Arrivals {

        /** A listener that does nothing. */
        Arrivals IGNORED = (_, _, _) -> {};

        /**
         * Hears that a recipient has got a message for the first time. Called under the flow's lock.
         *
         * @param seat the recipient's seat
         * @param nanos the time from which its latency counts
         * @param now the time of the arrival
         */
        void arrived(int seat, long nanos, long now);
    }

    private static final long LONGEST_NANOS = 3_600_000_000_000L;

    private final MessageText text;
    private final DeliveryCheck[] checks;
    private final Until until;
    private final Recorder latency;
    private final Arrivals arrivals;
    private @Nullable Letter letter;
    private long sent;
    private long accepted;
    private long delivered;
    private long changed;
    private long strayed;
    private int window;
    private long last = Long.MAX_VALUE;

    /** @param latency takes the nanoseconds from the sending to each arrival */
    public Flow(MessageText text, int recipients, Until until, Recorder latency) {
        this(text, recipients, until, latency, Arrivals.IGNORED);
    }

    /**
     * @param latency takes the nanoseconds from the sending to each arrival
     * @param arrivals hears of each of them, too
     */
    public Flow(MessageText text, int recipients, Until until, Recorder latency, Arrivals arrivals) {
        this.text = text;
        this.until = until;
        this.latency = latency;
        this.arrivals = arrivals;
        checks = new DeliveryCheck[recipients];
        for (int i = 0; i < recipients; i++) {
            checks[i] = new DeliveryCheck();
        }
    }

    /** Returns the text of its messages. */
    public MessageText text() {
        return text;
    }

    /** Sets the sender. */
    public synchronized void sendsWith(Letter letter) {
        this.letter = letter;
    }

    /** Sends as many as the window allows, and goes on whenever there is room, up to this number of messages in all. */
    public synchronized void start(int window, long last) {
        this.window = window;
        this.last = last;
        fill();
    }

    /** Sends nothing more by itself. */
    public synchronized void stop() {
        window = 0;
    }

    /** Sends one, whatever the window says. */
    public synchronized void sendOne(long nanos) {
        send(nanos);
    }

    /** A recipient got something: these bytes, at this moment. */
    public synchronized void received(int seat, byte[] bytes, int from, int length, long now) {
        if (!text.matches(bytes, from, length)) {
            changed++;
            return;
        }
        long sequence = MessageText.sequence(bytes, from);
        if (seat < 0 || sequence < 1 || sequence > sent) {
            strayed++;
            return;
        }
        if (checks[seat].arrived(sequence)) {
            delivered++;
            long since = MessageText.nanos(bytes, from);
            latency.recordValue(Math.clamp(now - since, 0, LONGEST_NANOS));
            arrivals.arrived(seat, since, now);
            fill();
        }
    }

    /** Something came that this flow has not sent there. */
    public synchronized void strayed() {
        strayed++;
    }

    /** So many of its messages are stored. */
    public synchronized void accepted(long messages) {
        if (messages > accepted) {
            accepted = messages;
            fill();
        }
    }

    private void fill() {
        if (window == 0) {
            return;
        }
        long room = Math.min(done() + window, last) - sent;
        if (room > 0) {
            long now = System.nanoTime();
            for (long i = 0; i < room; i++) {
                send(now);
            }
        }
    }

    private void send(long nanos) {
        if (letter == null) {
            throw new IllegalStateException("a flow without a sender");
        }
        sent++;
        letter.send(sent, nanos);
    }

    private long done() {
        if (until == Until.ACCEPTED) {
            return accepted;
        }
        long done = checks[0].arrived();
        for (int i = 1; i < checks.length; i++) {
            done = Math.min(done, checks[i].arrived());
        }
        return done;
    }

    /** Returns the number of messages sent. */
    public synchronized long sent() {
        return sent;
    }

    /** Returns the number of messages known to be stored. */
    public synchronized long accepted() {
        return accepted;
    }

    /** Returns the number of arrivals, repeated ones excluded. */
    public synchronized long delivered() {
        return delivered;
    }

    /** Tells whether every message has reached every recipient. */
    public synchronized boolean isComplete() {
        return delivered == sent * checks.length;
    }

    /** Returns the verdict on its messages so far. */
    public synchronized Verdict verdict() {
        long lost = 0;
        long doubled = 0;
        long outOfOrder = 0;
        for (DeliveryCheck check : checks) {
            lost += check.lost(sent);
            doubled += check.doubled();
            outOfOrder += check.outOfOrder();
        }
        return new Verdict(sent, sent * checks.length, lost, doubled, outOfOrder, changed, strayed);
    }
}
