package zap.acceptance;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import zap.acceptance.Script.Who;

/**
 * A README, and the part of it that shows a conversation: it stands between two marks, and is written by a real run.
 */
enum Readme {
    ENGLISH("README.md", Script.english(), "Ana's window:", "Bob's, at the same time:"),
    PORTUGUESE("README.pt-BR.md", Script.portuguese(), "A janela da Ana:", "A do Bruno, ao mesmo tempo:");

    private static final String BEGIN = "<!-- What follows was written by ops/tests/acceptance/conversation. -->\n";
    private static final String END = "<!-- What is above was written by ops/tests/acceptance/conversation. -->\n";
    private static final String FENCE = "```\n";

    private final Path file;
    private final Script script;
    private final Map<Who, String> headings;

    Readme(String file, Script script, String ana, String bob) {
        this.file = Checkout.root().resolve(file);
        this.script = script;
        this.headings = Map.of(Who.ANA, ana, Who.BOB, bob);
    }

    /** Tells whether this run writes the documents. */
    static boolean isToBeWritten() {
        return "write".equals(System.getProperty("zap.readme"));
    }

    Script script() {
        return script;
    }

    /** Returns the users whose windows are shown. */
    static List<Who> shown() {
        return List.of(Who.ANA, Who.BOB);
    }

    /** Returns the text of a user's window. */
    String windowOf(Who who) {
        String[] parts = text().split(BEGIN, -1);
        if (parts.length != 2 || !parts[1].contains(END)) {
            throw new AssertionError(file.getFileName() + " has no conversation between its marks");
        }
        String conversation = parts[1].substring(0, parts[1].indexOf(END));
        String heading = headings.get(who) + "\n\n" + FENCE;
        int begin = conversation.indexOf(heading);
        if (begin < 0) {
            throw new AssertionError(file.getFileName() + " does not show the window of " + who);
        }
        String window = conversation.substring(begin + heading.length());
        return window.substring(0, window.indexOf(FENCE));
    }

    /** Puts what is on the screens into it. */
    void write(Map<Who, TerminalWindow> windows) throws IOException {
        var conversation = new StringBuilder();
        for (Who who : shown()) {
            conversation.append('\n').append(headings.get(who)).append("\n\n").append(FENCE);
            windows.get(who)
                    .everything()
                    .forEach(line -> conversation.append(line).append('\n'));
            conversation.append(FENCE);
        }
        String old = text();
        int begin = old.indexOf(BEGIN) + BEGIN.length();
        int end = old.indexOf(END);
        Files.writeString(file, old.substring(0, begin) + conversation + "\n" + old.substring(end));
    }

    private String text() {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
