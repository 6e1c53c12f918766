package zap.server.gateway.outbox;

import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import zap.protocol.Frame;
import zap.protocol.HistoryDigest;
import zap.server.gateway.settings.GatewayMeters;
import zap.server.mailbox.ConfirmWrite;
import zap.server.mailbox.MailboxItem;

/**
 * What was delivered on a base session: asks what the peer's TCP has acknowledged, and confirms it.
 *
 * <p>It asks after each write, and from time to time until all is acknowledged or the session ends. What is not known to have been
 * acknowledged by then is not confirmed, and given again to the next session.
 */
final class Acknowledgements implements AcknowledgementWatch.Asker {

    private static final int PARTS_OF_A_WRITE = 8;

    private final ConfirmWrite confirmation;
    private final Outbox.Peer peer;
    private final Outbox.Log mailbox;
    private final AcknowledgementWatch watch;
    private final GatewayMeters meters;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition settled = lock.newCondition();

    // Guarded by the lock.
    private final WrittenMail written = new WrittenMail();
    private final AcknowledgementPace pace = new AcknowledgementPace();
    /** The last position that was acknowledged. */
    private long acknowledged;
    /** How many entries after it the meters know of. */
    private long counted;
    /** The watch will have us ask. */
    private boolean watched;
    /** How many threads are handing in the confirmation. */
    private int confirming;

    private boolean closed;

    /** @param given the position that the session goes on after */
    Acknowledgements(
            ConfirmWrite confirmation,
            long given,
            Outbox.Peer peer,
            Outbox.Log mailbox,
            AcknowledgementWatch watch,
            GatewayMeters meters) {
        this.confirmation = confirmation;
        this.acknowledged = given;
        this.peer = peer;
        this.mailbox = mailbox;
        this.watch = watch;
        this.meters = meters;
    }

    /**
     * This mail was written just now.
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

    /** A large write is acknowledged piece by piece, and what its last piece holds up would be given again needlessly. */
    private void add(List<MailboxItem> mail, HistoryDigest[] digests, List<Frame> frames, long now) {
        int inPart = Math.ceilDiv(mail.size(), PARTS_OF_A_WRITE);
        long end = peer.written();
        for (Frame frame : frames) {
            end -= peer.lengthOf(frame);
        }
        for (int i = 0; i < digests.length; i++) {
            end += peer.lengthOf(frames.get(i));
            if ((i + 1) % inPart == 0 || i + 1 == digests.length) {
                written.add(mail.get(i).position(), digests[i], end, now);
            }
        }
    }

    /** Confirms what has been acknowledged by now: somebody is about to ask what still waits. */
    void confirmNow() throws InterruptedException {
        boolean due;
        lock.lock();
        try {
            due = ask(System.nanoTime());
        } finally {
            lock.unlock();
        }
        if (due) {
            confirm();
        }
    }

    /** Asks for the last time: the connection is about to be closed. Does not block. */
    void close() {
        lock.lock();
        try {
            closed = true;
            if (ask(System.nanoTime())) {
                // Whoever closes must not wait for the log.
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
     * Waits until all that was written is acknowledged, or not asked about any more, and handed in for confirmation.
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

    /** Under the lock. */
    private boolean isSettled() {
        return written.isEmpty() && confirming == 0;
    }

    /**
     * Under the lock.
     *
     * @return whether {@link #confirm} must be called now, without the lock
     */
    private boolean ask(long now) {
        if (written.isEmpty()) {
            return false;
        }
        boolean due = false;
        WrittenMail.@Nullable Part newest = written.acknowledged(peer.acknowledged());
        if (newest != null) {
            pace.acknowledged(newest.writtenNanos(), now);
            acknowledged = newest.position();
            due = confirmation.raise(acknowledged, newest.digest());
        }
        if (due) {
            confirming++;
        }
        if (closed) {
            written.clear();
        }
        WrittenMail.@Nullable Part oldest = written.oldest();
        if (oldest != null && !watched) {
            watched = true;
            watch.add(this, pace.nanosToWait(oldest.writtenNanos(), now));
        }
        long waiting = oldest == null ? 0 : written.lastPosition() - acknowledged;
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
                if (isSettled()) {
                    settled.signalAll();
                }
            } finally {
                lock.unlock();
            }
        }
    }
}
