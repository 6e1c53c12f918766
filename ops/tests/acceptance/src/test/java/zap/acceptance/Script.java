package zap.acceptance;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * A conversation of three people, as the README shows it: who types what, and what must then be seen by whom.
 *
 * @param locale in which they have their clients
 * @param steps in this order
 */
record Script(String locale, List<Step> steps) {

    /** The first of these is who tells the story. */
    enum Who {
        ANA,
        BOB,
        CARLA
    }

    /**
     * One thing that happens. In texts, {@code {ana}} stands for her number, and so on; {@code {group}} for the
     * group's.
     */
    sealed interface Step {}

    /**
     * A user types a text.
     *
     * @param enter whether that ends the line
     */
    record Types(Who who, String text, boolean enter) implements Step {}

    /** A user leaves a chat, or the client. */
    record Leaves(Who who) implements Step {}

    /** A user sees this prompt at the bottom, and can go on. */
    record HasPrompt(Who who, String prompt) implements Step {}

    /** A user sees this text, below the texts seen before. */
    record Sees(Who who, String text) implements Step {}

    /**
     * A user sees that the message typed last was read.
     *
     * @param text of the line that tells it; there is none where it was read before it was on the screen: then its own
     *     line tells
     */
    record SeesRead(Who who, String text) implements Step {}

    /** The server ends. */
    record Ends(boolean killed) implements Step {}

    /** The server is started again. */
    record Starts() implements Step {}

    /** The texts that differ between languages. */
    private record Words(
            String locale,
            String bob,
            String nobody,
            String group,
            String hello,
            String answer,
            String question,
            String half,
            String otherHalf,
            String halfOfBob,
            String otherHalfOfBob,
            String readBy,
            String stored,
            String addedToAGroup,
            String bye) {}

    static Script english() {
        return of(new Words(
                "C.UTF-8",
                "bob",
                "not registered",
                "sunday",
                "olá, Bob! Shall we go to the sea on Sunday? 🌊",
                "Yes!! But I don't have a car :-(",
                "Who drives? I bring the \"pão de queijo\"",
                "send bob The server stops while I am wr",
                "iting, and I write on",
                "send ana And now it st",
                "ops again; I have not noticed",
                "read by ",
                "stored by the server",
                "You were added to a group",
                "Bye."));
    }

    static Script portuguese() {
        return of(new Words(
                "pt_BR.UTF-8",
                "bruno",
                "sem registro",
                "domingo",
                "Oi, Bruno! Vamos à praia no domingo? 🌊",
                "Sim!! Mas estou sem carro :-(",
                "Quem dirige? Eu levo o \"pão de queijo\"",
                "send bruno O servidor para enquanto esc",
                "revo, e continuo escrevendo",
                "send ana E agora para de n",
                "ovo; nem percebi",
                "lida por ",
                "no servidor",
                "Você foi adicionado a um grupo",
                "Até logo."));
    }

    private static Script of(Words words) {
        String bob = words.bob;
        String ready = "zap ● online ❯";
        var steps = new ArrayList<Step>();
        for (Who who : Who.values()) {
            steps.add(new HasPrompt(who, "zap ○ " + words.nobody + " ❯"));
            steps.add(new Types(who, "register", true));
            steps.add(new HasPrompt(who, ready));
        }
        String group = words.group;
        steps.addAll(List.of(
                // Everybody has told the others their numbers.
                new Types(Who.ANA, "contact add " + bob + " {bob}", true),
                new HasPrompt(Who.ANA, ready),
                new Types(Who.ANA, "contact add carla {carla}", true),
                new HasPrompt(Who.ANA, ready),
                new Types(Who.BOB, "contact add ana {ana}", true),
                new HasPrompt(Who.BOB, ready),
                new Types(Who.BOB, "contact add carla {carla}", true),
                new HasPrompt(Who.BOB, ready),
                new Types(Who.CARLA, "contact add ana {ana}", true),
                new HasPrompt(Who.CARLA, ready),
                // Two talk.
                new Types(Who.ANA, "chat " + bob, true),
                new HasPrompt(Who.ANA, bob + " ● ❯"),
                new Types(Who.ANA, words.hello, true),
                new Sees(Who.BOB, words.hello),
                new Sees(Who.ANA, "✓✓"),
                new HasPrompt(Who.BOB, "zap (1) ● online ❯"),
                new Types(Who.BOB, "chat ana", true),
                new HasPrompt(Who.BOB, "ana ● ❯"),
                new SeesRead(Who.ANA, "✓✓ " + words.readBy + bob),
                new Types(Who.BOB, words.answer, true),
                new Sees(Who.ANA, words.answer),
                new SeesRead(Who.BOB, "✓✓ " + words.readBy + "ana"),
                new Leaves(Who.ANA),
                new HasPrompt(Who.ANA, ready),
                new Leaves(Who.BOB),
                new HasPrompt(Who.BOB, ready),
                // Three talk.
                new Types(Who.ANA, "create-group " + group + " " + bob + " carla", true),
                // With its number, not only what she has typed.
                new Sees(Who.ANA, group + " ("),
                new HasPrompt(Who.ANA, ready),
                new Sees(Who.BOB, words.addedToAGroup),
                new Sees(Who.CARLA, words.addedToAGroup),
                new Types(Who.BOB, "group rename {group} " + group, true),
                new HasPrompt(Who.BOB, ready),
                new Types(Who.ANA, "send " + group + " " + words.question, true),
                new Sees(Who.BOB, words.question),
                new Sees(Who.CARLA, words.question),
                new HasPrompt(Who.BOB, "zap (1) ● online ❯"),
                new Types(Who.BOB, "read", true),
                new HasPrompt(Who.BOB, ready),
                new SeesRead(Who.ANA, "✓✓ " + words.readBy + bob),
                new Types(Who.CARLA, "read", true),
                new SeesRead(Who.ANA, "✓✓ " + words.readBy + "carla"),
                new HasPrompt(Who.ANA, ready),
                // The server is gone in the middle of a line, and what is written then waits.
                new Types(Who.ANA, words.half, false),
                new HasPrompt(Who.ANA, ready + " " + words.half),
                new Ends(true),
                new HasPrompt(Who.ANA, "zap ○ offline ❯ " + words.half),
                new Types(Who.ANA, words.otherHalf, true),
                new Sees(Who.ANA, "◷  "),
                new HasPrompt(Who.ANA, "zap ○ offline ❯"),
                new Starts(),
                new Sees(Who.ANA, "✓  " + words.stored),
                new HasPrompt(Who.ANA, ready),
                // His client tells of it as of one message that came meanwhile, or shows it, by who was back first.
                new HasPrompt(Who.BOB, "zap (1) ● online ❯"),
                new Types(Who.BOB, "next", true),
                new Sees(Who.BOB, words.otherHalf),
                new HasPrompt(Who.BOB, ready),
                new SeesRead(Who.ANA, "✓✓ " + words.readBy + bob),
                // It stops in good order, and is back before the line is written.
                new Types(Who.BOB, words.halfOfBob, false),
                new HasPrompt(Who.BOB, ready + " " + words.halfOfBob),
                new Ends(false),
                new HasPrompt(Who.BOB, "zap ○ offline ❯ " + words.halfOfBob),
                new Starts(),
                new HasPrompt(Who.BOB, ready + " " + words.halfOfBob),
                new HasPrompt(Who.ANA, ready),
                new Types(Who.BOB, words.otherHalfOfBob, true),
                new HasPrompt(Who.ANA, "zap (1) ● online ❯"),
                new Types(Who.ANA, "read", true),
                new Sees(Who.ANA, words.otherHalfOfBob),
                new SeesRead(Who.BOB, "✓✓ " + words.readBy + "ana"),
                new HasPrompt(Who.ANA, ready),
                new HasPrompt(Who.BOB, ready)));
        for (Who who : Who.values()) {
            steps.add(new Leaves(who));
            steps.add(new Sees(who, words.bye));
        }
        return new Script(words.locale, List.copyOf(steps));
    }

    /** The lines that somebody types, with {@code {bob}} where a number will stand. */
    List<String> linesOf(Who who) {
        var lines = new ArrayList<String>();
        var line = new StringBuilder();
        for (Step step : steps) {
            if (step instanceof Types(Who typist, String text, boolean enter) && typist == who) {
                line.append(text);
                if (enter) {
                    lines.add(line.toString());
                    line.setLength(0);
                }
            }
        }
        return lines;
    }

    /** A text with the numbers that it speaks of. */
    static String with(Map<String, String> numbers, String text) {
        String filled = text;
        for (Map.Entry<String, String> number : numbers.entrySet()) {
            filled = filled.replace("{" + number.getKey() + "}", number.getValue());
        }
        return filled;
    }

    /** A pattern for the text, whatever numbers stand in it. */
    static Pattern patternOf(String text) {
        return Pattern.compile(Pattern.quote(text).replaceAll("\\{[a-z]+}", "\\\\E\\\\d{13}\\\\Q"));
    }
}
