package zap.chaos;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import zap.protocol.Address;
import zap.protocol.ClientId;
import zap.shell.identity.IdentityKey;
import zap.shell.store.HistoryEvents;
import zap.shell.store.HistoryEvents.HistoryEvent;
import zap.shell.store.Messages;
import zap.shell.store.Messages.Message;
import zap.shell.store.People;
import zap.shell.store.Profile;
import zap.shell.store.ProfileDatabase;
import zap.shell.store.ProfileSettings;

/**
 * A store of an identity as it is seen from outside: the process that uses it, its ways to the server, and the disk.
 * Used by one thread, but for what looks at the disk.
 */
final class ParticipantProcess implements StoreView, AutoCloseable {

    private static final long ENDS_WITHIN_SECONDS = 20;

    private final String name;
    private final Path home;
    private final Ways ways;
    private final Path log;
    private @Nullable Process process;
    private @Nullable BufferedReader answers;
    private @Nullable Writer commands;
    private @Nullable ClientId id;
    private @Nullable ProfileDatabase disk;

    ParticipantProcess(String name, Path home, Ways ways) {
        this.name = name;
        this.home = home;
        this.ways = ways;
        this.log = home.resolve(name + ".out");
    }

    @Override
    public String name() {
        return name;
    }

    Ways ways() {
        return ways;
    }

    @Override
    public ClientId id() {
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
                        ways.addresses()))
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
        openDisk();
    }

    /** Becomes an identity that is registered already, with an empty store. */
    void adopt(ClientId known, IdentityKey key) throws IOException {
        HexFormat hex = HexFormat.of();
        ask("adopt " + known + " " + hex.formatHex(key.pkcs8()) + ":" + key.publicKey());
        id = known;
        openDisk();
    }

    /** Uses the folder of an identity that was copied here. */
    void takeFolderOf(ClientId known) {
        id = known;
        openDisk();
    }

    private Profile profile() {
        return Profile.named(name, Map.of("ZAP_HOME", home.toString()), home);
    }

    private void openDisk() {
        disk = ProfileDatabase.open(profile());
    }

    /** Returns the key that proves the identity. */
    IdentityKey key() {
        return new ProfileSettings(disk()).key().orElseThrow();
    }

    /** Wants to be connected, and dials at once when it waits to dial. */
    void open() throws IOException {
        ask("open");
    }

    /** Ends the session in good order, and wants none. */
    void shut() throws IOException {
        ask("shut");
    }

    /** Returns whether it is connected, and has all the mail that had waited. */
    boolean isCaughtUp() throws IOException {
        return Boolean.parseBoolean(ask("caught-up"));
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
        awaitEnd(running);
    }

    /** Ends it as a user does: in good order. */
    void stop() throws IOException {
        Process running = process;
        Writer to = commands;
        if (running == null || to == null) {
            return;
        }
        to.write("quit\n");
        to.flush();
        awaitEnd(running);
    }

    private void awaitEnd(Process running) throws IOException {
        try {
            if (!running.waitFor(ENDS_WITHIN_SECONDS, TimeUnit.SECONDS)) {
                throw new IOException(name + " does not end");
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

    // ---- its folder

    /**
     * Copies the folder. Its process must not run.
     *
     * <p>The database is closed meanwhile: a process that closes a file loses all its locks on it, so the copying would
     * take away those by which SQLite knows that this process reads it, too.
     */
    void copyFolder(Path to) throws IOException {
        disk().close();
        Folders.copy(profile().folder(), to);
        openDisk();
    }

    /**
     * Puts another folder in the place of this store's. Its process must not run.
     *
     * @param aside where the present folder goes
     */
    void replaceFolder(Path by, Path aside) throws IOException {
        disk().close();
        Files.move(profile().folder(), aside);
        Folders.copy(by, profile().folder());
        openDisk();
    }

    /** Deletes the folder. Its process must not run, and nothing is asked of the store any more. */
    void deleteFolder() throws IOException {
        disk().close();
        disk = null;
        Folders.delete(profile().folder());
    }

    // ---- what is on its disk

    private ProfileDatabase disk() {
        ProfileDatabase open = disk;
        if (open == null) {
            throw new IllegalStateException(name + " is not registered");
        }
        return open;
    }

    @Override
    public List<Message> messagesAfter(long number) {
        return new Messages(disk()).allAfter(number);
    }

    @Override
    public long newest() {
        return new Messages(disk()).newest();
    }

    @Override
    public List<HistoryEvent> saidAfter(long newest) {
        return new HistoryEvents(disk()).after(newest);
    }

    @Override
    public long newestSaid() {
        return new HistoryEvents(disk()).newest();
    }

    @Override
    public long position() {
        return new ProfileSettings(disk()).position().value();
    }

    @Override
    public List<String> doubled() {
        return disk().with(jdbc -> jdbc.sql("select text from message group by text having count(*) > 1")
                .query(String.class)
                .list());
    }

    People people() {
        return new People(disk());
    }

    @Override
    public void close() throws IOException {
        kill();
        ProfileDatabase open = disk;
        if (open != null) {
            open.close();
        }
        ways.close();
    }
}
