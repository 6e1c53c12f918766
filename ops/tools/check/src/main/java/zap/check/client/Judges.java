package zap.check.client;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import zap.check.client.ConversationEvent.Kind;
import zap.check.report.CheckFailure;
import zap.kit.Phrase;
import zap.kit.Shown;
import zap.kit.WireFrame;
import zap.protocol.FrameType;

/** The judges of the checks: each compares only what its sentence names. */
final class Judges {

    /** Clocks of two computers may differ by this much, in seconds. */
    private static final long CLOCKS_DIFFER = 86_400;

    private static final int MOST_SHOWN = 4;
    private static final String DIGITS = "[0-9]+";

    private Judges() {}

    private static void require(boolean fulfilled, Phrase expected, Phrase actual) {
        if (!fulfilled) {
            throw new CheckFailure(expected, actual);
        }
    }

    private static Phrase expects(FrameType type) {
        return Phrase.of("client-expected.frame", type.code() + " " + type.title());
    }

    private static Phrase sent(List<WireFrame> frames) {
        if (frames.isEmpty()) {
            return Phrase.of("client-actual.no-frame-at-all");
        }
        var shown = new StringBuilder();
        frames.stream()
                .limit(MOST_SHOWN)
                .forEach(frame -> shown.append(shown.isEmpty() ? "" : "; ").append(frame));
        return Phrase.of("client-actual.sent", frames.size() > MOST_SHOWN ? shown + "; …" : shown.toString());
    }

    private static List<WireFrame> framesOf(Evidence evidence, Act act) {
        var frames = new ArrayList<WireFrame>();
        for (ConversationEvent event : evidence.of(act)) {
            WireFrame frame = event.frame();
            if (event.kind() == Kind.CAME && frame != null) {
                frames.add(frame);
            }
        }
        return frames;
    }

    private static void field(WireFrame frame, String name, String value) {
        require(
                frame.field(name).equals(value),
                Phrase.of("expected.field", name, Shown.quoted(value)),
                Phrase.of("actual.field", name, Shown.quoted(frame.field(name)), frame));
    }

    /** Returns the messages to others that the client sent in a step; a mark for itself is none. */
    private static List<WireFrame> messages(Evidence evidence, Act act) {
        List<WireFrame> messages = evidence.came(act, FrameType.SEND).stream()
                .filter(frame -> !frame.field("dst").equals(evidence.id()))
                .toList();
        if (messages.isEmpty()) {
            throw new CheckFailure(expects(FrameType.SEND), sent(framesOf(evidence, act)));
        }
        return messages;
    }

    // -------------------------------------------------------------------------------------------- register, connect

    static void registersFirst(Evidence evidence) {
        List<WireFrame> frames = framesOf(evidence, Act.REGISTER);
        require(
                !frames.isEmpty() && frames.getFirst().type() == FrameType.REGISTER,
                expects(FrameType.REGISTER),
                sent(frames));
    }

    static void registersOnce(Evidence evidence) {
        List<WireFrame> frames = evidence.came(Act.REGISTER, FrameType.REGISTER);
        require(frames.size() <= 1, Phrase.of("client-expected.once", "01 register"), sent(frames));
    }

    static void connectsAsItself(Evidence evidence) {
        List<WireFrame> frames = evidence.came(Act.REGISTER, FrameType.CONNECT);
        if (frames.isEmpty()) {
            throw new NotSeenException(Phrase.of("client-left-out.no-03"));
        }
        field(frames.getFirst(), "id", evidence.id());
    }

    private static List<WireFrame> introductions(Evidence evidence, Act act) {
        return framesOf(evidence, act).stream()
                .filter(frame -> frame.type() == FrameType.REGISTER || frame.type() == FrameType.CONNECT)
                .toList();
    }

    static void returnsWith03(Evidence evidence) {
        List<WireFrame> frames = introductions(evidence, Act.RETURN);
        require(
                !frames.isEmpty() && frames.getFirst().type() == FrameType.CONNECT,
                expects(FrameType.CONNECT),
                sent(frames));
    }

    static void returnsAsItself(Evidence evidence) {
        field(introductions(evidence, Act.RETURN).getFirst(), "id", evidence.id());
    }

    static void closesWhenItEnds(Evidence evidence) {
        List<ConversationEvent> events = evidence.of(Act.OFFLINE);
        boolean wasOpen = evidence.events().stream()
                .filter(event -> event.act().compareTo(Act.OFFLINE) <= 0)
                .anyMatch(event -> event.kind() == Kind.CONNECTED);
        boolean closed = events.stream().anyMatch(event -> event.kind() == Kind.CLOSED)
                || openConnections(evidence, Act.OFFLINE) == 0;
        require(wasOpen && closed, Phrase.of("client-expected.closes"), Phrase.of("client-actual.still-connected"));
    }

    private static long openConnections(Evidence evidence, Act until) {
        long open = 0;
        for (ConversationEvent event : evidence.events()) {
            if (event.act().compareTo(until) <= 0) {
                if (event.kind() == Kind.CONNECTED) {
                    open++;
                } else if (event.kind() == Kind.CLOSED
                        || event.kind() == Kind.HUNG_UP
                        || event.kind() == Kind.HELLO
                        || event.kind() == Kind.FLOODED) {
                    open--;
                }
            }
        }
        return open;
    }

    /** Requires that a client which lost its connection in a step introduces itself again by 03, or has kept it. */
    static void comesBack(Evidence evidence, Act act) {
        List<ConversationEvent> events = evidence.of(act);
        boolean lost = events.stream().anyMatch(event -> event.kind() == Kind.CLOSED || event.kind() == Kind.HUNG_UP);
        List<WireFrame> frames = introductions(evidence, act);
        if (evidence.diedIn().contains(act)) {
            throw new CheckFailure(
                    Phrase.of("client-expected.comes-back", evidence.id()), Phrase.of("client-actual.died"));
        }
        if (lost || !frames.isEmpty()) {
            require(
                    !frames.isEmpty()
                            && frames.stream()
                                    .allMatch(frame -> frame.type() == FrameType.CONNECT
                                            && frame.field("id").equals(evidence.id())),
                    Phrase.of("client-expected.comes-back", evidence.id()),
                    sent(frames));
        }
    }

    // -------------------------------------------------------------------------------------------------------- sending

    static void sends(Evidence evidence) {
        require(!messages(evidence, Act.SEND).isEmpty(), expects(FrameType.SEND), sent(List.of()));
    }

    static void sendsAsItself(Evidence evidence) {
        field(messages(evidence, Act.SEND).getFirst(), "src", evidence.id());
    }

    static void sendsToTheRecipient(Evidence evidence) {
        field(messages(evidence, Act.SEND).getFirst(), "dst", Conversation.BOB);
    }

    static void plausibleSecond(Evidence evidence) {
        plausible(evidence, Act.SEND, FrameType.SEND);
    }

    static void plausibleGroupSecond(Evidence evidence) {
        plausible(evidence, Act.GROUP, FrameType.CREATE_GROUP);
    }

    private static void plausible(Evidence evidence, Act act, FrameType type) {
        for (ConversationEvent event : evidence.of(act)) {
            WireFrame frame = event.frame();
            if (event.kind() == Kind.CAME && frame != null && frame.type() == type) {
                String second = frame.field("timestamp");
                long now = event.time().getEpochSecond();
                require(
                        second.matches(DIGITS) && Math.abs(Long.parseLong(second) - now) <= CLOCKS_DIFFER,
                        Phrase.of("client-expected.second", Conversation.second(now)),
                        Phrase.of("actual.field", "timestamp", Shown.quoted(second), frame));
                return;
            }
        }
    }

    static void noMilliseconds(Evidence evidence) {
        WireFrame frame = messages(evidence, Act.SEND).getFirst();
        String text = frame.field("data");
        require(
                !text.matches("[0-9.]{1,9}\\s*oi"),
                Phrase.of("client-expected.ten-digits"),
                Phrase.of("actual.field", "data", Shown.quoted(text), frame));
    }

    static void text(Evidence evidence, Act act, String text) {
        List<WireFrame> messages = messages(evidence, act);
        require(
                messages.stream().anyMatch(frame -> frame.field("data").equals(text)),
                Phrase.of("expected.field", "data", Shown.quoted(text)),
                sent(messages));
    }

    static void secondsDoNotGoBack(Evidence evidence) {
        WireFrame one = messages(evidence, Act.SEND).getFirst();
        WireFrame two = messages(evidence, Act.AGAIN).getLast();
        require(
                two.field("timestamp").compareTo(one.field("timestamp")) >= 0,
                Phrase.of("client-expected.not-before", one.field("timestamp")),
                Phrase.of("actual.field", "timestamp", two.field("timestamp"), two));
    }

    static void secondsGoOn(Evidence evidence) {
        WireFrame one = messages(evidence, Act.SEND).getFirst();
        WireFrame two = messages(evidence, Act.AGAIN).getLast();
        // Two seconds lie between them, whatever the person or program did.
        require(
                !two.field("timestamp").equals(one.field("timestamp")),
                Phrase.of("client-expected.later", one.field("timestamp")),
                Phrase.of("actual.field", "timestamp", two.field("timestamp"), two));
    }

    static void sameTextTwice(Evidence evidence) {
        List<WireFrame> messages = messages(evidence, Act.AGAIN);
        require(messages.size() == 1, Phrase.of("client-expected.once", "05 send"), sent(messages));
    }

    static void widthInCharacters(Evidence evidence) {
        WireFrame frame = messages(evidence, Act.TEXT).getLast();
        int width = WireFrame.codePoints(frame.text(false));
        require(
                width == FrameType.SEND.width(),
                Phrase.of("expected.width", FrameType.SEND.width()),
                Phrase.of("actual.width", width));
    }

    static void longText(Evidence evidence) {
        List<WireFrame> messages = messages(evidence, Act.LONG);
        var all = new StringBuilder();
        // A client may cut a text, but must not lose any of it.
        messages.forEach(frame -> all.append(frame.field("data")));
        require(
                all.toString().equals(ClientSuite.longText()),
                Phrase.of("client-expected.long-text", WireFrame.codePoints(ClientSuite.longText())),
                Phrase.of(
                        "client-actual.long-text", WireFrame.codePoints(all.toString()), Shown.quoted(all.toString())));
    }

    // ------------------------------------------------------------------------------------------------------ receiving

    static void shown(Evidence evidence, Act act) {
        for (GivenMessage message : evidence.given(act)) {
            shown(message);
        }
    }

    static void shown(Evidence evidence, Act act, int number) {
        List<GivenMessage> messages = evidence.given(act);
        if (number >= messages.size()) {
            throw new NotSeenException(Phrase.of("client-left-out.not-reached"));
        }
        shown(messages.get(number));
    }

    private static void shown(GivenMessage message) {
        Boolean shown = message.shown();
        if (shown == null) {
            throw new NotSeenException(Phrase.of("client-left-out.not-said"));
        }
        require(
                shown,
                Phrase.of("client-expected.shown", Shown.quoted(message.text())),
                Phrase.of("client-actual.not-shown", Shown.quoted(message.text())));
    }

    static void onlyReads(Evidence evidence, Act act) {
        List<WireFrame> others = framesOf(evidence, act).stream()
                // A client may connect for each thing that it does.
                .filter(frame -> frame.type() != FrameType.READ && frame.type() != FrameType.CONNECT)
                .toList();
        require(others.isEmpty(), Phrase.of("client-expected.only-08"), sent(others));
    }

    static void noAnswerToReceipts(Evidence evidence) {
        List<WireFrame> answers = framesOf(evidence, Act.RECEIPTS).stream()
                .filter(frame -> !isOwnMark(evidence, frame) && !isTrueRead(evidence, frame))
                .filter(frame -> frame.type() != FrameType.READ)
                .toList();
        require(answers.isEmpty(), Phrase.of("client-expected.silence"), sent(answers));
    }

    static void stays(Evidence evidence, Act act) {
        boolean closed = evidence.of(act).stream().anyMatch(event -> event.kind() == Kind.CLOSED);
        require(
                !closed && !evidence.diedIn().contains(act),
                Phrase.of("client-expected.stays"),
                Phrase.of(closed ? "client-actual.closed" : "client-actual.died"));
    }

    // ------------------------------------------------------------------------------------------------------- reading

    /** Returns whether a 08 is a mark for the client itself, which says nothing about a message. */
    private static boolean isOwnMark(Evidence evidence, WireFrame frame) {
        return frame.type() == FrameType.READ
                && frame.field("src").equals(evidence.id())
                && evidence.given().stream()
                        .noneMatch(message -> message.second().equals(frame.field("timestamp")));
    }

    private static boolean isTrueRead(Evidence evidence, WireFrame frame) {
        return frame.type() == FrameType.READ
                && evidence.given().stream()
                        .anyMatch(message -> message.isWhole()
                                && message.writer().equals(frame.field("src"))
                                && message.second().equals(frame.field("timestamp")));
    }

    private static List<WireFrame> reads(Evidence evidence, Act act) {
        return evidence.came(act, FrameType.READ).stream()
                .filter(frame -> !isOwnMark(evidence, frame))
                .toList();
    }

    private static List<WireFrame> allReads(Evidence evidence) {
        List<WireFrame> reads = new ArrayList<>();
        for (ConversationEvent event : evidence.came(FrameType.READ)) {
            WireFrame frame = event.frame();
            if (frame != null && !isOwnMark(evidence, frame)) {
                reads.add(frame);
            }
        }
        if (reads.isEmpty()) {
            throw new NotSeenException(Phrase.of("client-left-out.no-08"));
        }
        return reads;
    }

    static void reads(Evidence evidence) {
        require(
                !reads(evidence, Act.RECEIVE).isEmpty(),
                expects(FrameType.READ),
                sent(framesOf(evidence, Act.RECEIVE)));
    }

    static void readsTheWriter(Evidence evidence) {
        field(reads(evidence, Act.RECEIVE).getFirst(), "src", Conversation.BOB);
    }

    static void readsTheWriterInAGroup(Evidence evidence) {
        List<WireFrame> reads = reads(evidence, Act.GROUP_RECEIVE);
        require(!reads.isEmpty(), expects(FrameType.READ), sent(framesOf(evidence, Act.GROUP_RECEIVE)));
        field(reads.getLast(), "src", Conversation.BOB);
    }

    /** Requires that each 08 for a peer that has written has the second of one of that peer's messages. */
    static void readsASecond(Evidence evidence) {
        for (WireFrame read : allReads(evidence)) {
            List<GivenMessage> written = written(evidence, read.field("src"));
            if (!written.isEmpty()) {
                require(
                        written.stream().anyMatch(message -> message.second().equals(read.field("timestamp"))),
                        Phrase.of("client-expected.second-of", written.getLast().second()),
                        Phrase.of("actual.field", "timestamp", read.field("timestamp"), read));
            }
        }
    }

    private static List<GivenMessage> written(Evidence evidence, String peer) {
        return evidence.given().stream()
                .filter(message -> message.writer().equals(peer))
                .toList();
    }

    static void readsOnlyWhatItShows(Evidence evidence) {
        boolean anyKnown = false;
        for (GivenMessage message : evidence.given()) {
            Boolean shown = message.shownWhenRead();
            anyKnown |= shown != null
                    || (message.act() == Act.UNREAD && evidence.played().contains(Act.UNREAD));
            require(
                    shown == null || shown,
                    Phrase.of("client-expected.shown-first", Shown.quoted(message.text())),
                    Phrase.of("client-actual.read-unshown", message.second()));
        }
        if (!anyKnown) {
            throw new NotSeenException(Phrase.of("client-left-out.no-08"));
        }
    }

    /** Requires that no 08 names a peer that had written nothing by then. */
    static void readsOnlyWhoHasWritten(Evidence evidence) {
        var writers = new java.util.HashSet<String>();
        boolean any = false;
        for (ConversationEvent event : evidence.events()) {
            WireFrame frame = event.frame();
            if (frame == null) {
                continue;
            }
            if (event.kind() == Kind.SENT && frame.type() == FrameType.DELIVER) {
                writers.add(frame.field("src"));
                any = true;
            }
            boolean isGroup = frame.type() == FrameType.READ && isGroup(evidence, frame.field("src"));
            if (event.kind() == Kind.CAME
                    && frame.type() == FrameType.READ
                    && !isOwnMark(evidence, frame)
                    && !isGroup) {
                require(
                        writers.contains(frame.field("src"))
                                || frame.field("src").equals(evidence.id()),
                        Phrase.of("client-expected.no-false-read"),
                        sent(List.of(frame)));
            }
        }
        if (!any) {
            throw new NotSeenException(Phrase.of("client-left-out.not-reached"));
        }
    }

    private static boolean isGroup(Evidence evidence, String id) {
        return !id.isEmpty() && (id.equals(evidence.value("group")) || id.equals(evidence.value("invited")));
    }

    static void readsNoHalfFrame(Evidence evidence) {
        for (GivenMessage message : evidence.given(Act.CUT)) {
            for (ConversationEvent event : evidence.came(FrameType.READ)) {
                WireFrame frame = event.frame();
                require(
                        frame == null
                                || message.isWhole()
                                || !frame.field("timestamp").equals(message.second()),
                        Phrase.of("client-expected.no-half-read"),
                        Phrase.of("client-actual.sent", String.valueOf(frame)));
            }
        }
    }

    // --------------------------------------------------------------------------------------------------------- groups

    private static WireFrame group(Evidence evidence) {
        List<WireFrame> frames = evidence.came(Act.GROUP, FrameType.CREATE_GROUP);
        if (frames.isEmpty()) {
            throw new CheckFailure(expects(FrameType.CREATE_GROUP), sent(framesOf(evidence, Act.GROUP)));
        }
        return frames.getFirst();
    }

    static void createsGroup(Evidence evidence) {
        require(group(evidence).type() == FrameType.CREATE_GROUP, expects(FrameType.CREATE_GROUP), sent(List.of()));
    }

    static void createsAsItself(Evidence evidence) {
        field(group(evidence), "creator", evidence.id());
    }

    static void namesTheMembers(Evidence evidence) {
        WireFrame frame = group(evidence);
        var members = new ArrayList<>(frame.members());
        members.remove(evidence.id());
        require(
                members.size() == 2 && members.containsAll(List.of(Conversation.BOB, Conversation.CARLA)),
                Phrase.of("expected.members", List.of(Conversation.BOB, Conversation.CARLA)),
                Phrase.of("actual.members", frame.members()));
    }

    static void doesNotNameItself(Evidence evidence) {
        WireFrame frame = group(evidence);
        require(
                !frame.members().contains(evidence.id()),
                Phrase.of("expected.members", List.of(Conversation.BOB, Conversation.CARLA)),
                Phrase.of("actual.members", frame.members()));
    }

    static void sendsToTheGroup(Evidence evidence) {
        List<WireFrame> messages = messages(evidence, Act.GROUP_SEND);
        require(
                messages.stream().anyMatch(frame -> frame.field("dst").equals(evidence.value("group"))),
                Phrase.of("expected.field", "dst", Shown.quoted(evidence.value("group"))),
                sent(messages));
    }

    static void sendsOnce(Evidence evidence) {
        List<WireFrame> messages = messages(evidence, Act.GROUP_SEND);
        require(messages.size() == 1, Phrase.of("client-expected.once", "05 send"), sent(messages));
    }

    // ---------------------------------------------------------------------------------------------------------- bytes

    static void onlyFrames(Evidence evidence) {
        for (ConversationEvent event : evidence.events()) {
            require(
                    event.kind() != Kind.NO_FRAME,
                    Phrase.of("client-expected.only-frames"),
                    Phrase.of("client-actual.no-frame", Shown.quoted(event.text())));
        }
        someFrames(evidence);
    }

    private static List<WireFrame> someFrames(Evidence evidence) {
        List<WireFrame> frames = new ArrayList<>();
        for (ConversationEvent event : evidence.events()) {
            WireFrame frame = event.frame();
            if (event.kind() == Kind.CAME && frame != null) {
                frames.add(frame);
            }
        }
        if (frames.isEmpty()) {
            throw new NotSeenException(Phrase.of("client-left-out.no-frames"));
        }
        return frames;
    }

    static void fullWidth(Evidence evidence) {
        for (WireFrame frame : someFrames(evidence)) {
            int width = WireFrame.codePoints(frame.text(false));
            require(
                    width == frame.type().width(),
                    Phrase.of(
                            "client-expected.width",
                            frame.type().code(),
                            frame.type().width()),
                    Phrase.of("client-actual.width", width, frame));
        }
    }

    static void blanks(Evidence evidence) {
        for (WireFrame frame : someFrames(evidence)) {
            require(
                    frame.fields().isEmpty() || frame.fields().getLast().indexOf('\0') < 0,
                    Phrase.of("client-expected.blanks"),
                    Phrase.of("client-actual.nul", frame.type().code()));
        }
    }

    static void nothingBetween(Evidence evidence) {
        someFrames(evidence);
        for (ConversationEvent event : evidence.events()) {
            require(
                    event.kind() != Kind.FILLER,
                    Phrase.of("client-expected.nothing-between"),
                    Phrase.of("client-actual.no-frame", Shown.quoted(event.text())));
        }
    }

    static void digits(Evidence evidence) {
        for (WireFrame frame : someFrames(evidence)) {
            for (int i = 0; i < frame.fields().size(); i++) {
                FrameType.Field field = frame.type().fields().get(i);
                boolean isNumber = field.kind() == FrameType.Kind.ID || field.kind() == FrameType.Kind.TIME;
                require(
                        !isNumber || frame.fields().get(i).matches("[0-9]{" + field.width() + "}"),
                        Phrase.of("client-expected.digits", field.width(), field.name()),
                        Phrase.of(
                                "actual.field",
                                field.name(),
                                Shown.quoted(frame.fields().get(i)),
                                frame));
            }
        }
    }

    static void onlyFramesOfClients(Evidence evidence) {
        for (WireFrame frame : someFrames(evidence)) {
            require(
                    frame.type().sender() != FrameType.Sender.SERVER,
                    Phrase.of("client-expected.own-frames"),
                    Phrase.of("client-actual.sent", frame.toString()));
        }
    }

    static void noFlood(Evidence evidence) {
        long frames = evidence.events().size();
        boolean flooded = evidence.events().stream().anyMatch(event -> event.kind() == Kind.FLOODED);
        require(
                !flooded && frames < Conversation.MAX_EVENTS,
                Phrase.of("client-expected.no-flood"),
                Phrase.of("client-actual.flood", frames));
        if (evidence.events().isEmpty()) {
            throw new NotSeenException(Phrase.of("client-left-out.no-frames"));
        }
    }

    static void lives(Evidence evidence) {
        if (evidence.events().isEmpty()) {
            throw new NotSeenException(Phrase.of("client-left-out.no-frames"));
        }
        List<Act> died = evidence.diedIn().stream()
                .filter(act -> act != Act.OFFLINE)
                .filter(act -> act != Act.HANG_UP && act != Act.CUT && act != Act.UNKNOWN)
                .toList();
        require(
                died.isEmpty(),
                Phrase.of("client-expected.lives"),
                Phrase.of(
                        "client-actual.died-in",
                        died.isEmpty() ? "" : died.getFirst().key()));
    }

    static void story(Evidence evidence) {
        Evidence.@Nullable StoryOutcome story = evidence.story();
        if (story == null) {
            throw new NotSeenException(Phrase.of("client-left-out.no-story"));
        }
        Phrase expected = story.expected();
        Phrase failure = story.failure();
        if (expected != null && failure != null) {
            throw new CheckFailure(expected, failure);
        }
        if (story.lines() == 0) {
            throw new NotSeenException(Phrase.of("client-left-out.not-reached"));
        }
    }
}
