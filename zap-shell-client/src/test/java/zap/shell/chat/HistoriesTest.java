package zap.shell.chat;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import zap.protocol.Body;
import zap.protocol.ClientId;
import zap.protocol.Frame;
import zap.protocol.GroupId;
import zap.protocol.MessageId;
import zap.protocol.Position;
import zap.protocol.PosixTime;
import zap.protocol.Reason;
import zap.shell.store.GroupSuccession;
import zap.shell.store.HistoryEvents;
import zap.shell.store.HistoryEvents.HistoryEvent;
import zap.shell.store.HistoryEvents.Kind;
import zap.shell.store.Messages;
import zap.shell.store.Messages.DeliveryState;
import zap.shell.store.Messages.Message;
import zap.shell.store.NumberedFrames;
import zap.shell.store.OutgoingMessages;
import zap.shell.store.PendingGroups;
import zap.shell.store.People;
import zap.shell.store.People.Group;
import zap.shell.store.Profile;
import zap.shell.store.ProfileDatabase;
import zap.shell.store.ProfileSettings;
import zap.shell.store.ReadMarks;

/**
 * Tests schedules of cuts, restores and copies with real stores: no message is lost or doubled, no claim is false, and
 * each event is reported.
 */
class HistoriesTest {

    private static final ClientId ANA = ClientId.parse("1000000000001");
    private static final ClientId BOB = ClientId.parse("1000000000002");
    private static final ClientId CAI = ClientId.parse("1000000000003");

    @TempDir
    Path folder;

    private Instant now = Instant.ofEpochSecond(1_800_000_000);
    private final Random random = new Random(7);
    private TinyServer server = new TinyServer();
    private final List<Device> devices = new ArrayList<>();

    {
        server.knows(ANA);
        server.knows(BOB);
        server.knows(CAI);
    }

    @AfterEach
    void close() {
        devices.forEach(device -> device.database.close());
    }

    private Device device(ClientId owner, String name) {
        var device = new Device(owner, name);
        device.open();
        new ProfileSettings(device.database).self(owner);
        devices.add(device);
        return device;
    }

    /** A store, and its session when there is one. */
    private final class Device {
        final ClientId owner;
        final Profile profile;
        ProfileDatabase database;
        Messages messages;
        ReadMarks readMarks;
        OutgoingMessages outgoing;
        PendingGroups pendingGroups;

        @Nullable
        AssuredSession session;

        TinyServer.@Nullable Link link;
        List<Frame> first = List.of();
        final List<String> told = new ArrayList<>();

        Device(ClientId owner, String name) {
            this.owner = owner;
            this.profile = Profile.named(name, Map.of("ZAP_HOME", folder.toString()), folder);
            this.database = ProfileDatabase.open(profile);
            this.messages = new Messages(database);
            this.readMarks = new ReadMarks(database);
            this.outgoing = new OutgoingMessages(database);
            this.pendingGroups = new PendingGroups(database);
        }

        void open() {
            database.close();
            database = ProfileDatabase.open(profile);
            messages = new Messages(database);
            readMarks = new ReadMarks(database);
            outgoing = new OutgoingMessages(database);
            pendingGroups = new PendingGroups(database);
        }

        /** Returns a copy in another folder. */
        Device copy(String name) {
            disconnect();
            database.close();
            Profile other = Profile.named(name, Map.of("ZAP_HOME", folder.toString()), folder);
            copyFolder(profile.folder(), other.folder());
            open();
            var copy = new Device(owner, name);
            devices.add(copy);
            return copy;
        }

        /** Restores this folder from another one. */
        void putBack(Device backup) {
            disconnect();
            database.close();
            backup.database.close();
            copyFolder(backup.profile.folder(), profile.folder());
            backup.open();
            open();
        }

        private static void copyFolder(Path from, Path to) {
            try (Stream<Path> files = Files.walk(from)) {
                for (Path file : files.toList()) {
                    Path target = to.resolve(from.relativize(file).toString());
                    if (Files.isDirectory(file)) {
                        Files.createDirectories(target);
                    } else {
                        Files.copy(file, target, StandardCopyOption.REPLACE_EXISTING);
                    }
                }
                Files.deleteIfExists(to.resolve("zap.db-wal"));
                Files.deleteIfExists(to.resolve("zap.db-shm"));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        void connect() {
            disconnect();
            var listener = new ClientListener() {
                @Override
                public void groupReplaced(Group old, Group fresh) {
                    told.add("replaced " + old.name());
                }
            };
            for (int dial = 0; dial < 3; dial++) {
                var resumption = new Resumption(database, owner, () -> now, random, listener);
                Frame.Resume claim = resumption.claim();
                if (resumption.take(server.resumed(claim))
                        instanceof Resumption.Outcome.Resumes(Frame.Resumed resumed)) {
                    link = server.link(claim);
                    first = server.afterResumed(claim);
                    session = new AssuredSession(database, owner, () -> now, random, listener, resumed);
                    session.opened();
                    return;
                }
            }
            throw new AssertionError("no session");
        }

        void disconnect() {
            if (session != null) {
                session.closed();
            }
            session = null;
            link = null;
        }

        private AssuredSession session() {
            return Objects.requireNonNull(session);
        }

        private TinyServer.Link link() {
            return Objects.requireNonNull(link);
        }

        /** Hands over the due frames. The answers get lost with the connection. */
        void sendAndCut() {
            session().came(first);
            link().take(session().due());
            disconnect();
        }

        /** Exchanges frames until both sides have none. */
        void talk() {
            session().came(first);
            first = List.of();
            for (int round = 0; round < 6; round++) {
                List<Frame> answers = link().take(session().due());
                session().came(answers);
                session().came(link().mail());
            }
        }

        void online() {
            connect();
            talk();
        }

        void onlineAndOff() {
            online();
            disconnect();
        }

        long write(ClientId to, String text) {
            return outgoing.write(to.asAddress(), owner, now, text);
        }

        Message message(long number) {
            return messages.find(number).orElseThrow();
        }

        List<String> received() {
            return messages.allAfter(0).stream()
                    .filter(message -> !message.outgoing())
                    .map(Message::text)
                    .toList();
        }

        List<Kind> events() {
            return new HistoryEvents(database)
                    .all().stream().map(HistoryEvent::kind).toList();
        }

        void readAll() {
            readMarks.seen(
                    messages.allAfter(0).stream()
                            .filter(message -> !message.outgoing())
                            .map(Message::number)
                            .toList(),
                    true);
        }
    }

    @Test
    void aReceiptThatWaitedSaysNothingAboutWhatWasAcceptedAfterIt() {
        Device ana = device(ANA, "ana");
        Device laptop = ana.copy("laptop");
        Device bob = device(BOB, "bob");
        long first = ana.write(BOB, "m1");
        ana.onlineAndOff();
        bob.onlineAndOff();
        // The same second, on the other computer, before the 07 for the first was fetched.
        long second = laptop.write(BOB, "m2");
        laptop.connect();
        laptop.sendAndCut();
        laptop.online();
        assertThat(laptop.message(second).state()).isEqualTo(DeliveryState.AT_SERVER);
        assertThat(laptop.message(second).delivered()).isZero();
        laptop.disconnect();
        bob.onlineAndOff();
        laptop.online();
        assertThat(laptop.message(second).delivered()).isOne();
        laptop.disconnect();
        ana.online();
        assertThat(ana.message(first).state()).isEqualTo(DeliveryState.AT_SERVER);
    }

    @Test
    void aRefusalHitsItsOwnStoreWhicheverFetchesFirst() {
        Device ana = device(ANA, "ana");
        Device laptop = device(ANA, "laptop");
        long bad = ana.write(new ClientId(1_999_999_999_999L), "to nobody");
        long good = laptop.write(BOB, "hi");
        ana.connect();
        ana.sendAndCut();
        laptop.onlineAndOff();
        ana.online();
        assertThat(ana.message(bad).state()).isEqualTo(DeliveryState.REFUSED);
        assertThat(laptop.message(good).state()).isEqualTo(DeliveryState.AT_SERVER);
    }

    @Test
    void aCopyDoesNotTakeTheOthersAcceptedFrameForItsOwn() {
        Device ana = device(ANA, "ana");
        ana.write(BOB, "before");
        ana.onlineAndOff();
        Device copy = ana.copy("copy");
        long lost = ana.write(BOB, "lost on its way");
        ana.connect();
        ana.session().due();
        ana.disconnect();
        copy.write(BOB, "of the copy");
        copy.onlineAndOff();
        ana.connect();
        assertThat(ana.message(lost).state()).isEqualTo(DeliveryState.WAITING);
        assertThat(ana.events()).contains(Kind.NEW_STREAM_COPY);
        ana.talk();
        Device bob = device(BOB, "bob");
        bob.online();
        assertThat(bob.received()).containsExactlyInAnyOrder("before", "of the copy", "lost on its way");
    }

    @Test
    void whatWasTypedBeforeTheFolderWasCopiedArrivesOnce() {
        Device ana = device(ANA, "ana");
        ana.onlineAndOff();
        ana.write(BOB, "typed offline");
        Device copy = ana.copy("copy");
        ana.onlineAndOff();
        copy.onlineAndOff();
        Device yesterday = ana.copy("yesterday");
        ana.write(BOB, "and this");
        ana.onlineAndOff();
        ana.putBack(copy);
        ana.onlineAndOff();
        ana.putBack(yesterday);
        ana.onlineAndOff();
        Device bob = device(BOB, "bob");
        bob.online();
        assertThat(bob.received()).containsExactlyInAnyOrder("typed offline", "and this");
    }

    @Test
    void whateverBackupIsRestoredAMessageIsThereOnce() {
        Device ana = device(ANA, "ana");
        Device bob = device(BOB, "bob");
        ana.onlineAndOff();
        bob.onlineAndOff();
        TinyServer old = server.copy();
        long number = ana.write(BOB, "m1");
        ana.onlineAndOff();
        TinyServer newer = server.copy();
        long second = ana.write(BOB, "m2");
        ana.onlineAndOff();
        server = old.copy();
        ana.onlineAndOff();
        bob.onlineAndOff();
        server = newer;
        ana.onlineAndOff();
        bob.onlineAndOff();
        server = old;
        ana.onlineAndOff();
        bob.onlineAndOff();
        ana.onlineAndOff();
        assertThat(bob.received()).containsExactlyInAnyOrder("m1", "m2");
        assertThat(ana.message(number).delivered()).isOne();
        assertThat(ana.message(second).delivered()).isOne();
        assertThat(ana.events()).contains(Kind.NEW_STREAM_SERVER);
    }

    @Test
    void manyOtherStoresDoNotMakeOneSendTwice() {
        Device ana = device(ANA, "ana");
        ana.write(BOB, "mine");
        ana.onlineAndOff();
        for (int i = 0; i < 33; i++) {
            server.sendsElsewhere(
                    ANA,
                    new Frame.Message(
                            ANA, BOB.asAddress(), new PosixTime(5_000 + i), new MessageId(i), Body.of("other " + i)));
        }
        ana.onlineAndOff();
        Device bob = device(BOB, "bob");
        bob.online();
        assertThat(bob.received()).hasSize(34).containsOnlyOnce("mine");
    }

    @Test
    void anOldCopyOfARestoredHistorySaysThatSomethingIsMissing() {
        Device bob = device(BOB, "bob");
        Device ana = device(ANA, "ana");
        TinyServer backup = server.copy();
        ana.write(BOB, "one");
        ana.onlineAndOff();
        bob.onlineAndOff();
        Device copy = bob.copy("copy");
        server = backup;
        now = now.plusSeconds(10);
        ana.write(BOB, "two");
        ana.write(BOB, "three");
        ana.onlineAndOff();
        bob.onlineAndOff();
        copy.online();
        assertThat(copy.events()).contains(Kind.UNSEEN);
        assertThat(copy.received()).doesNotHaveDuplicates();
        assertThat(bob.received()).containsExactlyInAnyOrder("one", "two", "three");
    }

    @Test
    void ofTwoEqualMessagesWithoutIdsOneIsPassedOverAfterARestoreAndTheOtherIsNot() {
        Device bob = device(BOB, "bob");
        bob.onlineAndOff();
        TinyServer backup = server.copy();
        Frame.Send ok = new Frame.Send(ANA, BOB.asAddress(), new PosixTime(1_700_000_000), Body.of("ok"));
        server.sendsElsewhere(ANA, ok);
        bob.onlineAndOff();
        server = backup;
        // The first is sent again days later, and then the one that bob never had.
        bob.onlineAndOff();
        assertThat(bob.events()).contains(Kind.SERVER_LOST);
        server.sendsElsewhere(ANA, ok);
        bob.onlineAndOff();
        assertThat(bob.received()).containsExactly("ok");
        server.sendsElsewhere(ANA, ok);
        bob.online();
        assertThat(bob.received()).containsExactly("ok", "ok");
    }

    @Test
    void whatWasRefusedIsNotSentAgainAfterARestore() {
        Device ana = device(ANA, "ana");
        ana.onlineAndOff();
        TinyServer backup = server.copy();
        server.isFull(BOB, true);
        long refused = ana.write(BOB, "no room");
        ana.onlineAndOff();
        assertThat(ana.message(refused).refusal()).isEqualTo(Reason.MAILBOX_FULL);
        server = backup;
        ana.onlineAndOff();
        Device bob = device(BOB, "bob");
        bob.online();
        assertThat(bob.received()).isEmpty();
        assertThat(ana.message(refused).state()).isEqualTo(DeliveryState.REFUSED);
    }

    @Test
    void aReadReceiptCoversNothingThatStillWaitsAndIsTakenBackToTheRestOnceThatWasShown() {
        Device bob = device(BOB, "bob");
        Device ana = device(ANA, "ana");
        var same = new PosixTime(1_700_000_000);
        bob.online();
        server.sendsElsewhere(ANA, new Frame.Message(ANA, BOB.asAddress(), same, new MessageId(1), Body.of("m1")));
        bob.session().came(bob.link().mail());
        bob.readAll();
        server.sendsElsewhere(ANA, new Frame.Message(ANA, BOB.asAddress(), same, new MessageId(2), Body.of("m2")));
        bob.link().take(bob.session().due());
        assertThat(readUpTo(same)).isFalse();
        bob.talk();
        assertThat(readUpTo(same)).isFalse();
        bob.readAll();
        bob.talk();
        assertThat(readUpTo(same)).isTrue();
        ana.online();
    }

    private boolean readUpTo(PosixTime second) {
        return server.log(ANA).stream()
                .anyMatch(mail -> mail instanceof Frame.ReadReceipt(ClientId by, PosixTime upTo)
                        && by.equals(BOB)
                        && upTo.compareTo(second) >= 0);
    }

    @Test
    void noReadReceiptCoversWhatAnotherStoreHasFetched() {
        Device bob = device(BOB, "bob");
        Device phone = device(BOB, "phone");
        bob.onlineAndOff();
        var first = new PosixTime(1_700_000_000);
        var second = new PosixTime(1_700_000_100);
        server.sendsElsewhere(ANA, new Frame.Message(ANA, BOB.asAddress(), first, new MessageId(1), Body.of("r1")));
        phone.onlineAndOff();
        server.sendsElsewhere(ANA, new Frame.Message(ANA, BOB.asAddress(), second, new MessageId(2), Body.of("r2")));
        bob.online();
        assertThat(bob.received()).containsExactly("r2");
        assertThat(bob.events()).contains(Kind.UNSEEN);
        bob.readAll();
        bob.talk();
        assertThat(readUpTo(first)).isFalse();
        new ProfileSettings(bob.database).receipts(true);
        bob.talk();
        assertThat(readUpTo(second)).isTrue();
    }

    @Test
    void whatABaseSessionBroughtIsNeitherMissedNorDoubled() {
        Device bob = device(BOB, "bob");
        bob.onlineAndOff();
        var one =
                new Frame.Message(ANA, BOB.asAddress(), new PosixTime(1_700_000_000), new MessageId(1), Body.of("one"));
        server.sendsElsewhere(ANA, one);
        var base = new BaseSession(
                bob.database,
                BOB,
                new ProfileSettings.Server("localhost", 7777, false),
                () -> now,
                ClientListener.NOBODY);
        base.opened();
        base.due();
        base.came(List.of(one.withoutId()));
        base.closed();
        // The server does not know that it was taken, and gives it again.
        bob.onlineAndOff();
        assertThat(bob.received()).containsExactly("one");
        assertThat(bob.events()).isEmpty();
        // Once more, with its id, after a restore.
        server.sendsElsewhere(ANA, one);
        bob.online();
        assertThat(bob.received()).containsExactly("one");
    }

    @Test
    void whatWasShownAsDeliveredStaysWhenTheServerLosesItsHistory() {
        Device ana = device(ANA, "ana");
        Device bob = device(BOB, "bob");
        ana.onlineAndOff();
        TinyServer backup = server.copy();
        long number = ana.write(BOB, "hi");
        ana.onlineAndOff();
        bob.online();
        bob.readAll();
        bob.talk();
        bob.disconnect();
        ana.onlineAndOff();
        assertThat(ana.message(number).read()).isOne();
        server = backup;
        ana.onlineAndOff();
        assertThat(ana.message(number).read()).isOne();
        assertThat(ana.message(number).state()).isEqualTo(DeliveryState.AT_SERVER);
        assertThat(ana.messages.progress(number).getFirst().read()).isNotNull();
    }

    @Test
    void aFrameAtWhichTheServerClosedTwiceIsSetAside() {
        Device ana = device(ANA, "ana");
        ana.onlineAndOff();
        long bad = ana.write(BOB, "unreadable for this server");
        long good = ana.write(BOB, "good");
        for (int i = 0; i < 2; i++) {
            ana.connect();
            ana.session().came(ana.first);
            // Its own first mark comes before the messages in the first of these sessions.
            List<Frame> due = ana.session().due();
            ana.link()
                    .take(due.stream()
                            .takeWhile(frame -> !(frame instanceof Frame.Message))
                            .toList());
            ana.session().came(List.of(new Frame.Refused(0, Reason.MALFORMED)));
            ana.disconnect();
        }
        ana.connect();
        ana.session().came(ana.first);
        ana.session().due();
        ana.session().came(List.of(new Frame.Refused(0, Reason.MALFORMED)));
        ana.disconnect();
        assertThat(ana.message(bad).refusal()).isEqualTo(Reason.MALFORMED);
        ana.online();
        assertThat(ana.message(good).state()).isEqualTo(DeliveryState.AT_SERVER);
        Device bob = device(BOB, "bob");
        bob.online();
        assertThat(bob.received()).containsExactly("good");
    }

    @Test
    void aGroupThatTheServerLostIsMadeAgainWhenItsPersonWritesToIt() {
        Device ana = device(ANA, "ana");
        Device bob = device(BOB, "bob");
        Device cai = device(CAI, "cai");
        List<Device> all = List.of(ana, bob, cai);
        all.forEach(Device::onlineAndOff);
        TinyServer backup = server.copy();
        ana.pendingGroups.add("trip", List.of(BOB, CAI), PosixTime.of(now));
        all.forEach(Device::onlineAndOff);
        GroupId old = new People(ana.database).groups().getFirst().id();
        new People(bob.database).name(old, "viagem");
        server = backup;
        now = now.plusSeconds(100);
        all.forEach(Device::onlineAndOff);
        long first = ana.outgoing.write(old.asAddress(), ANA, now, "anybody?");
        ana.online();
        assertThat(ana.message(first).state()).isEqualTo(DeliveryState.AT_SERVER);
        GroupId fresh = ana.message(first).chat().asGroup();
        assertThat(fresh).isNotEqualTo(old);
        assertThat(new People(ana.database).group(fresh).orElseThrow().name()).isEqualTo("trip");
        assertThat(new GroupSuccession(ana.database).predecessor(fresh.asAddress()))
                .contains(old);
        assertThat(ana.told).containsExactly("replaced trip");
        bob.online();
        assertThat(bob.received()).containsExactly("anybody?");
        assertThat(new People(bob.database).group(fresh).orElseThrow().name()).isEqualTo("viagem");
        long reply = bob.outgoing.write(old.asAddress(), BOB, now, "here");
        assertThat(bob.message(reply).chat()).isEqualTo(fresh.asAddress());
    }

    /**
     * All recipients may have read it, so the client does not report it as not sent, and no recipient gets it twice.
     */
    @Test
    void whatWasSentToALostGroupBeforeIsInDoubt() {
        Device ana = device(ANA, "ana");
        Device bob = device(BOB, "bob");
        List<Device> all = List.of(ana, bob);
        all.forEach(Device::onlineAndOff);
        TinyServer backup = server.copy();
        ana.pendingGroups.add("trip", List.of(BOB), PosixTime.of(now));
        all.forEach(Device::onlineAndOff);
        GroupId old = new People(ana.database).groups().getFirst().id();
        long sent = ana.outgoing.write(old.asAddress(), ANA, now, "before");
        ana.onlineAndOff();
        bob.onlineAndOff();
        assertThat(bob.received()).containsExactly("before");
        server = backup;
        now = now.plusSeconds(100);
        all.forEach(Device::onlineAndOff);
        assertThat(ana.message(sent).state()).isEqualTo(DeliveryState.UNSURE);

        long next = ana.outgoing.write(old.asAddress(), ANA, now, "after");
        ana.onlineAndOff();
        bob.onlineAndOff();
        assertThat(bob.received()).containsExactly("before", "after");
        assertThat(ana.message(next).state()).isEqualTo(DeliveryState.AT_SERVER);
        assertThat(ana.message(sent).state()).isEqualTo(DeliveryState.UNSURE);
    }

    /**
     * A member that the restored server does not know makes the group impossible, so the messages to it were not sent.
     */
    @Test
    void whatWaitsForALostGroupThatCannotBeMadeAgainIsRefused() {
        Device ana = device(ANA, "ana");
        ana.onlineAndOff();
        TinyServer backup = server.copy();
        var newcomer = new ClientId(1_000_000_000_099L);
        server.knows(newcomer);
        ana.pendingGroups.add("trip", List.of(newcomer), PosixTime.of(now));
        ana.onlineAndOff();
        GroupId old = new People(ana.database).groups().getFirst().id();
        server = backup;
        now = now.plusSeconds(100);
        ana.onlineAndOff();
        long first = ana.outgoing.write(old.asAddress(), ANA, now, "anybody?");
        ana.online();
        assertThat(ana.message(first).state()).isEqualTo(DeliveryState.REFUSED);
    }

    @Test
    void aSecondStoreOfAnIdentityBeginsAtItsOwnStreamAndSaysWhatItHasNot() {
        Device bob = device(BOB, "bob");
        Device ana = device(ANA, "ana");
        ana.write(BOB, "one");
        ana.onlineAndOff();
        bob.onlineAndOff();
        Device imported = device(BOB, "imported");
        imported.write(ANA, "from the new computer");
        imported.online();
        assertThat(imported.received()).isEmpty();
        assertThat(new HistoryEvents(imported.database).all())
                .extracting(HistoryEvent::kind)
                .containsExactly(Kind.UNSEEN);
        assertThat(new NumberedFrames(imported.database).accepted()).isPositive();
        bob.online();
        assertThat(bob.events()).doesNotContain(Kind.NEW_STREAM_COPY, Kind.NEW_STREAM_SERVER);
        assertThat(new ProfileSettings(bob.database).position()).isGreaterThan(new Position(0));
    }
}
