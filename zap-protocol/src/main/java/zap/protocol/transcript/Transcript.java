package zap.protocol.transcript;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import zap.protocol.Reason;

/**
 * A story of the wire: the frames that each peer sends and reads, in order. It is documentation, and it is played:
 * against a real server by a player that takes the part of the peers, and against a client under test by one that takes
 * the part of the server.
 *
 * <pre>
 * # The point of this story, in a sentence.
 * A> 01                                   A (which connects now) sends 01
 * A< 02 {ana}                             and reads 02 with an id: its first reader gives a name its meaning
 * B> 01
 * B< 02 {bob}
 * A> 05 {ana} {bob} 1795372031 |Hello!|   fields with blanks between them; text between bars; the padding is added
 * B< 06 {ana} {bob} 1795372031 |Hello!|
 * A< 07 {bob} 1795372031
 * </pre>
 *
 * <p>Within bars: {@code ·} is a blank (visible at an end), {@code \n \r \t \0} are as in Java, a backslash with u and
 * four hex digits (or U and six) is that character, {@code {218×🦜}} is 218 of these. Further lines:
 *
 * <pre>
 * server zap.gateway.silence=2s           at the top: a server with these properties
 * R is on the recv port                   R sends frames without padding, and reads one frame with each recv
 * A connects                              and sends nothing yet (its first frame connects a peer, too)
 * A>> 05 {ana} |as it is|                 sends exactly this, without padding
 * A< in any order                         and then, indented, frames that A reads in any order
 * A< 07… {bob} 1795372033                 07 for {bob} with rising seconds, the last of them this one
 * A hangs up
 * A is closed                             by the server, and reads nothing before that
 * A goes on                               the session is alive: A writes to itself, and reads that next
 * refused SPOOFED                         the server counts one more refusal (or: refused SPOOFED 2 times)
 * nothing happens for 2 s
 * the operator forgets {bob}              as with ./zap admin forget; the server has zap.admin.token set
 * the server restarts                     which closes all connections
 * </pre>
 *
 * <p>Lines for a client under test, which is a program with a terminal:
 *
 * <pre>
 * step send                               the lines up to the next step belong to this step
 * C types send {bob} {text}               into its standard input, with Enter; names are filled in
 * C shows |Hello!|                        its output contains this
 * </pre>
 *
 * <p>At the end of a story the player of the server's tests checks that no peer has received more than the story tells,
 * and that nothing else was refused.
 */
public record Transcript(String title, List<String> properties, List<Step> steps) {

    /** Returns whether the server restarts in this story. */
    public boolean restartsServer() {
        return steps.stream().anyMatch(step -> step.action() instanceof Action.ServerRestarts);
    }

    /** An event, in one or more lines of the story. */
    public record Step(int line, String text, Action action) {}

    /** The action of a step. */
    public sealed interface Action {
        record Says(String peer, List<Word> words, boolean padded) implements Action {}

        record Hears(String peer, List<Word> words) implements Action {}

        record HearsInAnyOrder(String peer, List<List<Word>> frames) implements Action {}

        record HearsUpTo(String peer, List<Word> words) implements Action {}

        record IsOnRecvPort(String peer) implements Action {}

        record Connects(String peer) implements Action {}

        record HangsUp(String peer) implements Action {}

        record IsClosed(String peer) implements Action {}

        record GoesOn(String peer) implements Action {}

        record Refused(Reason reason, int times) implements Action {}

        record NothingHappens(Duration time) implements Action {}

        record OperatorForgets(String name) implements Action {}

        record ServerRestarts() implements Action {}

        /** Only for a client under test. */
        record Begins(String step) implements Action {}

        /** Only for a client under test. */
        record Types(String peer, String line) implements Action {}

        /** Only for a client under test. */
        record Shows(String peer, String text) implements Action {}
    }

    /** A part of a frame. */
    public sealed interface Word {
        record Literal(String text) implements Word {}

        record Name(String name) implements Word {}
    }

    private static final String PEER = "([A-Z][A-Za-z0-9]*)";
    private static final Pattern SAYS = Pattern.compile(PEER + "(>>?) (.*)");
    private static final Pattern HEARS = Pattern.compile(PEER + "< (.*)");
    private static final Pattern DOES =
            Pattern.compile(PEER + " (connects|hangs up|is closed|goes on|is on the recv port)");
    private static final Pattern REFUSED = Pattern.compile("refused ([A-Z_]+)(?: (\\d+) times)?");
    private static final Pattern NOTHING = Pattern.compile("nothing happens for (\\d+) (ms|s)");
    private static final Pattern FORGETS = Pattern.compile("the operator forgets \\{([a-z][a-z0-9]*)}");
    private static final Pattern BEGINS = Pattern.compile("step ([a-z][a-z0-9-]*)");
    private static final Pattern TYPES = Pattern.compile(PEER + " types ?(.*)");
    private static final Pattern SHOWS = Pattern.compile(PEER + " shows \\|((?:[^|\\\\]|\\\\.)*)\\|");
    private static final Pattern REPEATED = Pattern.compile("\\{(\\d+)×(\\\\.|\\X)}");
    private static final Pattern WORD =
            Pattern.compile("\\|((?:[^|\\\\]|\\\\.)*)\\||\\{([a-z][a-z0-9]*)}|([^\\s|{}]+)");

    /**
     * Reads a story.
     *
     * @throws IllegalArgumentException with the line that cannot be understood
     */
    public static Transcript parse(String story) {
        return new Parser(story.lines().toList()).parse();
    }

    private static final class Parser {

        private final List<String> lines;
        private final List<String> properties = new ArrayList<>();
        private final List<Step> steps = new ArrayList<>();
        private String title = "";
        private int at;

        Parser(List<String> lines) {
            this.lines = lines;
        }

        Transcript parse() {
            while (at < lines.size()) {
                int number = at + 1;
                String line = lines.get(at++);
                if (line.startsWith("#")) {
                    if (title.isEmpty()) {
                        title = line.substring(1).strip();
                    }
                } else if (line.startsWith("server ")) {
                    properties.addAll(
                            List.of(line.substring("server ".length()).strip().split(" +")));
                } else if (!line.isBlank()) {
                    try {
                        steps.add(new Step(number, line, action(line)));
                    } catch (RuntimeException e) {
                        throw new IllegalArgumentException(
                                "line %s: %s%n%s".formatted(number, line, e.getMessage()), e);
                    }
                }
            }
            if (title.isEmpty() || steps.isEmpty()) {
                throw new IllegalArgumentException("A story has a title (#) and something that happens");
            }
            return new Transcript(title, List.copyOf(properties), List.copyOf(steps));
        }

        private Action action(String line) {
            Matcher says = SAYS.matcher(line);
            if (says.matches()) {
                return new Action.Says(
                        says.group(1), words(says.group(3)), says.group(2).equals(">"));
            }
            Matcher hears = HEARS.matcher(line);
            if (hears.matches()) {
                return hears(hears.group(1), hears.group(2));
            }
            Matcher does = DOES.matcher(line);
            if (does.matches()) {
                String peer = does.group(1);
                return switch (does.group(2)) {
                    case "connects" -> new Action.Connects(peer);
                    case "hangs up" -> new Action.HangsUp(peer);
                    case "is closed" -> new Action.IsClosed(peer);
                    case "goes on" -> new Action.GoesOn(peer);
                    default -> new Action.IsOnRecvPort(peer);
                };
            }
            Matcher refused = REFUSED.matcher(line);
            if (refused.matches()) {
                int times = refused.group(2) == null ? 1 : Integer.parseInt(refused.group(2));
                return new Action.Refused(Reason.valueOf(refused.group(1)), times);
            }
            Matcher nothing = NOTHING.matcher(line);
            if (nothing.matches()) {
                long count = Long.parseLong(nothing.group(1));
                return new Action.NothingHappens(
                        nothing.group(2).equals("s") ? Duration.ofSeconds(count) : Duration.ofMillis(count));
            }
            Matcher forgets = FORGETS.matcher(line);
            if (forgets.matches()) {
                return new Action.OperatorForgets(forgets.group(1));
            }
            Matcher begins = BEGINS.matcher(line);
            if (begins.matches()) {
                return new Action.Begins(begins.group(1));
            }
            Matcher types = TYPES.matcher(line);
            if (types.matches()) {
                return new Action.Types(types.group(1), types.group(2));
            }
            Matcher shows = SHOWS.matcher(line);
            if (shows.matches()) {
                return new Action.Shows(shows.group(1), text(shows.group(2)));
            }
            if (line.equals("the server restarts")) {
                return new Action.ServerRestarts();
            }
            throw new IllegalArgumentException("This line says nothing that the player understands");
        }

        private Action hears(String peer, String what) {
            if (what.equals("in any order")) {
                var frames = new ArrayList<List<Word>>();
                while (at < lines.size() && lines.get(at).startsWith(" ")) {
                    frames.add(words(lines.get(at++).strip()));
                }
                if (frames.size() < 2) {
                    throw new IllegalArgumentException("At least two indented lines have to follow");
                }
                return new Action.HearsInAnyOrder(peer, frames);
            }
            if (what.startsWith("07… ")) {
                return new Action.HearsUpTo(peer, words(what.replaceFirst("…", "")));
            }
            return new Action.Hears(peer, words(what));
        }

        private static List<Word> words(String line) {
            var words = new ArrayList<Word>();
            Matcher word = WORD.matcher(line);
            int end = 0;
            while (word.find()) {
                between(line.substring(end, word.start()));
                end = word.end();
                if (word.group(1) != null) {
                    words.add(new Word.Literal(text(word.group(1))));
                } else if (word.group(2) != null) {
                    words.add(new Word.Name(word.group(2)));
                } else {
                    words.add(new Word.Literal(word.group(3)));
                }
            }
            between(line.substring(end));
            return List.copyOf(words);
        }

        private static void between(String words) {
            if (!words.isBlank()) {
                throw new IllegalArgumentException("What is this: " + words.strip());
            }
        }

        private static String text(String written) {
            String repeated = REPEATED.matcher(written)
                    .replaceAll(
                            match -> Matcher.quoteReplacement(match.group(2).repeat(Integer.parseInt(match.group(1)))));
            var text = new StringBuilder();
            for (int i = 0; i < repeated.length(); i++) {
                char c = repeated.charAt(i);
                if (c == '·') {
                    text.append(' ');
                } else if (c != '\\') {
                    text.append(c);
                } else {
                    char escaped = repeated.charAt(++i);
                    switch (escaped) {
                        case 'n' -> text.append('\n');
                        case 'r' -> text.append('\r');
                        case 't' -> text.append('\t');
                        case '0' -> text.append('\0');
                        case '|', '\\' -> text.append(escaped);
                        case 'u', 'U' -> {
                            int digits = escaped == 'u' ? 4 : 6;
                            text.appendCodePoint(Integer.parseInt(repeated.substring(i + 1, i + 1 + digits), 16));
                            i += digits;
                        }
                        default -> throw new IllegalArgumentException("\\" + escaped + " is not known");
                    }
                }
            }
            return text.toString();
        }
    }
}
