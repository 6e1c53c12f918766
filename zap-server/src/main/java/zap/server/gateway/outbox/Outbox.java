package zap.server.gateway.outbox;

import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.springframework.dao.DataAccessException;
import org.springframework.transaction.TransactionException;
import zap.protocol.ClientId;
import zap.protocol.Frame;
import zap.protocol.HistoryDigest;
import zap.protocol.Position;
import zap.server.gateway.settings.Framing;
import zap.server.gateway.settings.GatewayMeters;
import zap.server.mailbox.ConfirmWrite;
import zap.server.mailbox.MailboxCursor;
import zap.server.mailbox.MailboxItem;
import zap.server.mailbox.StreamState;
import zap.server.tracing.Tracing;

/**
 * The only way out of a session: writes replies, and the client's mailbox from the client's position on.
 *
 * <p>Mail that has just been committed is handed over in memory, if it is the next that the session needs. Otherwise it
 * is read from the mailbox, in pages. So an online delivery, a reconnect and a slow reader take the same path. Mail
 * that does not fit into memory stays in the mailbox: no thread waits for a slow reader.
 *
 * <p>An assured peer confirms its mail (37). On a base session the acknowledgements of TCP do, or behind a proxy read
 * marks and time ({@link Acknowledgements}).
 *
 * <p>A virtual thread writes while there is something to write, and then ends, so that an idle session has no thread.
 */
public final class Outbox {

    /**
     * Most entries that are kept in memory for a session that does not keep up; the rest is read from the mailbox
     * again.
     */
    private static final int MOST_IN_MEMORY = 512;

    /**
     * Most replies that a peer may leave unread: a peer that keeps sending requests and reads no replies is not served
     * for ever.
     */
    private static final int MOST_REPLIES = 1024;

    /** Most acceptances (35) that are kept apart for a peer that does not keep up. */
    private static final int MOST_ACCEPTANCES = 16;

    /** Most frames in one write: about ten thousand bytes. */
    private static final int MOST_IN_ONE_WRITE = 128;

    /** Time that a peer has to read replies once that many are unread. */
    private static final Duration READ_REPLIES_WITHIN = Duration.ofSeconds(2);

    private static final Duration PAUSE_AFTER_FAILED_READ = Duration.ofSeconds(1);
    private static final Duration LOOK_AGAIN = Duration.ofMinutes(1);
    private static final long NOT_WRITING = 0;

    private final Owner owner;
    private final Peer peer;
    private final Log mailbox;
    private final AcknowledgementWatch watch;
    private final GatewayMeters meters;
    private final Tracing tracing;
    private final Framing framing;
    private final Duration gap;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition ended = lock.newCondition();
    /** Signals that there is room for replies, or that the outbox is closed. */
    private final Condition room = lock.newCondition();

    // Guarded by the lock.
    private final ArrayDeque<Frame> replies = new ArrayDeque<>(2);
    /** For each ping that waits for its reply, the position of the mail that goes out before it. */
    private final ArrayDeque<Long> pings = new ArrayDeque<>(1);

    private final ArrayDeque<MailboxItem> inMemory = new ArrayDeque<>(2);
    private boolean running;
    private boolean mailStopped;
    private boolean closed;
    private boolean readingPage;
    /** Number of frames of the peer's stream that are settled. */
    private long accepted;
    /** What the peer is to be told of them. */
    private final ArrayDeque<Frame.Accepted> acceptances = new ArrayDeque<>(1);

    private @Nullable ConfirmWrite confirmation;
    /** Of a base session's mail; null on an assured session, whose peer confirms. */
    private @Nullable Acknowledgements acknowledgements;
    /** Of an assured session's mail; null on a base session, whose {@link #acknowledgements} know them. */
    private @Nullable GivenDigests digests;

    /** The last position that was handed over or read. */
    private long queued;
    /** The last position that is known to exist. */
    private long tail;

    /** The last position that was written. */
    private volatile long given;

    /** The mailbox's digest there. Once mail goes out, of the outbox's thread. */
    private HistoryDigest givenDigest = HistoryDigest.EMPTY;

    private volatile long writingSinceNanos = NOT_WRITING;
    private long lastWriteNanos = NOT_WRITING;

    /** The connection that frames are written to. */
    public interface Peer {
        /**
         * Writes frames. Blocks while the peer does not read.
         *
         * @throws UncheckedIOException when the connection is broken
         */
        void write(List<Frame> frames);

        /** Returns the length of a frame on this connection, in bytes. */
        int lengthOf(Frame frame);

        /** Returns the number of bytes written so far. */
        long written();

        /**
         * Returns how many of them the peer's TCP has acknowledged; all of them where the platform cannot tell. For a
         * closed connection: how many at the last question before it was closed.
         */
        long acknowledged();

        /**
         * Returns how long the connection must stand after mail that no read mark (08) covers, so that the mail counts
         * as delivered. Only where a proxy's TCP acknowledges it, and not the peer's.
         *
         * @return null when the peer's own TCP acknowledges it
         */
        @Nullable
        Duration deliveredAfter();
    }

    /** The mailbox that mail is read from and confirmed in: a {@link zap.server.mailbox.Mailbox}. */
    public interface Log {
        /** See {@link zap.server.mailbox.Mailbox#page}. */
        List<MailboxItem> page(ClientId client, long after) throws InterruptedException;

        /** See {@link zap.server.mailbox.Mailbox#submit}. */
        void confirm(ConfirmWrite confirmation) throws InterruptedException;
    }

    /** The result of a comparison with a client's row. */
    public enum Compared {
        /** The row has nothing new. */
        SAME,
        /** There is mail that was not known here. */
        MORE_MAIL,
        /** The session is not the client's current one any more. */
        SESSION_ENDED
    }

    /** The owner of an outbox: its session. */
    public interface Owner {
        /** Returns the session's number, for the names of threads. */
        long number();

        /**
         * Ends the session because the peer keeps sending requests but does not read the replies. Called under the
         * outbox's lock.
         */
        void tooSlow();

        /** Notes that the database does not respond. The question is repeated after a pause. */
        void waits(Exception cause);

        /** Ends the session because its connection is broken. */
        void writeFailed(Exception cause);

        /** Ends the session because of a bug in this server. */
        void failed(Throwable cause);
    }

    /** Makes the outbox of a new session. */
    public interface Factory {
        Outbox create(Owner owner, Peer peer, Framing framing);
    }

    /**
     * Makes the outbox of a session.
     *
     * @param gap the minimum time between two writes
     */
    Outbox(
            Owner owner,
            Peer peer,
            Log mailbox,
            AcknowledgementWatch watch,
            GatewayMeters meters,
            Tracing tracing,
            Framing framing,
            Duration gap) {
        this.owner = owner;
        this.peer = peer;
        this.mailbox = mailbox;
        this.watch = watch;
        this.meters = meters;
        this.tracing = tracing;
        this.framing = framing;
        this.gap = gap;
    }

    /**
     * Replies to a ping, after all mail that was waiting when it came: so the reply tells the peer that it has caught
     * up. Called by the connection's thread, which may wait here: a peer that asks faster than we write is not a peer
     * that does not read.
     */
    public void pong() throws InterruptedException {
        lock.lock();
        try {
            long left = READ_REPLIES_WITHIN.toNanos();
            while (!closed && replies.size() + pings.size() >= MOST_REPLIES && left > 0) {
                left = room.awaitNanos(left);
            }
            if (confirmation == null || mailStopped || given >= tail) {
                reply(new Frame.Ping());
            } else {
                pings.addLast(tail);
                wake();
            }
        } finally {
            lock.unlock();
        }
    }

    /** Sends a reply that is not mail. */
    public void reply(Frame.FromServer answer) {
        lock.lock();
        try {
            if (closed) {
                return;
            }
            if (replies.size() + pings.size() >= MOST_REPLIES) {
                closed = true;
                replies.clear();
                dropInMemory();
                owner.tooSlow();
                return;
            }
            replies.addLast(answer);
            wake();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Notes how many frames of the peer's stream are settled. The peer is told (35) once for all that were settled
     * meanwhile at the same position of its mailbox. Those of different positions stay apart, as long as there are few:
     * a receipt that comes between them in the mailbox marks the earlier ones, and not the later ones.
     *
     * @param count all frames of the stream so far
     * @param at the last position of the peer's mailbox when the last of them was accepted
     */
    public void accepted(long count, long at) {
        lock.lock();
        try {
            if (count > accepted) {
                accepted = count;
                var position = new Position(at);
                Frame.@Nullable Accepted last = acceptances.peekLast();
                if (last != null && (last.at().equals(position) || acceptances.size() >= MOST_ACCEPTANCES)) {
                    acceptances.removeLast();
                }
                acceptances.addLast(new Frame.Accepted(count, position));
            }
            if (!closed) {
                wake();
            }
        } finally {
            lock.unlock();
        }
    }

    /**
     * Sends the position at which an assured session continues (34), then the refusals that the peer has not seen yet
     * (39), and after these the state of the stream once more (35), so that the peer knows that they are complete.
     */
    public void resumed(StreamState stream, MailboxCursor cursor, List<Frame.Refused> refusals) {
        lock.lock();
        try {
            accepted = stream.accepted();
            var at = new Position(stream.at());
            acceptances.clear();
            reply(new Frame.Resumed(accepted, stream.digest(), at, new Position(cursor.given()), cursor.digest()));
            if (!refusals.isEmpty()) {
                refusals.forEach(this::reply);
                reply(new Frame.Accepted(accepted, at));
            }
        } finally {
            lock.unlock();
        }
    }

    /**
     * Starts the delivery of a client's mail at its cursor.
     *
     * @param peerConfirms whether the peer confirms its mail (37); otherwise mail that its TCP has acknowledged counts
     *     as delivered
     */
    public void open(ClientId client, MailboxCursor cursor, boolean peerConfirms) {
        lock.lock();
        try {
            if (closed || mailStopped || confirmation != null) {
                return;
            }
            confirmation = new ConfirmWrite(client, cursor.session());
            if (peerConfirms) {
                digests = new GivenDigests(cursor.given());
            } else {
                acknowledgements = new Acknowledgements(confirmation, cursor.given(), peer, mailbox, watch, meters);
            }
            queued = cursor.given();
            given = queued;
            givenDigest = cursor.digest();
            tail = Math.max(tail, cursor.tail());
            wake();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Confirms the mail that is delivered by now, because a read mark came that may cover it. Does nothing on an
     * assured session, whose peer confirms.
     */
    public void read(Frame.Read mark) throws InterruptedException {
        @Nullable Acknowledgements current;
        lock.lock();
        try {
            current = acknowledgements;
        } finally {
            lock.unlock();
        }
        if (current != null) {
            current.read(mark);
        }
    }

    /** Returns the position up to which this session has confirmed mail; 0 before the first confirmation. */
    public long confirmedUpTo() {
        lock.lock();
        try {
            return confirmation == null ? 0 : confirmation.upTo();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Confirms all mail up to a position, because the peer has it on its own disk.
     *
     * @return false when that position was never sent to it; then nothing changes
     */
    public boolean received(long position) throws InterruptedException {
        @Nullable ConfirmWrite receipt;
        @Nullable GivenDigests known;
        lock.lock();
        try {
            receipt = confirmation;
            known = digests;
        } finally {
            lock.unlock();
        }
        if (receipt == null || known == null || position > given) {
            return false;
        }
        @Nullable HistoryDigest digest = known.take(position);
        if (digest != null && receipt.raise(position, digest)) {
            mailbox.confirm(receipt);
        }
        return true;
    }

    /** Takes mail that has just been committed. Does not block. */
    public void arrived(List<MailboxItem> mail) {
        lock.lock();
        try {
            if (closed || mailStopped) {
                return;
            }
            tail = Math.max(tail, mail.getLast().position());
            if (confirmation == null) {
                return; // another node is faster than the start of the delivery, which reads it from the mailbox
            }
            if (!readingPage
                    && mail.getFirst().position() == queued + 1
                    && inMemory.size() + mail.size() <= MOST_IN_MEMORY) {
                inMemory.addAll(mail);
                queued = mail.getLast().position(); // a look at the row may have seen more
                meters.outboxDepth(mail.size());
            }
            wake();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Compares the delivery with its client's row, which another node may have changed. Mail that is not known here yet
     * is read from the mailbox. Does not block.
     */
    public Compared follow(MailboxCursor cursor) {
        lock.lock();
        try {
            if (confirmation == null || closed || mailStopped) {
                return Compared.SAME;
            }
            if (cursor.session() > confirmation.session()) {
                return Compared.SESSION_ENDED;
            }
            if (cursor.tail() > tail) {
                tail = cursor.tail();
                wake();
                return Compared.MORE_MAIL;
            }
            return Compared.SAME;
        } finally {
            lock.unlock();
        }
    }

    /** Keeps delivery from starting, because the server is stopping. A delivery that has started goes on. */
    public void openNoMore() {
        lock.lock();
        try {
            if (confirmation == null) {
                mailStopped = true;
            }
        } finally {
            lock.unlock();
        }
    }

    /** Stops the delivery of mail. Replies that are due still go out. */
    public void stopMail() {
        lock.lock();
        try {
            mailStopped = true;
            dropInMemory();
            answerPingsUpTo(Long.MAX_VALUE).forEach(this::reply);
            signalIfEnded();
        } finally {
            lock.unlock();
        }
    }

    /** Ends the outbox. Mail that was not written, or is not acknowledged by now, stays in the mailbox. */
    public void close() {
        @Nullable Acknowledgements last;
        lock.lock();
        try {
            closed = true;
            replies.clear();
            pings.clear();
            room.signalAll();
            dropInMemory();
            signalIfEnded();
            last = acknowledgements;
        } finally {
            lock.unlock();
        }
        if (last != null) {
            last.close();
        }
    }

    /**
     * Waits until nothing is being written, and all written mail is acknowledged and its confirmation submitted.
     *
     * @return false when the time was over first
     */
    public boolean awaitIdle(Duration most) throws InterruptedException {
        long left = most.toNanos();
        @Nullable Acknowledgements last;
        lock.lock();
        try {
            while (running) {
                if (left <= 0) {
                    return false;
                }
                left = ended.awaitNanos(left);
            }
            last = acknowledgements;
        } finally {
            lock.unlock();
        }
        return last == null || last.awaitSettled(left);
    }

    /**
     * Waits without a limit until nothing is being written and the last confirmation is submitted. To be called after
     * {@link #close}.
     */
    public void awaitEnd() throws InterruptedException {
        while (!awaitIdle(LOOK_AGAIN)) {
            // The mailbox blocks while its queue is full, so this waits while the database is away.
        }
    }

    /** Returns how long the current write has been waiting for the peer; zero when there is none. */
    public Duration writingFor() {
        long since = writingSinceNanos;
        return since == NOT_WRITING ? Duration.ZERO : Duration.ofNanos(System.nanoTime() - since);
    }

    private void dropInMemory() {
        meters.outboxDepth(-inMemory.size());
        queued -= inMemory.size();
        inMemory.clear();
    }

    private void signalIfEnded() {
        if (!running) {
            ended.signalAll();
        }
    }

    /** Starts the outbox's thread unless it runs. Call under the lock. */
    private void wake() {
        if (!running && !closed) {
            running = true;
            Thread.ofVirtual().name("outbox-", owner.number()).start(this::drain);
        }
    }

    private void drain() {
        try {
            while (true) {
                @Nullable Step step = next();
                switch (step) {
                    case null -> {
                        return;
                    }
                    case Step.Say(List<Frame> frames) -> write(frames);
                    case Step.Give give -> give(give);
                    case Step.ReadOn(ClientId client, long after) -> readOn(client, after);
                }
            }
        } catch (UncheckedIOException e) {
            end();
            owner.writeFailed(e);
        } catch (InterruptedException e) {
            end();
            Thread.currentThread().interrupt();
        } catch (RuntimeException e) {
            end();
            owner.failed(e);
        }
    }

    /** The next action of the outbox. */
    private sealed interface Step {
        record Say(List<Frame> frames) implements Step {}

        /** Writes replies and mail in one write, so that the peer is woken once. */
        record Give(
                ClientId client,
                List<Frame> replies,
                List<MailboxItem> mail,
                List<Frame.Ping> pongs,
                @Nullable Acknowledgements acknowledgements,
                @Nullable GivenDigests digests)
                implements Step {}

        record ReadOn(ClientId client, long after) implements Step {}
    }

    /**
     * Decides what to do next.
     *
     * @return null to end this thread; the next event starts another
     */
    private @Nullable Step next() {
        int most = framing == Framing.RECV ? 1 : MOST_IN_ONE_WRITE;
        lock.lock();
        try {
            if (!closed) {
                answerPingsUpTo(given).forEach(replies::addLast);
                var dueReplies = new ArrayList<Frame>(2);
                if (!replies.isEmpty()) {
                    while (!replies.isEmpty() && dueReplies.size() < most) {
                        dueReplies.add(replies.removeFirst());
                    }
                    room.signalAll();
                }
                while (!acceptances.isEmpty() && dueReplies.size() < most) {
                    dueReplies.add(acceptances.removeFirst());
                }
                @Nullable ConfirmWrite receipt = mailStopped ? null : confirmation;
                int mailNow = receipt == null ? 0 : Math.min(inMemory.size(), most - dueReplies.size());
                if (receipt != null && mailNow > 0) {
                    var mail = new ArrayList<MailboxItem>(mailNow);
                    while (mail.size() < mailNow) {
                        mail.add(inMemory.removeFirst());
                    }
                    meters.outboxDepth(-mail.size());
                    List<Frame.Ping> pongs = answerPingsUpTo(mail.getLast().position());
                    return new Step.Give(receipt.client(), dueReplies, mail, pongs, acknowledgements, digests);
                }
                if (!dueReplies.isEmpty()) {
                    return new Step.Say(dueReplies);
                }
                if (receipt != null && queued < tail) {
                    readingPage = true;
                    return new Step.ReadOn(receipt.client(), queued);
                }
            }
            running = false;
            ended.signalAll();
            return null;
        } finally {
            lock.unlock();
        }
    }

    /** Takes the replies to the pings that wait for mail up to a position. Call under the lock. */
    private List<Frame.Ping> answerPingsUpTo(long position) {
        var pongs = new ArrayList<Frame.Ping>(1);
        while (!pings.isEmpty() && pings.getFirst() <= position) {
            pings.removeFirst();
            pongs.add(new Frame.Ping());
        }
        if (!pongs.isEmpty()) {
            room.signalAll();
        }
        return pongs;
    }

    private void end() {
        close();
        lock.lock();
        try {
            running = false;
            ended.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void readOn(ClientId client, long after) throws InterruptedException {
        List<MailboxItem> page = List.of();
        try {
            page = mailbox.page(client, after);
            if (page.isEmpty() || page.getFirst().position() != after + 1) {
                throw new IllegalStateException("The log of client " + client + " has a gap after position " + after);
            }
        } catch (DataAccessException | TransactionException e) {
            owner.waits(e);
            Thread.sleep(PAUSE_AFTER_FAILED_READ); // the database needs time to come back
        } finally {
            lock.lock();
            try {
                readingPage = false;
                if (!page.isEmpty() && !closed && !mailStopped) {
                    inMemory.addAll(page);
                    meters.outboxDepth(page.size());
                    queued = page.getLast().position();
                    tail = Math.max(tail, queued);
                }
            } finally {
                lock.unlock();
            }
        }
    }

    private void give(Step.Give step) throws InterruptedException {
        long begun = MailWrittenEvent.now();
        List<MailboxItem> mail = step.mail();
        @Nullable Acknowledgements receipts = step.acknowledgements();
        @Nullable GivenDigests known = step.digests();
        int first = step.replies().size();
        var frames = new ArrayList<Frame>(first + mail.size() + step.pongs().size());
        frames.addAll(step.replies());
        var digestsAfter = new HistoryDigest[mail.size()];
        for (int i = 0; i < digestsAfter.length; i++) {
            Frame.ForMailbox frame = mail.get(i).frame();
            givenDigest = givenDigest.after(frame);
            digestsAfter[i] = givenDigest;
            frames.add(receipts == null ? frame : asBaseSessionsGetIt(frame));
        }
        // Before the write: the peer may confirm what it has read before we are back from writing it.
        if (known != null) {
            for (HistoryDigest digest : digestsAfter) {
                known.add(digest);
            }
        }
        if (receipts != null) {
            receipts.writes();
        }
        given = mail.getLast().position();
        frames.addAll(step.pongs());
        write(frames);
        MailWrittenEvent.write(step.client(), mail, begun);
        meters.given(mail);
        tracing.written(
                owner.number(),
                step.client(),
                mail.getFirst().position(),
                mail.getLast().position());
        if (receipts != null) {
            receipts.wrote(mail, digestsAfter, frames.subList(first, first + mail.size()));
        }
    }

    private static Frame asBaseSessionsGetIt(Frame.ForMailbox frame) {
        return frame instanceof Frame.Message message ? message.withoutId() : frame;
    }

    private void write(List<Frame> frames) throws InterruptedException {
        keepGap();
        writingSinceNanos = System.nanoTime();
        try {
            peer.write(frames);
        } finally {
            lastWriteNanos = System.nanoTime();
            writingSinceNanos = NOT_WRITING;
        }
        meters.sent(frames);
    }

    /**
     * Waits until the gap to the last write is over. A peer of the recv listener takes the bytes of one recv for one
     * frame, so two frames must not reach it together.
     */
    private void keepGap() throws InterruptedException {
        if (!gap.isZero() && lastWriteNanos != NOT_WRITING) {
            long left = gap.toNanos() - (System.nanoTime() - lastWriteNanos);
            if (left > 0) {
                TimeUnit.NANOSECONDS.sleep(left);
            }
        }
    }
}
