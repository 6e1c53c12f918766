package zap.shell.chat;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import zap.protocol.Body;
import zap.protocol.ClientId;
import zap.protocol.Frame;
import zap.protocol.Position;
import zap.protocol.PosixTime;
import zap.protocol.Reason;
import zap.shell.connection.Line;
import zap.shell.store.Database;
import zap.shell.store.Messages;
import zap.shell.store.Messages.Due;
import zap.shell.store.Messages.Message;
import zap.shell.store.Messages.ReadMark;
import zap.shell.store.Messages.WantedGroup;
import zap.shell.store.Messages.Way;
import zap.shell.store.NumberedFrames;
import zap.shell.store.NumberedFrames.Cargo;
import zap.shell.store.Settings;

/**
 * An assured session (protocol section 3): nothing is lost and nothing doubled, whatever breaks.
 *
 * <p>What goes out has a number and is on disk before the connection sees it; what the server has not accepted is sent again, with the
 * same number, at the beginning of the next session. What comes in has a position, which is on disk in the same transaction; only then the
 * server is told that we have it.
 *
 * <p>One object is one session. It learns that all waiting mail has come as a base session does: from the answer to a mark (see {@link
 * BaseSession}), which comes behind it.
 */
final class AssuredSession implements Session {

    private static final Logger log = LoggerFactory.getLogger(AssuredSession.class);

    /** How many messages are handed over at once. */
    static final int BATCH = 50;

    /** How many frames may be on their way without having been accepted. */
    static final int WINDOW = 256;

    /** After so much silence the server is asked whether it is there. */
    static final Duration ASK_AFTER = Duration.ofSeconds(20);

    /** The same while it owes us something. */
    static final Duration ASK_SOON_AFTER = Duration.ofSeconds(5);

    /** So long it may take to answer. */
    static final Duration ANSWER_WITHIN = Duration.ofSeconds(10);

    private final Database database;
    private final Messages messages;
    private final Settings settings;
    private final NumberedFrames numbered;
    private final ClientId self;
    private final InstantSource clock;
    private final Happenings happenings;
    private final Frame.Resumed resumed;

    private final long session;
    private final Inbox inbox;
    private boolean open;
    private boolean resent;
    private long accepted;
    private long handed;
    private long firstMark;
    private Position position;
    private Position onDisk;
    private Position told;
    private Instant heardAt = Instant.EPOCH;
    private @Nullable Instant askedAt;
    private Line.@Nullable Trouble farewell;

    /**
     * A session that has begun.
     *
     * @param resumed the server's word on where we stand: not beyond what we have numbered
     */
    AssuredSession(
            Database database, ClientId self, InstantSource clock, Happenings happenings, Frame.Resumed resumed) {
        this.database = database;
        this.messages = new Messages(database);
        this.settings = new Settings(database);
        this.numbered = new NumberedFrames(database);
        this.self = self;
        this.clock = clock;
        this.happenings = happenings;
        this.resumed = resumed;
        this.session = settings.nextCount(SESSIONS);
        this.inbox = new Inbox(database, self, clock, happenings, session, false);
        this.handed = settings.count(HANDED_OVER);
        this.position = resumed.position();
        this.onDisk = settings.position();
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
    public synchronized void opened() {
        open = true;
        heardAt = clock.instant();
        database.inTransaction(jdbc -> {
            settle(resumed.accepted());
            // Read marks that a base session gave away without an answer; it does no harm to give one twice.
            messages.tellAgainAfter(settings.count(MARKS_SEEN));
            return true;
        });
        inbox.tell();
    }

    @Override
    public synchronized void closed() {
        open = false;
    }

    @Override
    public synchronized Line.@Nullable Trouble farewell() {
        return farewell;
    }

    // ------------------------------------------------------------------------------------------------------------- out

    @Override
    public synchronized List<Frame> due() {
        if (!open) {
            return List.of();
        }
        var frames = new ArrayList<Frame>();
        if (onDisk.compareTo(told) > 0) {
            told = onDisk;
            frames.add(new Frame.Received(told));
        }
        if (!resent) {
            resent = true;
            List<Frame> unaccepted = numbered.after(accepted);
            frames.addAll(unaccepted);
            setFirstMark(unaccepted, frames);
        }
        handOver(frames);
        if (askedAt == null && quietFor(numbered.last() > accepted ? ASK_SOON_AFTER : ASK_AFTER)) {
            askedAt = clock.instant();
            frames.add(new Frame.Ping());
        }
        return frames;
    }

    /** The answer to the first mark comes behind all the mail that has waited. One that is sent again anyway will do. */
    private void setFirstMark(List<Frame> unaccepted, List<Frame> frames) {
        for (Frame frame : unaccepted) {
            if (frame instanceof Frame.Read(ClientId src, PosixTime upTo) && isMark(src, upTo)) {
                firstMark = upTo.seconds();
            }
        }
        if (firstMark == 0) {
            database.inTransaction(jdbc -> {
                handed = settings.nextCount(HANDED_OVER);
                firstMark = handed;
                frames.add(number(new Frame.Read(self, new PosixTime(firstMark)), Cargo.NONE));
                return true;
            });
        }
    }

    private boolean isMark(ClientId whose, PosixTime upTo) {
        return whose.equals(self) && upTo.seconds() < MARKS_END;
    }

    private void handOver(List<Frame> frames) {
        if (numbered.last() - accepted >= WINDOW) {
            return;
        }
        List<Due> due = messages.waiting(BATCH);
        List<WantedGroup> groups = messages.wanted(Way.WAITING);
        List<ReadMark> read = settings.receipts() ? messages.readMarks() : List.of();
        if (due.isEmpty() && groups.isEmpty() && read.isEmpty()) {
            return;
        }
        database.inTransaction(jdbc -> {
            handed = settings.nextCount(HANDED_OVER);
            Instant now = clock.instant();
            for (ReadMark one : read) {
                messages.told(one, 0);
                frames.add(number(new Frame.Read(one.person(), one.upTo()), Cargo.NONE));
            }
            for (WantedGroup group : groups) {
                messages.groupHanded(group.number(), handed);
                frames.add(number(
                        new Frame.CreateGroup(self, group.sentAt(), group.members()), new Cargo(null, group.number())));
            }
            for (Due message : due) {
                messages.handed(message.number(), handed, session, now);
                frames.add(number(
                        new Frame.Send(self, message.chat(), message.sentAt(), Body.of(message.text())),
                        new Cargo(message.number(), null)));
            }
            return true;
        });
    }

    private Frame number(Frame.FromClient frame, Cargo cargo) {
        numbered.add(frame, cargo);
        return frame;
    }

    private boolean quietFor(Duration patience) {
        return clock.instant().isAfter(heardAt.plus(patience));
    }

    @Override
    public synchronized boolean isOverdue() {
        return askedAt != null && clock.instant().isAfter(askedAt.plus(ANSWER_WITHIN));
    }

    // -------------------------------------------------------------------------------------------------------------- in

    @Override
    public synchronized void came(List<Frame> frames) {
        heardAt = clock.instant();
        askedAt = null;
        database.inTransaction(jdbc -> {
            frames.forEach(this::took);
            if (position.compareTo(settings.position()) > 0) {
                settings.position(position);
            }
            return true;
        });
        onDisk = settings.position();
        inbox.tell();
    }

    private void took(Frame frame) {
        switch (frame) {
            case Frame.Mail mail -> mail(mail);
            case Frame.Accepted(long upTo) -> settle(upTo);
            case Frame.Refused(long ordinal, Reason reason) -> {
                if (ordinal == 0) {
                    log.info("The server ends the session: {}", reason.sentence());
                    farewell = AssuredHandshake.troubleOf(reason);
                } else {
                    refused(ordinal, reason);
                }
            }
            // A 38 says that the server is there, and any frame says that.
            case Frame.FromServer other -> log.debug("Nothing to do for {}", other.type());
            case Frame.FromClient other -> log.debug("A server does not say {}", other.type());
        }
    }

    private void mail(Frame.Mail mail) {
        position = position.next();
        if (mail instanceof Frame.ReadReceipt(ClientId by, PosixTime upTo) && isMark(by, upTo)) {
            markCame(upTo.seconds());
        } else if (position.compareTo(onDisk) > 0) {
            inbox.take(mail, handed);
        } else {
            log.info("The server has given position {} again, which is here already", position);
        }
    }

    private void markCame(long count) {
        settings.count(MARKS_SEEN, Math.max(count, settings.count(MARKS_SEEN)));
        // It may be the answer to a mark of a base session, whose messages are so known to have come.
        messages.sessionOfMark(count)
                .ifPresent(its -> toldAsSettled(messages.settledUpTo(count, its, clock.instant())));
        if (!inbox.isCaughtUp() && firstMark > 0 && count >= firstMark) {
            inbox.nowCaughtUp();
            int unsure = Unsure.decide(messages, firstMark);
            if (unsure > 0) {
                inbox.later(() -> happenings.unsure(unsure));
            }
        }
    }

    private void settle(long upTo) {
        if (upTo > numbered.last()) {
            log.warn("The server accepts {} frames of {}", upTo, numbered.last());
            return;
        }
        if (upTo <= accepted) {
            return;
        }
        Instant now = clock.instant();
        List<Long> theirs = numbered.messages(accepted, upTo);
        theirs.forEach(message -> messages.accepted(message, now));
        accepted = upTo;
        numbered.forget(accepted);
        toldAsSettled(theirs.size());
    }

    private void toldAsSettled(int count) {
        if (count > 0) {
            inbox.later(() -> happenings.settled(count));
        }
    }

    private void refused(long ordinal, Reason reason) {
        Optional<Cargo> cargo = numbered.cargo(ordinal);
        @Nullable Long number = cargo.map(Cargo::message).orElse(null);
        @Nullable Long wanted = cargo.map(Cargo::wantedGroup).orElse(null);
        log.info("The server refuses frame {}: {}", ordinal, reason.sentence());
        if (number != null) {
            messages.refused(number, reason, clock.instant());
            Optional<Message> message = messages.find(number);
            message.ifPresent(one -> inbox.later(() -> happenings.refused(one, reason)));
        }
        if (wanted != null) {
            Optional<WantedGroup> group = messages.wantedGroup(wanted);
            messages.groupCame(wanted);
            group.ifPresent(one -> inbox.later(() -> happenings.groupRefused(one, reason)));
        }
    }
}
