package zap.shell.chat;

import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import zap.protocol.Address;
import zap.protocol.Body;
import zap.protocol.ClientId;
import zap.protocol.Frame;
import zap.protocol.MessageId;
import zap.protocol.Position;
import zap.protocol.PosixTime;
import zap.shell.chat.ChatSession.Intake;
import zap.shell.store.Blocks;
import zap.shell.store.GroupSuccession;
import zap.shell.store.IncomingMessages;
import zap.shell.store.Messages.DeliveryState;
import zap.shell.store.Messages.Message;
import zap.shell.store.OutgoingMessages;
import zap.shell.store.PendingGroups;
import zap.shell.store.PendingGroups.PendingGroup;
import zap.shell.store.People;
import zap.shell.store.People.Group;
import zap.shell.store.People.GroupChange;
import zap.shell.store.ProfileDatabase;
import zap.shell.store.Receipts;
import zap.shell.store.Repeats;
import zap.shell.store.Repeats.Arrival;

/**
 * Stores the mail of one session.
 *
 * <p>The caller puts all mail that came at once into one transaction, and calls {@link #tell} when that is on disk.
 */
final class Inbox {

    private static final Logger log = LoggerFactory.getLogger(Inbox.class);

    private final PendingGroups pendingGroups;
    private final OutgoingMessages outgoing;
    private final IncomingMessages incoming;
    private final Receipts receipts;
    private final Repeats repeats;
    private final People people;
    private final GroupSuccession succession;
    private final Blocks blocks;
    private final ClientId self;
    private final InstantSource clock;
    private final ClientListener listener;
    private final long session;
    private final boolean base;

    private final List<Runnable> news = new ArrayList<>();
    private final Map<Address, Integer> waited = new LinkedHashMap<>();
    private boolean repeating;
    private boolean caughtUp;
    private Intake intake = Intake.NONE;

    /**
     * @param session the count of this session
     * @param base whether it is a base session: then the server may first deliver mail again that the session before
     *     has got
     */
    Inbox(
            ProfileDatabase database,
            ClientId self,
            InstantSource clock,
            ClientListener listener,
            long session,
            boolean base) {
        this.pendingGroups = new PendingGroups(database);
        this.outgoing = new OutgoingMessages(database);
        this.incoming = new IncomingMessages(database);
        this.receipts = new Receipts(database);
        this.repeats = new Repeats(database);
        this.people = new People(database);
        this.succession = new GroupSuccession(database);
        this.blocks = new Blocks(database);
        this.self = self;
        this.clock = clock;
        this.listener = listener;
        this.session = session;
        this.base = base;
        this.repeating = base;
    }

    /** Returns whether all waiting mail has come. */
    boolean isCaughtUp() {
        return caughtUp;
    }

    /** Returns the amount of mail that was stored. */
    Intake intake() {
        return intake;
    }

    /**
     * Stores one entry.
     *
     * @param handed the count of the last mark, or batch, that was handed over when it came: a receipt does not cover
     *     what is handed over later
     * @param answered the last mark that the server had answered when it came
     * @param position its position in the mailbox; null on a base session
     * @param receiptPosition the position that counts for a receipt, or a lower bound of it
     * @return whether it was not here yet, as far as that can be known
     */
    boolean take(
            Frame.ForMailbox mail, long handed, long answered, @Nullable Position position, Position receiptPosition) {
        intake = new Intake(intake.entries() + 1, intake.messages());
        return switch (mail) {
            case Frame.Deliver(ClientId src, Address dst, PosixTime sentAt, Body body) ->
                message(arrival(src, dst, sentAt, null, body), position);
            case Frame.Message(ClientId src, Address dst, PosixTime sentAt, MessageId id, Body body) ->
                message(arrival(src, dst, sentAt, id, body), position);
            case Frame.Delivered(ClientId by, PosixTime upTo) ->
                receipt(by, false, upTo, handed, answered, receiptPosition);
            case Frame.ReadReceipt(ClientId by, PosixTime upTo) ->
                receipt(by, true, upTo, handed, answered, receiptPosition);
            case Frame.GroupCreated created -> group(created);
        };
    }

    private Arrival arrival(ClientId src, Address dst, PosixTime sentAt, @Nullable MessageId id, Body body) {
        Address chat = dst.equals(self.asAddress()) ? src.asAddress() : dst;
        return new Arrival(chat, src, sentAt, id, body.text());
    }

    /** Calls the listener with everything that was stored, after it is on disk. */
    void tell() {
        List<Runnable> now = List.copyOf(news);
        news.clear();
        now.forEach(Runnable::run);
    }

    /** Adds a call of the listener to those that {@link #tell} makes. */
    void later(Runnable one) {
        news.add(one);
    }

    /** Records that all waiting mail has come. */
    void nowCaughtUp() {
        caughtUp = true;
        var came = new LinkedHashMap<>(waited);
        waited.clear();
        later(() -> listener.caughtUp(came));
    }

    private boolean message(Arrival arrival, @Nullable Position position) {
        if (arrival.author().equals(self) && repeats.isOwn(arrival)) {
            return true;
        }
        if (repeats.isHere(arrival) || repeats.passOver(arrival, position)) {
            log.info("The server has delivered a message again that is stored already");
            return false;
        }
        Address chat = arrival.chat();
        if (!caughtUp && repeating) {
            if (incoming.cameIn(session - 1, chat, arrival.author(), arrival.sentAt(), arrival.text())) {
                log.info("The server has delivered a message again that is stored already");
                return false;
            }
            repeating = false;
        }
        if (!chat.equals(arrival.author().asAddress()) && !people.isGroup(chat)) {
            people.add(new Group(chat.asGroup(), null, arrival.sentAt(), List.of()));
        }
        Message message = incoming.add(arrival, position, clock.instant(), session);
        intake = new Intake(intake.entries(), intake.messages() + 1);
        if (!blocks.isShown(message.number())) {
            return true;
        }
        if (caughtUp) {
            later(() -> listener.arrived(message));
        } else {
            waited.merge(chat, 1, Integer::sum);
        }
        return true;
    }

    private boolean receipt(ClientId by, boolean read, PosixTime upTo, long handed, long answered, Position position) {
        Instant now = clock.instant();
        outgoing.proven(by, upTo, now);
        if (receipts.note(by, read, upTo, handed, answered, position, now) && !blocks.isBlocked(by.asAddress())) {
            later(() -> listener.receipt(by, read));
        }
        return true;
    }

    private boolean group(Frame.GroupCreated created) {
        // A group that is known already is not a pending one.
        boolean known = people.areMembersKnown(created.id());
        Optional<PendingGroup> pending = known ? Optional.empty() : pending(created);
        boolean asked = pending.isPresent();
        @Nullable String name = pending.map(PendingGroup::name).orElse(null);
        var group = new Group(created.id(), name, created.createdAt(), created.members());
        Optional<Group> replaced = pending.flatMap(one -> succession.lostBefore(one.number()))
                .flatMap(people::group)
                .or(() -> known || asked ? Optional.empty() : succession.replacedBy(group))
                .filter(old -> succession.successor(old.id().asAddress()).isEmpty());
        pending.ifPresent(one -> pendingGroups.remove(one.number()));
        GroupChange change = people.add(group);
        if (change.isNew()) {
            replaced.ifPresent(old -> succession.succeed(old.id(), group.id()));
        }
        if (asked) {
            people.madeBy(group.id(), self);
        }
        if (blocks.isHidden(group.id().asAddress()) || blocks.isLeft(group.id().asAddress())) {
            return true;
        }
        Group shown = people.group(created.id()).orElse(group);
        if (change.isNew()) {
            later(() ->
                    replaced.ifPresentOrElse(old -> listener.groupReplaced(old, shown), () -> listener.group(shown)));
        }
        change.left().forEach(person -> later(() -> listener.left(shown, person)));
        return true;
    }

    /**
     * Returns the pending group that this 11 fulfils.
     *
     * <p>The creator is the first of the members. But some base servers name the creator last or not at all, or leave
     * out members that they do not know.
     */
    private Optional<PendingGroup> pending(Frame.GroupCreated created) {
        boolean own =
                !created.members().isEmpty() && created.members().getFirst().equals(self);
        if (!own && !base) {
            return Optional.empty();
        }
        var others = new HashSet<>(created.members());
        others.remove(self);
        // It may wait to be requested again on a new stream when the 11 of the first request comes.
        List<PendingGroup> candidates = Stream.of(
                        pendingGroups.in(DeliveryState.HANDED),
                        pendingGroups.in(DeliveryState.UNSURE),
                        pendingGroups.waitingAgain())
                .flatMap(List::stream)
                .toList();
        return candidates.stream()
                .filter(group -> new HashSet<>(group.members()).equals(others))
                .findFirst()
                .or(() -> candidates.stream()
                        .filter(group -> own && base && new HashSet<>(group.members()).containsAll(others))
                        .findFirst());
    }
}
