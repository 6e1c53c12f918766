package zap.shell.chat;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import zap.protocol.Body;
import zap.protocol.ClientId;
import zap.protocol.Frame;
import zap.protocol.HistoryDigest;
import zap.protocol.MessageId;
import zap.protocol.Position;
import zap.protocol.PosixTime;
import zap.protocol.Reason;
import zap.shell.connection.ServerConnection;
import zap.shell.store.GroupSuccession;
import zap.shell.store.MailboxDigests;
import zap.shell.store.MessageDates;
import zap.shell.store.Messages;
import zap.shell.store.Messages.DeliveryState;
import zap.shell.store.Messages.Message;
import zap.shell.store.NumberedFrames;
import zap.shell.store.NumberedFrames.FrameSubject;
import zap.shell.store.OutgoingMessages;
import zap.shell.store.OutgoingMessages.Due;
import zap.shell.store.PendingGroups;
import zap.shell.store.PendingGroups.PendingGroup;
import zap.shell.store.ProfileDatabase;
import zap.shell.store.ProfileSettings;
import zap.shell.store.ReadMarks;
import zap.shell.store.ReadMarks.ReadMark;
import zap.shell.store.Repeats;

/**
 * An assured session (protocol section 3): every message arrives exactly once, whatever fails.
 *
 * <p>An outgoing frame has a number and is on disk before the connection sees it. Frames that the server has not
 * accepted are sent again, with the same number, at the beginning of the next session. An incoming entry is on disk in
 * the same transaction as its position. Only then is it confirmed to the server.
 *
 * <p>One object is one session. The answer to its first ping shows that all waiting mail has come: a server answers it
 * behind the mail that waited at that moment. A mark (see {@link BaseSession}) would do as well, but it is an entry of
 * the mailbox, which another store of this identity would miss.
 */
final class AssuredSession implements ChatSession {

    private static final Logger log = LoggerFactory.getLogger(AssuredSession.class);

    /** The number of frames that may be sent without having been accepted. */
    static final int WINDOW = 256;

    /** The silence after which the client sends a ping. */
    static final Duration ASK_AFTER = Duration.ofSeconds(20);

    /** The silence after which the client sends a ping while the server has frames to accept. */
    static final Duration ASK_SOON_AFTER = Duration.ofSeconds(5);

    /** The timeout for the answer to a ping. */
    static final Duration ANSWER_WITHIN = Duration.ofSeconds(10);

    private final ProfileDatabase database;
    private final Messages messages;
    private final PendingGroups pendingGroups;
    private final OutgoingMessages outgoing;
    private final ProfileSettings settings;
    private final NumberedFrames numbered;
    private final ClientId self;
    private final InstantSource clock;
    private final RandomGenerator random;
    private final ClientListener listener;
    private final Frame.Resumed resumed;
    private final ReadMarks readMarks;
    private final MailboxDigests digests;

    private final long session;
    private final Inbox inbox;
    private final Repeats repeats;
    private final GroupSuccession succession;
    /** Messages that were first handed over in this session and are not settled: no server has had them before. */
    private final Set<Long> handedFirst = new HashSet<>();

    private boolean open;
    private boolean resent;
    private boolean settledResumed;
    private long accepted;
    private long handed;
    private long answered;
    private long firstHanded;
    private Position position;
    private HistoryDigest digest;
    private Position onDisk;
    private Position told;
    private Instant heardAt = Instant.EPOCH;
    private @Nullable Instant askedAt;
    private ServerConnection.@Nullable ConnectionProblem farewell;

    /**
     * Creates a session that has begun.
     *
     * @param random draws a new stream
     * @param resumed the server's 34, as {@link Resumption} took it
     */
    AssuredSession(
            ProfileDatabase database,
            ClientId self,
            InstantSource clock,
            RandomGenerator random,
            ClientListener listener,
            Frame.Resumed resumed) {
        this.database = database;
        this.messages = new Messages(database);
        this.pendingGroups = new PendingGroups(database);
        this.outgoing = new OutgoingMessages(database);
        this.settings = new ProfileSettings(database);
        this.numbered = new NumberedFrames(database);
        this.self = self;
        this.clock = clock;
        this.random = random;
        this.listener = listener;
        this.resumed = resumed;
        this.readMarks = new ReadMarks(database);
        this.repeats = new Repeats(database);
        this.succession = new GroupSuccession(database);
        this.digests = new MailboxDigests(database);
        this.session = settings.nextCount(SESSIONS);
        this.inbox = new Inbox(database, self, clock, listener, session, false);
        this.handed = settings.count(HANDED_OVER);
        this.accepted = numbered.accepted();
        this.position = resumed.position();
        this.digest = resumed.digest();
        this.onDisk = resumed.position();
        this.told = resumed.position();
    }

    @Override
    public synchronized boolean isCaughtUp() {
        return open && inbox.isCaughtUp();
    }

    @Override
    public boolean tellsWhatIsStored() {
        return true;
    }

    @Override
    public synchronized Intake intake() {
        return inbox.intake();
    }

    @Override
    public synchronized void opened() {
        open = true;
        heardAt = clock.instant();
        // Sends again the read marks that a base session sent without an answer. Receiving one twice does no harm.
        answered = settings.count(MARKS_SEEN);
        readMarks.tellAgainAfter(answered);
        outgoing.dateAgain(self, heardAt);
    }

    @Override
    public synchronized void closed() {
        open = false;
    }

    @Override
    public synchronized ServerConnection.@Nullable ConnectionProblem farewell() {
        return farewell;
    }

    @Override
    public synchronized List<Frame> due() {
        if (!open) {
            return List.of();
        }
        heardAt = ChatSession.earlier(heardAt, clock.instant());
        askedAt = askedAt == null ? null : ChatSession.earlier(askedAt, clock.instant());
        var frames = new ArrayList<Frame>();
        if (!resent) {
            // Before any confirmation: a read mark among them says nothing of mail that has come since it was made.
            resent = true;
            List<Frame> unaccepted = numbered.after(resumed.accepted());
            frames.addAll(unaccepted);
            handed = settings.nextCount(HANDED_OVER);
            firstHanded = handed;
            frames.add(new Frame.Ping());
        }
        if (onDisk.compareTo(told) > 0) {
            told = onDisk;
            frames.add(new Frame.Received(told));
        }
        handOver(frames);
        if (askedAt == null && quietFor(numbered.last() > dealtWith() ? ASK_SOON_AFTER : ASK_AFTER)) {
            askedAt = clock.instant();
            frames.add(new Frame.Ping());
        }
        return frames;
    }

    private boolean isMark(ClientId whose, PosixTime upTo) {
        return whose.equals(self) && upTo.seconds() < MARKS_END;
    }

    /** Returns how many frames the server has dealt with, accepted or refused. */
    private long dealtWith() {
        return Math.max(accepted, resumed.accepted());
    }

    private void handOver(List<Frame> frames) {
        if (numbered.last() - dealtWith() >= WINDOW) {
            return;
        }
        Handover next =
                Handover.of(outgoing.waiting(Handover.BATCH), pendingGroups, readMarks, settings, clock.instant());
        if (next.isEmpty()) {
            return;
        }
        database.inTransaction(jdbc -> {
            handed = settings.nextCount(HANDED_OVER);
            Instant now = clock.instant();
            for (ReadMark one : next.readMarks()) {
                readMarks.told(one, 0);
                frames.add(number(new Frame.Read(one.person(), one.upTo()), FrameSubject.NONE));
            }
            for (PendingGroup group : next.groups()) {
                pendingGroups.numbered(group.number(), handed);
                frames.add(number(
                        new Frame.CreateGroup(self, group.sentAt(), group.members()),
                        new FrameSubject(null, group.number())));
            }
            for (Due message : next.messages()) {
                if (!message.carried()) {
                    handedFirst.add(message.number());
                }
                outgoing.numbered(message.number(), handed, session, now);
                frames.add(number(frame(message), new FrameSubject(message.number(), null)));
            }
            return true;
        });
    }

    /** Returns the frame of a message. A message that was first sent without an id is sent again without. */
    private Frame.FromClient frame(Due message) {
        @Nullable MessageId id = message.id();
        Body body = Body.of(message.text());
        return id == null
                ? new Frame.Send(self, message.chat(), message.sentAt(), body)
                : new Frame.Message(self, message.chat(), message.sentAt(), id, body);
    }

    private Frame number(Frame.FromClient frame, FrameSubject subject) {
        numbered.add(frame, subject);
        return frame;
    }

    private boolean quietFor(Duration patience) {
        return clock.instant().isAfter(heardAt.plus(patience));
    }

    @Override
    public synchronized boolean isOverdue() {
        return askedAt != null && clock.instant().isAfter(askedAt.plus(ANSWER_WITHIN));
    }

    @Override
    public synchronized void came(List<Frame> frames) {
        heardAt = clock.instant();
        askedAt = null;
        database.inTransaction(jdbc -> {
            frames.forEach(this::took);
            return true;
        });
        onDisk = position;
        inbox.tell();
    }

    private void took(Frame frame) {
        if (!settledResumed && !(frame instanceof Frame.Refused)) {
            // The refusals among the frames that 34 counts come right behind it. After them, the rest is known to be
            // stored.
            settledResumed = true;
            settle(resumed.accepted(), resumed.at());
        }
        switch (frame) {
            case Frame.ForMailbox mail -> mail(mail);
            case Frame.Accepted(long upTo, Position at) -> settle(upTo, at);
            case Frame.Refused(long ordinal, Reason reason) -> {
                if (ordinal == 0) {
                    log.info("The server ends the session: {}", reason.sentence());
                    farewell = ServerConnection.ConnectionProblem.of(reason);
                    if (reason == Reason.MALFORMED) {
                        closedAtUnreadable();
                    }
                } else {
                    refused(ordinal, reason);
                }
            }
            case Frame.Ping() -> pingAnswered();
            case Frame.FromServer other -> log.debug("Nothing to do for {}", other.type());
            case Frame.FromClient other -> log.debug("A server does not say {}", other.type());
        }
    }

    private void mail(Frame.ForMailbox mail) {
        position = position.next();
        digest = digest.after(mail);
        digests.add(position, digest);
        if (mail instanceof Frame.ReadReceipt(ClientId by, PosixTime upTo) && isMark(by, upTo)) {
            markCame(upTo.seconds());
        } else {
            inbox.take(mail, handed, answered, position, position);
        }
    }

    private void markCame(long count) {
        if (count <= settings.count(HANDED_OVER)) {
            answered = Math.max(count, settings.count(MARKS_SEEN));
            settings.count(MARKS_SEEN, answered);
            // It answers a mark of a base session, whose messages are thereby known to be stored.
            outgoing.sessionOfMark(count)
                    .ifPresent(its -> toldAsSettled(outgoing.settledUpTo(count, its, clock.instant())));
        }
    }

    /** Handles the answer to a ping. The first one comes behind all the mail that waited when the session began. */
    private void pingAnswered() {
        if (!inbox.isCaughtUp()) {
            inbox.nowCaughtUp();
            repeats.baseMailIsOver();
            int unsure = UnsureMessages.mark(outgoing, pendingGroups, firstHanded);
            if (unsure > 0) {
                inbox.later(() -> listener.unsure(unsure));
            }
        }
    }

    private void settle(long upTo, Position at) {
        if (upTo > numbered.last()) {
            log.warn("The server accepts {} frames, but only {} were sent", upTo, numbered.last());
            return;
        }
        if (upTo <= accepted) {
            return;
        }
        Instant now = clock.instant();
        List<Long> theirs = numbered.messages(accepted, upTo);
        long stored = theirs.stream()
                .filter(message -> outgoing.accepted(message, at, now))
                .count();
        theirs.forEach(handedFirst::remove);
        accepted = upTo;
        numbered.settled(accepted);
        settings.count(LAST_AT, at.value());
        toldAsSettled((int) stored);
    }

    /**
     * Handles a session that the server has closed because it could not read something.
     *
     * <p>A frame at which that happens twice would end every session. It is refused, and the rest goes on a new stream.
     */
    private void closedAtUnreadable() {
        long first = dealtWith() + 1;
        if (first > numbered.last() || !numbered.isMalformedAgain(first)) {
            return;
        }
        log.warn("The server has closed the session at frame {} again: the frame counts as refused", first);
        refused(first, Reason.MALFORMED);
        numbered.restart(Resumption.fresh(random));
        open = false;
    }

    private void toldAsSettled(int count) {
        if (count > 0) {
            inbox.later(() -> listener.settled(count));
        }
    }

    private void refused(long ordinal, Reason reason) {
        Optional<FrameSubject> subject = numbered.subject(ordinal);
        @Nullable Long number = subject.map(FrameSubject::message).orElse(null);
        @Nullable Long pending = subject.map(FrameSubject::pendingGroup).orElse(null);
        log.info("The server refuses frame {}: {}", ordinal, reason.sentence());
        if (number != null) {
            messages.find(number).ifPresent(message -> refused(ordinal, message, reason));
        }
        if (pending != null) {
            Optional<PendingGroup> group = pendingGroups.find(pending);
            // The messages that wait for it are refused with it.
            succession
                    .lostBefore(pending)
                    .map(succession::waitingFor)
                    .orElse(List.of())
                    .forEach(waiting -> {
                        outgoing.refused(waiting, reason, clock.instant());
                        messages.find(waiting).ifPresent(one -> inbox.later(() -> listener.refused(one, reason)));
                    });
            pendingGroups.refused(pending, reason);
            group.ifPresent(one -> inbox.later(() -> listener.groupRefused(one, reason)));
        }
    }

    private void refused(long ordinal, Message message, Reason reason) {
        boolean groupIsLost = succession.isLoss(message.chat(), reason);
        if (groupIsLost) {
            succession.lost(message.chat().asGroup());
        }
        if (message.state() == DeliveryState.REFUSED) {
            log.debug("Message {} is refused again", message.number());
        } else if (message.delivered() > 0) {
            log.warn("Message {} is refused, but was delivered: the refusal is ignored", message.number());
        } else if (groupIsLost) {
            refusedWithItsGroup(ordinal, message);
        } else {
            handedFirst.remove(message.number());
            outgoing.refused(message.number(), reason, clock.instant());
            messages.find(message.number()).ifPresent(one -> inbox.later(() -> listener.refused(one, reason)));
        }
    }

    /**
     * Handles a message whose group the server has lost.
     *
     * <p>A message that no server has had goes to the group that takes its place. A message that was sent before
     * becomes unsure, because another server may have delivered it.
     */
    private void refusedWithItsGroup(long ordinal, Message message) {
        numbered.carriesNothing(ordinal);
        if (handedFirst.remove(message.number())) {
            outgoing.waitsUnsent(message.number());
            succession.requestAgain(message.chat(), self, MessageDates.nearest(clock.instant()));
        } else {
            outgoing.mark(message.number(), DeliveryState.UNSURE);
            inbox.later(() -> listener.unsure(1));
        }
    }
}
