package zap.server.gateway.outbox;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import zap.protocol.Frame;
import zap.protocol.HistoryDigest;
import zap.server.gateway.settings.GatewayMeters;
import zap.server.mailbox.ConfirmWrite;
import zap.server.mailbox.MailboxItem;

/**
 * The delivery confirmations of a base session: asks what the peer's TCP has acknowledged, and confirms it.
 *
 * <p>It asks after each write, and from time to time until all is delivered or the session ends. Mail that is not known
 * to be delivered by then is not confirmed, and the next session gets it again.
 *
 * <p>Mail is delivered when the peer's TCP has acknowledged it ({@link WrittenMail}). Behind a proxy other rules decide
 * ({@link ProxiedMail}).
 */
final class Acknowledgements implements AcknowledgementWatch.Asker {

    /** Longest time that the peer's next frame waits for other threads of its session, in nanoseconds. */
    private static final long OTHERS_WITHIN_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final ConfirmWrite confirmation;
    private final Outbox.Peer peer;
    private final Outbox.Log mailbox;
    private final AcknowledgementWatch watch;
    private final GatewayMeters meters;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition settled = lock.newCondition();
    /** Signals the end of a write, and that a confirmation was submitted. */
    private final Condition noted = lock.newCondition();

    // Guarded by the lock.
    private final UndeliveredMail written;
    private final AcknowledgementPace pace = new AcknowledgementPace();
    /** The last position that was delivered. */
    private long delivered;
    /** Number of undelivered entries that the meters count. */
    private long counted;
    /** Number of writes that were begun. */
    private long begun;
    /** Number of the last write whose mail is noted. */
    private long ended;
    /** True while the watch has this asker in its wheel. */
    private boolean watched;
    /** Number of threads that are submitting the confirmation. */
    private int confirming;
    /** Number of times that the confirmation was submitted. */
    private long submitted;

    private boolean closed;

    /** @param given the last position that was confirmed before this session */
    Acknowledgements(
            ConfirmWrite confirmation,
            long given,
            Outbox.Peer peer,
            Outbox.Log mailbox,
            AcknowledgementWatch watch,
            GatewayMeters meters) {
        this.confirmation = confirmation;
        this.delivered = given;
        this.peer = peer;
        this.mailbox = mailbox;
        this.watch = watch;
        this.meters = meters;
        @Nullable Duration after = peer.deliveredAfter();
        this.written = after == null ? new WrittenMail() : new ProxiedMail(after);
    }

    /** Notes that mail is about to be written. */
    void writes() {
        lock.lock();
        try {
            begun++;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Notes mail that has just been written.
     *
     * @param digests the mailbox's digest after each entry
     * @param frames the entries as they were written
     */
    void wrote(List<MailboxItem> mail, HistoryDigest[] digests, List<Frame> frames) throws InterruptedException {
        boolean due;
        lock.lock();
        try {
            long now = System.nanoTime();
            add(mail, digests, frames, now);
            ended = begun;
            noted.signalAll();
            due = ask(now);
        } finally {
            lock.unlock();
        }
        if (due) {
            confirm();
        }
    }

    @Override
    public void ask() throws InterruptedException {
        boolean due;
        lock.lock();
        try {
            watched = false;
            due = ask(System.nanoTime());
        } finally {
            lock.unlock();
        }
        if (due) {
            confirm();
        }
    }

    /** Notes a write in parts. */
    private void add(List<MailboxItem> mail, HistoryDigest[] digests, List<Frame> frames, long now) {
        int inPart = written.entriesInPart(mail.size());
        long end = peer.written();
        for (Frame frame : frames) {
            end -= peer.lengthOf(frame);
        }
        for (int i = 0; i < digests.length; i++) {
            end += peer.lengthOf(frames.get(i));
            if ((i + 1) % inPart == 0 || i + 1 == digests.length) {
                written.add(mail.get(i), digests[i], end, now);
            }
        }
    }

    /**
     * Confirms the mail that is delivered by now, because a read mark came that may cover it. For a caller that is
     * about to ask which mail is still waiting.
     *
     * <p>A peer may respond to mail before the thread that wrote it is back from the write, or before the thread that
     * confirms it has submitted that. So this waits for both, but not for ever: the peer may be one that does not read
     * on.
     */
    void read(Frame.Read mark) throws InterruptedException {
        boolean due;
        lock.lock();
        try {
            long lastWrite = begun;
            long left = awaitNoted(() -> closed || ended >= lastWrite, OTHERS_WITHIN_NANOS);
            written.read(mark);
            due = ask(System.nanoTime());
            if (!due) {
                long last = submitted + confirming;
                awaitNoted(() -> submitted >= last, left);
            }
        } finally {
            lock.unlock();
        }
        if (due) {
            confirm();
        }
    }

    /** Waits under the lock. Returns the nanoseconds that are left. */
    private long awaitNoted(BooleanSupplier done, long nanos) throws InterruptedException {
        long left = nanos;
        while (!done.getAsBoolean() && left > 0) {
            left = noted.awaitNanos(left);
        }
        return left;
    }

    /** Asks for the last time, because the connection is about to be closed. Does not block. */
    void close() {
        lock.lock();
        try {
            closed = true;
            noted.signalAll();
            if (ask(System.nanoTime())) {
                // The thread that closes must not wait for the mailbox.
                Thread.ofVirtual().name("last-confirmation").start(() -> {
                    try {
                        confirm();
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                });
            }
        } finally {
            lock.unlock();
        }
    }

    /**
     * Waits until all written mail is acknowledged or given up, and its confirmation is submitted. Behind a proxy it
     * does not wait for mail, because that may take any time.
     *
     * @return false when the time was over first
     */
    boolean awaitSettled(long nanos) throws InterruptedException {
        long left = nanos;
        lock.lock();
        try {
            while (!isSettled()) {
                if (left <= 0) {
                    return false;
                }
                left = settled.awaitNanos(left);
            }
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** Returns whether nothing is waiting for its acknowledgement or its confirmation. Call under the lock. */
    private boolean isSettled() {
        return !written.isDueSoon() && confirming == 0;
    }

    /**
     * Asks what has been delivered. Call under the lock.
     *
     * @return whether {@link #confirm} must be called now, without the lock
     */
    private boolean ask(long now) {
        if (written.isEmpty()) {
            return false;
        }
        boolean due = false;
        UndeliveredMail.@Nullable Part newest = written.takeDelivered(peer.acknowledged(), now);
        if (newest != null) {
            pace.acknowledged(newest.writtenNanos(), now);
            delivered = newest.position();
            due = confirmation.raise(delivered, newest.digest());
        }
        if (due) {
            confirming++;
        }
        if (closed) {
            written.clear();
        }
        UndeliveredMail.@Nullable Part oldest = written.oldest();
        if (oldest != null && !watched) {
            watched = true;
            watch.add(this, pace.nanosToWait(oldest.writtenNanos(), now));
        }
        long waiting = oldest == null ? 0 : written.lastPosition() - delivered;
        if (waiting != counted) {
            meters.unacknowledged(waiting - counted);
            counted = waiting;
        }
        if (isSettled()) {
            settled.signalAll();
        }
        return due;
    }

    private void confirm() throws InterruptedException {
        try {
            mailbox.confirm(confirmation);
        } finally {
            lock.lock();
            try {
                confirming--;
                submitted++;
                noted.signalAll();
                if (isSettled()) {
                    settled.signalAll();
                }
            } finally {
                lock.unlock();
            }
        }
    }
}
