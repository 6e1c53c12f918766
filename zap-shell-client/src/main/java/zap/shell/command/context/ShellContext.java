package zap.shell.command.context;

import java.io.Console;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.security.cert.CertificateException;
import java.time.Clock;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneId;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import zap.protocol.Address;
import zap.protocol.ClientId;
import zap.shell.chat.AddressBook;
import zap.shell.chat.AddressBook.Found;
import zap.shell.chat.ProfileClient;
import zap.shell.connection.ServerConnection;
import zap.shell.connection.TlsFault;
import zap.shell.connection.Transport;
import zap.shell.store.Messages.DeliveryState;
import zap.shell.store.Moves;
import zap.shell.store.NewFile;
import zap.shell.store.Profile;
import zap.shell.store.ProfileSettings;
import zap.shell.store.StoreFault;
import zap.shell.text.Names;
import zap.shell.text.VisibleText;

/**
 * The context of all commands: the client, opened when it is first needed, the texts in the user's language, and the
 * views.
 */
public final class ShellContext implements AutoCloseable {

    /** The source of random numbers, created on first use, because most commands need none. */
    private static final class Chance {
        static final SecureRandom SOURCE = new SecureRandom();
    }

    private final Invocation invocation;
    private final Profile profile;
    private final Texts texts;
    private final Style style;
    private final Views views;
    private final boolean interactive;
    private final InstantSource clock;
    private final ProfileClient.Network network;
    private final StandardInput input;
    private volatile @Nullable ProfileClient client;
    private @Nullable Function<String, @Nullable String> asking;
    private volatile boolean stopped;
    private PrintWriter notices = new PrintWriter(System.err, false, StandardCharsets.UTF_8);

    /** Creates the context with the system's clock, network and standard input. */
    public ShellContext(Invocation invocation, Profile profile, Texts texts, Style style, boolean interactive) {
        this(
                invocation,
                profile,
                texts,
                style,
                interactive,
                Clock.systemUTC(),
                ProfileClient.Network.real(Clock.systemUTC()),
                new StandardInput(System.in));
    }

    ShellContext(
            Invocation invocation,
            Profile profile,
            Texts texts,
            Style style,
            boolean interactive,
            InstantSource clock,
            ProfileClient.Network network,
            StandardInput input) {
        this.invocation = invocation;
        this.profile = profile;
        this.texts = texts;
        this.style = style;
        this.interactive = interactive;
        this.clock = clock;
        this.network = network;
        this.input = input;
        this.views = new Views(this, ZoneId::systemDefault);
    }

    public Invocation invocation() {
        return invocation;
    }

    public Texts texts() {
        return texts;
    }

    public Style style() {
        return style;
    }

    public Views views() {
        return views;
    }

    /** Returns whether there is a prompt, with a session that lives as long as it. */
    public boolean isInteractive() {
        return interactive;
    }

    /** Returns whether this process has a session, or will have one, that sends the outbox by itself. */
    public boolean hasSession() {
        return interactive || client().state().isPresent();
    }

    /** Returns the writer for everything that is not the command's answer: standard error. */
    public PrintWriter notices() {
        return notices;
    }

    public void notices(PrintWriter to) {
        notices = to;
    }

    /** Begins a command, which nothing has asked to stop yet. */
    public void begin() {
        stopped = false;
    }

    /** Asks the running command to stop, and cancels what it waits for. */
    public void stop() {
        stopped = true;
        @Nullable ProfileClient current = client;
        if (current != null) {
            current.cancelRequest();
        }
    }

    /** Returns the refusal of a command that was asked to stop before it had its result. */
    public RefusedCommandException cancelled() {
        return new RefusedCommandException(ExitCode.INTERRUPTED, texts.say("cancelled"));
    }

    public boolean isStopped() {
        return stopped;
    }

    /** Returns the number of rejected messages and groups that are not acknowledged. */
    public int refusals() {
        return client().messages().count(DeliveryState.REFUSED)
                + client().pendingGroups().refused().size();
    }

    /** Returns whether the output of a single command goes to a terminal. */
    public boolean isAtTerminal() {
        return Optional.ofNullable(System.console()).filter(Console::isTerminal).isPresent();
    }

    public Profile profile() {
        return profile;
    }

    /** Returns standard input from a file or a pipe. In a session the terminal reads it. */
    public StandardInput input() {
        return input;
    }

    public synchronized ProfileClient client() {
        ProfileClient open = client;
        if (open == null) {
            open = new ProfileClient(profile, clock, () -> Chance.SOURCE.nextLong(), network);
            client = open;
            // Without a number the server is not stored yet; register stores it.
            if (invocation.server() != null
                    && open.database().unwritable().isEmpty()
                    && open.self().isPresent()
                    && !open.moves().isRetired()) {
                ProfileSettings.@Nullable Server server = serverOfOptions();
                if (server != null && !open.server().equals(server)) {
                    open.settings().server(server);
                }
            }
        }
        return open;
    }

    /** Returns the server with the options before the command applied; null without such options. */
    private ProfileSettings.@Nullable Server serverOfOptions() {
        return invocation.server() == null ? null : serverWithOptions(client().server());
    }

    /** Returns this server with the options before the command applied. */
    public ProfileSettings.Server serverWithOptions(ProfileSettings.Server before) {
        @Nullable ServerOptions options = invocation.server();
        if (options == null) {
            return before;
        }
        try {
            return options.resolve(before, this::certificates);
        } catch (ServerOptions.NotEncryptedException e) {
            throw new RefusedCommandException(ExitCode.USAGE, texts.say("error.recv-is-not-encrypted"));
        }
    }

    private String certificates(String file) {
        try {
            String text = Files.readString(Path.of(file), StandardCharsets.ISO_8859_1);
            Transport.checkAuthorities(text);
            return text;
        } catch (IOException e) {
            throw unreadable(file, e);
        } catch (CertificateException e) {
            throw new RefusedCommandException(ExitCode.BAD_DATA, texts.say("error.no-certificates", file));
        }
    }

    /** Returns the server for a registration: the one of the options, else the profile's. */
    public ProfileSettings.Server serverToRegisterAt() {
        ProfileSettings.@Nullable Server said = serverOfOptions();
        return said != null ? said : client().server();
    }

    /** Returns the problem of the connection in the user's language. */
    public String trouble(ServerConnection.ConnectionProblem trouble, @Nullable TlsFault fault) {
        return fault != null
                ? trouble(fault)
                : texts.say("trouble." + trouble.name().toLowerCase(Locale.ROOT));
    }

    /**
     * Returns the fault of the encryption in the user's language. Names in it come from the peer, and are made visible.
     */
    public String trouble(TlsFault fault) {
        return switch (fault) {
            case TlsFault.Expired(Instant since) -> texts.say("tls.expired", views.moment(since));
            case TlsFault.NotYetValid(Instant from) -> texts.say("tls.not-yet-valid", views.moment(from));
            case TlsFault.OtherName(String asked, var names) ->
                texts.say("tls.other-name", asked, VisibleText.line(String.join(", ", names)));
            case TlsFault.UnknownIssuer(String issuer, boolean given) ->
                texts.say(given ? "tls.other-issuer" : "tls.unknown-issuer", VisibleText.line(issuer));
            case TlsFault.OtherKey(String pin) -> texts.say("tls.other-key", pin);
            case TlsFault.Unusable(String why) -> texts.say("tls.unusable", VisibleText.line(why));
            case TlsFault.NoTls() -> texts.say("tls.none");
            case TlsFault.NotAgreed(String why) -> texts.say("tls.not-agreed", VisibleText.line(why));
        };
    }

    /** Returns the profile's number, or refuses with the command that gets one. */
    public ClientId self() {
        return client().self()
                .orElseThrow(
                        () -> new RefusedCommandException(ExitCode.NOT_REGISTERED, texts.say("error.not-registered")));
    }

    /** Refuses when the profile was moved, and names its new place. */
    public void inUse() {
        client().moves().retirement().ifPresent(retirement -> {
            throw moved(retirement);
        });
    }

    /** Returns the refusal of a profile that was moved. */
    public RefusedCommandException moved(Moves.Retirement retirement) {
        return new RefusedCommandException(ExitCode.MOVED, movedTo(retirement));
    }

    /** Returns a sentence with the new place of the profile, and the command that reopens it here. */
    public String movedTo(Moves.Retirement retirement) {
        return texts.say("profile.moved", views.moment(retirement.at()), VisibleText.line(retirement.file()));
    }

    /** Returns the refusal for a fault of the store or its disk, with what is safe and what to do. */
    public RefusedCommandException refusal(StoreFault fault) {
        return new RefusedCommandException(
                fault == StoreFault.NEWER ? ExitCode.BAD_DATA : ExitCode.FAILED,
                texts.say("store." + fault.name().toLowerCase(Locale.ROOT).replace('_', '-'), profile.database()));
    }

    /** Returns the refusal for standard input that cannot be read. */
    public RefusedCommandException unreadableInput(IOException exception) {
        return new RefusedCommandException(
                ExitCode.BAD_DATA,
                Files.isDirectory(Path.of("/dev/stdin"))
                        ? texts.say("error.input-folder")
                        : texts.say("error.input", String.valueOf(exception.getMessage())));
    }

    /** Refuses when a new file exists already: no file is overwritten. */
    public void needsNew(Path file) {
        if (Files.exists(file)) {
            throw isThere(file);
        }
    }

    /** Returns the refusal for a new file that exists already. */
    public RefusedCommandException isThere(Path file) {
        return new RefusedCommandException(ExitCode.BAD_DATA, texts.say("export.exists", file));
    }

    /**
     * Writes a file that appears when it is complete. Refuses with the reason when that fails, and then there is no
     * file.
     *
     * @param content writes the content of the file
     */
    public void write(Path file, Consumer<PrintWriter> content) {
        try (NewFile made = NewFile.begin(file)) {
            try (PrintWriter out = AnswerStream.writer(made.open())) {
                content.accept(out);
                AnswerStream.flush(out);
            }
            made.publish();
        } catch (FileAlreadyExistsException e) {
            throw isThere(file);
        } catch (IOException e) {
            throw unwritable(file, e);
        } catch (AnswerStream.UnwrittenException e) {
            throw e.getCause() instanceof IOException cause ? unwritable(file, cause) : e;
        }
    }

    private RefusedCommandException unwritable(Path file, IOException exception) {
        return new RefusedCommandException(ExitCode.BAD_DATA, texts.say("export.failed", file, reason(exception)));
    }

    /** Returns the refusal for a file that cannot be read. */
    public RefusedCommandException unreadable(Object file, IOException exception) {
        return new RefusedCommandException(ExitCode.BAD_DATA, texts.say("error.unreadable", file, reason(exception)));
    }

    /** Returns why a file cannot be read or written. For the most frequent reasons Java gives nothing but the file. */
    public String reason(IOException exception) {
        return switch (exception) {
            case NoSuchFileException missing -> texts.say("profile.no-such-file");
            case AccessDeniedException denied -> texts.say("profile.denied");
            case CharacterCodingException other -> texts.say("reason.not-utf8");
            case FileSystemException other when other.getReason() != null -> other.getReason();
            default -> String.valueOf(exception.getMessage());
        };
    }

    /** Returns the person or group of this name or number, or refuses. */
    public Address who(String typed) {
        return one(client().addressBook().find(typed));
    }

    /** Refuses to write to a blocked person or a group that was left: the user would not see an answer. */
    public void mayWrite(Address chat) {
        if (client().blocks().isBlocked(chat)) {
            throw new RefusedCommandException(ExitCode.BAD_DATA, texts.say("error.blocked", views.name(chat)));
        }
        if (client().blocks().isLeft(chat)) {
            throw new RefusedCommandException(ExitCode.BAD_DATA, texts.say("error.left", views.name(chat)));
        }
    }

    public ClientId person(String typed) {
        Address address = one(client().addressBook().findPerson(typed));
        if (client().people().isGroup(address)) {
            throw new RefusedCommandException(ExitCode.NO_SUCH_PERSON, texts.say("error.is-group", typed));
        }
        return address.asClient();
    }

    public Address group(String typed) {
        Address address = one(client().addressBook().findGroup(typed));
        if (!client().people().isGroup(address)) {
            throw new RefusedCommandException(ExitCode.NO_SUCH_PERSON, texts.say("error.no-group", typed));
        }
        return address;
    }

    private Address one(Found found) {
        return switch (found) {
            case Found.One(Address address) -> address;
            case Found.None(String typed, var completions, var alike) -> completed(typed, completions, alike);
        };
    }

    /**
     * Returns the address of an incomplete name if the user confirms it at the prompt; else refuses. In a script a name
     * must be complete.
     */
    private Address completed(String typed, List<String> completions, List<String> alike) {
        @Nullable Function<String, @Nullable String> asks = asking;
        if (asks != null && completions.size() == 1) {
            String name = completions.getFirst();
            @Nullable String answer = asks.apply(texts.say("question.meant", VisibleText.line(name)) + " ");
            if (answer != null
                    && texts.isYes(answer)
                    && client().addressBook().find(name) instanceof Found.One(Address address)) {
                return address;
            }
        }
        String shown = VisibleText.line(typed);
        List<String> likely =
                Stream.concat(completions.stream(), alike.stream()).toList();
        throw new RefusedCommandException(
                ExitCode.NO_SUCH_PERSON,
                likely.isEmpty()
                        ? texts.say("error.nobody", shown)
                        : texts.say("error.likely", shown, String.join(", ", likely)));
    }

    /**
     * Enables questions.
     *
     * @param question asks it and returns the answer; null when the user has cancelled it
     */
    public void asks(Function<String, @Nullable String> question) {
        asking = question;
    }

    /** Returns the normalized name, or refuses with the reason why it cannot be given. */
    public String name(String typed, @Nullable Address owner) {
        String name = Names.normalized(typed);
        AddressBook.@Nullable Objection objection = client().addressBook().objectionTo(name, owner);
        String shown = VisibleText.line(name);
        if (objection != null) {
            throw new RefusedCommandException(
                    ExitCode.BAD_DATA,
                    switch (objection) {
                        case AddressBook.Objection.Bad(var fault) ->
                            texts.say(
                                    "error.name."
                                            + fault.name()
                                                    .toLowerCase(Locale.ROOT)
                                                    .replace('_', '-'),
                                    shown);
                        case AddressBook.Objection.Taken(String by) -> texts.say("error.name.taken", shown, by);
                        case AddressBook.Objection.Reserved(String reserved) -> texts.say("error.name.reserved", shown);
                    });
        }
        return name;
    }

    public Optional<ProfileClient> clientIfOpen() {
        return Optional.ofNullable(client);
    }

    @Override
    public synchronized void close() {
        ProfileClient open = client;
        if (open != null) {
            open.close();
        }
    }
}
