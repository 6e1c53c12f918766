package zap.check.client;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import zap.protocol.transcript.Transcript;
import zap.protocol.transcript.Transcript.Action;
import zap.protocol.transcript.Transcript.Step;

/**
 * The file after {@code --expect}: for each step of the suite the lines to type into the client, and further lines in
 * the notation of the transcripts that must happen.
 */
final class ClientScript {

    private final Map<Act, List<Step>> steps;

    private ClientScript(Map<Act, List<Step>> steps) {
        this.steps = steps;
    }

    /**
     * Reads a file.
     *
     * @throws IllegalArgumentException with the line that cannot be understood
     */
    static ClientScript parse(String text) {
        Map<Act, List<Step>> steps = new EnumMap<>(Act.class);
        Act act = Act.REGISTER;
        for (Step step : Transcript.parse(text).steps()) {
            switch (step.action()) {
                case Action.Begins(String name) ->
                    act = Act.of(name).orElseThrow(() -> wrong(step, "there is no step " + name));
                case Action.Types _,
                        Action.Shows _,
                        Action.Says _,
                        Action.Hears _,
                        Action.NothingHappens _,
                        Action.IsClosed _,
                        Action.HangsUp _ ->
                    steps.computeIfAbsent(act, _ -> new ArrayList<>()).add(step);
                default -> throw wrong(step, "this line is for a server under test");
            }
        }
        return new ClientScript(steps);
    }

    private static IllegalArgumentException wrong(Step step, String why) {
        return new IllegalArgumentException("line " + step.line() + ": " + step.text() + ": " + why);
    }

    /** Returns the lines to type in a step, with names that are not filled in, and the pauses between them. */
    List<Action> words(Act act) {
        return steps.getOrDefault(act, List.of()).stream()
                .map(Step::action)
                .filter(ClientScript::isWord)
                .toList();
    }

    private static boolean isWord(Action action) {
        return action instanceof Action.Types || action instanceof Action.NothingHappens;
    }

    /** Returns the other lines of a step, in their order. */
    List<Step> expected(Act act) {
        return steps.getOrDefault(act, List.of()).stream()
                .filter(step -> !isWord(step.action()))
                .toList();
    }

    boolean expectsAnything() {
        return steps.keySet().stream().anyMatch(act -> !expected(act).isEmpty());
    }

    /** Returns a line with the values in place of their names in braces. */
    static String filledIn(String line, Map<String, String> values) {
        String filled = line;
        for (Map.Entry<String, String> value : values.entrySet()) {
            filled = filled.replace("{" + value.getKey() + "}", value.getValue());
        }
        return filled;
    }
}
