package zap.shell.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.shell.core.command.CommandRegistry;
import zap.protocol.ClientId;
import zap.protocol.PosixTime;
import zap.protocol.Reason;
import zap.shell.chat.ProfileClient;
import zap.shell.command.context.ExitCode;
import zap.shell.command.context.ShellContext;
import zap.shell.command.context.ShellForTest;
import zap.shell.command.runner.CommandLineParser;
import zap.shell.command.runner.Runner;
import zap.shell.command.runner.ShellConfiguration;
import zap.shell.command.terminal.Paging;
import zap.shell.command.terminal.Screen;
import zap.shell.command.terminal.SilentScreen;
import zap.shell.command.view.LiveView;
import zap.shell.identity.IdentityKey;
import zap.shell.store.IncomingMessages;
import zap.shell.store.Messages;
import zap.shell.store.Messages.DeliveryState;
import zap.shell.store.Messages.Message;
import zap.shell.store.OutgoingMessages;
import zap.shell.store.PendingGroups;
import zap.shell.store.ProfileSettings;

/**
 * The sentences of commands about the fate of earlier writes, and the rule for what counts as read in a long output;
 * without a server.
 */
class OutcomeCommandsTest {

    private static final ClientId ME = ClientId.parse("1000000000001");
    private static final ClientId ANA = ClientId.parse("1000000000002");

    /** An address at which no server listens. */
    private static final ProfileSettings.Server NOWHERE = new ProfileSettings.Server("127.0.0.1", 1, false);

    @TempDir
    private Path home;

    private Instant now = Instant.parse("2027-01-31T12:00:00Z");

    private record Outcome(int status, String out, String err) {}

    @BeforeEach
    void profile() throws Exception {
        try (ShellContext first = shellContext()) {
            first.client().adopt(NOWHERE, ME, IdentityKey.generate());
            first.client().people().name(ANA, "ana");
        }
    }

    private ShellContext shellContext(String... words) {
        return ShellForTest.in(home).words(words).clock(() -> now).build();
    }

    private Outcome zap(String... words) {
        return zap(null, words);
    }

    /** Runs a command, at a terminal where there is a screen. */
    private Outcome zap(@Nullable Screen screen, String... words) {
        var out = new StringWriter();
        var err = new StringWriter();
        try (var context = new AnnotationConfigApplicationContext();
                ShellContext opened = shellContext(words)) {
            context.getBeanFactory().registerSingleton("shellContext", opened);
            context.register(ShellConfiguration.class);
            context.addBeanFactoryPostProcessor(factory -> {
                for (String bean : factory.getBeanDefinitionNames()) {
                    factory.getBeanDefinition(bean).setLazyInit(true);
                }
            });
            context.refresh();
            LiveView live = context.getBean(LiveView.class);
            if (screen != null) {
                live.screen(screen);
            }
            var runner = new Runner(
                    opened,
                    live,
                    context.getBean(CommandRegistry.class),
                    context.getBean(CommandLineParser.class),
                    context.getBeanProvider(org.jline.terminal.Terminal.class),
                    context.getBean(HelpCommands.class),
                    new PrintWriter(out),
                    new PrintWriter(err));
            runner.run(new String[0]);
            return new Outcome(runner.getExitCode(), out.toString(), err.toString());
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    /** Writes a message and a group that the server rejects later. */
    private void refusedLater() throws Exception {
        try (ShellContext opened = shellContext()) {
            PendingGroups pendingGroups = opened.client().pendingGroups();
            OutgoingMessages outgoing = opened.client().outgoing();
            long number = outgoing.write(ANA.asAddress(), ME, now, "hi");
            outgoing.refused(number, Reason.UNKNOWN_CLIENT, now);
            pendingGroups.refused(pendingGroups.add("trip", List.of(ANA), PosixTime.of(now)), Reason.BAD_GROUP);
        }
    }

    @Test
    void statusShowsWhatWasRefusedAndWhatToDo() throws Exception {
        refusedLater();
        Outcome status = zap("status");
        assertThat(status.status()).isZero();
        assertThat(status.out())
                .contains("0 in doubt, 2 rejected")
                .contains("Message #1 to ana was not sent: that number does not exist.")
                .contains("The group trip was not created: the server does not know all members.")
                .contains("\"resend #NUMBER\"", "\"dismiss\"");
        assertThat(zap("status", "--json").out())
                .contains("\"refused\":2,\"refusedMessages\":[{\"number\":1,", "\"refusal\":\"unknown-client\"")
                .contains("\"refusedGroups\":[{\"name\":\"trip\",\"members\":[\"" + ANA
                        + "\"],\"refusal\":\"bad-group\"}]");
    }

    @Test
    void doctorCountsItAsNotWell() throws Exception {
        refusedLater();
        assertThat(zap("doctor").out())
                .contains("✗ The outbox (waiting / in doubt / refused): 0 / 0 / 2")
                .contains("Message #1 to ana was not sent");
        zap("dismiss");
        assertThat(zap("doctor").out()).contains("✓ The outbox (waiting / in doubt / refused): 0 / 0 / 0");
    }

    @Test
    void whatIsDismissedIsNotCountedAnyMoreAndCanStillBeSentAgain() throws Exception {
        refusedLater();
        assertThat(zap("dismiss", "#1").out()).isEqualTo("Message #1 is no longer counted.\n");
        assertThat(zap("status").out()).contains("1 rejected");
        assertThat(zap("dismiss").out()).startsWith("1 rejected or doubtful message or group");
        assertThat(zap("status").out()).contains("0 rejected").doesNotContain("was not sent");
        assertThat(zap("dismiss").out()).isEqualTo("No message or group is rejected or in doubt.\n");
        assertThat(zap("history", "ana").out()).contains("✗", "that number does not exist");
        assertThat(zap("dismiss", "#7").status()).isEqualTo(ExitCode.USAGE.code());
        assertThat(zap("resend", "#1").status()).isEqualTo(ExitCode.KEPT.code());
    }

    @Test
    void resendAloneEndsAsSendDoes() throws Exception {
        refusedLater();
        Outcome resent = zap("resend", "#1");
        assertThat(resent.status()).isEqualTo(ExitCode.KEPT.code());
        assertThat(resent.out()).contains("◷", "hi #2");
        assertThat(resent.err())
                .isEqualTo(
                        "Not sent yet: no connection to 127.0.0.1:1: connection refused; no server is listening there."
                                + " The message is kept and will be sent with the next connection (\"connect\").\n");
    }

    @Test
    void resendOfNothingMentionsWhatWasRefused() throws Exception {
        refusedLater();
        Outcome resent = zap("resend");
        assertThat(resent.status()).isZero();
        assertThat(resent.out()).isEqualTo("No message is in doubt.\n");
        assertThat(resent.err()).startsWith("The server rejected 2 messages or groups of yours");
    }

    @Test
    void withoutAConnectionTheCauseIsSaid() {
        assertThat(zap("connect").err())
                .startsWith("No connection to 127.0.0.1:1: connection refused; no server is listening there.");
        Outcome unread = zap("unread");
        assertThat(unread.status()).isEqualTo(ExitCode.UNAVAILABLE.code());
        assertThat(unread.err())
                .contains(": connection refused; no server is listening there. Only messages that arrived earlier");
    }

    /** A low screen whose reader stops after some pages. */
    private static final class LowScreen extends SilentScreen implements Paging {

        private final Deque<Answer> answers = new ArrayDeque<>();

        LowScreen(Answer... answers) {
            this.answers.addAll(List.of(answers));
        }

        @Override
        public Paging paging() {
            return this;
        }

        @Override
        public int rows() {
            return 14;
        }

        @Override
        public int columns() {
            return 100;
        }

        @Override
        public Answer ask(String question) {
            return answers.remove();
        }
    }

    private void came(int count) throws Exception {
        try (ShellContext opened = shellContext()) {
            for (int i = 1; i <= count; i++) {
                new IncomingMessages(opened.client().database())
                        .add(ANA.asAddress(), ANA, new PosixTime(1_800_000_000 + i), "text " + i, now, 1);
            }
        }
    }

    private int unseen() throws Exception {
        try (ShellContext opened = shellContext()) {
            return opened.client().messages().unseenCount(ANA.asAddress());
        }
    }

    @Test
    void ofALongChatOnlyTheShownPagesAreRead() throws Exception {
        came(1000);
        Outcome read = zap(new LowScreen(Paging.Answer.NEXT_PAGE, Paging.Answer.STOP), "read", "ana");
        long shown = read.out().lines().filter(line -> line.contains("text ")).count();
        // The first page has two more lines: the day, and the number of new messages.
        assertThat(shown).isEqualTo(10 + 12);
        assertThat(read.out()).contains("1000 new").contains("text 22 ").doesNotContain("text 23 ");
        assertThat(unseen()).isEqualTo(1000 - 22);
        zap(new LowScreen(Paging.Answer.STOP), "peek");
        assertThat(unseen()).as("peek reads nothing").isEqualTo(1000 - 22);
        zap(new LowScreen(Paging.Answer.ALL), "next");
        assertThat(unseen()).isZero();
    }

    @Test
    void historyAsksToo() throws Exception {
        came(100);
        Outcome history = zap(new LowScreen(Paging.Answer.STOP), "history", "ana", "--last", "100");
        assertThat(history.out().lines()).hasSize(12);
    }

    @Test
    void inAPipeAllOfItIsShownAndRead() throws Exception {
        came(1234);
        assertThat(zap("read", "--json").out().lines()).hasSize(1234);
        assertThat(unseen()).isZero();
    }

    @Test
    void whatAdvancesIsWaitedForHoweverLongItTakes() throws Exception {
        ShellContext shell = shellContext();
        try (ProfileClient client = shell.client()) {
            Messages messages = client.messages();
            OutgoingMessages outgoing = client.outgoing();
            for (int i = 0; i < 10; i++) {
                outgoing.write(ANA.asAddress(), ME, now, "text " + i);
            }
            Duration standstill = Duration.ofSeconds(20);
            Runnable aLittle = () -> {
                now = now.plus(standstill.minusSeconds(1));
                List<Message> waiting = messages.of(DeliveryState.WAITING);
                outgoing.refused(waiting.getFirst().number(), Reason.UNKNOWN_CLIENT, now);
            };
            assertThat(client.awaitWhileAdvancing(standstill, () -> passes(client.unsettled() == 0), aLittle))
                    .isTrue();
            assertThat(client.unsettled()).isZero();

            outgoing.write(ANA.asAddress(), ME, now, "this one does not move");
            Instant begun = now;
            assertThat(client.awaitWhileAdvancing(standstill, () -> passes(client.unsettled() == 0), () -> {}))
                    .isFalse();
            assertThat(now).isBetween(begun.plus(standstill), begun.plus(standstill.plusSeconds(2)));
        }
    }

    /** Advances the clock at each look, so that no real time has to pass. */
    private boolean passes(boolean looked) {
        now = now.plusMillis(300);
        return looked;
    }
}
