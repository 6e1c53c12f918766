package zap.shell.chat;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import zap.protocol.Address;
import zap.protocol.Body;
import zap.protocol.ClientId;
import zap.protocol.Frame;
import zap.protocol.PosixTime;
import zap.shell.connection.Correspondent;
import zap.shell.store.Database;
import zap.shell.store.Messages;
import zap.shell.store.Messages.Due;
import zap.shell.store.Messages.Message;
import zap.shell.store.Messages.Open;
import zap.shell.store.Messages.ReadMark;
import zap.shell.store.Messages.WantedGroup;
import zap.shell.store.Messages.Way;
import zap.shell.store.People;
import zap.shell.store.People.Group;
import zap.shell.store.Settings;

/**
 * Hands the outbox to a connection, and takes in what comes from it.
 *
 * <p>The base protocol does not say "the server has it". But it answers one thing: who says (08) that he has read his own messages gets
 * a read receipt (09) for it, from his own mailbox. So after what it hands over, the post office sets a <em>mark</em>: an 08 for its own
 * id, with a count in place of the time, too small to cover any message. A server deals with the frames of a connection in their order,
 * so when the 09 with that count comes, it has dealt with everything before it. Three things follow from that: the tick ✓, a way to
 * notice a dead connection, and, because a mailbox is in order, the moment in which all waiting mail has come.
 *
 * <p>The other way round a mark proves nothing: when it does not come, the frames before it may have arrived all the same. So what was
 * on its way when a connection broke is <em>unsure</em>. It is never sent again by itself, because it might arrive twice; a receipt that
 * can only be about it may still prove that it came.
 *
 * <p>Servers that do not answer marks are found out, and then nothing is claimed about a message before its first receipt.
 */
public final class PostOffice implements Correspondent {

    private static final Logger log = LoggerFactory.getLogger(PostOffice.class);

    /** Times below this are marks: no message is as old as 2001. */
    static final long MARKS_END = 1_000_000_000L;

    /** How many messages are handed over at once. */
    static final int BATCH = 50;

    /** After so long without an answer nothing more is handed over: it would only become unsure too. */
    static final Duration HOLD_BACK_AFTER = Duration.ofSeconds(3);

    /** After so long a server that answers marks is taken for gone. */
    static final Duration OVERDUE_AFTER = Duration.ofSeconds(15);

    /** After so long a server that has never answered a mark is taken for one that does not. */
    static final Duration NO_MARKS_AFTER = Duration.ofSeconds(8);

    /** A server that does not answer marks has given all waiting mail when nothing has come for so long. */
    static final Duration QUIET = Duration.ofMillis(2500);

    private static final String MARKS = "mark";
    private static final String MARKS_SEEN = "mark-seen";
    private static final String SESSIONS = "session";

    private final Database database;
    private final Messages messages;
    private final People people;
    private final Settings settings;
    private final ClientId self;
    private final Settings.Server server;
    private final InstantSource clock;
    private final Happenings happenings;

    private boolean open;
    private boolean marks;
    private boolean marksAnswered;
    private boolean caughtUp;
    private boolean repeating;
    private long session;
    private long lastMark;
    private long firstMark;
    private long seenMark;
    private Instant markedAt = Instant.EPOCH;
    private Instant heardAt = Instant.EPOCH;
    private Map<Address, Integer> arrived = new LinkedHashMap<>();

    public PostOffice(
            Database database, ClientId self, Settings.Server server, InstantSource clock, Happenings happenings) {
        this.database = database;
        this.messages = new Messages(database);
        this.people = new People(database);
        this.settings = new Settings(database);
        this.self = self;
        this.server = server;
        this.clock = clock;
        this.happenings = happenings;
    }

    @Override
    public ClientId self() {
        return self;
    }

    /** Whether all waiting mail has come. */
    public synchronized boolean isCaughtUp() {
        return open && caughtUp;
    }

    /** Whether messages are handed over with marks, so that it will be known when the server has them. */
    public synchronized boolean usesMarks() {
        return marks;
    }

    @Override
    public synchronized void opened() {
        open = true;
        caughtUp = false;
        repeating = true;
        // The programs that short frames are for would show a mark's answer, or none would come.
        marks = !server.shortFrames();
        marksAnswered = marks && settings.marksAnswered();
        session = settings.nextCount(SESSIONS);
        seenMark = settings.count(MARKS_SEEN);
        lastMark = settings.count(MARKS);
        firstMark = 0;
        heardAt = clock.instant();
        markedAt = heardAt;
        arrived = new LinkedHashMap<>();
        messages.tellAgainAfter(marks ? seenMark : lastMark);
    }

    @Override
    public synchronized void closed() {
        open = false;
        caughtUp = false;
    }

    @Override
    public synchronized List<Frame> due() {
        if (!open) {
            return List.of();
        }
        var frames = new ArrayList<Frame>();
        if (firstMark == 0) {
            // The first mark comes back behind all the mail that has waited.
            firstMark = nextMark();
            if (marks) {
                frames.add(mark(firstMark));
            }
        }
        checkMarks();
        if (!caughtUp && !marks && quietFor(QUIET)) {
            nowCaughtUp();
        }
        // What an older connection left open is judged before anything new is handed over.
        boolean undecided = !caughtUp && !messages.open().isEmpty();
        if (!undecided && !(isMarkOpen() && waitedForMark(HOLD_BACK_AFTER))) {
            handOver(frames);
        }
        return frames;
    }

    private void handOver(List<Frame> frames) {
        List<Due> due = messages.waiting(BATCH);
        List<WantedGroup> groups = messages.wanted(Way.WAITING);
        List<ReadMark> read = settings.receipts() ? messages.readMarks() : List.of();
        if (due.isEmpty() && groups.isEmpty() && read.isEmpty()) {
            return;
        }
        database.inTransaction(jdbc -> {
            long mark = nextMark();
            Instant now = clock.instant();
            for (ReadMark one : read) {
                messages.told(one, mark);
                frames.add(new Frame.Read(one.person(), one.upTo()));
            }
            for (WantedGroup group : groups) {
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
        lastMark = settings.nextCount(MARKS);
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
    public synchronized void came(Frame frame) {
        heardAt = clock.instant();
        switch (frame) {
            case Frame.Deliver deliver -> delivered(deliver);
            case Frame.Delivered(ClientId by, PosixTime upTo) -> receipt(by, false, upTo);
            case Frame.ReadReceipt(ClientId by, PosixTime upTo) -> {
                if (by.equals(self) && upTo.seconds() < MARKS_END) {
                    markCame(upTo.seconds());
                } else {
                    receipt(by, true, upTo);
                }
            }
            case Frame.GroupCreated created -> groupCame(created);
            // 02 and 04 say what is known; the rest belongs to sessions that were not asked for.
            case Frame.FromServer other -> log.debug("Nothing to do for {}", other.type());
            case Frame.FromClient other -> log.debug("A server does not say {}", other.type());
        }
    }

    private void delivered(Frame.Deliver deliver) {
        Address self = this.self.asAddress();
        Address chat = deliver.dst().equals(self) ? deliver.src().asAddress() : deliver.dst();
        String text = deliver.body().text();
        if (deliver.src().equals(this.self) && messages.isOwnEcho(chat, deliver.sentAt(), text)) {
            return;
        }
        if (!caughtUp && repeating) {
            // A server that could not see whether we got the end of our last session gives it again, first of all.
            if (messages.cameIn(session - 1, chat, deliver.src(), deliver.sentAt(), text)) {
                log.info("The server has given a message again that was here already");
                return;
            }
            repeating = false;
        }
        Message message = database.inTransaction(jdbc -> {
            if (!chat.equals(deliver.src().asAddress()) && !people.isGroup(chat)) {
                people.add(new Group(chat.asGroup(), null, deliver.sentAt(), List.of()));
            }
            return messages.came(chat, deliver.src(), deliver.sentAt(), text, clock.instant(), session);
        });
        if (caughtUp) {
            happenings.arrived(message);
        } else {
            arrived.merge(chat, 1, Integer::sum);
        }
    }

    private void receipt(ClientId by, boolean read, PosixTime upTo) {
        Instant now = clock.instant();
        boolean news = database.inTransaction(jdbc -> {
            messages.proven(by, upTo, now);
            return messages.receipt(by, read, upTo, lastMark, now);
        });
        if (news) {
            happenings.receipt(by, read);
        }
    }

    private void markCame(long count) {
        if (count > lastMark) {
            log.info("An answer to a mark that was never set");
            return;
        }
        seenMark = Math.max(seenMark, count);
        markedAt = clock.instant();
        if (!marksAnswered) {
            marksAnswered = true;
            marks = true;
            settings.marksAnswered(server);
        }
        int settled = database.inTransaction(jdbc -> {
            settings.count(MARKS_SEEN, seenMark);
            // A mark says nothing about what an earlier connection was given: that may have been lost with it.
            long its =
                    count >= firstMark ? session : messages.sessionOfMark(count).orElse(-1L);
            return messages.settledUpTo(count, its, clock.instant());
        });
        if (settled > 0) {
            happenings.settled(settled);
        }
        if (!caughtUp && firstMark > 0 && seenMark >= firstMark) {
            nowCaughtUp();
        }
    }

    private void nowCaughtUp() {
        int unsure = 0;
        for (Open message : messages.open()) {
            // What this connection has carried itself may still be answered.
            if (message.clock() < firstMark) {
                messages.decide(message.number(), Way.UNSURE);
                unsure++;
            }
        }
        for (Open group : messages.openGroups()) {
            if (group.clock() < firstMark) {
                messages.decideGroup(group.number(), Way.UNSURE);
            }
        }
        caughtUp = true;
        Map<Address, Integer> came = arrived;
        arrived = new LinkedHashMap<>();
        happenings.caughtUp(came);
        if (unsure > 0) {
            happenings.unsure(unsure);
        }
    }

    private void groupCame(Frame.GroupCreated created) {
        Optional<WantedGroup> wanted = Optional.empty();
        if (!created.members().isEmpty() && created.members().getFirst().equals(self)) {
            var others = new HashSet<>(created.members());
            others.remove(self);
            wanted = java.util.stream.Stream.of(Way.HANDED, Way.UNSURE)
                    .flatMap(way -> messages.wanted(way).stream())
                    .filter(group -> new HashSet<>(group.members()).equals(others))
                    .findFirst();
        }
        @Nullable String name = wanted.map(WantedGroup::name).orElse(null);
        var group = new Group(created.id(), name, created.createdAt(), created.members());
        Optional<WantedGroup> ours = wanted;
        boolean news = database.inTransaction(jdbc -> {
            ours.ifPresent(one -> messages.groupCame(one.number()));
            return people.add(group);
        });
        if (news) {
            happenings.group(people.group(created.id()).orElse(group));
        }
    }
}
