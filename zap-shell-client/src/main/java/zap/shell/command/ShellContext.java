package zap.shell.command;

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
import zap.shell.text.VisibleText;

/** What all commands have on their desk: the client, opened when it is first needed, the user's words, and how things are shown. */
public final class ShellContext implements AutoCloseable {

    /** Made when it is first asked for something: most commands leave nothing to chance. */
    private static final class Chance {
        static final SecureRandom SOURCE = new SecureRandom();
    }

    private final Invocation invocation;
    private final Profile profile;
    private final Texts words;
    private final Style style;
    private final Views views;
    private final boolean interactive;
    private final InstantSource clock;
    private final ProfileClient.Network network;
    private final StandardInput input;
    private @Nullable ProfileClient client;
    private @Nullable Function<String, @Nullable String> asking;
    private volatile boolean stopped;
    private PrintWriter notices = new PrintWriter(System.err, false, StandardCharsets.UTF_8);

    public ShellContext(Invocation invocation, Profile profile, Texts words, Style style, boolean interactive) {
        this(invocation, profile, words, style, interactive, Clock.systemUTC());
    }

    ShellContext(
            Invocation invocation,
            Profile profile,
            Texts words,
            Style style,
            boolean interactive,
            InstantSource clock) {
        this(
                invocation,
                profile,
                words,
                style,
                interactive,
                clock,
                ProfileClient.Network.real(clock),
                new StandardInput(System.in));
    }

    /** One whose servers are a test's. */
    ShellContext(
            Invocation invocation,
            Profile profile,
            Texts words,
            Style style,
            boolean interactive,
            InstantSource clock,
            ProfileClient.Network network) {
        this(invocation, profile, words, style, interactive, clock, network, new StandardInput(System.in));
    }

    /** One whose standard input is a test's. */
    ShellContext(
            Invocation invocation,
            Profile profile,
            Texts words,
            Style style,
            boolean interactive,
            InstantSource clock,
            StandardInput input) {
        this(invocation, profile, words, style, interactive, clock, ProfileClient.Network.real(clock), input);
    }

    ShellContext(
            Invocation invocation,
            Profile profile,
            Texts words,
            Style style,
            boolean interactive,
            InstantSource clock,
            ProfileClient.Network network,
            StandardInput input) {
        this.network = network;
        this.clock = clock;
        this.input = input;
        this.invocation = invocation;
        this.profile = profile;
        this.words = words;
        this.style = style;
        this.interactive = interactive;
        this.views = new Views(this, ZoneId::systemDefault);
    }

    public Invocation invocation() {
        return invocation;
    }

    public Texts texts() {
        return words;
    }

    public Style style() {
        return style;
    }

    public Views views() {
        return views;
    }

    /** Whether there is a prompt, and a session that lives as long as it. */
    public boolean isInteractive() {
        return interactive;
    }

    /** Where a command says what is not its answer: on standard error. */
    PrintWriter notices() {
        return notices;
    }

    void notices(PrintWriter to) {
        notices = to;
    }

    /** A command begins: nobody has asked for it to stop. */
    void begin() {
        stopped = false;
    }

    /** Asks the command that runs to stop what can be stopped. */
    void stop() {
        stopped = true;
    }

    boolean isStopped() {
        return stopped;
    }

    /** Returns how many messages and groups were refused and are not acknowledged. */
    int refusals() {
        return client().messages().count(DeliveryState.REFUSED)
                + client().pendingGroups().refused().size();
    }

    /** Whether somebody watches what a single command prints. */
    boolean isAtTerminal() {
        return Optional.ofNullable(System.console()).filter(Console::isTerminal).isPresent();
    }

    public Profile profile() {
        return profile;
    }

    /** What comes from a file or a pipe. Not for a session, whose terminal reads it. */
    StandardInput input() {
        return input;
    }

    public synchronized ProfileClient client() {
        ProfileClient open = client;
        if (open == null) {
            open = new ProfileClient(profile, clock, () -> Chance.SOURCE.nextLong(), network);
            client = open;
            // Before there is an identity it is only a wish; register makes it so.
            if (invocation.server() != null
                    && open.database().unwritable().isEmpty()
                    && open.self().isPresent()
                    && !open.moves().isRetired()) {
                ProfileSettings.@Nullable Server server = serverThatWasSaid();
                if (server != null && !open.server().equals(server)) {
                    open.settings().server(server);
                }
            }
        }
        return open;
    }

    /** The server that was named before the command; null when none was. */
    private ProfileSettings.@Nullable Server serverThatWasSaid() {
        return invocation.server() == null ? null : serverAsSaid(client().server());
    }

    /** This server, with all that was said otherwise before the command. */
    ProfileSettings.Server serverAsSaid(ProfileSettings.Server before) {
        @Nullable ServerOptions wish = invocation.server();
        if (wish == null) {
            return before;
        }
        try {
            return wish.resolve(before, this::certificates);
        } catch (ServerOptions.NotEncryptedException e) {
            throw new RefusedCommandException(ExitCode.USAGE, words.say("error.recv-is-not-encrypted"));
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
            throw new RefusedCommandException(ExitCode.BAD_DATA, words.say("error.no-certificates", file));
        }
    }

    /** The server for a registration: the one that was said, else the usual one. */
    ProfileSettings.Server serverToRegisterAt() {
        ProfileSettings.@Nullable Server said = serverThatWasSaid();
        return said != null ? said : client().server();
    }

    /** What is wrong with the connection, in the user's words. */
    String trouble(ServerConnection.ConnectionProblem trouble, @Nullable TlsFault fault) {
        return fault != null
                ? trouble(fault)
                : words.say("trouble." + trouble.name().toLowerCase(java.util.Locale.ROOT));
    }

    /** What is wrong with the encryption, in the user's words. Names in it are somebody else's, and made visible. */
    String trouble(TlsFault fault) {
        return switch (fault) {
            case TlsFault.Expired(Instant since) -> words.say("tls.expired", views.moment(since));
            case TlsFault.NotYetValid(Instant from) -> words.say("tls.not-yet-valid", views.moment(from));
            case TlsFault.OtherName(String asked, var names) ->
                words.say("tls.other-name", asked, VisibleText.line(String.join(", ", names)));
            case TlsFault.UnknownIssuer(String issuer, boolean given) ->
                words.say(given ? "tls.other-issuer" : "tls.unknown-issuer", VisibleText.line(issuer));
            case TlsFault.OtherKey(String pin) -> words.say("tls.other-key", pin);
            case TlsFault.Unusable(String why) -> words.say("tls.unusable", VisibleText.line(why));
            case TlsFault.NoTls() -> words.say("tls.none");
            case TlsFault.NotAgreed(String why) -> words.say("tls.not-agreed", VisibleText.line(why));
        };
    }

    /** Who we are, or a refusal that says how to become somebody. */
    ClientId self() {
        return client().self()
                .orElseThrow(
                        () -> new RefusedCommandException(ExitCode.NOT_REGISTERED, words.say("error.not-registered")));
    }

    /** Checks that the profile is used here, or refuses with where it was moved. */
    void inUse() {
        client().moves().retirement().ifPresent(retirement -> {
            throw moved(retirement);
        });
    }

    /** Refuses because the profile was moved. */
    RefusedCommandException moved(Moves.Retirement retirement) {
        return new RefusedCommandException(ExitCode.MOVED, movedTo(retirement));
    }

    /** Says where the profile was moved, and how to use it here again. */
    String movedTo(Moves.Retirement retirement) {
        return words.say("profile.moved", views.moment(retirement.at()), VisibleText.line(retirement.file()));
    }

    /** Refuses because of the store's file or disk, and says what is safe and what to do. */
    RefusedCommandException refusal(StoreFault fault) {
        return new RefusedCommandException(
                fault == StoreFault.NEWER ? ExitCode.BAD_DATA : ExitCode.FAILED,
                words.say(
                        "store."
                                + fault.name()
                                        .toLowerCase(java.util.Locale.ROOT)
                                        .replace('_', '-'),
                        profile.database()));
    }

    /** Refuses because standard input cannot be read. */
    RefusedCommandException unreadableInput(IOException exception) {
        return new RefusedCommandException(
                ExitCode.BAD_DATA,
                Files.isDirectory(Path.of("/dev/stdin"))
                        ? words.say("error.input-folder")
                        : words.say("error.input", String.valueOf(exception.getMessage())));
    }

    /** Checks that a file that is to be made is not there, or refuses: nothing is written over. */
    void needsNew(Path file) {
        if (Files.exists(file)) {
            throw isThere(file);
        }
    }

    /** Refuses because a file that is to be made is there already. */
    RefusedCommandException isThere(Path file) {
        return new RefusedCommandException(ExitCode.BAD_DATA, words.say("export.exists", file));
    }

    /**
     * Writes a file that appears when it is complete, or refuses with the reason, and then there is none.
     *
     * @param content writes into what it is given
     */
    void write(Path file, Consumer<PrintWriter> content) {
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
        return new RefusedCommandException(ExitCode.BAD_DATA, words.say("export.failed", file, reason(exception)));
    }

    /** Refuses because a file cannot be read. */
    RefusedCommandException unreadable(Object file, IOException exception) {
        return new RefusedCommandException(ExitCode.BAD_DATA, words.say("error.unreadable", file, reason(exception)));
    }

    /** Says why a file cannot be read or written. Of the most frequent reasons Java tells nothing but the file. */
    String reason(IOException exception) {
        return switch (exception) {
            case NoSuchFileException missing -> words.say("profile.no-such-file");
            case AccessDeniedException denied -> words.say("profile.denied");
            case CharacterCodingException other -> words.say("reason.not-utf8");
            case FileSystemException other when other.getReason() != null -> other.getReason();
            default -> String.valueOf(exception.getMessage());
        };
    }

    /** Whom this means: a person or a group. */
    Address who(String typed) {
        return one(client().addressBook().find(typed));
    }

    /** Checks that this chat may be written to, or refuses: who is blocked cannot answer, and neither can a group that was left. */
    void mayWrite(Address chat) {
        if (client().blocks().isBlocked(chat)) {
            throw new RefusedCommandException(ExitCode.BAD_DATA, words.say("error.blocked", views.name(chat)));
        }
        if (client().blocks().isLeft(chat)) {
            throw new RefusedCommandException(ExitCode.BAD_DATA, words.say("error.left", views.name(chat)));
        }
    }

    ClientId person(String typed) {
        Address address = one(client().addressBook().findPerson(typed));
        if (client().people().isGroup(address)) {
            throw new RefusedCommandException(ExitCode.NO_SUCH_PERSON, words.say("error.is-group", typed));
        }
        return address.asClient();
    }

    Address group(String typed) {
        Address address = one(client().addressBook().findGroup(typed));
        if (!client().people().isGroup(address)) {
            throw new RefusedCommandException(ExitCode.NO_SUCH_PERSON, words.say("error.no-group", typed));
        }
        return address;
    }

    private Address one(Found found) {
        return switch (found) {
            case Found.One(Address address) -> address;
            case Found.None(String typed, var completions, var alike) -> completed(typed, completions, alike);
        };
    }

    /** At the prompt a name that was begun may be completed by a question; a script's word means exactly one name. */
    private Address completed(String typed, List<String> completions, List<String> alike) {
        @Nullable Function<String, @Nullable String> asks = asking;
        if (asks != null && completions.size() == 1) {
            String name = completions.getFirst();
            @Nullable String answer = asks.apply(words.say("question.meant", VisibleText.line(name)) + " ");
            if (answer != null
                    && words.isYes(answer)
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
                        ? words.say("error.nobody", shown)
                        : words.say("error.likely", shown, String.join(", ", likely)));
    }

    /** Questions can be asked from now on: of each the answer is returned, or null when the person has given it up. */
    void asks(Function<String, @Nullable String> question) {
        asking = question;
    }

    /** A name that can be given, or a refusal that says why it cannot. */
    String name(String typed, @Nullable Address owner) {
        String name = zap.shell.text.Names.normalized(typed);
        AddressBook.@Nullable Objection objection = client().addressBook().objectionTo(name, owner);
        String shown = VisibleText.line(name);
        if (objection != null) {
            throw new RefusedCommandException(
                    ExitCode.BAD_DATA,
                    switch (objection) {
                        case AddressBook.Objection.Bad(var fault) ->
                            words.say(
                                    "error.name."
                                            + fault.name()
                                                    .toLowerCase(java.util.Locale.ROOT)
                                                    .replace('_', '-'),
                                    shown);
                        case AddressBook.Objection.Taken(String by) -> words.say("error.name.taken", shown, by);
                        case AddressBook.Objection.Reserved(String reserved) -> words.say("error.name.reserved", shown);
                    });
        }
        return name;
    }

    Optional<ProfileClient> clientIfOpen() {
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
