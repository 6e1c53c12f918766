package zap.acceptance;

import static java.util.stream.Collectors.toMap;
import static org.assertj.core.api.Assertions.assertThat;
import static zap.acceptance.Person.utf8;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import zap.server.testing.FrameText;
import zap.server.testing.WireClient;

/**
 * One command at a time, as scripts use it: the answer on standard output, the trouble on standard error, and how it
 * ended.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Execution(ExecutionMode.CONCURRENT)
class CommandsIT {

    private static final JsonMapper JSON = new JsonMapper();
    private static final String NOBODY = "1999999999999";

    /** An address without a listener: no program gets port 1 without asking for it. */
    private static final String NOWHERE = "127.0.0.1:1";

    private Path home;
    private Map<Trouble.Who, Person> people;
    private TerminalWindow session;

    @BeforeAll
    void people(@TempDir Path home) {
        this.home = home;
        people = Stream.of(Trouble.Who.values()).collect(toMap(Function.identity(), this::somebody));
    }

    @AfterAll
    void leave() {
        session.close();
    }

    private Person somebody(Trouble.Who who) {
        Person person = Person.at(home, who.name().toLowerCase(Locale.ROOT));
        try {
            return switch (who) {
                case NEW -> person;
                case NEW_AND_OFFLINE, NEW_AND_SECRETIVE, NEW_AND_ONLINE -> person;
                case FORGOTTEN -> {
                    RealServer.forget(registered(person));
                    yield person;
                }
                case KNOWN, OFFLINE, WITHOUT_OUTPUT -> {
                    registered(person);
                    yield person;
                }
                case IN_SESSION -> {
                    session = person.session("--server", RealServer.address()).shows("not registered ❯");
                    session.enter("register").shows("online ❯");
                    yield person;
                }
                case MOVED -> {
                    registered(person);
                    Path passphrase = Files.writeString(home.resolve("passphrase"), "correct horse\n");
                    person.answer(
                            "profile",
                            "export",
                            "--passphrase-file",
                            passphrase.toString(),
                            home.resolve("moved.zap").toString());
                    yield person;
                }
                case BROKEN_STORE -> {
                    Files.createDirectories(person.profile());
                    Files.writeString(person.profile().resolve("zap.db"), "nonsense ".repeat(1000));
                    yield person;
                }
                case NO_FOLDER -> Person.at(Files.createFile(home.resolve("file")), "ana");
            };
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Registers, and gives names to numbers that nobody has; all in one call. */
    private static String registered(Person person) {
        Outcome outcome = person.zap(utf8("""
                # what is typed without a terminal: a command a line
                register --json

                contact add bob %s
                contact add bruna 1999999999998
                contact add bruno 1999999999997
                """.formatted(NOBODY)), "--server", RealServer.address());
        assertThat(outcome.status()).as(outcome.toString()).isZero();
        return JSON.readTree(outcome.out().lines().findFirst().orElseThrow())
                .get("id")
                .asString();
    }

    static List<Trouble> calls() {
        return Trouble.CALLS;
    }

    @ParameterizedTest
    @MethodSource("calls")
    void troubleHasItsCodeAndIsToldOnStandardErrorAlone(Trouble trouble) {
        var words = new ArrayList<String>();
        switch (trouble.who()) {
            case OFFLINE, NEW_AND_OFFLINE -> words.addAll(List.of("--server", NOWHERE));
            case NEW_AND_ONLINE -> words.addAll(List.of("--server", RealServer.address()));
            case NEW_AND_SECRETIVE -> words.addAll(List.of("--tls", "--server", RealServer.address()));
            case NEW, KNOWN, WITHOUT_OUTPUT, FORGOTTEN, IN_SESSION, MOVED, BROKEN_STORE, NO_FOLDER -> {}
        }
        words.addAll(trouble.words());
        Person person = people.get(trouble.who());
        Outcome outcome;
        synchronized (person) { // a command beside another one of the same profile leaves the session to that one
            outcome = trouble.who() == Trouble.Who.WITHOUT_OUTPUT
                    ? person.zapInBash("\"$@\" >&-", words.toArray(String[]::new))
                    : person.zap(trouble.input(), words.toArray(String[]::new));
        }
        assertThat(outcome.status()).as(outcome.toString()).isEqualTo(trouble.exitCode());
        assertThat(outcome.err()).contains(trouble.says()).hasLineCount(1);
        if (!trouble.words().equals(List.of("doctor"))) { // which says what is well, too
            assertThat(outcome.out()).isEmpty();
        }
    }

    @Test
    void aPipeOfCommandsGoesOnAfterTroubleAndEndsWithTheFirst() {
        var lines = new ArrayList<String>(List.of("contact list"));
        Trouble.LINES.forEach(trouble -> lines.add(String.join(" ", trouble.words())));
        lines.add("contact list");
        Outcome outcome = people.get(Trouble.Who.KNOWN).zap(utf8(String.join("\n", lines)));
        assertThat(outcome.out()).hasLineCount(2 * 3);
        List<String> said = outcome.err().lines().toList();
        assertThat(said).hasSameSizeAs(Trouble.LINES);
        for (int i = 0; i < said.size(); i++) {
            assertThat(said.get(i)).contains(Trouble.LINES.get(i).says());
        }
        assertThat(outcome.status()).isEqualTo(Trouble.LINES.getFirst().exitCode());
    }

    @Test
    void withoutZapHomeTheProfilesAreInTheHomeThatTheShellHas() {
        Person ana = Person.at(home, "at-home").with("ZAP_HOME", "").with("HOME", home.toString());
        assertThat(ana.zap("whoami").status()).isEqualTo(78);
        assertThat(home.resolve(".zap/at-home")).isDirectory();
    }

    @Test
    void whatWentOutIsZeroAndATextMayComeFromAFile() {
        Person ana = Person.at(home, "from-a-file");
        registered(ana);
        try (WireClient bob = RealServer.connect("bob")) {
            String bobId = bob.register();
            // The last line break is the file's.
            String text = "Three   lines,\n\tdon't \"quote\" them:\nolá 🦜";
            Outcome outcome = ana.zap(utf8(text + "\n"), "send", "--quiet", bobId, "-");
            assertThat(outcome).isEqualTo(new Outcome(0, "", ""));
            assertThat(bob.readFrame().stripTrailing())
                    .startsWith("06")
                    .contains(bobId)
                    .endsWith(text);
        }
    }

    @Test
    void aWordThatIsNotUtf8IsRefusedInTheLanguageOfTheUser() {
        Outcome outcome = people.get(Trouble.Who.KNOWN)
                .with("LC_ALL", "pt_BR.ISO-8859-1")
                .zapInBash("\"$@\" $'ol\\xe1'", "send", "bob");
        assertThat(outcome.status()).isEqualTo(65);
        assertThat(outcome.out()).isEmpty();
        assertThat(outcome.err().lines().filter(line -> !line.contains("setlocale")))
                .containsExactly("A palavra 5 da linha de comando não é UTF-8. Nada foi feito.");
    }

    @Test
    void aClosedStandardInputHoldsNoCommands() {
        assertThat(people.get(Trouble.Who.KNOWN).zapInBash("\"$@\" <&-")).isEqualTo(new Outcome(0, "", ""));
    }

    @Test
    void alsoWhereTheLocaleIsNotInstalledItSpeaksPortugueseAndKeepsAccents() {
        Person ana = Person.at(home, "lusofona").with("LC_ALL", "pt_BR.UTF-8");
        Outcome nobody = ana.zap("send", "bruno", "olá");
        assertThat(nobody.status()).isEqualTo(78);
        assertThat(nobody.out()).isEmpty();
        // Where the locale is not installed, the shell that runs the script says so too.
        assertThat(nobody.err().lines().filter(line -> !line.startsWith("bash: ")))
                .containsExactly("Este perfil ainda não tem número: register");
        registered(ana);
        try (WireClient bruno = RealServer.connect("bruno")) {
            String id = bruno.register();
            assertThat(ana.zap("send", id, "coração 🦜").status()).isZero();
            assertThat(bruno.readFrame().stripTrailing()).endsWith("coração 🦜");
        }
    }

    /** Digits of their own are for people: what is asked of the store, and said to the server, has the wire's. */
    @ParameterizedTest
    @ValueSource(strings = {"ar-EG", "fa-IR", "mr-IN", "th-TH", "tr-TR", "-"})
    void alsoWhereALanguageHasDigitsOfItsOwnMessagesAreSentAndKept(String locale) {
        String[] parts = locale.split("-", 2);
        Person shirin = Person.at(home, "shirin" + locale)
                .with("JAVA_TOOL_OPTIONS", "-Duser.language=" + parts[0] + " -Duser.country=" + parts[1]);
        registered(shirin);
        try (WireClient bruno = RealServer.connect("bruno")) {
            String id = bruno.register();
            Outcome sent = shirin.zap("send", id, "سلام 123");
            assertThat(sent.status()).as(sent.toString()).isZero();
            assertThat(bruno.readFrame().stripTrailing()).endsWith("سلام 123");
            Outcome history = shirin.zap("history", id, "--json");
            assertThat(history.status()).as(history.toString()).isZero();
            assertThat(JSON.readTree(history.out()).get("text").asString()).isEqualTo("سلام 123");
        }
    }

    @Test
    void besideASessionOfTheSameProfileMessagesGoOutThroughIt() {
        Person ana = Person.at(home, "twice");
        String anaId = registered(ana);
        try (WireClient bob = RealServer.connect("bob");
                TerminalWindow first = ana.session().shows("online ❯")) {
            String bobId = bob.register();
            assertThat(ana.zap("connect").status()).isEqualTo(77);

            assertThat(ana.zap("send", "--quiet", bobId, "from beside")).isEqualTo(new Outcome(0, "", ""));
            assertThat(bob.readFrame().stripTrailing())
                    .startsWith("06" + anaId + bobId)
                    .endsWith("from beside");

            try (TerminalWindow second = ana.session().shows("connected in another window")) {
                second.shows("❯").enter("send " + bobId + " from the second window");
                assertThat(bob.readFrame().stripTrailing()).endsWith("from the second window");
                second.enter("history " + bobId).showsLine(".* ✓✓ you +from beside #1");
                second.type(TerminalWindow.CTRL_D);
                assertThat(second.exitCode()).isZero();
            }
            // The first one is still the session, and what comes now comes to it.
            bob.send(FrameText.send(bobId, anaId, Instant.now().getEpochSecond(), "hello window"));
            first.shows("hello window").type(TerminalWindow.CTRL_D);
            assertThat(first.exitCode()).isZero();
        }
    }

    @Test
    void whatReadsAloneFetchesWhatWaitsAndOnlyReadTellsThatItWasRead() {
        Person ana = Person.at(home, "reader");
        String anaId = registered(ana);
        try (WireClient bob = RealServer.connect("bob")) {
            String bobId = bob.register();
            long now = Instant.now().getEpochSecond();
            bob.send(FrameText.send(bobId, anaId, now, "is anybody there?"));
            bob.send(FrameText.createGroup(bobId, now, anaId));
            assertThat(bob.readFrame()).as("so the server has both").startsWith("11");

            assertThat(ana.answer("unread", "--count")).isEqualTo("1");
            assertThat(bob.readFrame()).as("has it").startsWith("07" + anaId);
            assertThat(ana.answer("peek", bobId)).endsWith("is anybody there? #1");
            assertThat(ana.answer("read")).endsWith("is anybody there? #1");
            assertThat(bob.readFrame()).as("and has read it").isEqualTo("09" + anaId + now);
            assertThat(ana.answer("read")).isEqualTo("Nothing new.");
            assertThat(ana.answer("unread")).isEqualTo("Nothing new.");
        }
    }

    @Test
    void aRefusalThatComesLaterIsToldByTheCommandThatLearnsOfItAndStaysToBeSeen() {
        Person ana = Person.at(home, "later");
        registered(ana);
        assertThat(ana.zap("--server", NOWHERE, "send", "bob", "is anybody there?")
                        .status())
                .isEqualTo(75);
        assertThat(ana.zap("--server", RealServer.address(), "connect"))
                .isEqualTo(new Outcome(
                        67,
                        "Connected: 0 new messages in 0 chats.\n",
                        "Message #1 to bob was not sent: that number does not exist.\n"));
        assertThat(ana.answer("status")).contains("1 rejected", "Message #1 to bob was not sent");
        Outcome resent = ana.zap("resend", "#1");
        assertThat(resent.status()).as(resent.toString()).isEqualTo(67);
        assertThat(resent.out()).contains("✗", "is anybody there? #2");
    }

    @Test
    void withJsonEachLineIsAnObject() {
        Person ana = Person.at(home, "json");
        String anaId = registered(ana);
        try (WireClient bob = RealServer.connect("bob")) {
            String bobId = bob.register();
            long now = Instant.now().getEpochSecond();
            bob.send(FrameText.send(bobId, anaId, now, "one \"quoted\"\nand\u001b\u0001 more"));
            bob.send(FrameText.send(bobId, anaId, now, "olá 🦜"));
            bob.send(FrameText.createGroup(bobId, now, anaId));
            assertThat(bob.readFrame()).as("so the server has all three").startsWith("11");
            assertThat(ana.answer("connect")).isEqualTo("Connected: 2 new messages in 1 chat.");
            assertThat(ana.answer("unread", "--count")).isEqualTo("2");

            Outcome outcome = ana.zap(utf8("""
                    contact add roberta %s
                    unread --json
                    peek --json
                    next --json
                    read --json
                    history roberta --json
                    search --json quoted
                    info --json #1
                    status --json
                    whoami --json
                    contact list --json
                    group list --json
                    export roberta --json
                    """.formatted(bobId)));
            assertThat(outcome.status()).as(outcome.toString()).isZero();
            assertThat(outcome.err()).isEmpty();
            List<JsonNode> said =
                    outcome.out().lines().skip(1).map(JSON::readTree).toList();
            assertThat(said).allMatch(JsonNode::isObject);
            JsonNode message = said.get(1);
            assertThat(message.get("text").asString()).isEqualTo("one \"quoted\"\nand\u001b\u0001 more");
            assertThat(message.get("authorName").asString()).isEqualTo("roberta");
            assertThat(message.get("sentAt").asLong()).isEqualTo(now);
            assertThat(said.stream().map(line -> line.propertyNames().iterator().next()))
                    .containsExactly(
                            "chat", // unread
                            "number", // peek
                            "number", "number", // next
                            "number", // and nothing is left for read
                            "number", // history
                            "number", "number", // search
                            "number", // info
                            "profile", "id", "id", // contacts: bob, bruna, bruno, roberta
                            "id", "id", "id", "id", // group
                            "number", // export
                            "number");
        }
    }
}
