package zap.check.server;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;
import zap.check.report.CheckFailure;
import zap.check.report.WireTrace;
import zap.check.server.Dialect.ConnectAnswer;
import zap.check.server.Dialect.ReceiptClock;
import zap.kit.Phrase;
import zap.kit.ServerTarget;
import zap.kit.Shown;
import zap.kit.WireFrame;
import zap.protocol.FrameType;

/**
 * Finds out the dialect of a server, in a few seconds and with a handful of new clients. What it cannot find out it
 * takes from the letter of the assignment; the checks then say what is missing.
 */
public final class DialectProbe {

    private static final Duration SOON = Duration.ofMillis(1500);
    private static final Duration GREETING = Duration.ofMillis(300);

    private final ServerTarget target;
    private final Stage.Pace pace;
    private final InstantSource clock;

    /** The result of the first contact. */
    public sealed interface Contact {
        record Spoke(Dialect dialect) implements Contact {}

        /** Nothing that can be checked: nobody answers, or something else than this protocol. */
        record NoServer(Phrase reason, WireTrace trace) implements Contact {}
    }

    public DialectProbe(ServerTarget target, Stage.Pace pace, InstantSource clock) {
        this.target = target;
        this.pace = pace;
        this.clock = clock;
    }

    /** Returns the way in which the probe itself speaks. */
    private static Dialect exploring(boolean lineEnds, boolean greets) {
        return new Dialect(
                false, lineEnds, greets, true, true, ConnectAnswer.NOTHING, ReceiptClock.MESSAGE, false, false);
    }

    /**
     * Returns the result of the first contact.
     *
     * @param strict true to look only whether anybody is there
     */
    public Contact contact(boolean strict) throws InterruptedException {
        for (boolean lineEnds : new boolean[] {false, true}) {
            try (var stage = new Stage(target, exploring(lineEnds, false), pace, clock)) {
                @Nullable Contact contact = contact(stage, lineEnds, strict);
                if (contact != null) {
                    return contact;
                }
            } catch (CheckFailure e) {
                return new Contact.NoServer(e.actual(), new WireTrace());
            }
        }
        throw new IllegalStateException("the second try always has a result");
    }

    private @Nullable Contact contact(Stage stage, boolean lineEnds, boolean strict) throws InterruptedException {
        Actor ana = stage.stranger("ana");
        ana.listen(GREETING, () -> false);
        boolean greets = ana.noFrame() != null || !ana.inbox().isEmpty();
        ana.say(FrameType.REGISTER);
        ana.listen(pace.patience(), () -> has(ana, FrameType.REGISTERED) || isForeign(ana));
        if (!has(ana, FrameType.REGISTERED)) {
            @Nullable Phrase foreign = foreign(ana);
            if (foreign != null) {
                return new Contact.NoServer(foreign, stage.trace());
            }
            if (!lineEnds) {
                return null;
            }
            Phrase heard = ana.isClosed()
                    ? Phrase.of("no-server.closes")
                    : Phrase.of("no-server.silent", pace.patience().toMillis() / 1000.0);
            return new Contact.NoServer(heard, stage.trace());
        }
        if (strict) {
            return new Contact.Spoke(Dialect.letter());
        }
        ana.is(ana.await(FrameType.REGISTERED).field("id"));
        return new Contact.Spoke(explore(ana, lineEnds, greets));
    }

    private static boolean has(Actor actor, FrameType type) {
        return actor.inbox().stream().anyMatch(frame -> frame.type() == type);
    }

    private static boolean isForeign(Actor actor) {
        return foreign(actor) != null;
    }

    private static @Nullable Phrase foreign(Actor actor) {
        String text = actor.noFrame();
        if (text == null) {
            return null;
        }
        if (text.startsWith("HTTP/") || text.contains("<html")) {
            return Phrase.of("no-server.http", Shown.quoted(text));
        }
        return text.startsWith("\u0015\u0003") ? Phrase.of("no-server.tls") : null;
    }

    private Dialect explore(Actor first, boolean lineEnds, boolean greets) throws InterruptedException {
        first.listen(GREETING, () -> false);
        boolean staysOpen = !first.isClosed();
        try (var stage = new Stage(target, exploring(lineEnds, greets), pace, clock)) {
            Actor ana = stage.stranger("ana").register();
            Actor bob = stage.stranger("bob").register();
            ConnectAnswer answer = answer(stage.again(bob, "bob"));
            bob = staysOpen
                    ? stage.stranger("bob").register()
                    : stage.again(bob, "bob").returns();
            if (!staysOpen) {
                ana = stage.again(ana, "ana").returns();
            }
            boolean connectsBy02 = staysOpen;
            @Nullable Boolean fullWidth = tryToSend(stage, ana, bob, true, lineEnds);
            if (fullWidth == null && staysOpen) {
                connectsBy02 = false;
                ana.returns();
                bob.returns();
                fullWidth = tryToSend(stage, ana, bob, true, lineEnds);
            }
            if (fullWidth == null) {
                fullWidth = tryToSend(stage, ana, bob, false, lineEnds);
            }
            if (fullWidth == null) {
                // Nothing arrives at all: the checks will say so, in the letter's way.
                return new Dialect(
                        true, lineEnds, greets, staysOpen, staysOpen, answer, ReceiptClock.MESSAGE, true, false);
            }
            ReceiptClock receiptClock = clockOf(ana);
            var without = new Dialect(
                    fullWidth, lineEnds, greets, staysOpen, connectsBy02, answer, receiptClock, true, false);
            return new Dialect(
                    fullWidth,
                    lineEnds,
                    greets,
                    staysOpen,
                    connectsBy02,
                    answer,
                    receiptClock,
                    readsGlued(without, ana, bob),
                    false);
        } catch (CheckFailure e) {
            return new Dialect(
                    true,
                    lineEnds,
                    greets,
                    staysOpen,
                    staysOpen,
                    ConnectAnswer.NOTHING,
                    ReceiptClock.MESSAGE,
                    true,
                    false);
        }
    }

    private static ConnectAnswer answer(Actor bob) throws InterruptedException {
        @Nullable String greeting = bob.noFrame();
        bob.returns();
        bob.listen(Duration.ofMillis(500), () -> !bob.inbox().isEmpty());
        bob.wire().close();
        if (has(bob, FrameType.CONNECTED)) {
            return ConnectAnswer.CONNECTED;
        }
        if (has(bob, FrameType.CONNECT)) {
            return ConnectAnswer.ECHO;
        }
        String text = bob.noFrame();
        return text == null || text.equals(greeting) ? ConnectAnswer.NOTHING : ConnectAnswer.TEXT;
    }

    /** Returns whether the 06 came at its full width; null when none came. */
    private static @Nullable Boolean tryToSend(Stage stage, Actor ana, Actor bob, boolean fullWidth, boolean lineEnds)
            throws InterruptedException {
        ana.wire().sendWhole(frame(stage, ana, bob, "oi", fullWidth, lineEnds));
        bob.listen(SOON, () -> has(bob, FrameType.DELIVER));
        if (!has(bob, FrameType.DELIVER)) {
            return null;
        }
        WireFrame deliver = bob.await(FrameType.DELIVER);
        return WireFrame.codePoints(deliver.text(false)) == FrameType.DELIVER.width();
    }

    private static byte[] frame(Stage stage, Actor ana, Actor bob, String text, boolean fullWidth, boolean lineEnds) {
        WireFrame frame = WireFrame.of(FrameType.SEND, ana.id(), bob.id(), Stage.time(stage.second()), text);
        return (frame.text(fullWidth) + (lineEnds ? "\n" : "")).getBytes(StandardCharsets.UTF_8);
    }

    private ReceiptClock clockOf(Actor ana) throws InterruptedException {
        ana.listen(SOON, () -> has(ana, FrameType.DELIVERED));
        if (!has(ana, FrameType.DELIVERED)) {
            return ReceiptClock.NONE;
        }
        String time = ana.await(FrameType.DELIVERED).field("timestamp");
        // The messages of a stage are a day old.
        String hoursAgo = Stage.time(clock.instant().getEpochSecond() - 10_000);
        return time.compareTo(hoursAgo) > 0 ? ReceiptClock.SERVER : ReceiptClock.MESSAGE;
    }

    private boolean readsGlued(Dialect dialect, Actor ana, Actor bob) throws InterruptedException {
        try (var stage = new Stage(target, dialect, pace, clock)) {
            byte[] one = frame(stage, ana, bob, "one", dialect.fullWidth(), dialect.lineEnds());
            byte[] two = frame(stage, ana, bob, "two", dialect.fullWidth(), dialect.lineEnds());
            ana.wire().sendWhole(Stage.glued(one, two));
            bob.listen(
                    SOON,
                    () -> bob.inbox().stream()
                                    .filter(frame -> frame.type() == FrameType.DELIVER)
                                    .count()
                            == 2);
            return bob.inbox().stream()
                            .filter(frame -> frame.type() == FrameType.DELIVER)
                            .map(frame -> frame.field("data"))
                            .filter(text -> text.equals("one") || text.equals("two"))
                            .count()
                    == 2;
        }
    }
}
