package zap.chaos;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import zap.protocol.Address;
import zap.protocol.ClientId;
import zap.shell.store.Database;
import zap.shell.store.Messages;
import zap.shell.store.Messages.Message;
import zap.shell.store.People;
import zap.shell.store.Profile;

/** A participant as it is seen from outside: its process, its link, and its disk. Used by one thread, but for what looks at the disk. */
final class ParticipantProcess implements AutoCloseable {

    private final String name;
    private final Path home;
    private final FaultyLink link;
    private final Path log;
    private @Nullable Process process;
    private @Nullable BufferedReader answers;
    private @Nullable Writer commands;
    private @Nullable ClientId id;
    private @Nullable Database disk;

    ParticipantProcess(String name, Path home, FaultyLink link) {
        this.name = name;
        this.home = home;
        this.link = link;
        this.log = home.resolve(name + ".out");
    }

    String name() {
        return name;
    }

    FaultyLink link() {
        return link;
    }

    ClientId id() {
        ClientId known = id;
        if (known == null) {
            throw new IllegalStateException(name + " is not registered");
        }
        return known;
    }

    /** Starts it (again). */
    void start() throws IOException {
        Files.createDirectories(home);
        // It ends by itself when its input does, so that none is left behind when this process ends.
        Process started = new ProcessBuilder(List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-XX:+UseSerialGC",
                        "-Xshare:auto",
                        "-Xmx128m",
                        "--enable-native-access=ALL-UNNAMED",
                        // One unpacked library for all of them.
                        "-Dorg.sqlite.tmpdir=" + home,
                        "-cp",
                        System.getProperty("java.class.path", ""),
                        "zap.chaos.Participant",
                        home.toString(),
                        name,
                        "127.0.0.1:" + link.port()))
                .redirectError(ProcessBuilder.Redirect.appendTo(log.toFile()))
                .start();
        process = started;
        answers = started.inputReader(StandardCharsets.UTF_8);
        commands = started.outputWriter(StandardCharsets.UTF_8);
        String first = answer();
        if (!first.equals("ready")) {
            throw new IOException(name + " does not start: " + first);
        }
    }

    /** Gets a number, which must work. */
    void register() throws IOException {
        id = ClientId.parse(ask("register"));
        Profile profile = Profile.named(name, Map.of("ZAP_HOME", home.toString()), home);
        disk = Database.open(profile);
    }

    /** Wants to be connected, and dials at once when it waits to dial. */
    void open() throws IOException {
        ask("open");
    }

    /** Writes a message; when this returns, its user has been told that it is on its way. */
    void send(Address to, String text) throws IOException {
        ask("send " + to + " " + text);
    }

    /** Reads all that is there; people are told. */
    void see() throws IOException {
        ask("see");
    }

    void makeGroup(String groupName, List<ClientId> members) throws IOException {
        ask("group " + groupName + " "
                + String.join(" ", members.stream().map(ClientId::toString).toList()));
    }

    /** kill -9, in the middle of whatever it is doing. */
    void kill() throws IOException {
        Process running = process;
        if (running == null) {
            return;
        }
        running.destroyForcibly();
        try {
            if (!running.waitFor(20, TimeUnit.SECONDS)) {
                throw new IOException(name + " does not die");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        }
        process = null;
    }

    boolean isAlive() {
        Process running = process;
        return running != null && running.isAlive();
    }

    private String ask(String command) throws IOException {
        Writer to = commands;
        if (to == null) {
            throw new IOException(name + " was not started");
        }
        to.write(command + "\n");
        to.flush();
        String answer = answer();
        String word = command.split(" ", 2)[0] + " ";
        if (!answer.startsWith(word)) {
            throw new IOException(name + " on " + command + ": " + answer);
        }
        return answer.substring(word.length());
    }

    private String answer() throws IOException {
        BufferedReader from = answers;
        return Optional.ofNullable(from == null ? null : from.readLine())
                .orElseThrow(() -> new IOException(name + " has ended; see " + log));
    }

    // ------------------------------------------------------------------------------------------------- what is on its
    // disk

    private Database disk() {
        Database open = disk;
        if (open == null) {
            throw new IllegalStateException(name + " is not registered");
        }
        return open;
    }

    /** All its messages in both directions after this number, in the order in which they were written down. */
    List<Message> messagesAfter(long number) {
        return new Messages(disk()).allAfter(number);
    }

    /** The number of its newest message. */
    long newest() {
        return new Messages(disk()).newest();
    }

    People people() {
        return new People(disk());
    }

    @Override
    public void close() throws IOException {
        kill();
        Database open = disk;
        if (open != null) {
            open.close();
        }
        link.close();
    }
}
