package zap.check.server;

import java.util.List;
import zap.check.report.Check;
import zap.check.report.CheckFailure;
import zap.check.report.Level;
import zap.kit.Phrase;

/**
 * One check: a sentence that a server fulfils or not. The sentence, and the hint at what to look at, are in the message
 * bundles.
 *
 * @param number stays for ever, because people cite it: {@code 4.2}
 * @param hint the key of the paragraph on what to look at in one's own code
 * @param needs numbers of checks without which this one would only repeat their failure
 * @param alone true for a check that may hurt the server: it runs after the others, with nothing beside it
 * @param excluded the dialects in which the sentence cannot be checked
 */
public record ServerCheck(
        String number,
        Section section,
        Level level,
        String hint,
        List<String> needs,
        boolean alone,
        Excluded excluded,
        Story story)
        implements Check {

    /** The steps of a check: they end quietly, or with a {@link CheckFailure}. */
    @FunctionalInterface
    public interface Story {
        void play(Stage stage) throws InterruptedException;
    }

    /** Dialects in which a check says nothing. */
    public enum Excluded {
        NONE,
        /** Frames end with a pause or a line break there, so a text cannot contain one. */
        SHORT_FRAMES
    }

    @Override
    public Heading heading() {
        return new Heading(String.valueOf(section.number()), section.key(), Phrase.of("section." + section.key()));
    }

    @Override
    public Phrase source() {
        return Phrase.of("source." + level.key(), Phrase.of("action." + section.key()));
    }

    @Override
    public Phrase sentence() {
        return Phrase.of("check." + number);
    }

    @Override
    public Phrase lookAt() {
        return Phrase.of("hint." + hint);
    }
}
