package zap.shell.command;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import zap.shell.store.Profile;
import zap.shell.store.Settings;

/**
 * How the client was called: the options before the command, and the command's own words.
 *
 * @param server what was said with {@code --server} and {@code --wire}; null when nothing was
 * @param words the command and all that follows it, untouched; empty for a session with a prompt
 */
public record Invocation(
        String profile, Settings.@Nullable Server server, Colour colour, boolean ascii, List<String> words) {

    /** When to use colours. */
    public enum Colour {
        AUTO,
        ALWAYS,
        NEVER
    }

    /** An option that is none, or lacks its value. */
    public static final class Unreadable extends Exception {
        private static final long serialVersionUID = 1L;

        Unreadable(String option) {
            super(option, null, false, false);
        }
    }

    /** Reads the words after {@code zap shell}. */
    public static Invocation of(String... args) throws Unreadable {
        String profile = Profile.DEFAULT_NAME;
        @Nullable String server = null;
        boolean shortFrames = false;
        boolean wireSaid = false;
        var colour = Colour.AUTO;
        boolean ascii = false;
        int at = 0;
        while (at < args.length && args[at].startsWith("-")) {
            String option = args[at++];
            if (option.equals("--")) {
                break;
            }
            if (option.equals("-h") || option.equals("--help")) {
                var help = new ArrayList<>(List.of("help"));
                help.addAll(List.of(args).subList(at, args.length));
                return new Invocation(profile, null, colour, ascii, help);
            }
            if (option.equals("--version")) {
                return new Invocation(profile, null, colour, ascii, List.of("version"));
            }
            if (option.equals("--ascii")) {
                ascii = true;
                continue;
            }
            int equals = option.indexOf('=');
            String name = equals < 0 ? option : option.substring(0, equals);
            String value;
            if (equals >= 0) {
                value = option.substring(equals + 1);
            } else if (at < args.length) {
                value = args[at++];
            } else {
                throw new Unreadable(option);
            }
            try {
                switch (name) {
                    case "--profile", "-p" -> profile = value;
                    case "--server", "-s" -> server = value;
                    case "--wire" -> {
                        shortFrames = switch (value) {
                            case "recv" -> true;
                            case "main" -> false;
                            default -> throw new Unreadable(option + " " + value);
                        };
                        wireSaid = true;
                    }
                    case "--color", "--colour" -> colour = Colour.valueOf(value.toUpperCase(java.util.Locale.ROOT));
                    default -> throw new Unreadable(option);
                }
            } catch (IllegalArgumentException e) {
                throw new Unreadable(option + " " + value);
            }
        }
        Settings.@Nullable Server said = null;
        if (server != null || wireSaid) {
            try {
                said = Settings.Server.parse(server == null ? "localhost" : server, shortFrames);
            } catch (IllegalArgumentException e) {
                throw new Unreadable("--server " + server);
            }
        }
        return new Invocation(
                profile, said, colour, ascii, List.copyOf(List.of(args).subList(at, args.length)));
    }
}
