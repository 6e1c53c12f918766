package zap.shell.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import zap.protocol.ClientId;
import zap.protocol.GroupId;
import zap.protocol.Position;
import zap.protocol.PosixTime;
import zap.shell.store.HistoryEvents;
import zap.shell.store.HistoryEvents.HistoryEvent;
import zap.shell.store.Messages;
import zap.shell.store.Messages.Message;
import zap.shell.store.Messages.Way;
import zap.shell.store.People.Group;
import zap.shell.store.Profile;
import zap.shell.store.Receipts;

/** What is said above the prompt about one's own messages: everything once, and behind the line it is about. */
class LiveTest {

    private static final ClientId ME = ClientId.parse("1000000000001");
    private static final ClientId ANA = ClientId.parse("1000000000002");
    private static final ClientId BOB = ClientId.parse("1000000000003");

    @TempDir
    Path folder;

    private final List<String> above = new ArrayList<>();
    private Desk desk;
    private Live live;
    private Messages messages;
    private Receipts receipts;

    @BeforeEach
    void open() throws Exception {
        Profile profile = Profile.named("me", Map.of("ZAP_HOME", folder.toString()), folder);
        desk = new Desk(Invocation.of(), profile, new Words(Locale.ENGLISH), new Style(false, false), true);
        desk.client().settings().self(ME);
        desk.client().people().name(ANA, "ana");
        desk.client().people().name(BOB, "bob");
        messages = desk.client().messages();
        receipts = new Receipts(desk.client().database());
        live = new Live(desk);
        live.screen(new Screen() {
            @Override
            public @Nullable String chatLine() {
                return null;
            }

            @Override
            public @Nullable String secret(String prompt) {
                return null;
            }

            @Override
            public void above(String lines) {
                above.add(lines.strip());
            }

            @Override
            public void refreshPrompt() {}

            @Override
            public void bell() {}
        });
    }

    @AfterEach
    void close() {
        desk.close();
    }

    private long written() {
        return messages.write(ANA.asAddress(), ME, Instant.now(), "hi");
    }

    private Message message(long number) {
        return messages.find(number).orElseThrow();
    }

    private void atServer(long number) {
        messages.handed(number, 1, 1, Instant.now());
        messages.settledUpTo(1, 1, Instant.now());
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
        assertThat(above).containsExactly("✓  the server has #1", "✓  the server has #2");
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
        assertThat(asShown.way()).isEqualTo(Way.WAITING);
        assertThat(above).containsExactly("✓  the server has #1");
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
        assertThat(above).containsExactly("✓✓ ana has this");
    }

    @Test
    void aReceiptThatTheLineShowsAlreadyIsNotToldAgain() {
        live.holdReceipts();
        long number = written();
        atServer(number);
        delivered(ANA, number);
        live.receipt(BOB, false);
        live.nowOnScreen(List.of(message(number)));
        assertThat(above).as("only what the line does not say").containsExactly("✓✓ bob has this");
        live.receipt(ANA, true);
        assertThat(above).hasSize(2).last().isEqualTo("✓✓ ana has read this");
    }

    private Message came(String text) {
        return messages.came(ANA.asAddress(), ANA, new PosixTime(1_800_000_000), text, Instant.now(), 1);
    }

    @Test
    void whatComesWhileAChatIsOpenedIsShownOnceBehindWhatItBeganWith() {
        came("before");
        live.enter(ANA.asAddress());
        // One comes before what the chat begins with is looked up, and one after.
        Message early = came("early");
        List<Message> begin = messages.last(ANA.asAddress(), 20);
        live.arrived(early);
        Message late = came("late");
        live.arrived(late);
        assertThat(above).isEmpty();
        messages.seen(begin.stream().map(Message::number).toList(), true);
        live.entered(begin);
        assertThat(above).hasSize(1).first().asString().contains("late");
        // The line's thread may be slower than the one that opens the chat.
        live.arrived(late);
        live.caughtUp(Map.of(ANA.asAddress(), 3));
        assertThat(above).hasSize(1);
        live.arrived(came("later"));
        assertThat(above).hasSize(2);
    }

    @Test
    void whatHappenedToTheHistoryIsSaidAndStandsBetweenTheMessages() {
        long before = written();
        HistoryEvent event = desk.client().history().add(HistoryEvents.Kind.UNSEEN, 3, Instant.ofEpochSecond(1));
        long after = written();
        live.history(event);
        assertThat(above).hasSize(2);
        assertThat(above.getFirst()).startsWith("At least 3 entries");
        assertThat(above.getLast()).contains("receipts on");
        List<String> lines = desk.views().conversation(List.of(message(before), message(after)), List.of(event), false);
        int at = lines.indexOf(desk.views().event(event));
        assertThat(lines.subList(0, at)).anyMatch(line -> line.contains("#" + before));
        assertThat(lines.subList(at, lines.size())).anyMatch(line -> line.contains("#" + after));
        assertThat(desk.views().json(event)).containsEntry("event", "unseen").containsEntry("count", 3L);
    }

    @Test
    void whoIsNotInAGroupAnyMoreIsNamedInBothLanguages() {
        var trip = new Group(GroupId.parse("2000000000001"), "trip", new PosixTime(1), List.of(ME, ANA));
        desk.client().people().add(trip);
        live.left(trip, BOB);
        assertThat(above).containsExactly("bob is no longer in the group trip: the server has forgotten that number.");
        assertThat(new Words(Locale.of("pt")).say("live.left", "bob", "viagem"))
                .isEqualTo("bob não está mais no grupo viagem: o servidor esqueceu esse número.");
    }
}
