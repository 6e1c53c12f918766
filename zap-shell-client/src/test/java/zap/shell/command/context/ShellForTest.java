package zap.shell.command.context;

import java.io.InputStream;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import zap.shell.chat.ProfileClient;
import zap.shell.store.Profile;

/**
 * A builder of contexts for tests. Without further calls it makes the context of a single command: profile {@code me},
 * English, without colours and standard input, with the system's clock and a real network.
 */
public final class ShellForTest {

    private final Path home;
    private String profile = "me";
    private String[] words = {};
    private Locale language = Locale.ENGLISH;
    private boolean interactive;
    private InstantSource clock = InstantSource.system();
    private ProfileClient.@Nullable Network network;
    private InputStream input = InputStream.nullInputStream();

    private ShellForTest(Path home) {
        this.home = home;
    }

    /**
     * Returns a builder.
     *
     * @param home the folder of the profiles
     */
    public static ShellForTest in(Path home) {
        return new ShellForTest(home);
    }

    public ShellForTest profile(String name) {
        profile = name;
        return this;
    }

    /** Sets the words of the command line. */
    public ShellForTest words(String... typed) {
        words = typed;
        return this;
    }

    public ShellForTest language(Locale users) {
        language = users;
        return this;
    }

    /** Makes it the context of a session with a prompt. */
    public ShellForTest interactive() {
        interactive = true;
        return this;
    }

    public ShellForTest clock(InstantSource source) {
        clock = source;
        return this;
    }

    public ShellForTest network(ProfileClient.Network replacement) {
        network = replacement;
        return this;
    }

    public ShellForTest input(InputStream standardInput) {
        input = standardInput;
        return this;
    }

    /** Returns the context. Its client opens when it is first needed. */
    public ShellContext build() {
        try {
            return new ShellContext(
                    Invocation.of(words),
                    Profile.named(profile, Map.of("ZAP_HOME", home.toString()), home),
                    new Texts(language),
                    new Style(false, false),
                    interactive,
                    clock,
                    network == null ? ProfileClient.Network.real(clock) : network,
                    new StandardInput(input));
        } catch (Invocation.Unreadable e) {
            throw new AssertionError(e);
        }
    }
}
