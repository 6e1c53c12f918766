package zap.watch;

import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import zap.kit.HostAndPort;
import zap.kit.OptionWords;
import zap.kit.Phrase;
import zap.kit.WrongUsageException;

/**
 * The command line of {@code ./zap watch}.
 *
 * @param recording to show; null for a live proxy
 * @param listenHost the address to listen on
 * @param server HOST:PORT; null for a recording
 * @param certificate of the listener; null for a plain one
 */
record WatchOptions(
        boolean help,
        @Nullable Path recording,
        String listenHost,
        int listenPort,
        @Nullable String server,
        boolean tls,
        @Nullable Path ca,
        @Nullable String pin,
        @Nullable Path certificate,
        @Nullable Path key,
        @Nullable Path save,
        boolean json,
        Colours colours,
        FrameWidths widths) {

    private static final Set<String> FLAGS = Set.of("--help", "--tls", "--json");
    private static final Set<String> WITH_VALUE =
            Set.of("--listen", "--to", "--ca", "--pin", "--cert", "--key", "--save", "--color", "--colour", "--wire");
    private static final Set<String> ONLY_LIVE =
            Set.of("--listen", "--to", "--tls", "--ca", "--pin", "--cert", "--key", "--save");

    /** The use of colours. */
    enum Colours {
        AUTO,
        ALWAYS,
        NEVER
    }

    static WatchOptions parse(List<String> words) {
        OptionWords sorted = OptionWords.parse(words, FLAGS, WITH_VALUE);
        Map<String, String> options = sorted.options();
        List<String> plain = sorted.plain();
        boolean help = sorted.has("--help") || plain.equals(List.of("help"));
        if (help) {
            plain = List.of();
        } else if (plain.size() > 1) {
            throw new WrongUsageException(Phrase.of("problem.one-file", plain.get(1)));
        } else if (plain.size() == 1) {
            for (String option : options.keySet()) {
                if (ONLY_LIVE.contains(option)) {
                    throw new WrongUsageException(Phrase.of("problem.not-with-file", option, plain.getFirst()));
                }
            }
        } else if (!sorted.has("--listen") || !sorted.has("--to")) {
            throw new WrongUsageException(Phrase.of("problem.what"));
        }
        if (sorted.has("--cert") != sorted.has("--key")) {
            throw new WrongUsageException(Phrase.of("problem.cert-and-key"));
        }
        HostAndPort listen = HostAndPort.ofListener(options.getOrDefault("--listen", "0"));
        return new WatchOptions(
                help,
                plain.isEmpty() ? null : OptionWords.pathOf(plain.getFirst()),
                listen.host(),
                listen.port(),
                options.get("--to"),
                sorted.has("--tls") || sorted.has("--ca") || sorted.has("--pin"),
                sorted.path("--ca"),
                options.get("--pin"),
                sorted.path("--cert"),
                sorted.path("--key"),
                sorted.path("--save"),
                sorted.has("--json"),
                colours(options.getOrDefault("--color", options.getOrDefault("--colour", "auto"))),
                widths(options.getOrDefault("--wire", FrameWidths.UNKNOWN.key())));
    }

    private static Colours colours(String value) {
        for (Colours colours : Colours.values()) {
            if (colours.name().toLowerCase(Locale.ROOT).equals(value)) {
                return colours;
            }
        }
        throw new WrongUsageException(Phrase.of("problem.color", value));
    }

    private static FrameWidths widths(String value) {
        for (FrameWidths widths : FrameWidths.values()) {
            if (widths.key().equals(value)) {
                return widths;
            }
        }
        throw new WrongUsageException(Phrase.of("problem.wire", value));
    }
}
