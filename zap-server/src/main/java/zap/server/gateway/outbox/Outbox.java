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
 * The way out of a session, and the only one: writes answers, and the client's log from where the client is.
 *
 * <p>Mail that was committed a moment ago is handed over in memory, if the session has come exactly that far; otherwise it is read
 * from the log, in pages. So an online delivery, a reconnect and a slow reader are the same thing. What does not fit stays in the
 * log: nobody waits for a slow reader.
 *
 * <p>What was delivered, an assured session's peer says (37); on a base session its TCP does ({@link Acknowledgements}).
 *
 * <p>A virtual thread does the writing while there is something to write, and ends when there is not, so that an idle session has
 * none.
 */
public final class Outbox {

    /** How much mail is kept in memory for a session that does not keep up; the rest is read from the log again. */
    private static final int MOST_HANDED = 512;

    /** Answers that a peer may leave unread: one that asks and never listens is not served for ever. */
    private static final int MOST_REPLIES = 1024;

    /** How many frames go out in one write: some ten thousand bytes. */
    private static final int MOST_IN_ONE_WRITE = 128;

    /** How long a peer that has left that many answers unread may go on doing so. */
    private static final Duration ROOM_WITHIN = Duration.ofSeconds(2);

    private static final Duration PAUSE_AFTER_FAILED_READ = Duration.ofSeconds(1);
    private static final Duration LOOK_AGAIN = Duration.ofMinutes(1);
    private static final long NOT_WRITING = 0;

    private final Owner owner;
    private final Peer peer;
    private final Log mailbox;
    private final AcknowledgementWatch watch;
    private final GatewayMeters meters;
    private final Tracing tracing;
    private final Framing wire;
    private final Duration gap;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition ended = lock.newCondition();
    /** There is room for answers, or nobody waits for any. */
    private final Condition room = lock.newCondition();

    // Guarded by the lock.
    private final ArrayDeque<Frame> replies = new ArrayDeque<>(2);
    /** Of each ping that is to be answered, the position that is given before its answer. */
    private final ArrayDeque<Long> pings = new ArrayDeque<>(1);

    private final ArrayDeque<MailboxItem> handed = new ArrayDeque<>(2);
    private boolean running;
    private boolean mailStopped;
    private boolean closed;
    private boolean readingPage;
    /** How many frames of the peer's stream have been dealt with, and how many it has been told of (35). */
    private long accepted;

    private long acceptedSaid;
    /** The last position of the peer's mailbox when {@code accepted} rose to where it is. */
    private long acceptedAt;

    private @Nullable ConfirmWrite confirmation;
    /** Of a base session's mail; null on an assured session, whose peer says what it has. */
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

    /** Where frames are written to. */
    public interface Peer {
        /**
         * Writes frames. Blocks while the peer does not read.
         *
         * @throws UncheckedIOException when the connection is broken
         */
        void write(List<Frame> frames);

        /** How many bytes this frame takes. */
        int lengthOf(Frame frame);

        /** How many bytes have been written. */
        long written();

        /**
         * How many of them the peer's TCP has acknowledged, or all of them where the platform cannot tell; of a connection that is closed,
         * how many when it was last asked.
         */
        long acknowledged();
    }

    /** The log that mail is read from, and to which it is confirmed: the {@link zap.server.mailbox.Mailbox}. */
    public interface Log {
        /** See {@link zap.server.mailbox.Mailbox#page}. */
        List<MailboxItem> page(ClientId client, long after) throws InterruptedException;

        /** See {@link zap.server.mailbox.Mailbox#submit}. */
        void confirm(ConfirmWrite confirmation) throws InterruptedException;
    }

    /** Whose outbox it is: the session. */
    public interface Owner {
        /** For the names of threads. */
        long number();

        /** The peer asks, and does not listen to the answers. Called under the outbox's lock. */
        void tooSlow();

        /** The database does not answer: what the session wants to know is asked again after a while. */
        void waits(Exception cause);

        /** The connection is broken. */
        void writeFailed(Exception cause);

        /** A bug of ours. */
        void failed(Throwable cause);
    }

    /** Makes the outbox of a new session. */
    public interface Factory {
        Outbox create(Owner owner, Peer peer, Framing framing);
    }

    /** @param gap the least time between two writes */
    Outbox(
            Owner owner,
            Peer peer,
            Log mailbox,
            AcknowledgementWatch watch,
            GatewayMeters meters,
            Tracing tracing,
            Framing wire,
            Duration gap) {
        this.owner = owner;
        this.peer = peer;
        this.mailbox = mailbox;
        this.watch = watch;
        this.meters = meters;
        this.tracing = tracing;
        this.wire = wire;
        this.gap = gap;
    }

    /**
     * Answers a ping, behind all mail that waited when it came: so the answer tells the peer that it has caught up. Called by
     * the thread that reads what the peer says, and so may wait: a peer that asks faster than we write is no peer that does not
     * listen.
     */
    public void pong() throws InterruptedException {
        lock.lock();
        try {
            long left = ROOM_WITHIN.toNanos();
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

    /** Sends an answer that is no mail. */
    public void reply(Frame.FromServer answer) {
        lock.lock();
        try {
            if (closed) {
                return;
            }
            if (replies.size() + pings.size() >= MOST_REPLIES) {
                closed = true;
                replies.clear();
                dropHanded();
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
     * So many frames of the peer's stream have been dealt with: it is told, once for all that came meanwhile.
     *
     * @param at the last position of the peer's mailbox when the last of them was accepted
     */
    public void accepted(long count, long at) {
        lock.lock();
        try {
            if (count > accepted) {
                accepted = count;
                acceptedAt = at;
            }
            if (!closed) {
                wake();
            }
        } finally {
            lock.unlock();
        }
    }

    /**
     * Says where an assured session goes on (34), and before anything else which frames were refused that the peer does not know
     * of (39); then once more up to where the stream has come (35), so that the peer knows that these were all.
     */
    public void resumed(StreamState stream, MailboxCursor standing, List<Frame.Refused> refusals) {
        lock.lock();
        try {
            accepted = stream.accepted();
            acceptedAt = stream.at();
            acceptedSaid = accepted;
            reply(new Frame.Resumed(
                    accepted,
                    stream.digest(),
                    new Position(acceptedAt),
                    new Position(standing.given()),
                    standing.digest()));
            if (!refusals.isEmpty()) {
                refusals.forEach(this::reply);
                reply(new Frame.Accepted(accepted, new Position(acceptedAt)));
            }
        } finally {
            lock.unlock();
        }
    }

    /**
     * The session is this client now: its mail goes out from where it stands.
     *
     * @param peerConfirms whether the peer says what it has (37); otherwise what its TCP has acknowledged counts as given
     */
    public void open(ClientId client, MailboxCursor standing, boolean peerConfirms) {
        lock.lock();
        try {
            if (closed || mailStopped || confirmation != null) {
                return;
            }
            confirmation = new ConfirmWrite(client, standing.session());
            if (peerConfirms) {
                digests = new GivenDigests(standing.given());
            } else {
                acknowledgements = new Acknowledgements(confirmation, standing.given(), peer, mailbox, watch, meters);
            }
            queued = standing.given();
            given = queued;
            givenDigest = standing.digest();
            tail = standing.tail();
            wake();
        } finally {
            lock.unlock();
        }
    }

    /** Confirms what the peer's TCP has acknowledged by now. On an assured session there is nothing to do: its peer says it. */
    public void confirmAcknowledged() throws InterruptedException {
        @Nullable Acknowledgements current;
        lock.lock();
        try {
            current = acknowledgements;
        } finally {
            lock.unlock();
        }
        if (current != null) {
            current.confirmNow();
        }
    }

    /**
     * The peer has everything up to a position on its own disk.
     *
     * @return false when it was never given that position, which changes nothing
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

    /** Mail was committed. Does not block. */
    public void arrived(List<MailboxItem> mail) {
        lock.lock();
        try {
            if (confirmation == null || closed || mailStopped) {
                return;
            }
            tail = Math.max(tail, mail.getLast().position());
            if (!readingPage
                    && mail.getFirst().position() == queued + 1
                    && handed.size() + mail.size() <= MOST_HANDED) {
                handed.addAll(mail);
                queued = tail;
                meters.handed(mail.size());
            }
            wake();
        } finally {
            lock.unlock();
        }
    }

    /** Whoever is not given mail yet is not given any: the server is stopping. Mail that goes out goes on doing so. */
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

    /** No more mail from now on: the peer takes no part any more. Answers that are due still go out. */
    public void stopMail() {
        lock.lock();
        try {
            mailStopped = true;
            dropHanded();
            answerPingsUpTo(Long.MAX_VALUE).forEach(this::reply);
            signalIfEnded();
        } finally {
            lock.unlock();
        }
    }

    /** Ends it. What was not written stays in the log, and so does what is not acknowledged by now. */
    public void close() {
        @Nullable Acknowledgements last;
        lock.lock();
        try {
            closed = true;
            replies.clear();
            pings.clear();
            room.signalAll();
            dropHanded();
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
     * Waits until nothing is being written, and what was written has been acknowledged and handed in for confirmation.
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

    /** After {@link #close}: waits, however long it takes, until nothing is being written and the last confirmation has been handed in. */
    public void awaitEnd() throws InterruptedException {
        while (!awaitIdle(LOOK_AGAIN)) {
            // The log takes what it can: a database that is away makes this wait.
        }
    }

    /** For how long the current write has been waiting for the peer; zero when there is none. */
    public Duration writingFor() {
        long since = writingSinceNanos;
        return since == NOT_WRITING ? Duration.ZERO : Duration.ofNanos(System.nanoTime() - since);
    }

    private void dropHanded() {
        meters.handed(-handed.size());
        queued -= handed.size();
        handed.clear();
    }

    private void signalIfEnded() {
        if (!running) {
            ended.signalAll();
        }
    }

    /** Under the lock. */
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

    /** What the outbox does next. */
    private sealed interface Step {
        record Say(List<Frame> frames) implements Step {}

        /** Both in one write: the peer is woken once. */
        record Give(
                ClientId client,
                List<Frame> answers,
                List<MailboxItem> mail,
                List<Frame.Ping> pongs,
                @Nullable Acknowledgements acknowledgements,
                @Nullable GivenDigests digests)
                implements Step {}

        record ReadOn(ClientId client, long after) implements Step {}
    }

    /** Decides what to do next; null ends this run, and whoever brings something new starts another. */
    private @Nullable Step next() {
        int most = wire == Framing.RECV ? 1 : MOST_IN_ONE_WRITE;
        lock.lock();
        try {
            if (!closed) {
                answerPingsUpTo(given).forEach(replies::addLast);
                var answers = new ArrayList<Frame>(2);
                if (!replies.isEmpty()) {
                    while (!replies.isEmpty() && answers.size() < most) {
                        answers.add(replies.removeFirst());
                    }
                    room.signalAll();
                }
                if (accepted > acceptedSaid && answers.size() < most) {
                    acceptedSaid = accepted;
                    answers.add(new Frame.Accepted(accepted, new Position(acceptedAt)));
                }
                @Nullable ConfirmWrite receipt = mailStopped ? null : confirmation;
                int mailNow = receipt == null ? 0 : Math.min(handed.size(), most - answers.size());
                if (receipt != null && mailNow > 0) {
                    var mail = new ArrayList<MailboxItem>(mailNow);
                    while (mail.size() < mailNow) {
                        mail.add(handed.removeFirst());
                    }
                    meters.handed(-mail.size());
                    List<Frame.Ping> pongs = answerPingsUpTo(mail.getLast().position());
                    return new Step.Give(receipt.client(), answers, mail, pongs, acknowledgements, digests);
                }
                if (!answers.isEmpty()) {
                    return new Step.Say(answers);
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

    /** Under the lock. The answers to the pings that wait for mail up to this position. */
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
                    handed.addAll(page);
                    meters.handed(page.size());
                    queued = page.getLast().position();
                    tail = Math.max(tail, queued);
                }
            } finally {
                lock.unlock();
            }
        }
    }

    private void give(Step.Give step) throws InterruptedException {
        List<MailboxItem> mail = step.mail();
        @Nullable Acknowledgements receipts = step.acknowledgements();
        @Nullable GivenDigests known = step.digests();
        int first = step.answers().size();
        var frames = new ArrayList<Frame>(first + mail.size() + step.pongs().size());
        frames.addAll(step.answers());
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
        given = mail.getLast().position();
        frames.addAll(step.pongs());
        write(frames);
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

    /** A peer of the recv listener takes whatever one recv returns for one frame: two must not reach it together. */
    private void keepGap() throws InterruptedException {
        if (!gap.isZero() && lastWriteNanos != NOT_WRITING) {
            long left = gap.toNanos() - (System.nanoTime() - lastWriteNanos);
            if (left > 0) {
                TimeUnit.NANOSECONDS.sleep(left);
            }
        }
    }
}
