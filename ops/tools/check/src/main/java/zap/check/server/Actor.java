package zap.check.server;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import zap.check.report.CheckFailure;
import zap.check.wire.FrameScanner.Found;
import zap.check.wire.WireConnection;
import zap.check.wire.WireConnection.Next;
import zap.kit.Phrase;
import zap.kit.Shown;
import zap.kit.WireFrame;
import zap.protocol.FrameType;

/**
 * A client that plays a part in a check: its number, its connection, and the frames that it has received and that the
 * check has not asked for yet.
 *
 * <p>A wait for one kind of frame leaves the others in place, because each check judges only the frames of its
 * sentence.
 */
final class Actor {

    private final String name;
    private final Stage stage;
    private final List<WireFrame> inbox = new ArrayList<>();
    private String id = "";
    private @Nullable WireConnection connection;
    private @Nullable String noFrame;
    private boolean closed;
    private boolean flooded;

    Actor(String name, Stage stage) {
        this.name = name;
        this.stage = stage;
    }

    String name() {
        return name;
    }

    String id() {
        return id;
    }

    void is(String number) {
        id = number;
    }

    /** Opens a connection, the first one or a new one, and waits for the greeting of a server that sends one. */
    Actor connect() throws InterruptedException {
        return connect(true);
    }

    /** @param reads false for a client that never takes anything off its connection */
    Actor connect(boolean reads) throws InterruptedException {
        connection = stage.open(name, reads);
        inbox.clear();
        closed = false;
        noFrame = null;
        if (stage.dialect().greets() && reads) {
            listen(Duration.ofMillis(400), () -> noFrame != null);
        }
        return this;
    }

    WireConnection wire() {
        WireConnection open = connection;
        if (open == null) {
            throw new IllegalStateException(name + " has no connection");
        }
        return open;
    }

    // ------------------------------------------------------------------------------------------------------ speaking

    void say(FrameType type, String... fields) throws InterruptedException {
        wire().send(WireFrame.of(type, fields));
    }

    /** Sends 01 and takes the number from the answer. */
    Actor register() throws InterruptedException {
        say(FrameType.REGISTER);
        id = await(FrameType.REGISTERED).field("id");
        return this;
    }

    /** Sends 03 with this client's number. */
    Actor returns() throws InterruptedException {
        say(FrameType.CONNECT, id);
        return this;
    }

    void send(String to, long second, String text) throws InterruptedException {
        say(FrameType.SEND, id, to, Stage.time(second), text);
    }

    void send(Actor to, long second, String text) throws InterruptedException {
        send(to.id(), second, text);
    }

    void read(Actor writer, long second) throws InterruptedException {
        say(FrameType.READ, writer.id(), Stage.time(second));
    }

    void createGroup(long second, String... members) throws InterruptedException {
        say(FrameType.CREATE_GROUP, id, Stage.time(second), String.join("", members));
    }

    /** Closes the connection, and gives the server the time to see it. */
    void leave() throws InterruptedException {
        wire().close();
        stage.settle();
    }

    /** Opens a new connection and comes back with 03. */
    Actor comeBack() throws InterruptedException {
        return connect().returns();
    }

    // ----------------------------------------------------------------------------------------------------- listening

    /** Waits for the next frame of this type. */
    WireFrame await(FrameType type) throws InterruptedException {
        return await(type, Phrase.of("expected.frame", name, type.code() + " " + type.title()), _ -> true);
    }

    /** Waits for the 06 with this text. */
    WireFrame awaitText(String text) throws InterruptedException {
        return await(
                FrameType.DELIVER,
                Phrase.of("expected.text", name, Shown.quoted(text)),
                frame -> frame.field("data").equals(text));
    }

    /** Waits for the 07 about a recipient that covers a message of this second; a server's own clock covers all. */
    WireFrame awaitDelivered(Actor recipient, long second) throws InterruptedException {
        return await(
                FrameType.DELIVERED,
                Phrase.of("expected.delivered", name, recipient.id(), Stage.time(second)),
                frame -> frame.field("timestamp").compareTo(Stage.time(second)) >= 0);
    }

    WireFrame await(FrameType type, Phrase expected, Predicate<WireFrame> wanted) throws InterruptedException {
        Predicate<WireFrame> all = frame -> frame.type() == type && wanted.test(frame);
        listen(stage.patience(), () -> inbox.stream().anyMatch(all));
        for (WireFrame frame : inbox) {
            if (all.test(frame)) {
                inbox.remove(frame);
                return frame;
            }
        }
        throw new CheckFailure(expected, heardInstead());
    }

    /** Waits a short while, and returns the frames of this type that have come by then; they leave the inbox. */
    List<WireFrame> allOf(FrameType type) throws InterruptedException {
        listen(stage.quiet(), () -> false);
        List<WireFrame> those =
                inbox.stream().filter(frame -> frame.type() == type).toList();
        inbox.removeAll(those);
        return those;
    }

    /** Checks that no frame of this type comes within a short while. */
    void expectNo(FrameType type) throws InterruptedException {
        expectNo(type, _ -> true);
    }

    void expectNo(FrameType type, Predicate<WireFrame> unwanted) throws InterruptedException {
        List<WireFrame> those = allOf(type).stream().filter(unwanted).toList();
        if (!those.isEmpty()) {
            throw new CheckFailure(
                    Phrase.of("expected.none", name, type.code() + " " + type.title()),
                    Phrase.of("actual.frames", name, shown(those)));
        }
    }

    /** Takes the texts of this number of messages, in the order in which they came. */
    List<String> texts(int count) throws InterruptedException {
        listen(stage.patience(), () -> delivered().size() >= count);
        List<WireFrame> those = delivered();
        inbox.removeAll(those);
        return those.stream().map(frame -> frame.field("data")).toList();
    }

    private List<WireFrame> delivered() {
        return inbox.stream().filter(frame -> frame.type() == FrameType.DELIVER).toList();
    }

    /** Checks that exactly these texts have come, in this order, and no more within a short while. */
    void expectTexts(List<String> texts) throws InterruptedException {
        var heard = new ArrayList<>(texts(texts.size()));
        allOf(FrameType.DELIVER).forEach(frame -> heard.add(frame.field("data")));
        if (!heard.equals(texts)) {
            throw new CheckFailure(
                    Phrase.of("expected.texts", name, texts.size(), Stage.cut(texts)),
                    Phrase.of("actual.texts", heard.size(), Stage.cut(heard), Stage.difference(texts, heard)));
        }
    }

    /** Waits until the server closes the connection, or the patience ends. */
    boolean isClosed() throws InterruptedException {
        listen(stage.quiet(), () -> closed);
        return closed;
    }

    /** Returns bytes that came and are no frame; null when there were none. */
    @Nullable
    String noFrame() {
        return noFrame;
    }

    /** Returns the bytes that came and are not yet a frame. */
    String rest() {
        return wire().rest();
    }

    List<WireFrame> inbox() {
        return inbox;
    }

    /** A condition that is looked at after each frame. */
    interface Condition {
        boolean holds();
    }

    /** Takes off what comes, until the condition holds, the connection ends, or the time is over. */
    void listen(Duration most, Condition enough) throws InterruptedException {
        long until = System.nanoTime() + most.toNanos();
        while (!closed && !flooded && !enough.holds()) {
            Duration rest = Duration.ofNanos(until - System.nanoTime());
            switch (wire().next(rest.isNegative() ? Duration.ZERO : rest)) {
                case Next.Heard(Found.Whole(WireFrame frame)) -> inbox.add(frame);
                case Next.Heard(Found.NoFrame(String text)) -> noFrame = text;
                case Next.Nothing() -> {
                    return;
                }
                case Next.Closed() -> closed = true;
                case Next.Flooded() -> flooded = true;
            }
        }
    }

    private Phrase heardInstead() {
        if (flooded) {
            return Phrase.of("actual.flooded", name);
        }
        String rest = wire().rest();
        if (!rest.isEmpty()) {
            return Phrase.of("actual.half", name, Shown.quoted(rest), WireFrame.codePoints(rest));
        }
        String text = noFrame;
        if (text != null) {
            return Phrase.of("actual.no-frame", name, Shown.quoted(text));
        }
        if (closed) {
            return Phrase.of("actual.closed", name);
        }
        return inbox.isEmpty()
                ? Phrase.of("actual.nothing", name, stage.patience().toMillis() / 1000.0)
                : Phrase.of("actual.frames", name, shown(inbox));
    }

    private static String shown(List<WireFrame> frames) {
        return Stage.cut(frames.stream().map(WireFrame::toString).toList());
    }
}
