package zap.shell.command;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import zap.shell.connection.KeyPin;
import zap.shell.store.Profile;
import zap.shell.store.ProfileSettings;

/**
 * The parsed command line: the options before the command, and the command with its arguments.
 *
 * @param server the options {@code --server}, {@code --wire}, {@code --tls} and the like; null without any
 * @param words the command and everything after it, unchanged; empty for a session with a prompt
 */
public record Invocation(
        String profile, @Nullable ServerOptions server, Colour colour, boolean ascii, List<String> words) {

    /** The use of colours. */
    public enum Colour {
        AUTO,
        ALWAYS,
        NEVER
    }

    /** Signals an unknown option, or one without its value. */
    public static final class Unreadable extends Exception {
        private static final long serialVersionUID = 1L;

        Unreadable(String option) {
            super(option, null, false, false);
        }
    }

    /** Parses the words after {@code zap shell}. */
    public static Invocation of(String... args) throws Unreadable {
        String profile = Profile.DEFAULT_NAME;
        @Nullable String server = null;
        @Nullable Boolean shortFrames = null;
        @Nullable Boolean encrypted = null;
        @Nullable String ca = null;
        @Nullable String pin = null;
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
            if (option.equals("--tls") || option.equals("--no-tls")) {
                encrypted = agreed(encrypted, option.equals("--tls"), option);
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
                    case "--wire" ->
                        shortFrames = switch (value) {
                            case "recv" -> true;
                            case "main" -> false;
                            default -> throw new Unreadable(option + " " + value);
                        };
                    case "--ca" -> {
                        ca = value;
                        encrypted = agreed(encrypted, true, option);
                    }
                    case "--pin" -> {
                        pin = value.equals(ServerOptions.NO_PIN) ? value : KeyPin.parse(value);
                        encrypted = agreed(encrypted, true, option);
                    }
                    case "--color", "--colour" -> colour = Colour.valueOf(value.toUpperCase(Locale.ROOT));
                    default -> throw new Unreadable(option);
                }
            } catch (IllegalArgumentException e) {
                throw new Unreadable(option + " " + value);
            }
        }
        @Nullable ServerOptions said = null;
        if (server != null || shortFrames != null || encrypted != null) {
            said = new ServerOptions(server, shortFrames, encrypted, ca, pin);
            try {
                said.resolve(ProfileSettings.Server.usual(), _ -> "");
            } catch (ServerOptions.NotEncryptedException e) {
                throw new Unreadable("--wire recv --tls");
            } catch (IllegalArgumentException e) {
                throw new Unreadable("--server " + server);
            }
        }
        return new Invocation(
                profile, said, colour, ascii, List.copyOf(List.of(args).subList(at, args.length)));
    }

    /** Returns whether to encrypt, or fails when an earlier option contradicts. */
    private static boolean agreed(@Nullable Boolean before, boolean now, String option) throws Unreadable {
        if (before != null && before != now) {
            throw new Unreadable(option);
        }
        return now;
    }
}
