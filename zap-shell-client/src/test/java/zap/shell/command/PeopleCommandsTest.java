package zap.shell.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.shell.core.InputReader;
import org.springframework.shell.core.command.CommandContext;
import org.springframework.shell.core.command.CommandExecutor;
import org.springframework.shell.core.command.CommandRegistry;
import zap.protocol.ClientId;
import zap.protocol.GroupId;
import zap.protocol.PosixTime;
import zap.shell.command.context.ExitCode;
import zap.shell.command.context.RefusedCommandException;
import zap.shell.command.context.ShellContext;
import zap.shell.command.context.ShellForTest;
import zap.shell.command.runner.CommandLineParser;
import zap.shell.command.runner.ShellConfiguration;
import zap.shell.command.terminal.SilentScreen;
import zap.shell.command.view.LiveView;
import zap.shell.store.ClockException;
import zap.shell.store.IncomingMessages;
import zap.shell.store.People.Group;

/** The output of the commands about people, in a session without a connection. */
class PeopleCommandsTest {

    private static final ClientId ME = ClientId.parse("1000000000001");
    private static final ClientId ANA = ClientId.parse("1000000000002");
    private static final ClientId SPAM = ClientId.parse("1000000000003");
    private static final Instant NOW = Instant.parse("2026-11-28T12:00:00Z");

    @TempDir
    Path home;

    private Instant now = NOW;
    private ShellContext shell;
    private AnnotationConfigApplicationContext context;
    private long second = NOW.getEpochSecond() - 1000;
    private final List<String> above = new ArrayList<>();
    private int bells;

    @BeforeEach
    void open() throws Exception {
        shell = ShellForTest.in(home).interactive().clock(() -> now).build();
        shell.client().settings().self(ME);
        shell.client().people().name(ANA, "ana");
        context = new AnnotationConfigApplicationContext();
        context.getBeanFactory().registerSingleton("shellContext", shell);
        context.register(ShellConfiguration.class);
        context.addBeanFactoryPostProcessor(factory -> {
            for (String bean : factory.getBeanDefinitionNames()) {
                factory.getBeanDefinition(bean).setLazyInit(true);
            }
        });
        context.refresh();
        live().screen(new SilentScreen() {
            @Override
            public void above(String lines) {
                above.add(lines.strip());
            }

            @Override
            public void bell() {
                bells++;
            }
        });
    }

    @AfterEach
    void close() {
        context.close();
        shell.close();
    }

    private LiveView live() {
        return context.getBean(LiveView.class);
    }

    private String zap(String... words) {
        var out = new StringWriter();
        var writer = new PrintWriter(out);
        CommandRegistry registry = context.getBean(CommandRegistry.class);
        new CommandExecutor(registry)
                .execute(new CommandContext(
                        context.getBean(CommandLineParser.class).parse(List.of(words)),
                        registry,
                        writer,
                        new InputReader() {}));
        writer.flush();
        return out.toString();
    }

    private ExitCode refused(String... words) {
        for (Throwable cause = catchThrowable(() -> zap(words)); cause != null; cause = cause.getCause()) {
            if (cause instanceof RefusedCommandException refusal) {
                return refusal.exitCode();
            }
        }
        return ExitCode.OK;
    }

    private void came(ClientId author, String text) {
        new IncomingMessages(shell.client().database())
                .add(author.asAddress(), author, new PosixTime(second++), text, now, 1);
    }

    private GroupId group(int count, ClientId maker) {
        var id = new GroupId(2_000_000_000_000L + count);
        shell.client().people().add(new Group(id, null, new PosixTime(second++), List.of(maker, ME)));
        return id;
    }

    @Test
    void blockedPeopleAreNotShownAndListed() {
        came(SPAM, "buy now");
        assertThat(zap("block")).isEqualTo("Nobody is blocked. To block a person: block WHO\n");
        assertThat(zap("block", SPAM.toString())).contains(SPAM + " is blocked");
        assertThat(zap("block")).isEqualTo("1 0000 0000 0003\n");
        assertThat(zap("block", "--json")).isEqualTo("{\"id\":\"1000000000003\",\"name\":null}\n");
        assertThat(zap("unread", "--count")).isEqualTo("0\n");
        assertThat(zap("read")).isEqualTo("Nothing new.\n");
        assertThat(zap("history", SPAM.toString())).doesNotContain("buy").contains("is blocked: their messages");
        assertThat(refused("info", "#1")).isEqualTo(ExitCode.USAGE);
        assertThat(refused("send", SPAM.toString(), "stop")).isEqualTo(ExitCode.BAD_DATA);
        assertThat(zap("unblock", SPAM.toString())).contains("1 message has arrived in the meantime");
        assertThat(zap("unblock", SPAM.toString())).isEqualTo(SPAM + " is not blocked.\n");
        assertThat(zap("read")).contains("buy now");
    }

    @Test
    void aContactThatIsBlockedIsMarkedInTheList() {
        zap("block", "ana");
        assertThat(zap("contact", "list")).contains("ana  (blocked)");
        assertThat(zap("contact", "list", "--json")).contains("\"blocked\":true");
    }

    @Test
    void nobodyBlocksThemselves() {
        assertThat(refused("block", ME.toString())).isEqualTo(ExitCode.USAGE);
        assertThat(refused("block", group(1, SPAM).toString())).isEqualTo(ExitCode.NO_SUCH_PERSON);
    }

    @Test
    void aGroupThatWasLeftSaysSoAndTakesNoMessages() {
        GroupId trip = group(1, ANA);
        shell.client().people().name(trip, "trip");
        assertThat(zap("leave", "trip")).contains("You have left trip on this computer");
        assertThat(zap("group", "list")).contains("trip").contains("(left)");
        assertThat(refused("send", "trip", "hello?")).isEqualTo(ExitCode.BAD_DATA);
        new IncomingMessages(shell.client().database())
                .add(trip.asAddress(), ANA, new PosixTime(second++), "see you there", now, 1);
        assertThat(zap("read", "trip")).doesNotContain("see you").contains("You have left trip");
        assertThat(zap("join", "trip"))
                .isEqualTo("You now take part in trip. 1 message has arrived in the meantime: \"unread\".\n");
        assertThat(zap("read", "trip")).contains("see you there");
        assertThat(refused("leave", "ana")).isEqualTo(ExitCode.NO_SUCH_PERSON);
    }

    @Test
    void groupsOfABlockedPersonAreNotInTheList() {
        group(1, SPAM);
        assertThat(zap("group", "list")).contains(SPAM.toString());
        zap("block", SPAM.toString());
        assertThat(zap("group", "list")).isEqualTo("No groups yet: create-group NAME PERSON PERSON ...\n");
    }

    @Test
    void groupsOfStrangersAreOneLineUntilTheyAreAnswered() {
        came(ANA, "hello");
        for (int count = 0; count < 5; count++) {
            GroupId group = group(count, SPAM);
            new IncomingMessages(shell.client().database())
                    .add(group.asAddress(), SPAM, new PosixTime(second++), "buy", now, 1);
            new IncomingMessages(shell.client().database())
                    .add(group.asAddress(), SPAM, new PosixTime(second++), "now", now, 1);
        }
        assertThat(zap("unread").lines()).hasSize(2).last().asString().contains("10 new messages in 5 groups");
        assertThat(zap("unread", "--json").lines()).hasSize(6);
        zap("send", "2000000000000", "who is this?");
        assertThat(zap("unread").lines()).hasSize(3).last().asString().contains("8 new messages in 4 groups");
    }

    @Test
    void aStrangerWithManyGroupsIsToldOfOnceAndRingsNoMore() {
        for (int count = 0; count < 200; count++) {
            GroupId group = group(count, SPAM);
            live().group(shell.client().people().group(group).orElseThrow());
            live().arrived(new IncomingMessages(shell.client().database())
                    .add(group.asAddress(), SPAM, new PosixTime(second++), "buy", now, 1));
        }
        assertThat(above).hasSize(3);
        assertThat(above.getFirst()).contains("You were added to a group");
        assertThat(above.get(1)).contains("buy");
        assertThat(above.getLast()).contains(SPAM + ", a stranger, has added you to 2 groups");
        assertThat(bells).isOne();
    }

    @Test
    void aDateOfAWrongClockIsToldWithTheNextMessage() {
        now = Instant.parse("2099-06-01T00:00:00Z");
        zap("send", "ana", "far");
        now = NOW;
        assertThat(zap("send", "ana", "near")).contains("The last message in this chat is dated 2099-06-01");
        assertThat(zap("send", "ana", "more")).doesNotContain("2099");
    }

    @Test
    void whatNoMessageCanCarryIsRefusedAndEverythingElseWorks() {
        now = Instant.parse("2300-01-01T00:00:00Z");
        assertThat(catchThrowable(() -> zap("send", "ana", "hi"))).hasRootCauseInstanceOf(ClockException.class);
        assertThat(catchThrowable(() -> zap("create-group", "trip", "ana")))
                .hasRootCauseInstanceOf(ClockException.class);
        assertThat(zap("history", "ana")).isEqualTo("No messages yet.\n");
        now = NOW;
        assertThat(zap("send", "ana", "hi")).contains("hi");
    }
}
