package zap.server.messaging;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import zap.protocol.Address;
import zap.protocol.Body;
import zap.protocol.ClientId;
import zap.protocol.Frame;
import zap.protocol.GroupId;
import zap.protocol.HistoryDigest;
import zap.protocol.MessageId;
import zap.protocol.PosixTime;
import zap.protocol.Reason;
import zap.server.group.Groups;
import zap.server.group.GroupsInMemory;
import zap.server.identity.IdSource;
import zap.server.mailbox.ConfirmWrite;
import zap.server.mailbox.ImmediateMailbox;
import zap.server.mailbox.MailboxItem;
import zap.server.mailbox.Write;
import zap.server.mailbox.WriteOutcome;

class MessageRelayTest {

    private static final ClientId ANA = new ClientId(1_000_000_000_001L);
    private static final ClientId BOB = new ClientId(1_000_000_000_002L);
    private static final ClientId CARLA = new ClientId(1_000_000_000_003L);
    private static final ClientId NOBODY = new ClientId(1_999_999_999_999L);
    private static final PosixTime NOON = new PosixTime(1_700_000_000L);
    private static final long MOST_WAITING = 3;

    private final ImmediateMailbox mailbox = ImmediateMailbox.withoutSessions(MOST_WAITING);
    private final Groups groups = GroupsInMemory.create(new IdSource(new Random(1)), Clock.systemUTC());
    private final MessageRelay relay = new MessageRelay(groups);
    private final List<String> outcomes = new ArrayList<>();
    private final Consumer<WriteOutcome> outcome = settled -> outcomes.add(
            switch (settled) {
                case WriteOutcome.Stored() -> "stored";
                case WriteOutcome.Refused(Reason reason) -> reason.name();
            });

    MessageRelayTest() {
        List.of(ANA, BOB, CARLA).forEach(client -> mailbox.register(client, null));
    }

    @Test
    void aMessageComesToItsRecipientAndToNobodyElse() throws Exception {
        send(ANA, BOB.asAddress(), NOON, "hello");

        assertThat(outcomes).containsExactly("stored");
        assertThat(mailOf(BOB)).containsExactly(new Frame.Deliver(ANA, BOB.asAddress(), NOON, Body.of("hello")));
        assertThat(mailOf(ANA)).isEmpty();
        assertThat(mailOf(CARLA)).isEmpty();
    }

    @Test
    void aMessageWithAnIdKeepsIt() throws Exception {
        var message = new Frame.Message(ANA, BOB.asAddress(), NOON, new MessageId(42), Body.of("hello"));
        submit(relay.send(ANA, message, 0, outcome));

        assertThat(mailOf(BOB)).containsExactly(message);
    }

    @Test
    void whoNamesAnotherSenderIsRefused() throws Exception {
        var message = new Frame.Send(BOB, CARLA.asAddress(), NOON, Body.of("hello"));
        submit(relay.send(ANA, message, 0, outcome));

        assertThat(outcomes).containsExactly("SPOOFED");
        assertThat(mailOf(CARLA)).isEmpty();
    }

    @Test
    void aTextThatCannotBeKeptIsRefused() throws Exception {
        send(ANA, BOB.asAddress(), NOON, "a\0b");

        assertThat(outcomes).containsExactly("BAD_TEXT");
        assertThat(mailOf(BOB)).isEmpty();
    }

    @Test
    void aMessageToNobodyIsRefused() throws Exception {
        send(ANA, NOBODY.asAddress(), NOON, "hello");
        send(ANA, new GroupId(2_000_000_000_009L).asAddress(), NOON, "hello");

        assertThat(outcomes).containsExactly("UNKNOWN_CLIENT", "UNKNOWN_CLIENT");
    }

    @Test
    void aGroupsMessageComesToAllButItsSender() throws Exception {
        Address group = groupOf(ANA, BOB, CARLA);
        send(BOB, group, NOON, "hello");

        var delivered = new Frame.Deliver(BOB, group, NOON, Body.of("hello"));
        assertThat(mailOf(ANA)).endsWith(delivered);
        assertThat(mailOf(CARLA)).endsWith(delivered);
        assertThat(mailOf(BOB)).doesNotContain(delivered);
    }

    @Test
    void whoIsNotInAGroupIsRefused() throws Exception {
        Address group = groupOf(ANA, BOB);
        send(CARLA, group, NOON, "hello");

        assertThat(outcomes).containsExactly("stored", "NOT_A_MEMBER");
    }

    /** Checks that all members get a message or none: one member's full mailbox refuses it for all. */
    @Test
    void aGroupsMessageIsRefusedAsAWhole() throws Exception {
        Address group = groupOf(ANA, BOB, CARLA);
        for (int i = 0; mailbox.tailOf(CARLA) < MOST_WAITING; i++) {
            send(BOB, CARLA.asAddress(), new PosixTime(NOON.seconds() + i), "hello");
        }
        long before = mailbox.tailOf(BOB);
        outcomes.clear();
        send(ANA, group, NOON, "hello");

        assertThat(outcomes).containsExactly("MAILBOX_FULL");
        assertThat(mailbox.tailOf(BOB)).isEqualTo(before);
    }

    @Test
    void aReadMarkTellsTheOriginatorWhoHasReadAndHowFar() throws Exception {
        send(ANA, BOB.asAddress(), NOON, "hello");
        hasEverything(BOB);
        read(BOB, ANA, NOON.seconds());

        assertThat(mailOf(ANA)).endsWith(new Frame.ReadReceipt(BOB, NOON));
    }

    /**
     * Checks that a read receipt is as true as a delivery receipt: it stops before the oldest message that still waits
     * for its reader.
     */
    @Test
    void aReadMarkIsLoweredBelowWhatStillWaits() throws Exception {
        send(ANA, BOB.asAddress(), NOON, "one");
        hasEverything(BOB);
        send(ANA, BOB.asAddress(), new PosixTime(NOON.seconds() + 10), "two");
        read(BOB, ANA, NOON.seconds() + 20);

        assertThat(mailOf(ANA)).endsWith(new Frame.ReadReceipt(BOB, new PosixTime(NOON.seconds() + 9)));
    }

    /**
     * Checks that a mark says nothing of mail that its reader confirms after it, even if the confirmation comes first
     * in the batch: the reader had not seen that mail.
     */
    @Test
    void aReadMarkSaysNothingOfWhatIsConfirmedAfterIt() throws Exception {
        send(ANA, BOB.asAddress(), NOON, "one");
        long seen = mailbox.tailOf(BOB);
        send(ANA, BOB.asAddress(), new PosixTime(NOON.seconds() + 10), "two");
        var mark = new Frame.Read(ANA, new PosixTime(NOON.seconds() + 20));
        mailbox.submitTogether(List.of(confirmationOfEverything(BOB), relay.read(BOB, mark, seen, 0, outcome)));

        assertThat(mailOf(ANA)).startsWith(new Frame.ReadReceipt(BOB, new PosixTime(NOON.seconds() + 9)));
    }

    @Test
    void aReadMarkFollowsTheConfirmationsBeforeIt() throws Exception {
        send(ANA, BOB.asAddress(), NOON, "one");
        var mark = new Frame.Read(ANA, NOON);
        long seen = mailbox.tailOf(BOB);
        mailbox.submitTogether(List.of(confirmationOfEverything(BOB), relay.read(BOB, mark, seen, 0, outcome)));

        assertThat(mailOf(ANA)).startsWith(new Frame.ReadReceipt(BOB, NOON));
    }

    @Test
    void aLoweredReadMarkThatSaysNothingNewIsLeftOut() throws Exception {
        send(ANA, BOB.asAddress(), NOON, "one");
        read(BOB, ANA, NOON.seconds() + 20);
        long after = mailbox.tailOf(ANA);
        read(BOB, ANA, NOON.seconds() + 30);

        assertThat(mailbox.tailOf(ANA)).isEqualTo(after);
        assertThat(outcomes).containsOnly("stored");
    }

    @Test
    void aReadMarkForNobodyIsRefused() throws Exception {
        read(BOB, NOBODY, NOON.seconds());

        assertThat(outcomes).containsExactly("UNKNOWN_CLIENT");
    }

    private void send(ClientId from, Address to, PosixTime sentAt, String text) throws InterruptedException {
        submit(relay.send(from, new Frame.Send(from, to, sentAt, Body.of(text)), 0, outcome));
    }

    private void read(ClientId reader, ClientId originator, long second) throws InterruptedException {
        submit(relay.read(reader, new Frame.Read(originator, new PosixTime(second)), Long.MAX_VALUE, 0, outcome));
    }

    private Address groupOf(ClientId creator, ClientId... others) throws InterruptedException {
        var request = new Frame.CreateGroup(creator, NOON, List.of(others));
        submit(groups.create(creator, request, false, 0, outcome));
        return mailOf(creator).stream()
                .filter(Frame.GroupCreated.class::isInstance)
                .map(frame -> ((Frame.GroupCreated) frame).id().asAddress())
                .findFirst()
                .orElseThrow();
    }

    /** Confirms all mail of the client. */
    private void hasEverything(ClientId client) throws InterruptedException {
        submit(confirmationOfEverything(client));
    }

    private ConfirmWrite confirmationOfEverything(ClientId client) {
        var confirmation = new ConfirmWrite(client, 0);
        confirmation.raise(mailbox.tailOf(client), HistoryDigest.EMPTY);
        return confirmation;
    }

    private void submit(Write write) throws InterruptedException {
        mailbox.submit(write);
    }

    private List<Frame.ForMailbox> mailOf(ClientId client) {
        return mailbox.mailOf(client).stream().map(MailboxItem::frame).toList();
    }
}
