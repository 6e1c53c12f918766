package zap.shell.chat;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import zap.protocol.Body;
import zap.protocol.ClientId;
import zap.protocol.Frame;
import zap.protocol.Position;
import zap.protocol.PosixTime;
import zap.protocol.Reason;
import zap.shell.connection.ServerConnection;
import zap.shell.store.HistoryEvents;
import zap.shell.store.HistoryEvents.HistoryEvent;
import zap.shell.store.OutgoingMessages;
import zap.shell.store.OutgoingMessages.Due;
import zap.shell.store.PendingGroups;
import zap.shell.store.PendingGroups.PendingGroup;
import zap.shell.store.ProfileDatabase;
import zap.shell.store.ProfileSettings;
import zap.shell.store.ReadMarks;
import zap.shell.store.ReadMarks.ReadMark;

/**
 * A session of the base protocol.
 *
 * <p>The base protocol does not confirm that the server has a message. But a server answers one thing: a client that
 * sends a read mark (08) for its own messages gets a read receipt (09) for it, from its own mailbox. So the client sets
 * a <em>mark</em> behind the frames that it hands over: an 08 for its own id, with a count in place of the time, too
 * small to cover any message. A server deals with the frames of a connection in their order, so the 09 with that count
 * shows that it has dealt with everything before it. Three things follow: the tick ✓, a way to notice a dead
 * connection, and the moment in which all waiting mail has come, because a mailbox is in order.
 *
 * <p>A missing answer proves nothing: the frames before the mark may have arrived all the same. So messages that were
 * on their way when a connection broke are <em>unsure</em>. The client never sends them again by itself, because they
 * might arrive twice. A receipt that can only be about such a message may still prove that it came.
 *
 * <p>A mark is an entry of the own mailbox too. A server that refuses it because the mailbox is full does not report
 * that. But it delivers the mail in the mailbox, and then accepts entries again. So an unanswered mark is set again,
 * once, when nothing more comes. If the second one is answered and the first was not, the first was refused.
 *
 * <p>The client detects servers that do not answer marks. With these it claims nothing about a message before its first
 * receipt.
 */
final class BaseSession implements ChatSession {

    private static final Logger log = LoggerFactory.getLogger(BaseSession.class);

    /** The time without an answer after which nothing more is handed over: it would only become unsure too. */
    static final Duration HOLD_BACK_AFTER = Duration.ofSeconds(3);

    /** The time after which a server that answers marks counts as gone. */
    static final Duration OVERDUE_AFTER = Duration.ofSeconds(15);

    /** The time after which a server that has never answered a mark counts as one that does not. */
    static final Duration NO_MARKS_AFTER = Duration.ofSeconds(8);

    /** The time within which a server that rejects the number hangs up. */
    static final Duration NUMBER_DEALT_WITH_WITHIN = Duration.ofSeconds(3);

    /** The silence after which a server that does not answer marks has delivered all waiting mail. */
    static final Duration QUIET = Duration.ofMillis(2500);

    private final ProfileDatabase database;
    private final PendingGroups pendingGroups;
    private final OutgoingMessages outgoing;
    private final ReadMarks readMarks;
    private final ProfileSettings settings;
    private final ClientId self;
    private final ProfileSettings.Server server;
    private final InstantSource clock;
    private final ClientListener listener;

    private boolean open;
    private boolean heard;
    private boolean marks;
    private boolean marksAnswered;
    private long session;
    private long lastMark;
    private long firstMark;
    private long seenMark;
    private long askedAgain;
    private Instant markedAt = Instant.EPOCH;
    private Instant heardAt = Instant.EPOCH;
    private Inbox inbox;

    BaseSession(
            ProfileDatabase database,
            ClientId self,
            ProfileSettings.Server server,
            InstantSource clock,
            ClientListener listener) {
        this.database = database;
        this.pendingGroups = new PendingGroups(database);
        this.outgoing = new OutgoingMessages(database);
        this.readMarks = new ReadMarks(database);
        this.settings = new ProfileSettings(database);
        this.self = self;
        this.server = server;
        this.clock = clock;
        this.listener = listener;
        this.inbox = inbox();
    }

    private Inbox inbox() {
        return new Inbox(database, self, clock, listener, session, true);
    }

    @Override
    public synchronized boolean isCaughtUp() {
        return open && inbox.isCaughtUp();
    }

    @Override
    public synchronized boolean tellsWhatIsStored() {
        return marks;
    }

    @Override
    public synchronized Intake intake() {
        return inbox.intake();
    }

    @Override
    public synchronized void opened() {
        open = true;
        heard = false;
        // Programs with short frames would show the answer to a mark, or send none.
        marks = !server.shortFrames();
        marksAnswered = marks && settings.marksAnswered();
        session = settings.nextCount(SESSIONS);
        seenMark = settings.count(MARKS_SEEN);
        lastMark = settings.count(HANDED_OVER);
        firstMark = 0;
        askedAgain = 0;
        heardAt = clock.instant();
        markedAt = heardAt;
        inbox = inbox();
        readMarks.tellAgainAfter(marks ? seenMark : lastMark);
        outgoing.dateAgain(self, heardAt);
    }

    @Override
    public synchronized void closed() {
        open = false;
    }

    @Override
    public ServerConnection.@Nullable ConnectionProblem farewell() {
        return null; // The base protocol gives no reasons.
    }

    @Override
    public synchronized ServerConnection.ConnectionProblem hungUp() {
        // Such a server gives no reasons. One that rejects a number hangs up as soon as it has read it.
        boolean isBecauseOfTheNumber = !heard && !quietFor(NUMBER_DEALT_WITH_WITHIN);
        return isBecauseOfTheNumber
                ? ServerConnection.ConnectionProblem.NUMBER_NOT_TAKEN
                : ServerConnection.ConnectionProblem.CLOSED_BY_SERVER;
    }

    @Override
    public synchronized List<Frame> due() {
        if (!open) {
            return List.of();
        }
        heardAt = ChatSession.earlier(heardAt, clock.instant());
        markedAt = ChatSession.earlier(markedAt, clock.instant());
        var frames = new ArrayList<Frame>();
        if (firstMark == 0) {
            // The answer to the first mark comes behind all the mail that has waited.
            firstMark = nextMark();
            if (marks) {
                frames.add(mark(firstMark));
            }
        }
        checkMarks();
        if (isMarkOpen() && askedAgain == 0 && waitedForMark(HOLD_BACK_AFTER) && quietFor(HOLD_BACK_AFTER)) {
            askedAgain = nextMark();
            frames.add(mark(askedAgain));
        }
        if (!inbox.isCaughtUp() && !marks && quietFor(QUIET)) {
            nowCaughtUp();
            inbox.tell();
        }
        // Messages that an older connection left open are settled before anything new is handed over.
        boolean undecided = !inbox.isCaughtUp() && !outgoing.open().isEmpty();
        if (!undecided && !(isMarkOpen() && waitedForMark(HOLD_BACK_AFTER))) {
            handOver(frames);
        }
        return frames;
    }

    private void handOver(List<Frame> frames) {
        Handover next = Handover.of(
                outgoing.waitingInNoStream(Handover.BATCH), pendingGroups, readMarks, settings, clock.instant());
        if (next.isEmpty()) {
            return;
        }
        database.inTransaction(jdbc -> {
            long mark = nextMark();
            Instant now = clock.instant();
            for (ReadMark one : next.readMarks()) {
                readMarks.told(one, mark);
                frames.add(new Frame.Read(one.person(), one.upTo()));
            }
            for (PendingGroup group : next.groups()) {
                pendingGroups.handed(group.number(), mark);
                frames.add(new Frame.CreateGroup(self, group.sentAt(), group.members()));
            }
            for (Due message : next.messages()) {
                outgoing.handed(message.number(), mark, session, now);
                frames.add(new Frame.Send(self, message.chat(), message.sentAt(), Body.of(message.text())));
            }
            if (marks) {
                frames.add(mark(mark));
            }
            return mark;
        });
    }

    private long nextMark() {
        if (!isMarkOpen()) {
            markedAt = clock.instant();
        }
        lastMark = settings.nextCount(HANDED_OVER);
        return lastMark;
    }

    private Frame mark(long count) {
        return new Frame.Read(self, new PosixTime(count));
    }

    private boolean isMarkOpen() {
        return marks && firstMark > 0 && seenMark < lastMark;
    }

    private boolean waitedForMark(Duration patience) {
        return clock.instant().isAfter(markedAt.plus(patience));
    }

    private boolean quietFor(Duration patience) {
        return clock.instant().isAfter(heardAt.plus(patience));
    }

    /** Detects a server that does not answer marks. */
    private void checkMarks() {
        if (isMarkOpen() && !marksAnswered && waitedForMark(NO_MARKS_AFTER) && quietFor(NO_MARKS_AFTER)) {
            log.info("This server does not answer marks: without receipts nothing is known about messages");
            marks = false;
        }
    }

    @Override
    public synchronized boolean isOverdue() {
        return isMarkOpen() && marksAnswered && waitedForMark(OVERDUE_AFTER) && quietFor(OVERDUE_AFTER);
    }

    @Override
    public synchronized void came(List<Frame> frames) {
        heard = true;
        heardAt = clock.instant();
        database.inTransaction(jdbc -> {
            frames.forEach(this::took);
            return true;
        });
        inbox.tell();
    }

    private void took(Frame frame) {
        switch (frame) {
            case Frame.ReadReceipt(ClientId by, PosixTime upTo)
            when by.equals(self) && upTo.seconds() < MARKS_END -> {
                settings.nextCount(BASE_MAIL);
                markCame(upTo.seconds());
            }
            case Frame.ForMailbox mail -> {
                if (inbox.take(mail, lastMark, seenMark, null, receiptPosition())) {
                    settings.nextCount(BASE_MAIL);
                }
            }
            // 02 and 04 say nothing new. The rest belongs to assured sessions.
            case Frame.FromServer other -> log.debug("Nothing to do for {}", other.type());
            case Frame.FromClient other -> log.debug("A server does not say {}", other.type());
        }
    }

    /**
     * Returns a position that is not beyond that of a receipt that comes now.
     *
     * <p>A base session does not know the position itself. Once all waiting mail has come, a receipt stands behind
     * everything that an assured session has accepted.
     */
    private Position receiptPosition() {
        return new Position(marks && inbox.isCaughtUp() ? settings.count(LAST_AT) + 1 : 0);
    }

    private void markCame(long count) {
        if (count > lastMark) {
            log.info("The server has answered a mark that was never set");
            return;
        }
        if (askedAgain > 0 && count >= askedAgain) {
            if (seenMark < askedAgain - 1 && inbox.intake().entries() > 0) {
                mailboxWasFull();
            }
            askedAgain = 0;
        }
        seenMark = Math.max(seenMark, count);
        markedAt = clock.instant();
        if (!marksAnswered) {
            marksAnswered = true;
            marks = true;
            settings.marksAnswered(server);
        }
        settings.count(MARKS_SEEN, seenMark);
        // A mark proves nothing about frames of an earlier connection: they may have been lost with it.
        long its = count >= firstMark ? session : outgoing.sessionOfMark(count).orElse(-1L);
        int settled = outgoing.settledUpTo(count, its, clock.instant());
        if (settled > 0) {
            inbox.later(() -> listener.settled(settled));
        }
        groupsThatDidNotCome(count);
        if (!inbox.isCaughtUp() && firstMark > 0 && seenMark >= firstMark) {
            nowCaughtUp();
        }
    }

    /** Reports a full mailbox: the server has refused a mark, and answers the next one after delivering the mail. */
    private void mailboxWasFull() {
        log.info("The server has answered a mark but not the one before it: the mailbox was full");
        HistoryEvent event = new HistoryEvents(database).add(HistoryEvents.Kind.MAILBOX_FULL, 0, clock.instant());
        inbox.later(() -> listener.history(event));
    }

    /** Refuses the pending groups that have not come before the mark behind their request. */
    private void groupsThatDidNotCome(long mark) {
        // As with messages, a mark proves nothing about frames of an earlier connection.
        long first = firstMark > 0 && mark >= firstMark ? firstMark : mark;
        for (PendingGroup group : pendingGroups.handedBetween(first, mark)) {
            pendingGroups.refused(group.number(), Reason.BAD_GROUP);
            log.info("The server has made no group of {}", group.members());
            inbox.later(() -> listener.groupRefused(group, Reason.BAD_GROUP));
        }
    }

    private void nowCaughtUp() {
        inbox.nowCaughtUp();
        int unsure = UnsureMessages.mark(outgoing, pendingGroups, firstMark);
        if (unsure > 0) {
            inbox.later(() -> listener.unsure(unsure));
        }
    }
}
