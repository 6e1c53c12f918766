package zap.check.client;

import java.util.ArrayList;
import java.util.List;
import zap.kit.Phrase;

/**
 * The choices of one client where the assignment leaves something open.
 *
 * @param known a frame with a text or members has come, so that the width is known
 * @param fullWidth texts and members are padded
 * @param lineEnds each frame is followed by a line feed
 * @param asksHello it asks for an assured session first
 * @param connectsAfter02 it sends 03 after 02
 * @param waitsFor04 it does nothing after 03 until 04 comes
 * @param strict the letter of the assignment only
 */
public record ClientDialect(
        boolean known,
        boolean fullWidth,
        boolean lineEnds,
        boolean asksHello,
        boolean connectsAfter02,
        boolean waitsFor04,
        boolean strict) {

    List<Phrase> findings() {
        if (strict) {
            return List.of(Phrase.of("dialect.strict"));
        }
        var findings = new ArrayList<Phrase>();
        findings.add(Phrase.of(!known ? "client-dialect.unknown" : fullWidth ? "dialect.full-width" : "dialect.short"));
        if (lineEnds) {
            findings.add(Phrase.of("dialect.line-ends"));
        }
        if (asksHello) {
            findings.add(Phrase.of("client-dialect.hello"));
        }
        findings.add(Phrase.of(connectsAfter02 ? "client-dialect.connects" : "client-dialect.stays"));
        if (waitsFor04) {
            findings.add(Phrase.of("client-dialect.waits"));
        }
        return List.copyOf(findings);
    }
}
