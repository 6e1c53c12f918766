package zap.check.client;

import java.util.List;
import zap.check.report.Check;
import zap.check.report.Level;
import zap.kit.Phrase;

/**
 * One check of a client: a sentence, and a judge that looks at the whole conversation when it has ended.
 *
 * @param number stays for ever, because people cite it: {@code C3.2}
 * @param hint the key of the paragraph on what to look at in one's own code
 * @param acts the steps of the conversation that it looks at; none for all of them
 * @param needs numbers of checks without which this one would only repeat their failure
 * @param fullWidthOnly true when the sentence says nothing about short frames
 */
public record ClientCheck(
        String number,
        ClientSection section,
        Level level,
        String hint,
        List<Act> acts,
        List<String> needs,
        boolean fullWidthOnly,
        Judge judge)
        implements Check {

    /** Looks at a conversation: ends quietly, or with a failure, or with {@link NotSeenException}. */
    @FunctionalInterface
    public interface Judge {
        void judge(Evidence evidence);
    }

    @Override
    public Heading heading() {
        return new Heading("C" + section.number(), section.key(), Phrase.of("client-section." + section.key()));
    }

    @Override
    public Phrase sentence() {
        return Phrase.of("client-check." + number);
    }

    @Override
    public Phrase source() {
        return Phrase.of("client-source." + level.key(), Phrase.of("client-action." + section.key()));
    }

    @Override
    public Phrase lookAt() {
        return Phrase.of("client-hint." + hint);
    }
}
