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
import zap.protocol.ClientId;
import zap.protocol.Frame;
import zap.protocol.PosixTime;
import zap.shell.store.Database;
import zap.shell.store.Messages;
import zap.shell.store.Messages.Message;
import zap.shell.store.Messages.WantedGroup;
import zap.shell.store.Messages.Way;
import zap.shell.store.People;
import zap.shell.store.People.Group;
import zap.shell.store.People.GroupChange;

/**
 * Takes the mail of one session into the store.
 *
 * <p>Its caller puts as much mail as came at once into one transaction, and lets it {@link #tell} when that is on disk.
 */
final class Inbox {

    private static final Logger log = LoggerFactory.getLogger(Inbox.class);

    private final Messages messages;
    private final People people;
    private final ClientId self;
    private final InstantSource clock;
    private final Happenings happenings;
    private final long session;

    private final List<Runnable> news = new ArrayList<>();
    private final Map<Address, Integer> waited = new LinkedHashMap<>();
    private boolean repeating;
    private boolean caughtUp;

    /**
     * @param session the count of this session
     * @param mayRepeat whether the server may give, first of all, what the session before this one has got already
     */
    Inbox(
            Database database,
            ClientId self,
            InstantSource clock,
            Happenings happenings,
            long session,
            boolean mayRepeat) {
        this.messages = new Messages(database);
        this.people = new People(database);
        this.self = self;
        this.clock = clock;
        this.happenings = happenings;
        this.session = session;
        this.repeating = mayRepeat;
    }

    /** Whether all waiting mail has come. */
    boolean isCaughtUp() {
        return caughtUp;
    }

    /**
     * Takes mail in.
     *
     * @param handed the count of what had been handed over when it came: a receipt says nothing about what is handed over later
     */
    void take(Frame.Mail mail, long handed) {
        switch (mail) {
            case Frame.Deliver deliver -> message(deliver);
            case Frame.Delivered(ClientId by, PosixTime upTo) -> receipt(by, false, upTo, handed);
            case Frame.ReadReceipt(ClientId by, PosixTime upTo) -> receipt(by, true, upTo, handed);
            case Frame.GroupCreated created -> group(created);
        }
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

    private void message(Frame.Deliver deliver) {
        Address chat = deliver.dst().equals(self.asAddress()) ? deliver.src().asAddress() : deliver.dst();
        String text = deliver.body().text();
        if (deliver.src().equals(self) && messages.isOwnEcho(chat, deliver.sentAt(), text)) {
            return;
        }
        if (!caughtUp && repeating) {
            if (messages.cameIn(session - 1, chat, deliver.src(), deliver.sentAt(), text)) {
                log.info("The server has given a message again that was here already");
                return;
            }
            repeating = false;
        }
        if (!chat.equals(deliver.src().asAddress()) && !people.isGroup(chat)) {
            people.add(new Group(chat.asGroup(), null, deliver.sentAt(), List.of()));
        }
        Message message = messages.came(chat, deliver.src(), deliver.sentAt(), text, clock.instant(), session);
        if (caughtUp) {
            later(() -> happenings.arrived(message));
        } else {
            waited.merge(chat, 1, Integer::sum);
        }
    }

    private void receipt(ClientId by, boolean read, PosixTime upTo, long handed) {
        Instant now = clock.instant();
        messages.proven(by, upTo, now);
        if (messages.receipt(by, read, upTo, handed, now)) {
            later(() -> happenings.receipt(by, read));
        }
    }

    private void group(Frame.GroupCreated created) {
        Optional<WantedGroup> wanted = Optional.empty();
        // A group that is known already is none that was asked for.
        boolean known = people.group(created.id())
                .filter(group -> !group.members().isEmpty())
                .isPresent();
        if (!known
                && !created.members().isEmpty()
                && created.members().getFirst().equals(self)) {
            var others = new HashSet<>(created.members());
            others.remove(self);
            wanted = Stream.of(Way.HANDED, Way.UNSURE)
                    .flatMap(way -> messages.wanted(way).stream())
                    .filter(group -> new HashSet<>(group.members()).equals(others))
                    .findFirst();
        }
        @Nullable String name = wanted.map(WantedGroup::name).orElse(null);
        var group = new Group(created.id(), name, created.createdAt(), created.members());
        wanted.ifPresent(one -> messages.groupCame(one.number()));
        GroupChange change = people.add(group);
        Group shown = people.group(created.id()).orElse(group);
        if (change.isNew()) {
            later(() -> happenings.group(shown));
        }
        change.left().forEach(person -> later(() -> happenings.left(shown, person)));
    }
}
