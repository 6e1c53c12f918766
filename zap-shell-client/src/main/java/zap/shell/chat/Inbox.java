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
import zap.shell.store.Messages;
import zap.shell.store.Messages.DeliveryState;
import zap.shell.store.Messages.Message;
import zap.shell.store.Messages.PendingGroup;
import zap.shell.store.People;
import zap.shell.store.People.Group;
import zap.shell.store.People.GroupChange;
import zap.shell.store.ProfileDatabase;
import zap.shell.store.Receipts;
import zap.shell.store.Repeats;
import zap.shell.store.Repeats.Arrival;

/**
 * Takes the mail of one session into the store.
 *
 * <p>Its caller puts as much mail as came at once into one transaction, and lets it {@link #tell} when that is on disk.
 */
final class Inbox {

    private static final Logger log = LoggerFactory.getLogger(Inbox.class);

    private final Messages messages;
    private final Receipts receipts;
    private final Repeats repeats;
    private final People people;
    private final GroupSuccession succession;
    private final Blocks blocks;
    private final ClientId self;
    private final InstantSource clock;
    private final ClientListener happenings;
    private final long session;
    private final boolean base;

    private final List<Runnable> news = new ArrayList<>();
    private final Map<Address, Integer> waited = new LinkedHashMap<>();
    private boolean repeating;
    private boolean caughtUp;
    private Intake intake = Intake.NONE;

    /**
     * @param session the count of this session
     * @param base whether it is a base session: then the server may give, first of all, what the session before this one has got already
     */
    Inbox(
            ProfileDatabase database,
            ClientId self,
            InstantSource clock,
            ClientListener happenings,
            long session,
            boolean base) {
        this.messages = new Messages(database);
        this.receipts = new Receipts(database);
        this.repeats = new Repeats(database);
        this.people = new People(database);
        this.succession = new GroupSuccession(database);
        this.blocks = new Blocks(database);
        this.self = self;
        this.clock = clock;
        this.happenings = happenings;
        this.session = session;
        this.base = base;
        this.repeating = base;
    }

    /** Whether all waiting mail has come. */
    boolean isCaughtUp() {
        return caughtUp;
    }

    /** Returns how much was taken in. */
    Intake intake() {
        return intake;
    }

    /**
     * Takes mail in.
     *
     * @param handed the count of what had been handed over when it came: a receipt says nothing about what is handed over later
     * @param answered the last mark that the server had answered when it came
     * @param position its position in the mailbox; null on a base session
     * @param receiptPosition the position that counts for a receipt, or a lower bound of it
     * @return whether it was not here yet, as far as that can be seen
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

    /** What was taken in is on disk: tells whoever watches. */
    void tell() {
        List<Runnable> now = List.copyOf(news);
        news.clear();
        now.forEach(Runnable::run);
    }

    /** Something that is to be told when it is on disk. */
    void later(Runnable one) {
        news.add(one);
    }

    /** All waiting mail is here. */
    void nowCaughtUp() {
        caughtUp = true;
        var came = new LinkedHashMap<>(waited);
        waited.clear();
        later(() -> happenings.caughtUp(came));
    }

    private boolean message(Arrival arrival, @Nullable Position position) {
        if (arrival.author().equals(self) && repeats.isOwn(arrival)) {
            return true;
        }
        if (repeats.isHere(arrival) || repeats.passOver(arrival, position)) {
            log.info("The server has given a message again that is here already");
            return false;
        }
        Address chat = arrival.chat();
        if (!caughtUp && repeating) {
            if (messages.cameIn(session - 1, chat, arrival.author(), arrival.sentAt(), arrival.text())) {
                log.info("The server has given a message again that was here already");
                return false;
            }
            repeating = false;
        }
        if (!chat.equals(arrival.author().asAddress()) && !people.isGroup(chat)) {
            people.add(new Group(chat.asGroup(), null, arrival.sentAt(), List.of()));
        }
        Message message = messages.came(arrival, position, clock.instant(), session);
        intake = new Intake(intake.entries(), intake.messages() + 1);
        if (!blocks.isShown(message.number())) {
            return true;
        }
        if (caughtUp) {
            later(() -> happenings.arrived(message));
        } else {
            waited.merge(chat, 1, Integer::sum);
        }
        return true;
    }

    private boolean receipt(ClientId by, boolean read, PosixTime upTo, long handed, long answered, Position position) {
        Instant now = clock.instant();
        messages.proven(by, upTo, now);
        if (receipts.note(by, read, upTo, handed, answered, position, now) && !blocks.isBlocked(by.asAddress())) {
            later(() -> happenings.receipt(by, read));
        }
        return true;
    }

    private boolean group(Frame.GroupCreated created) {
        // A group that is known already is none that was asked for.
        boolean known = people.areMembersKnown(created.id());
        Optional<PendingGroup> wanted = known ? Optional.empty() : wanted(created);
        boolean asked = wanted.isPresent();
        @Nullable String name = wanted.map(PendingGroup::name).orElse(null);
        var group = new Group(created.id(), name, created.createdAt(), created.members());
        Optional<Group> replaced = wanted.flatMap(one -> succession.lostBefore(one.number()))
                .flatMap(people::group)
                .or(() -> known || asked ? Optional.empty() : succession.replacedBy(group))
                .filter(old -> succession.successor(old.id().asAddress()).isEmpty());
        wanted.ifPresent(one -> messages.groupCame(one.number()));
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
            later(() -> replaced.ifPresentOrElse(
                    old -> happenings.groupReplaced(old, shown), () -> happenings.group(shown)));
        }
        change.left().forEach(person -> later(() -> happenings.left(shown, person)));
        return true;
    }

    /**
     * Returns the wish for a group that this 11 fulfils. The creator is the first of the members; but some servers that know only the
     * base protocol name the creator last or not at all, or leave out members that they do not know.
     */
    private Optional<PendingGroup> wanted(Frame.GroupCreated created) {
        boolean own =
                !created.members().isEmpty() && created.members().getFirst().equals(self);
        if (!own && !base) {
            return Optional.empty();
        }
        var others = new HashSet<>(created.members());
        others.remove(self);
        // It may be wanted again already, on a new stream, when the 11 of the first one comes.
        List<PendingGroup> candidates = Stream.of(
                        messages.wanted(DeliveryState.HANDED),
                        messages.wanted(DeliveryState.UNSURE),
                        messages.wantedAgain())
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
