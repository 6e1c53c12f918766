package zap.check.client;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import zap.check.client.ConversationEvent.Kind;
import zap.check.client.Evidence.StoryOutcome;
import zap.kit.Phrase;
import zap.kit.Shown;
import zap.kit.WireFrame;
import zap.protocol.FrameType;
import zap.protocol.transcript.Transcript.Action;
import zap.protocol.transcript.Transcript.Step;
import zap.protocol.transcript.Transcript.Word;

/**
 * Plays the lines of a file after {@code --expect} that are more than words to type, on the server's side: {@code C> …}
 * must come, {@code C< …} is sent unless it was sent already.
 *
 * <p>After the first line that does not happen the rest is not played.
 */
final class StoryPlayer {

    private final Conversation conversation;
    private final Driver driver;
    private final Map<String, String> names;
    private int lines;
    private @Nullable Phrase expected;
    private @Nullable Phrase failure;

    /** @param names of ids and seconds: a new name gets the content of its field */
    StoryPlayer(Conversation conversation, Driver driver, Map<String, String> names) {
        this.conversation = conversation;
        this.driver = driver;
        this.names = names;
    }

    StoryOutcome outcome() {
        return new StoryOutcome(lines, expected, failure);
    }

    /** Plays the lines of the step that has just been played. */
    void play(List<Step> steps) throws InterruptedException {
        List<ConversationEvent> events = conversation.events();
        int from = events.size();
        while (from > 0
                && !events.isEmpty()
                && events.get(from - 1).act() == events.getLast().act()) {
            from--;
        }
        for (Step step : steps) {
            if (failure != null) {
                return;
            }
            lines++;
            from = play(step, from);
        }
    }

    private int play(Step step, int from) throws InterruptedException {
        switch (step.action()) {
            case Action.Says(String _, List<Word> words, boolean _) -> {
                return expect(step, words, from);
            }
            case Action.Hears(String _, List<Word> words) -> give(step, words);
            case Action.Shows(String _, String text) -> {
                if (Boolean.FALSE.equals(driver.shows(ClientScript.filledIn(text, names)))) {
                    fail(step, Phrase.of("client-actual.not-shown", Shown.quoted(text)));
                }
            }
            case Action.IsClosed _ -> conversation.hangUp(false);
            case Action.HangsUp _ -> {
                if (!soon(() -> !conversation.isConnected())) {
                    fail(step, Phrase.of("client-actual.still-connected"));
                }
            }
            default -> throw new IllegalStateException(step.text());
        }
        return from;
    }

    private interface Condition {
        boolean holds();
    }

    private boolean soon(Condition condition) throws InterruptedException {
        long end = System.nanoTime() + driver.patience().toNanos();
        while (!condition.holds()) {
            if (System.nanoTime() > end) {
                return false;
            }
            Thread.sleep(40); // the events are looked at again
        }
        return true;
    }

    private int expect(Step step, List<Word> words, int from) throws InterruptedException {
        long end = System.nanoTime() + driver.patience().toNanos();
        String last = "";
        while (true) {
            List<ConversationEvent> events = conversation.events();
            for (int i = from; i < events.size(); i++) {
                WireFrame frame = events.get(i).frame();
                if (events.get(i).kind() == Kind.CAME && frame != null) {
                    last = frame.toString();
                    if (matches(words, frame)) {
                        return i + 1;
                    }
                }
            }
            if (System.nanoTime() > end) {
                fail(
                        step,
                        last.isEmpty()
                                ? Phrase.of("client-actual.no-frame-at-all")
                                : Phrase.of("client-actual.sent", last));
                return from;
            }
            Thread.sleep(40); // the events are looked at again
        }
    }

    /** Compares a frame with a line; gives names that are new the contents of their fields. */
    private boolean matches(List<Word> words, WireFrame frame) {
        if (words.isEmpty()
                || !words.getFirst().equals(new Word.Literal(frame.type().code()))) {
            return false;
        }
        List<FrameType.Field> fields = frame.type().fields();
        var learned = new java.util.HashMap<String, String>();
        for (int i = 0; i < fields.size(); i++) {
            if (fields.get(i).kind() == FrameType.Kind.MEMBERS) {
                var rest = new StringBuilder();
                for (Word word : words.subList(Math.min(words.size(), i + 1), words.size())) {
                    rest.append(said(word));
                }
                return String.join("", frame.members()).contentEquals(rest) && learn(learned);
            }
            String content = frame.field(fields.get(i).name());
            Word word = i + 1 < words.size() ? words.get(i + 1) : new Word.Literal("");
            if (word instanceof Word.Name(String name) && !names.containsKey(name)) {
                learned.put(name, content);
            } else if (!said(word).equals(content)) {
                return false;
            }
        }
        return learn(learned);
    }

    private boolean learn(Map<String, String> learned) {
        names.putAll(learned);
        return true;
    }

    private String said(Word word) {
        return switch (word) {
            case Word.Literal(String text) -> text;
            case Word.Name(String name) -> names.getOrDefault(name, "");
        };
    }

    private void give(Step step, List<Word> words) {
        String code = words.isEmpty() ? "" : said(words.getFirst());
        FrameType type = code.matches("[0-9]{2}") ? FrameType.ofCode(Integer.parseInt(code)) : null;
        if (type == null) {
            fail(step, Phrase.of("client-actual.no-such-frame", Shown.quoted(code)));
            return;
        }
        boolean sent = conversation.events().stream()
                .filter(event -> event.kind() == Kind.SENT)
                .map(ConversationEvent::frame)
                .anyMatch(frame -> frame != null && matches(words, frame));
        if (!sent) {
            var text = new StringBuilder();
            words.forEach(word -> text.append(said(word)));
            conversation.give(WireFrame.parse(type, text.toString()));
        }
    }

    private void fail(Step step, Phrase actual) {
        expected = Phrase.of("client-expected.line", step.line(), step.text());
        failure = actual;
    }
}
