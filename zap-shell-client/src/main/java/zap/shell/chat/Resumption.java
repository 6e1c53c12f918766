package zap.shell.chat;

import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import zap.protocol.ClientId;
import zap.protocol.Frame;
import zap.protocol.HistoryDigest;
import zap.protocol.Position;
import zap.protocol.SignatureBytes;
import zap.protocol.StreamId;
import zap.shell.store.HistoryEvents;
import zap.shell.store.HistoryEvents.HistoryEvent;
import zap.shell.store.HistoryEvents.Kind;
import zap.shell.store.MailboxDigests;
import zap.shell.store.NumberedFrames;
import zap.shell.store.ProfileDatabase;
import zap.shell.store.ProfileSettings;
import zap.shell.store.Receipts;
import zap.shell.store.Repeats;

/**
 * The client's half of 33 and 34 (protocol section 3, stream and digest): states how far this store has come, and
 * decides by the server's answer how to go on.
 *
 * <p>The store adopts the position and digest of 34 before anything else. It knows no sockets, so that tests can drive
 * it with frames alone.
 */
final class Resumption {

    private static final Logger log = LoggerFactory.getLogger(Resumption.class);

    /** The number of stream numbers. */
    private static final long STREAMS = 10_000_000_000_000L;

    /** The decision how a store goes on after 34. */
    sealed interface Outcome {

        /** The stream goes on behind 34's {@code accepted}. */
        record Resumes(Frame.Resumed resumed) implements Outcome {}

        /** A new stream has begun. A stream holds for a session, so the client closes this one and connects anew. */
        record BeganStream() implements Outcome {}
    }

    private final ProfileDatabase database;
    private final ProfileSettings settings;
    private final NumberedFrames numbered;
    private final MailboxDigests digests;
    private final HistoryEvents events;
    private final ClientId self;
    private final InstantSource clock;
    private final RandomGenerator random;
    private final ClientListener listener;

    Resumption(
            ProfileDatabase database,
            ClientId self,
            InstantSource clock,
            RandomGenerator random,
            ClientListener listener) {
        this.database = database;
        this.settings = new ProfileSettings(database);
        this.numbered = new NumberedFrames(database);
        this.digests = new MailboxDigests(database);
        this.events = new HistoryEvents(database);
        this.self = self;
        this.clock = clock;
        this.random = random;
        this.listener = listener;
    }

    /** Returns the 33 of this store, without a signature. */
    Frame.Resume claim() {
        return database.inTransaction(jdbc -> {
            Position position = settings.position();
            return new Frame.Resume(
                    self,
                    stream(settings, random),
                    numbered.accepted(),
                    position,
                    digests.at(position).orElse(HistoryDigest.EMPTY),
                    SignatureBytes.NONE);
        });
    }

    /** Returns the stream of this store. It is drawn the first time, and kept. */
    static StreamId stream(ProfileSettings settings, RandomGenerator random) {
        return settings.stream().orElseGet(() -> {
            StreamId fresh = fresh(random);
            settings.stream(fresh);
            return fresh;
        });
    }

    static StreamId fresh(RandomGenerator random) {
        return new StreamId(random.nextLong(STREAMS));
    }

    /** Handles a 34. The decision, and the events that it caused, are on disk when this returns. */
    Outcome take(Frame.Resumed resumed) {
        var noted = new ArrayList<HistoryEvent>();
        Outcome outcome = database.inTransaction(jdbc -> {
            boolean lost = takeMailbox(resumed.position(), resumed.digest(), noted);
            return takeStream(resumed, lost, noted);
        });
        noted.forEach(event -> {
            log.warn("An event in the history: {}", event);
            listener.history(event);
        });
        return outcome;
    }

    /** Adopts the server's position, and returns whether the server has lost some of its history. */
    private boolean takeMailbox(Position its, HistoryDigest itsDigest, List<HistoryEvent> noted) {
        Position own = settings.position();
        Optional<HistoryDigest> there = digests.at(its);
        boolean isFirstDigest = digests.isMissing();
        boolean lost = !isFirstDigest
                && (its.compareTo(own) < 0
                        || (its.equals(own) && there.filter(itsDigest::equals).isEmpty()));
        var repeats = new Repeats(database);
        if (isFirstDigest) {
            repeats.newestMayComeAgain(Math.max(0, own.value() - its.value()));
        } else if (lost) {
            noted.add(events.add(Kind.SERVER_LOST, own.value() - its.value(), clock.instant()));
            if (there.filter(itsDigest::equals).isEmpty()) {
                noted.add(unseen(1));
            }
            new Receipts(database).dropBeyond(its);
            repeats.mayComeAgainFrom(its);
        } else {
            long unseen = its.value() - own.value() - settings.count(ChatSession.BASE_MAIL);
            if (unseen > 0) {
                noted.add(unseen(unseen));
            }
        }
        digests.takeOver(its, itsDigest);
        repeats.baseMailEndsAt(its);
        settings.count(ChatSession.BASE_MAIL, 0);
        return lost;
    }

    private HistoryEvent unseen(long entries) {
        HistoryEvent event = events.add(Kind.UNSEEN, entries, clock.instant());
        settings.holeBehind(event.afterMessage());
        return event;
    }

    private Outcome takeStream(Frame.Resumed resumed, boolean lost, List<HistoryEvent> noted) {
        long accepted = resumed.accepted();
        boolean possible = accepted >= numbered.accepted() && accepted <= numbered.last();
        if (possible && numbered.isWithoutDigests() && numbered.reachesBackTo(accepted)) {
            numbered.takeOver(accepted, resumed.streamDigest());
        }
        if (possible
                && numbered.digestAt(accepted)
                        .filter(resumed.streamDigest()::equals)
                        .isPresent()) {
            return new Outcome.Resumes(resumed);
        }
        boolean serverWentBack = lost || accepted < numbered.accepted();
        int again = numbered.restart(fresh(random));
        noted.add(events.add(serverWentBack ? Kind.NEW_STREAM_SERVER : Kind.NEW_STREAM_COPY, again, clock.instant()));
        return new Outcome.BeganStream();
    }
}
