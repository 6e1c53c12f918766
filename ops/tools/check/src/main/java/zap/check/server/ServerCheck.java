package zap.check;

import java.util.List;

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
record ServerCheck(
        String number,
        Section section,
        Level level,
        String hint,
        List<String> needs,
        boolean alone,
        Excluded excluded,
        Story story) {

    /** The steps of a check: they end quietly, or with a {@link CheckFailure}. */
    @FunctionalInterface
    interface Story {
        void play(Stage stage) throws InterruptedException;
    }

    /** Dialects in which a check says nothing. */
    enum Excluded {
        NONE,
        /** Frames end with a pause or a line break there, so a text cannot contain one. */
        SHORT_FRAMES
    }

    /** Returns the source of the requirement: the assignment, a consequence of it, or zap's own page. */
    Phrase source() {
        return Phrase.of("source." + level.key(), Phrase.of("action." + section.key()));
    }

    Phrase sentence() {
        return Phrase.of("check." + number);
    }
}
