package zap.check.client;

import java.io.InputStream;
import java.io.PrintStream;
import java.net.ServerSocket;
import java.time.Duration;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import zap.check.report.CheckOutcome;
import zap.check.report.CheckTexts;
import zap.kit.Phrase;

/** One run of the suite against clients: listens, has a client driven, and judges what has come. */
public final class ClientTrial implements AutoCloseable {

    /** The time in which an unwanted frame would have come. */
    private static final Duration QUIET = Duration.ofMillis(800);

    private final List<ClientCheck> checks;
    private final Conversation conversation;
    private final Driver driver;
    private final ClientSuite suite;
    private final PrintStream screen;
    private final CheckTexts texts;

    /**
     * The client under test.
     *
     * @param command starts it as a process; null when a person drives it
     * @param script the file after {@code --expect}; null without a command
     */
    public record Subject(
            @Nullable String command, @Nullable String script, Duration patience) {

        /** The patience with a person, who has to read and to type. */
        public static final Duration WITH_A_PERSON = Duration.ofMinutes(3);

        public static final Duration WITH_A_PROGRAM = Duration.ofSeconds(10);
    }

    /**
     * Begins to listen.
     *
     * @param address under which a client reaches the listener
     * @param keyboard the person's answers; not read when the client is driven by a command
     * @param screen shows steps and frames
     * @throws IllegalArgumentException with a line of the script that cannot be understood
     */
    public ClientTrial(
            List<ClientCheck> checks,
            ServerSocket listener,
            String address,
            Subject subject,
            boolean strict,
            InputStream keyboard,
            PrintStream screen,
            CheckTexts texts) {
        String host = address.substring(0, address.lastIndexOf(':'));
        Map<String, String> values = new LinkedHashMap<>();
        values.put("address", address);
        values.put("host", host);
        values.put("port", String.valueOf(listener.getLocalPort()));
        String command = subject.command();
        String text = subject.script();
        @Nullable ClientScript script = text == null ? null : ClientScript.parse(text);
        this.screen = screen;
        this.texts = texts;
        this.checks = checks.stream()
                .filter(check -> check.section() != ClientSection.STORY || (script != null && script.expectsAnything()))
                .toList();
        driver = command != null && script != null
                ? new ProgramDriver(command, script, subject.patience())
                : new PersonDriver(keyboard, screen, texts, subject.patience());
        Driver eyes = driver;
        var holder = new Conversation[1];
        conversation = new Conversation(
                listener,
                strict,
                InstantSource.system(),
                RandomGenerator.getDefault(),
                this::show,
                read -> ClientSuite.lookAt(read, holder[0].given(), eyes));
        holder[0] = conversation;
        suite = new ClientSuite(conversation, driver, script, values, QUIET);
    }

    private void show(ConversationEvent event) {
        var line = event.shown();
        String what = line.what() instanceof Phrase phrase ? texts.say(phrase) : String.valueOf(line.what());
        screen.println("     " + line.kind().sign() + " " + what);
        screen.flush();
    }

    /** Plays the steps that the checks need, and judges the conversation. */
    public List<CheckOutcome> run() throws InterruptedException {
        suite.play(ClientSuite.acts(checks));
        return judged();
    }

    /** Judges what has happened up to now. */
    public List<CheckOutcome> judged() {
        return ClientSuite.judge(checks, suite.evidence());
    }

    /** Returns one sentence for each choice of the client that the suite has adapted to. */
    public List<Phrase> dialect() {
        return conversation.dialect().findings();
    }

    /** Returns whether anything has connected. */
    public boolean hasMet() {
        return !conversation.events().isEmpty();
    }

    /** Returns the end of what the client's process has written; empty without a process. */
    public String lastWords() {
        return driver.lastWords();
    }

    @Override
    public void close() {
        conversation.close();
        driver.close();
    }
}
