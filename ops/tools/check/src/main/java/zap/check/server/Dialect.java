package zap.check.server;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import zap.check.wire.Speech;
import zap.kit.Phrase;
import zap.kit.WireFrame;
import zap.protocol.FrameType;

/**
 * The choices of one server where the assignment leaves something open. The suite finds them out first and then speaks
 * so, because one such choice must not fail every check.
 *
 * @param fullWidth texts and members are padded
 * @param lineEnds each frame is followed by a line feed
 * @param greets something is sent before the client has said anything
 * @param staysOpen the connection stays open after 02
 * @param connectsBy02 a client that has registered is reachable without a 03
 * @param connectAnswer the answer to 03
 * @param receiptClock the second in a 07
 * @param glued two frames in one segment are both read; otherwise the suite pauses between frames
 * @param strict the letter of the assignment only: nothing was found out
 */
public record Dialect(
        boolean fullWidth,
        boolean lineEnds,
        boolean greets,
        boolean staysOpen,
        boolean connectsBy02,
        ConnectAnswer connectAnswer,
        ReceiptClock receiptClock,
        boolean glued,
        boolean strict) {

    /** The answer of a server to 03. */
    public enum ConnectAnswer {
        NOTHING,
        /** 04 and the id. */
        CONNECTED,
        /** The 03 itself comes back. */
        ECHO,
        /** Bytes that are no frame. */
        TEXT
    }

    /** The origin of the second in a 07. */
    public enum ReceiptClock {
        /** The message's own second, as the assignment says. */
        MESSAGE,
        SERVER,
        /** No 07 came. */
        NONE
    }

    /** Returns the letter of the assignment. */
    static Dialect letter() {
        return new Dialect(true, false, false, true, true, ConnectAnswer.NOTHING, ReceiptClock.MESSAGE, true, true);
    }

    /** Returns whether the suite has to pause between two frames on one connection. */
    boolean paced() {
        return !glued || !fullWidth;
    }

    byte[] encode(WireFrame frame) {
        return speech().encode(frame);
    }

    /** Returns the form of the frames on a connection. */
    Speech speech() {
        return new Speech(fullWidth, lineEnds, paced(), !strict, FrameType.Sender.SERVER, Speech.USUAL_PAUSE);
    }

    /** Returns one sentence for each choice. */
    public List<Phrase> findings() {
        if (strict) {
            return List.of(Phrase.of("dialect.strict"));
        }
        var findings = new ArrayList<Phrase>();
        findings.add(Phrase.of(fullWidth ? "dialect.full-width" : "dialect.short"));
        if (lineEnds) {
            findings.add(Phrase.of("dialect.line-ends"));
        }
        if (greets) {
            findings.add(Phrase.of("dialect.greets"));
        }
        findings.add(Phrase.of(
                !staysOpen ? "dialect.closes" : connectsBy02 ? "dialect.connected-by-02" : "dialect.needs-03"));
        findings.add(Phrase.of("dialect.answer." + key(connectAnswer)));
        findings.add(Phrase.of("dialect.clock." + key(receiptClock)));
        if (!glued) {
            findings.add(Phrase.of("dialect.one-recv"));
        }
        return findings;
    }

    static String key(Enum<?> choice) {
        return choice.name().toLowerCase(Locale.ROOT);
    }
}
