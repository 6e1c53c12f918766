package zap.check.client;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import zap.check.client.ConversationEvent.Kind;
import zap.check.report.CheckFailure;
import zap.check.report.CheckOutcome;
import zap.kit.Phrase;
import zap.kit.WireFrame;
import zap.protocol.FrameType;

/**
 * Plays the steps of the conversation with a client under test, one at a time, and judges it when they have ended.
 *
 * <p>A step ends when the client has done what was asked, when the person says so, or when the patience ends.
 */
final class ClientSuite {

    static final String TEXT = "ação, não 🦜";
    static final String HALF = "half of this is missing";
    /** Key of the reason to leave out a check: another check has failed. */
    private static final String NEEDS = "left-out.needs";

    private static final int TEXT_WIDTH = FrameType.SEND.fields().getLast().width();
    private static final int INSIDE_ID = 8;
    private static final int INSIDE_TEXT = 50;
    private static final String UNKNOWN_CODE = "99";

    /** The time for a client to connect again by itself. */
    private static final Duration BACK_WITHIN = Duration.ofSeconds(10);

    /** The time in which an unwanted frame would have come. */
    private final Duration quiet;

    private final Conversation conversation;
    private final Driver driver;
    private final @Nullable ClientScript script;
    private final Map<String, String> values = new LinkedHashMap<>();

    // Guarded by this, because a report may be asked for in the middle.
    private final Set<Act> played = EnumSet.noneOf(Act.class);
    private final Map<Act, Phrase> leftOut = new EnumMap<>(Act.class);
    private final Set<Act> diedIn = EnumSet.noneOf(Act.class);
    private final StoryPlayer story;
    private Act now = Act.REGISTER;

    /** The person leaves a step out, or nothing can come of it. */
    private static final class LeftOutException extends RuntimeException {
        private static final long serialVersionUID = 1L;
        private final transient Phrase reason;

        LeftOutException(Phrase reason) {
            super(reason.key());
            this.reason = reason;
        }
    }

    /** @param quiet the time in which an unwanted frame would have come */
    ClientSuite(
            Conversation conversation,
            Driver driver,
            @Nullable ClientScript script,
            Map<String, String> address,
            Duration quiet) {
        this.conversation = conversation;
        this.driver = driver;
        this.script = script;
        this.quiet = quiet;
        values.putAll(address);
        values.put("bob", Conversation.BOB);
        values.put("carla", Conversation.CARLA);
        story = new StoryPlayer(conversation, driver, values);
    }

    /** Returns the steps that these checks need, in their order. */
    static List<Act> acts(List<ClientCheck> checks) {
        var wanted = EnumSet.noneOf(Act.class);
        for (ClientCheck check : checks) {
            List<Act> own = check.acts().isEmpty() ? List.of(Act.values()) : check.acts();
            wanted.addAll(own);
            own.forEach(act -> wanted.addAll(act.after()));
        }
        return List.copyOf(wanted);
    }

    /** Plays these steps. */
    void play(List<Act> acts) throws InterruptedException {
        for (Act act : acts) {
            now = act;
            conversation.begin(act);
            try {
                if (conversation.isOverflowed()) {
                    throw new LeftOutException(Phrase.of("client-left-out.flooded"));
                }
                if (act != Act.REGISTER && conversation.id().isEmpty()) {
                    throw new LeftOutException(Phrase.of("client-left-out.never-registered"));
                }
                if (!isBack(act)) {
                    throw new LeftOutException(Phrase.of("client-left-out.away"));
                }
                play(act);
                if (script != null) {
                    story.play(script.expected(act));
                }
                ended(act, null);
            } catch (LeftOutException e) {
                ended(act, e.reason);
            }
            if (driver.hasEnded() && act != Act.OFFLINE) {
                synchronized (this) {
                    diedIn.add(act);
                }
            }
        }
    }

    private synchronized void ended(Act act, @Nullable Phrase reason) {
        values.put("me", values.getOrDefault("me", conversation.id()));
        if (reason == null) {
            played.add(act);
        } else {
            leftOut.put(act, reason);
        }
    }

    /**
     * Returns whether a step can be played: the client is connected, or need not be. A client that has lost its
     * connection gets the time to come back.
     */
    private boolean isBack(Act act) throws InterruptedException {
        // The step of coming back tells it itself: told twice, a client may open two connections.
        if (act != Act.RETURN && !conversation.isConnected() && driver.hasEnded()) {
            driver.tell(Act.RETURN, values);
        }
        long end = System.nanoTime() + Math.min(driver.patience().toNanos(), BACK_WITHIN.toNanos());
        while (!conversation.isConnected() && act.needsConnection() && System.nanoTime() < end) {
            Thread.sleep(40); // the wire is looked at again
        }
        return conversation.isConnected() || !act.needsConnection();
    }

    private void play(Act act) throws InterruptedException {
        switch (act) {
            case REGISTER -> {
                tell(act);
                // A program has to start first.
                await(
                        () -> conversation.events().stream().anyMatch(event -> event.kind() == Kind.CAME),
                        driver.mayBeAway()
                                ? driver.patience()
                                : driver.patience().multipliedBy(3));
                settle();
            }
            case SEND -> send(act, "oi");
            case AGAIN -> {
                Thread.sleep(2_100); // so that a clock of seconds has gone on
                send(act, "oi");
            }
            case TEXT -> send(act, TEXT);
            case LONG -> send(act, longText());
            case RECEIVE -> receive(act, List.of(message("olá, aqui é o Bob 🦜")));
            case RECEIPTS -> receipts();
            case UNREAD -> unread(act);
            case GROUP -> {
                tell(act);
                awaitFrame(frame -> frame.type() == FrameType.CREATE_GROUP);
                await(() -> !createdGroup().isEmpty(), quiet);
                values.put("group", createdGroup());
                settle();
            }
            case GROUP_SEND -> {
                if (createdGroup().isEmpty()) {
                    throw new LeftOutException(Phrase.of("client-left-out.no-group"));
                }
                send(act, "oi, grupo");
            }
            case GROUP_RECEIVE -> {
                if (createdGroup().isEmpty()) {
                    throw new LeftOutException(Phrase.of("client-left-out.no-group"));
                }
                receive(act, List.of(conversation.message(Conversation.BOB, createdGroup(), "Bob no grupo", true)));
            }
            case INVITED -> {
                WireFrame group =
                        conversation.groupCreated(List.of(Conversation.BOB, conversation.id(), Conversation.CARLA));
                conversation.give(group);
                values.put("invited", group.field("id"));
                receive(
                        act,
                        List.of(conversation.message(Conversation.BOB, group.field("id"), "Bob em outro grupo", true)));
            }
            case SPLIT -> split(act);
            case GLUED -> glued(act);
            case LATE -> late(act);
            case OFFLINE -> {
                tell(act);
                await(() -> !conversation.isConnected(), driver.patience());
                settle();
            }
            case RETURN -> {
                List<WireFrame> frames = List.of(message("enquanto fora: um"), message("enquanto fora: dois"));
                frames.forEach(conversation::give);
                tell(act);
                awaitConnection();
                settle();
                ask(act);
            }
            case HANG_UP -> {
                conversation.hangUp(false);
                conversation.give(message("enquanto caiu"));
                tell(act);
                awaitConnection();
                settle();
                ask(act);
            }
            case CUT -> cut(act);
            case UNKNOWN -> {
                conversation.giveInPieces(
                        List.of(),
                        List.of((UNKNOWN_CODE + Conversation.BOB + "\n").getBytes(StandardCharsets.UTF_8)),
                        Duration.ZERO);
                settle();
                tell(act);
                awaitConnection();
                settle();
            }
        }
    }

    // --------------------------------------------------------------------------------------------------------- words

    private void tell(Act act) throws InterruptedException {
        if (!conversation.id().isEmpty()) {
            values.put("me", values.getOrDefault("me", conversation.id()));
        }
        @Nullable Phrase problem = driver.tell(act, values);
        if (problem != null) {
            throw new LeftOutException(problem);
        }
    }

    private WireFrame message(String text) {
        values.put("text", text);
        return conversation.message(Conversation.BOB, conversation.id(), text, true);
    }

    static String longText() {
        return "á🦜x".repeat(TEXT_WIDTH / 3) + "fi";
    }

    private String createdGroup() {
        return conversation.events().stream()
                .filter(event -> event.act() == Act.GROUP && event.kind() == Kind.SENT)
                .map(ConversationEvent::frame)
                .filter(frame -> frame != null && frame.type() == FrameType.GROUP_CREATED)
                .map(frame -> frame == null ? "" : frame.field("id"))
                .findFirst()
                .orElse("");
    }

    private void send(Act act, String text) throws InterruptedException {
        values.put("text", text);
        tell(act);
        boolean came = awaitFrame(frame -> frame.type() == FrameType.SEND && !isOwn(frame));
        if (!came && conversation.answer03()) {
            awaitFrame(frame -> frame.type() == FrameType.SEND && !isOwn(frame));
        }
        settle();
    }

    private boolean isOwn(WireFrame frame) {
        return frame.field("dst").equals(conversation.id());
    }

    private void receive(Act act, List<WireFrame> frames) throws InterruptedException {
        frames.forEach(conversation::give);
        settle();
        tell(act);
        ask(act);
        WireFrame last = frames.getLast();
        // 08 comes soon after the message was shown, or not at all.
        await(() -> hasRead(last), soon());
        settle();
    }

    private Duration soon() {
        Duration most = Duration.ofSeconds(6);
        return driver.patience().compareTo(most) < 0 ? driver.patience() : most;
    }

    private boolean hasRead(WireFrame message) {
        return conversation.events().stream()
                .filter(event -> event.kind() == Kind.CAME)
                .map(ConversationEvent::frame)
                .anyMatch(frame -> frame != null
                        && frame.type() == FrameType.READ
                        && frame.field("timestamp").equals(message.field("timestamp")));
    }

    private void receipts() throws InterruptedException {
        List<ConversationEvent> sent = conversation.events().stream()
                .filter(event -> event.kind() == Kind.CAME
                        && event.frame() != null
                        && event.frame().type() == FrameType.SEND)
                .toList();
        if (sent.isEmpty()) {
            throw new LeftOutException(Phrase.of("client-left-out.nothing-sent"));
        }
        tell(Act.RECEIPTS);
        WireFrame last = sent.getLast().frame();
        String second = last == null ? conversation.nextSecond() : last.field("timestamp");
        conversation.give(WireFrame.of(FrameType.DELIVERED, Conversation.BOB, second));
        conversation.give(WireFrame.of(FrameType.READ_RECEIPT, Conversation.BOB, second));
        // About a client to which it has never written.
        conversation.give(WireFrame.of(FrameType.DELIVERED, Conversation.CARLA, second));
        conversation.give(WireFrame.of(FrameType.READ_RECEIPT, Conversation.CARLA, second));
        settle();
    }

    private void unread(Act act) throws InterruptedException {
        values.put("text", "ainda não lida");
        tell(act);
        if (driver.mayBeAway()) {
            awaitDone();
        }
        WireFrame frame = message("ainda não lida");
        conversation.give(frame);
        await(() -> hasRead(frame), Duration.ofMillis(2_500).plus(quiet));
        if (hasRead(frame)) {
            for (GivenMessage message : conversation.given()) {
                if (message.frame().equals(frame) && message.shownWhenRead() == null) {
                    message.isShownWhenRead(driver.shows(message.text()));
                }
            }
        }
    }

    /** Notes for a message whose 08 has come whether the client had shown it by then. */
    static void lookAt(WireFrame read, List<GivenMessage> given, Driver driver) {
        for (GivenMessage message : given) {
            if (message.isWhole()
                    && message.writer().equals(read.field("src"))
                    && message.second().equals(read.field("timestamp"))) {
                message.isShownWhenRead(driver.hasShown(message.text()));
            }
        }
    }

    // ------------------------------------------------------------------------------------------------------ segments

    private void split(Act act) throws InterruptedException {
        needFullWidth();
        WireFrame inId = message("partida no meio do id");
        WireFrame byByte = message("byte a byte");
        WireFrame inCharacter = message("papagaio 🦜 partido");
        byte[] bytes = conversation.bytes(inId);
        Duration pause = Duration.ofMillis(250);
        conversation.giveInPieces(List.of(inId), cut(bytes, INSIDE_ID), pause);
        byte[] each = conversation.bytes(byByte);
        int[] everywhere = new int[each.length - 1];
        Arrays.setAll(everywhere, i -> i + 1);
        conversation.giveInPieces(List.of(byByte), cut(each, everywhere), Duration.ofMillis(2));
        byte[] parrot = conversation.bytes(inCharacter);
        int at = 0;
        while ((parrot[at] & 0xf8) != 0xf0) {
            at++;
        }
        conversation.giveInPieces(List.of(inCharacter), cut(parrot, at + 2), pause);
        settle();
        tell(act);
        ask(act);
    }

    private void glued(Act act) throws InterruptedException {
        needFullWidth();
        WireFrame one = message("colada: um");
        WireFrame two = message("colada: dois");
        WireFrame three = message("entre recibos");
        String second = lastSecond();
        var receipt = WireFrame.of(FrameType.DELIVERED, Conversation.BOB, second);
        var read = WireFrame.of(FrameType.READ_RECEIPT, Conversation.BOB, second);
        conversation.giveInPieces(List.of(one, two), List.of(glue(one, two)), Duration.ZERO);
        Thread.sleep(300); // so that the next is a segment of its own
        conversation.giveInPieces(List.of(receipt, three, read), List.of(glue(receipt, three, read)), Duration.ZERO);
        settle();
        tell(act);
        ask(act);
    }

    private void late(Act act) throws InterruptedException {
        needFullWidth();
        WireFrame first = message("metade agora, metade depois");
        WireFrame next = message("e mais uma");
        byte[] both = glue(first, next);
        int middle = conversation.bytes(first).length;
        conversation.giveInPieces(
                List.of(first, next), cut(both, middle / 2, middle + middle / 3), Duration.ofSeconds(2));
        settle();
        tell(act);
        ask(act);
    }

    private void cut(Act act) throws InterruptedException {
        WireFrame half = conversation.message(Conversation.BOB, conversation.id(), HALF, false);
        byte[] bytes = conversation.bytes(half);
        conversation.giveInPieces(
                List.of(),
                cut(bytes, conversation.dialect().fullWidth() ? INSIDE_TEXT : INSIDE_ID)
                        .subList(0, 1),
                Duration.ZERO);
        Thread.sleep(500); // so that the client has read the half before the reset comes
        conversation.hangUp(true);
        tell(act);
        awaitConnection();
        settle();
    }

    private void needFullWidth() {
        if (!conversation.dialect().fullWidth()) {
            throw new LeftOutException(Phrase.of("left-out.dialect"));
        }
    }

    private String lastSecond() {
        return conversation.events().stream()
                .filter(event -> event.kind() == Kind.CAME
                        && event.frame() != null
                        && event.frame().type() == FrameType.SEND)
                .map(event -> event.frame() == null ? "" : event.frame().field("timestamp"))
                .reduce((a, b) -> b)
                .orElse(conversation.nextSecond());
    }

    private byte[] glue(WireFrame... frames) {
        var all = new java.io.ByteArrayOutputStream();
        for (WireFrame frame : frames) {
            all.writeBytes(conversation.bytes(frame));
        }
        return all.toByteArray();
    }

    private static List<byte[]> cut(byte[] whole, int... places) {
        var pieces = new ArrayList<byte[]>();
        int from = 0;
        for (int place : places) {
            pieces.add(Arrays.copyOfRange(whole, from, place));
            from = place;
        }
        pieces.add(Arrays.copyOfRange(whole, from, whole.length));
        return pieces;
    }

    // ------------------------------------------------------------------------------------------------------- waiting

    /** Asks which messages of this step the client shows. */
    private void ask(Act act) throws InterruptedException {
        for (GivenMessage message : conversation.given()) {
            if (message.act() == act && message.isWhole()) {
                message.isShown(driver.shows(message.text()));
            }
        }
    }

    private boolean awaitFrame(Predicate<WireFrame> wanted) throws InterruptedException {
        return await(
                () -> conversation.events().stream()
                        .filter(event -> event.act() == now && event.kind() == Kind.CAME)
                        .map(ConversationEvent::frame)
                        .anyMatch(frame -> frame != null && wanted.test(frame)),
                driver.patience());
    }

    private void awaitConnection() throws InterruptedException {
        await(conversation::isConnected, driver.patience());
    }

    private void awaitDone() throws InterruptedException {
        long end = System.nanoTime() + driver.patience().toNanos();
        while (System.nanoTime() < end) {
            switch (driver.signal()) {
                case DONE -> {
                    return;
                }
                case SKIP -> throw new LeftOutException(Phrase.of("client-left-out.skipped"));
                default -> Thread.sleep(40); // a keyboard does not say when
            }
        }
        throw new LeftOutException(
                Phrase.of("client-left-out.away-person", driver.patience().toSeconds()));
    }

    /**
     * Waits for something that the client has to do.
     *
     * @return false when it has not, although it was said to be done or the patience has ended
     */
    private boolean await(BooleanSupplier wanted, Duration most) throws InterruptedException {
        long end = System.nanoTime() + most.toNanos();
        boolean done = false;
        while (!wanted.getAsBoolean()) {
            if (System.nanoTime() > end) {
                if (!done && driver.mayBeAway() && most.equals(driver.patience())) {
                    throw new LeftOutException(Phrase.of("client-left-out.away-person", most.toSeconds()));
                }
                return false;
            }
            switch (driver.signal()) {
                case SKIP -> throw new LeftOutException(Phrase.of("client-left-out.skipped"));
                case DONE, ENDED -> {
                    if (!done) {
                        done = true;
                        end = Math.min(
                                end, System.nanoTime() + Duration.ofSeconds(2).toNanos());
                    }
                }
                case NONE -> {}
            }
            Thread.sleep(40); // the wire and the keyboard are looked at in turn
        }
        return true;
    }

    /** Gives the client the time for what it should not do. */
    private void settle() throws InterruptedException {
        Thread.sleep(quiet.toMillis()); // nothing says that nothing comes
    }

    // -------------------------------------------------------------------------------------------------------- judging

    /** Returns the conversation up to now. */
    synchronized Evidence evidence() {
        var all = new LinkedHashMap<>(values);
        return new Evidence(
                conversation.events(),
                conversation.given(),
                EnumSet.copyOf(played.isEmpty() ? EnumSet.noneOf(Act.class) : played),
                leftOut,
                all,
                diedIn.isEmpty() ? EnumSet.noneOf(Act.class) : EnumSet.copyOf(diedIn),
                script != null && script.expectsAnything() ? story.outcome() : null,
                conversation.dialect());
    }

    /** Judges a conversation by all these checks. */
    static List<CheckOutcome> judge(List<ClientCheck> checks, Evidence evidence) {
        Set<String> known = new HashSet<>();
        var outcomes = new LinkedHashMap<String, CheckOutcome>();
        checks.forEach(check -> known.add(check.number()));
        List<ClientCheck> open = new ArrayList<>(checks);
        while (!open.isEmpty()) {
            List<ClientCheck> ready = open.stream()
                    .filter(check -> check.needs().stream()
                            .noneMatch(need -> known.contains(need) && !outcomes.containsKey(need)))
                    .toList();
            if (ready.isEmpty()) {
                throw new IllegalStateException("checks need each other: " + open);
            }
            for (ClientCheck check : ready) {
                CheckOutcome outcome = judge(check, evidence, outcomes);
                outcomes.put(check.number(), outcome);
            }
            open.removeAll(ready);
        }
        return checks.stream()
                .map(check -> outcomes.get(check.number()))
                .map(ClientSuite::known)
                .toList();
    }

    private static CheckOutcome known(@Nullable CheckOutcome outcome) {
        if (outcome == null) {
            throw new IllegalStateException("a check without an outcome");
        }
        return outcome;
    }

    private static CheckOutcome judge(ClientCheck check, Evidence evidence, Map<String, CheckOutcome> outcomes) {
        if (check.fullWidthOnly() && !evidence.dialect().fullWidth()) {
            return CheckOutcome.leftOut(
                    check,
                    Phrase.of(evidence.dialect().known() ? "left-out.dialect" : "client-left-out.width-unknown"));
        }
        for (String need : check.needs()) {
            CheckOutcome needed = outcomes.get(need);
            if (needed != null && needed.isFailed()) {
                return CheckOutcome.leftOut(check, Phrase.of(NEEDS, need));
            }
            // Only what a failure has stopped: a step that was skipped says nothing about the next one.
            if (needed != null
                    && needed.reason() != null
                    && needed.reason().key().equals(NEEDS)) {
                return CheckOutcome.leftOut(check, needed.reason());
            }
        }
        try {
            check.judge().judge(evidence);
            return CheckOutcome.passed(check, 0);
        } catch (NotSeenException e) {
            return CheckOutcome.leftOut(check, e.reason());
        } catch (CheckFailure e) {
            return new CheckOutcome(
                    check, CheckOutcome.Result.FAILED, null, e.expected(), e.actual(), evidence.trace(check.acts()), 0);
        }
    }
}
