package zap.shell.command.view;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import zap.protocol.ClientId;
import zap.protocol.GroupId;
import zap.protocol.Position;
import zap.protocol.PosixTime;
import zap.protocol.Reason;
import zap.shell.command.context.ShellContext;
import zap.shell.command.context.ShellForTest;
import zap.shell.command.context.Texts;
import zap.shell.command.terminal.SilentScreen;
import zap.shell.connection.Encryption;
import zap.shell.connection.ServerConnection;
import zap.shell.connection.TlsFault;
import zap.shell.store.HistoryEvents;
import zap.shell.store.HistoryEvents.HistoryEvent;
import zap.shell.store.IncomingMessages;
import zap.shell.store.Messages;
import zap.shell.store.Messages.DeliveryState;
import zap.shell.store.Messages.Message;
import zap.shell.store.OutgoingMessages;
import zap.shell.store.People.Group;
import zap.shell.store.ReadMarks;
import zap.shell.store.Receipts;

/** The lines above the prompt about the user's own messages: each appears once, after the line of its message. */
class LiveViewTest {

    private static final ClientId ME = ClientId.parse("1000000000001");
    private static final ClientId ANA = ClientId.parse("1000000000002");
    private static final ClientId BOB = ClientId.parse("1000000000003");

    @TempDir
    Path folder;

    private final List<String> above = new ArrayList<>();
    private ShellContext shell;
    private LiveView live;
    private Messages messages;
    private ReadMarks readMarks;
    private OutgoingMessages outgoing;
    private IncomingMessages incoming;
    private Receipts receipts;

    @BeforeEach
    void open() throws Exception {
        shell = ShellForTest.in(folder).interactive().build();
        shell.client().settings().self(ME);
        shell.client().people().name(ANA, "ana");
        shell.client().people().name(BOB, "bob");
        messages = shell.client().messages();
        readMarks = shell.client().readMarks();
        outgoing = shell.client().outgoing();
        incoming = new IncomingMessages(shell.client().database());
        receipts = new Receipts(shell.client().database());
        live = new LiveView(shell);
        live.screen(new SilentScreen() {
            @Override
            public void above(String lines) {
                above.add(lines.strip());
            }
        });
    }

    @AfterEach
    void close() {
        shell.close();
    }

    private long written() {
        return outgoing.write(ANA.asAddress(), ME, Instant.now(), "hi");
    }

    private Message message(long number) {
        return messages.find(number).orElseThrow();
    }

    private void atServer(long number) {
        outgoing.handed(number, 1, 1, Instant.now());
        outgoing.settledUpTo(1, 1, Instant.now());
        live.settled(1);
    }

    private void delivered(ClientId by, long number) {
        receipts.note(by, false, message(number).sentAt(), 1, new Position(0), Instant.now());
        live.receipt(by, false);
    }

    @Test
    void aLineThatWasShownAsWaitingIsFollowedByTheServersWord() {
        live.holdReceipts();
        long one = written();
        long two = written();
        live.nowOnScreen(List.of(message(one), message(two)));
        assertThat(above).isEmpty();
        atServer(one);
        atServer(two);
        assertThat(above).containsExactly("✓  stored by the server: #1", "✓  stored by the server: #2");
        live.settled(1);
        assertThat(above).hasSize(2);
    }

    @Test
    void theServersWordThatComesBetweenLookingAndShowingIsNotMissed() {
        live.holdReceipts();
        long number = written();
        Message asShown = message(number);
        atServer(number);
        live.nowOnScreen(List.of(asShown));
        assertThat(asShown.state()).isEqualTo(DeliveryState.WAITING);
        assertThat(above).containsExactly("✓  stored by the server: #1");
    }

    @Test
    void aReceiptStandsBehindTheLineItIsAbout() {
        live.holdReceipts();
        long number = written();
        atServer(number);
        Message asShown = message(number);
        delivered(ANA, number);
        assertThat(above).isEmpty();
        live.nowOnScreen(List.of(asShown));
        assertThat(above).containsExactly("✓✓ delivered to ana");
    }

    @Test
    void aReceiptThatTheLineShowsAlreadyIsNotToldAgain() {
        live.holdReceipts();
        long number = written();
        atServer(number);
        delivered(ANA, number);
        live.receipt(BOB, false);
        live.nowOnScreen(List.of(message(number)));
        assertThat(above).as("only what the line does not say").containsExactly("✓✓ delivered to bob");
        live.receipt(ANA, true);
        assertThat(above).hasSize(2).last().isEqualTo("✓✓ read by ana");
    }

    private Message came(String text) {
        return incoming.add(ANA.asAddress(), ANA, new PosixTime(1_800_000_000), text, Instant.now(), 1);
    }

    @Test
    void whatComesWhileAChatIsOpenedIsShownOnceBehindWhatItBeganWith() {
        came("before");
        live.enter(ANA.asAddress());
        // One message arrives before the chat's first messages are read, and one after.
        Message early = came("early");
        List<Message> begin = messages.last(ANA.asAddress(), 20);
        live.arrived(early);
        Message late = came("late");
        live.arrived(late);
        assertThat(above).isEmpty();
        readMarks.seen(begin.stream().map(Message::number).toList(), true);
        live.entered(begin);
        assertThat(above).hasSize(1).first().asString().contains("late");
        // The connection's thread may be slower than the one that opens the chat.
        live.arrived(late);
        live.caughtUp(Map.of(ANA.asAddress(), 3));
        assertThat(above).hasSize(1);
        live.arrived(came("later"));
        assertThat(above).hasSize(2);
    }

    @Test
    void ofVeryMuchThatComesIntoTheOpenChatTheNewestIsShownAndOnlyThatIsRead() {
        live.enter(ANA.asAddress());
        live.entered(List.of());
        for (int i = 1; i <= LiveView.MOST_AT_ONCE + 5; i++) {
            came("message " + i);
        }
        live.caughtUp(Map.of(ANA.asAddress(), LiveView.MOST_AT_ONCE + 5));
        assertThat(above).hasSize(1 + LiveView.MOST_AT_ONCE);
        assertThat(above.getFirst()).isEqualTo("5 earlier new messages are not shown here: read ana");
        assertThat(above.get(1)).contains("message 6 ");
        assertThat(messages.unseen(ANA.asAddress()))
                .extracting(Message::text)
                .containsExactly("message 1", "message 2", "message 3", "message 4", "message 5");
        // When more messages arrive, the same ones are skipped again.
        above.clear();
        came("one more");
        live.caughtUp(Map.of(ANA.asAddress(), 1));
        assertThat(above).hasSize(1).first().asString().contains("one more");
    }

    private Message cameFrom(ClientId stranger, String text) {
        return incoming.add(stranger.asAddress(), stranger, new PosixTime(1_800_000_000), text, Instant.now(), 1);
    }

    @Test
    void whoIsNewIsIntroducedOnceAndAlsoInTheNextSessionNotAgain() {
        ClientId stranger = ClientId.parse("1000000000009");
        live.arrived(cameFrom(stranger, "hello"));
        live.arrived(cameFrom(stranger, "are you there?"));
        assertThat(above).hasSize(2);
        assertThat(above.getFirst()).contains("Unknown number", "contact add NAME 1000000000009");
        assertThat(above.getLast()).doesNotContain("Unknown number");
        var next = new LiveView(shell);
        next.screen(live.screen());
        next.arrived(cameFrom(stranger, "it is me again"));
        assertThat(above).hasSize(3).last().asString().doesNotContain("Unknown number");
        live.arrived(cameFrom(ClientId.parse("1000000000008"), "and I am another one"));
        assertThat(above).last().asString().contains("Unknown number");
    }

    @Test
    void whoHasANameOrIsOneselfIsNotSomebodyNew() {
        live.arrived(came("hello"));
        live.arrived(cameFrom(ME, "a note to myself, from another computer"));
        assertThat(above).hasSize(2).noneMatch(line -> line.contains("Unknown number"));
    }

    private void refuse(long number, Reason reason) {
        outgoing.refused(number, reason, Instant.now());
        live.refused(message(number), reason);
    }

    @Test
    void aRefusalThatTheLineShowsAlreadyIsNotToldAgainAndItsPersonKnowsOfIt() {
        live.holdReceipts();
        long number = written();
        refuse(number, Reason.UNKNOWN_CLIENT);
        assertThat(above).isEmpty();
        live.nowOnScreen(List.of(message(number)));
        assertThat(above).isEmpty();
        assertThat(messages.count(DeliveryState.REFUSED)).isZero();
    }

    @Test
    void aRefusalThatComesLaterIsToldAndStaysToBeCounted() {
        live.holdReceipts();
        long number = written();
        Message asShown = message(number);
        refuse(number, Reason.UNKNOWN_CLIENT);
        live.nowOnScreen(List.of(asShown));
        assertThat(above).containsExactly("Message #1 to ana was not sent: that number does not exist.");
        long second = written();
        refuse(second, Reason.TOO_FAST);
        assertThat(above).hasSize(2);
        assertThat(messages.count(DeliveryState.REFUSED)).isEqualTo(2);
    }

    @Test
    void aFullMailboxIsNamedAsFarAsItIsKnownWhoseItIs() {
        var trip = new Group(GroupId.parse("2000000000001"), "trip", new PosixTime(1), List.of(ME, ANA, BOB));
        shell.client().people().add(trip);
        long own = outgoing.write(ME.asAddress(), ME, Instant.now(), "note");
        refuse(own, Reason.MAILBOX_FULL);
        long person = written();
        refuse(person, Reason.MAILBOX_FULL);
        long group = outgoing.write(trip.id().asAddress(), ME, Instant.now(), "all");
        refuse(group, Reason.MAILBOX_FULL);
        assertThat(above.get(0)).contains("your own mailbox is full", "\"connect\"", "\"resend #1\"");
        assertThat(above.get(1)).contains("to ana", "the recipient's mailbox is full", "\"resend #2\"");
        assertThat(above.get(2))
                .contains(
                        "to trip",
                        "of a member is full",
                        "delivered to nobody in the group",
                        "does not say which member.")
                .contains("\"resend #3\"", "create-group");
    }

    @Test
    void ofAGroupThoseAreNamedForWhomMailWaits() {
        var trip = new Group(GroupId.parse("2000000000001"), "trip", new PosixTime(1), List.of(ME, ANA, BOB));
        shell.client().people().add(trip);
        long first = outgoing.write(trip.id().asAddress(), ME, Instant.now(), "first");
        atServer(first);
        delivered(ANA, first);
        above.clear();
        long second = outgoing.write(trip.id().asAddress(), ME, Instant.now(), "second");
        refuse(second, Reason.MAILBOX_FULL);
        assertThat(above).hasSize(1).first().asString().contains("earlier messages of yours still wait for bob.");
        // The message to ana alone waits, too.
        atServer(written());
        assertThat(messages.membersWithWaitingMail(trip.id().asAddress(), ME)).containsExactly(ANA, BOB);
    }

    @Test
    void whatHappenedToTheHistoryIsSaidAndStandsBetweenTheMessages() {
        long before = written();
        HistoryEvent event = shell.client().history().add(HistoryEvents.Kind.UNSEEN, 3, Instant.ofEpochSecond(1));
        long after = written();
        live.history(event);
        assertThat(above).hasSize(2);
        assertThat(above.getFirst()).startsWith("At least 3 entries");
        assertThat(above.getLast()).contains("receipts on");
        List<String> lines =
                shell.views().conversation(List.of(message(before), message(after)), List.of(event), false);
        int at = lines.indexOf(shell.views().event(event));
        assertThat(lines.subList(0, at)).anyMatch(line -> line.contains("#" + before));
        assertThat(lines.subList(at, lines.size())).anyMatch(line -> line.contains("#" + after));
        assertThat(shell.views().json(event)).containsEntry("event", "unseen").containsEntry("count", 3L);
    }

    @Test
    void whoIsNotInAGroupAnyMoreIsNamedInBothLanguages() {
        var trip = new Group(GroupId.parse("2000000000001"), "trip", new PosixTime(1), List.of(ME, ANA));
        shell.client().people().add(trip);
        live.left(trip, BOB);
        assertThat(above)
                .containsExactly("bob is no longer in the group trip: the server no longer knows that number.");
        assertThat(new Texts(Locale.of("pt")).say("live.left", "bob", "viagem"))
                .isEqualTo("bob não está mais no grupo viagem: o servidor não conhece mais esse número.");
    }

    @Test
    void whatIsWrongWithTheEncryptionOfEachAddressIsSaidOnceUntilTheNextSession() {
        var expired = new TlsFault.Expired(Instant.parse("2026-11-23T12:00:00Z"));
        var none = new TlsFault.NoTls();
        for (int round = 0; round < 3; round++) {
            live.connectionState(untrusted(ServerConnection.Phase.CONNECTING, expired));
            live.connectionState(untrusted(ServerConnection.Phase.WAITING, none));
        }
        assertThat(above).hasSize(2).first().asString().contains("2026-11-23");
        live.connectionState(new ServerConnection.State(ServerConnection.Phase.ONLINE, null, null));
        live.connectionState(untrusted(ServerConnection.Phase.CONNECTING, expired));
        assertThat(above).hasSize(3);
    }

    @Test
    void aServerThatHadTlsAndHangsUpForAWhileIsNoReasonForAWarning() {
        var encryption = new Encryption("TLSv1.3", List.of("localhost"), Instant.parse("2027-01-01T00:00:00Z"), "pin");
        live.connectionState(new ServerConnection.State(
                ServerConnection.Phase.ONLINE, null, null, null, encryption, null, List.of()));
        live.connectionState(untrusted(ServerConnection.Phase.WAITING, new TlsFault.NoTls()));
        assertThat(above).isEmpty();

        live.connectionState(
                untrusted(ServerConnection.Phase.WAITING, new TlsFault.Expired(Instant.parse("2026-11-23T12:00:00Z"))));
        assertThat(above).hasSize(1);
    }

    private static ServerConnection.State untrusted(ServerConnection.Phase phase, TlsFault fault) {
        return new ServerConnection.State(
                phase, null, ServerConnection.ConnectionProblem.TLS, fault, null, null, List.of());
    }
}
