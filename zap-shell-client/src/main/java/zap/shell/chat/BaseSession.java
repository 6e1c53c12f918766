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
import zap.shell.store.Messages;
import zap.shell.store.Messages.DeliveryState;
import zap.shell.store.Messages.Due;
import zap.shell.store.Messages.PendingGroup;
import zap.shell.store.Messages.ReadMark;
import zap.shell.store.ProfileDatabase;
import zap.shell.store.ProfileSettings;
import zap.shell.store.ReadMarks;

/**
 * A session of the base protocol.
 *
 * <p>The base protocol does not say "the server has it". But it answers one thing: who says (08) that he has read his own messages gets
 * a read receipt (09) for it, from his own mailbox. So after what it hands over, the client sets a <em>mark</em>: an 08 for its own
 * id, with a count in place of the time, too small to cover any message. A server deals with the frames of a connection in their order,
 * so when the 09 with that count comes, it has dealt with everything before it. Three things follow from that: the tick ✓, a way to
 * notice a dead connection, and, because a mailbox is in order, the moment in which all waiting mail has come.
 *
 * <p>The other way round a mark proves nothing: when it does not come, the frames before it may have arrived all the same. So what was
 * on its way when a connection broke is <em>unsure</em>. It is never sent again by itself, because it might arrive twice; a receipt that
 * can only be about it may still prove that it came.
 *
 * <p>A mark is an entry of the own mailbox too. A server that refuses it because the mailbox is full says nothing; but it delivers what is in
 * the mailbox, and then has room. So a mark that is not answered although nothing more comes is set again, once: when the second one is
 * answered and the first was not, the first was refused.
 *
 * <p>Servers that do not answer marks are found out, and then nothing is claimed about a message before its first receipt.
 */
final class BaseSession implements ChatSession {

    private static final Logger log = LoggerFactory.getLogger(BaseSession.class);

    /** How many messages are handed over at once. */
    static final int BATCH = 50;

    /** After so long without an answer nothing more is handed over: it would only become unsure too. */
    static final Duration HOLD_BACK_AFTER = Duration.ofSeconds(3);

    /** After so long a server that answers marks is taken for gone. */
    static final Duration OVERDUE_AFTER = Duration.ofSeconds(15);

    /** After so long a server that has never answered a mark is taken for one that does not. */
    static final Duration NO_MARKS_AFTER = Duration.ofSeconds(8);

    /** So soon a server hangs up that does not take the number. */
    static final Duration NUMBER_DEALT_WITH_WITHIN = Duration.ofSeconds(3);

    /** A server that does not answer marks has given all waiting mail when nothing has come for so long. */
    static final Duration QUIET = Duration.ofMillis(2500);

    private final ProfileDatabase database;
    private final Messages messages;
    private final ReadMarks readMarks;
    private final ProfileSettings settings;
    private final ClientId self;
    private final ProfileSettings.Server server;
    private final InstantSource clock;
    private final ClientListener happenings;

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
            ClientListener happenings) {
        this.database = database;
        this.messages = new Messages(database);
        this.readMarks = new ReadMarks(database);
        this.settings = new ProfileSettings(database);
        this.self = self;
        this.server = server;
        this.clock = clock;
        this.happenings = happenings;
        this.inbox = inbox();
    }

    private Inbox inbox() {
        return new Inbox(database, self, clock, happenings, session, true);
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
        // The programs that short frames are for would show a mark's answer, or none would come.
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
        messages.dateAgain(self, heardAt);
    }

    @Override
    public synchronized void closed() {
        open = false;
    }

    @Override
    public ServerConnection.@Nullable ConnectionProblem farewell() {
        return null; // The base protocol has no words for it.
    }

    @Override
    public synchronized ServerConnection.ConnectionProblem hungUp() {
        // Such a server gives no reasons. One that is not content with a number hangs up as soon as it has read it.
        boolean becauseOfTheNumber = !heard && !quietFor(NUMBER_DEALT_WITH_WITHIN);
        return becauseOfTheNumber
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
            // The first mark comes back behind all the mail that has waited.
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
        // What an older connection left open is judged before anything new is handed over.
        boolean undecided = !inbox.isCaughtUp() && !messages.open().isEmpty();
        if (!undecided && !(isMarkOpen() && waitedForMark(HOLD_BACK_AFTER))) {
            handOver(frames);
        }
        return frames;
    }

    private void handOver(List<Frame> frames) {
        List<Due> due = messages.waitingInNoStream(BATCH);
        List<PendingGroup> groups = messages.wanted(DeliveryState.WAITING);
        List<ReadMark> read = settings.receipts() ? readMarks.due(clock.instant()) : List.of();
        if (due.isEmpty() && groups.isEmpty() && read.isEmpty()) {
            return;
        }
        database.inTransaction(jdbc -> {
            long mark = nextMark();
            Instant now = clock.instant();
            for (ReadMark one : read) {
                readMarks.told(one, mark);
                frames.add(new Frame.Read(one.person(), one.upTo()));
            }
            for (PendingGroup group : groups) {
                messages.groupHanded(group.number(), mark);
                frames.add(new Frame.CreateGroup(self, group.sentAt(), group.members()));
            }
            for (Due message : due) {
                messages.handed(message.number(), mark, session, now);
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

    /** Finds out a server that does not answer marks. */
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
            // 02 and 04 say what is known; the rest belongs to sessions that were not asked for.
            case Frame.FromServer other -> log.debug("Nothing to do for {}", other.type());
            case Frame.FromClient other -> log.debug("A server does not say {}", other.type());
        }
    }

    /**
     * Returns a position that is not beyond the one of a receipt that comes now, which a base session does not know. Once all waiting mail
     * has come, a receipt stands behind everything that an assured session has accepted.
     */
    private Position receiptPosition() {
        return new Position(marks && inbox.isCaughtUp() ? settings.count(LAST_AT) + 1 : 0);
    }

    private void markCame(long count) {
        if (count > lastMark) {
            log.info("An answer to a mark that was never set");
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
        // A mark says nothing about what an earlier connection was given: that may have been lost with it.
        long its = count >= firstMark ? session : messages.sessionOfMark(count).orElse(-1L);
        int settled = messages.settledUpTo(count, its, clock.instant());
        if (settled > 0) {
            inbox.later(() -> happenings.settled(settled));
        }
        groupsThatDidNotCome(count);
        if (!inbox.isCaughtUp() && firstMark > 0 && seenMark >= firstMark) {
            nowCaughtUp();
        }
    }

    /** The server has refused a mark, and answers one now that it has delivered what was in the mailbox. */
    private void mailboxWasFull() {
        log.info("The server has answered a mark and not the one before it: the mailbox was full");
        HistoryEvent event = new HistoryEvents(database).add(HistoryEvents.Kind.MAILBOX_FULL, 0, clock.instant());
        inbox.later(() -> happenings.history(event));
    }

    /** A group that is made comes before the mark behind the wish for it: what has not come by then was refused. */
    private void groupsThatDidNotCome(long mark) {
        // As of messages: a mark says nothing about what an earlier connection than its own was given.
        long first = firstMark > 0 && mark >= firstMark ? firstMark : mark;
        for (PendingGroup group : messages.wantedBetween(first, mark)) {
            messages.groupRefused(group.number(), Reason.BAD_GROUP);
            log.info("The server has made no group of {}", group.members());
            inbox.later(() -> happenings.groupRefused(group, Reason.BAD_GROUP));
        }
    }

    private void nowCaughtUp() {
        inbox.nowCaughtUp();
        int unsure = UnsureMessages.mark(messages, firstMark);
        if (unsure > 0) {
            inbox.later(() -> happenings.unsure(unsure));
        }
    }
}
