package zap.shell.command.context;

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
        var parser = new Parser(args);
        @Nullable List<String> instead = parser.options();
        return new Invocation(
                parser.profile,
                instead == null ? parser.server() : null,
                parser.colour,
                parser.ascii,
                instead == null ? parser.rest() : instead);
    }

    /** The parser of the options before the command. */
    private static final class Parser {

        private final List<String> args;
        private int at;
        private String profile = Profile.DEFAULT_NAME;
        private Colour colour = Colour.AUTO;
        private boolean ascii;
        private @Nullable String address;
        private @Nullable Boolean shortFrames;
        private @Nullable Boolean encrypted;
        private @Nullable String ca;
        private @Nullable String pin;

        Parser(String... args) {
            this.args = List.of(args);
        }

        /**
         * Reads the options.
         *
         * @return the command that an option stands for, such as {@code --version}; null without such an option
         */
        @Nullable
        List<String> options() throws Unreadable {
            while (at < args.size() && args.get(at).startsWith("-")) {
                String option = args.get(at++);
                switch (option) {
                    case "--" -> {
                        return null;
                    }
                    case "-h", "--help" -> {
                        var help = new ArrayList<>(List.of("help"));
                        help.addAll(rest());
                        return help;
                    }
                    case "--version" -> {
                        return List.of("version");
                    }
                    case "--ascii" -> ascii = true;
                    case "--tls" -> encrypt(true, option);
                    case "--no-tls" -> encrypt(false, option);
                    default -> withValue(option);
                }
            }
            return null;
        }

        private void withValue(String option) throws Unreadable {
            int equals = option.indexOf('=');
            String name = equals < 0 ? option : option.substring(0, equals);
            if (equals < 0 && at == args.size()) {
                throw new Unreadable(option);
            }
            String value = equals < 0 ? args.get(at++) : option.substring(equals + 1);
            try {
                set(option, name, value);
            } catch (IllegalArgumentException e) {
                throw new Unreadable(option + " " + value);
            }
        }

        private void set(String option, String name, String value) throws Unreadable {
            switch (name) {
                case "--profile", "-p" -> profile = value;
                case "--server", "-s" -> address = value;
                case "--wire" ->
                    shortFrames = switch (value) {
                        case "recv" -> true;
                        case "main" -> false;
                        default -> throw new Unreadable(option + " " + value);
                    };
                case "--ca" -> {
                    ca = value;
                    encrypt(true, option);
                }
                case "--pin" -> {
                    pin = value.equals(ServerOptions.NO_PIN) ? value : KeyPin.parse(value);
                    encrypt(true, option);
                }
                case "--color", "--colour" -> colour = Colour.valueOf(value.toUpperCase(Locale.ROOT));
                default -> throw new Unreadable(option);
            }
        }

        /** Notes whether to encrypt, or fails when an earlier option contradicts. */
        private void encrypt(boolean wanted, String option) throws Unreadable {
            @Nullable Boolean before = encrypted;
            if (before != null && before != wanted) {
                throw new Unreadable(option);
            }
            encrypted = wanted;
        }

        /** Returns the options about the server, or fails when they contradict each other; null without any. */
        @Nullable
        ServerOptions server() throws Unreadable {
            if (address == null && shortFrames == null && encrypted == null) {
                return null;
            }
            var options = new ServerOptions(address, shortFrames, encrypted, ca, pin);
            try {
                options.resolve(ProfileSettings.Server.usual(), _ -> "");
            } catch (ServerOptions.NotEncryptedException e) {
                throw new Unreadable("--wire recv --tls");
            } catch (IllegalArgumentException e) {
                throw new Unreadable("--server " + address);
            }
            return options;
        }

        /** Returns the words after the options. */
        List<String> rest() {
            return args.subList(at, args.size());
        }
    }
}
