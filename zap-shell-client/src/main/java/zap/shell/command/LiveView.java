package zap.shell.command;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import zap.protocol.Address;
import zap.protocol.Body;
import zap.protocol.ClientId;
import zap.protocol.Reason;
import zap.shell.chat.ClientListener;
import zap.shell.chat.ProfileClient;
import zap.shell.connection.ServerConnection;
import zap.shell.store.HistoryEvents.HistoryEvent;
import zap.shell.store.HistoryEvents.Kind;
import zap.shell.store.Messages.DeliveryState;
import zap.shell.store.Messages.Message;
import zap.shell.store.PendingGroups.PendingGroup;
import zap.shell.store.PendingGroups.RefusedGroup;
import zap.shell.store.People.Group;
import zap.shell.text.MessageTexts;
import zap.shell.text.VisibleText;

/**
 * What appears on the screen of a session by itself, and what that means for being read.
 *
 * <p>A message above the prompt has not been read. One that appears in the open chat has, once the user presses a key there; when a
 * key was pressed a moment ago, at once.
 */
final class LiveView implements ClientListener {

    /** So long after a key was pressed its user is still looking. */
    private static final Duration LOOKING = Duration.ofSeconds(20);

    /** From so many characters on it is said how many there are. */
    private static final int WORTH_SAYING = Body.MAX_CODE_POINTS - 28;

    /** So many messages of the open chat are shown at once; {@code read} shows the others, page by page. */
    static final int MOST_AT_ONCE = 100;

    private final ShellContext shell;
    private final Object lock = new Object();
    private @Nullable Screen screen;
    private volatile @Nullable Address openChat;
    private final List<Long> shown = new ArrayList<>();
    private final Set<Long> onScreen = new HashSet<>();
    private final Set<Long> unsettled = new TreeSet<>();
    /** Strangers who have made more than one group. Their groups are told of once. */
    private final Set<ClientId> toldOfGroups = new HashSet<>();

    private final List<Receipt> held = new ArrayList<>();
    private final List<Message> heldRefusals = new ArrayList<>();
    private boolean holding;
    private boolean entering;
    private boolean cameMeanwhile;
    private Instant lastKey = Instant.EPOCH;
    /** Up to this message the open chat has been shown, or passed over because it was too much. */
    private long shownUpTo;

    private volatile ServerConnection.@Nullable State lineState;

    LiveView(ShellContext shell) {
        this.shell = shell;
    }

    void screen(Screen to) {
        screen = to;
    }

    @Nullable
    Screen screen() {
        return screen;
    }

    void lineState(ServerConnection.State state) {
        ServerConnection.@Nullable State before = lineState;
        lineState = state;
        ServerConnection.@Nullable ConnectionProblem trouble = state.trouble();
        if (state.fault() != null && (before == null || !state.fault().equals(before.fault()))) {
            // It tries again, and as long as nobody does anything it will be in vain.
            above(shell.style().warning(shell.texts().say("live.untrusted", shell.trouble(state.fault()))));
        }
        if (trouble != null
                && trouble.isOfDisk()
                && (before == null || before.trouble() != trouble)
                && state.phase() == ServerConnection.Phase.WAITING) {
            // Only the user can make room.
            above(shell.style().warning(shell.texts().say("live.disk", shell.trouble(trouble, null))));
        }
        if (state.phase() == ServerConnection.Phase.OFF && trouble != null) {
            // It will not come back by itself: that has to be said, and not only in the prompt.
            above(shell.style().warning(ConnectionWords.ended(shell, trouble)));
        }
        refresh();
    }

    // ------------------------------------------------------------------------------------------------------- the open
    // chat

    /** From now on this chat is the one on the screen. What comes is kept back until {@link #entered}. */
    void enter(Address chat) {
        synchronized (lock) {
            entering = true;
            cameMeanwhile = false;
            onScreen.clear();
        }
        openChat = chat;
        keyPressed();
    }

    /** These messages of it are on the screen, and have been noted as seen: what has come meanwhile follows. */
    void entered(List<Message> messages) {
        boolean more;
        synchronized (lock) {
            messages.forEach(message -> onScreen.add(message.number()));
            shownUpTo = messages.isEmpty() ? 0 : messages.getLast().number();
            entering = false;
            more = cameMeanwhile;
        }
        @Nullable Address here = openChat;
        if (more && here != null) {
            showNew(here);
        }
    }

    /** Shows what is new in the open chat, and of very much the newest. */
    private void showNew(Address here) {
        long from;
        synchronized (lock) {
            from = shownUpTo;
        }
        List<Message> fresh = shell.client().messages().unseenAfter(here, from, Integer.MAX_VALUE);
        if (fresh.isEmpty()) {
            return;
        }
        synchronized (lock) {
            shownUpTo = fresh.getLast().number();
        }
        int tooMany = fresh.size() - MOST_AT_ONCE;
        if (tooMany > 0) {
            above(earlier(here, tooMany));
            fresh = fresh.subList(tooMany, fresh.size());
        }
        show(fresh);
    }

    /** Returns a line that says how many new messages of a chat are not shown, and how to read them. */
    String earlier(Address chat, int messages) {
        return shell.style()
                .warning(shell.texts()
                        .count("chat.earlier", messages, shell.views().name(chat)));
    }

    void leave() {
        openChat = null;
        synchronized (lock) {
            shown.clear();
            entering = false;
        }
    }

    /** Whether the open chat is just being shown, and what comes now will be a little later. */
    private boolean isEntering() {
        synchronized (lock) {
            cameMeanwhile |= entering;
            return entering;
        }
    }

    @Nullable
    Address openChat() {
        return openChat;
    }

    /** The user is there. */
    void keyPressed() {
        List<Long> seen;
        synchronized (lock) {
            lastKey = shell.client().clock().instant();
            if (shown.isEmpty()) {
                return;
            }
            seen = List.copyOf(shown);
            shown.clear();
        }
        shell.client().seen(seen);
        refresh();
    }

    private boolean isLooking() {
        synchronized (lock) {
            return lastKey.plus(LOOKING).isAfter(shell.client().clock().instant());
        }
    }

    // -------------------------------------------------------------------------------------------------------- what
    // happens

    @Override
    public void arrived(Message message) {
        if (message.chat().equals(openChat)) {
            if (!isEntering()) {
                show(List.of(message));
            }
            return;
        }
        if (shell.client().people().isMuted(message.chat())
                || shell.client().blocks().groupsOfItsStranger(message.chat()) > 1) {
            refresh();
            return;
        }
        above(shell.views().message(message, true)
                + (isFirstOfStranger(message)
                        ? "\n" + shell.style().dim(shell.texts().say("live.unknown", message.author()))
                        : ""));
        @Nullable Screen to = screen;
        if (to != null) {
            to.bell();
        }
    }

    /** Whether it comes from somebody without a name who has not been shown with the word about how to give them one. */
    private boolean isFirstOfStranger(Message message) {
        ClientId author = message.author();
        return !message.outgoing()
                && !shell.client().self().equals(Optional.of(author))
                && shell.client().addressBook().name(author.asAddress()).isEmpty()
                && shell.client().people().introduce(author);
    }

    /** Shows what is not on the screen yet, each message once. */
    private void show(List<Message> candidates) {
        List<Message> messages;
        synchronized (lock) {
            messages = candidates.stream()
                    .filter(message -> onScreen.add(message.number()))
                    .toList();
        }
        if (messages.isEmpty()) {
            return;
        }
        List<Long> numbers = messages.stream().map(Message::number).toList();
        for (Message message : messages) {
            above(shell.views().message(message, false));
        }
        if (isLooking()) {
            shell.client().seen(numbers);
            refresh();
        } else {
            synchronized (lock) {
                shown.addAll(numbers);
            }
            @Nullable Screen to = screen;
            if (to != null) {
                to.bell();
            }
        }
    }

    @Override
    public void caughtUp(Map<Address, Integer> came) {
        @Nullable Address here = openChat;
        if (here != null && came.containsKey(here) && !isEntering()) {
            showNew(here);
        }
        int count = 0;
        int chats = 0;
        int ofStrangers = 0;
        var names = new ArrayList<String>();
        for (Map.Entry<Address, Integer> entry : came.entrySet()) {
            if (!entry.getKey().equals(here)) {
                count += entry.getValue();
                chats++;
                if (shell.client().blocks().groupsOfItsStranger(entry.getKey()) > 1) {
                    ofStrangers += entry.getValue();
                } else {
                    names.add(shell.views().name(entry.getKey()) + " " + entry.getValue());
                }
            }
        }
        if (ofStrangers > 0) {
            names.add(shell.texts().say("live.strangers", ofStrangers));
        }
        if (count > 0) {
            above(shell.texts()
                    .say(
                            "live.summary",
                            shell.texts().count("live.messages", count),
                            shell.texts().count("live.chats", chats),
                            String.join(", ", names)));
        }
        refresh();
    }

    /** A 07 or a 09. */
    private record Receipt(ClientId from, boolean read) {

        /** Whether the lines of these messages say it already. */
        boolean isToldBy(List<Message> messages) {
            return !messages.isEmpty()
                    && messages.stream()
                            .allMatch(message -> message.chat().equals(from.asAddress())
                                    && (read ? message.read() : message.delivered()) >= message.recipients());
        }
    }

    /** What is written now is not on the screen yet: receipts stand behind it. */
    void holdReceipts() {
        synchronized (lock) {
            holding = true;
        }
    }

    /**
     * These are on the screen now, as they are here. What more becomes of them is said, as their lines do not change. What a line says to
     * be refused its person knows.
     */
    void nowOnScreen(List<Message> messages) {
        List<Receipt> receipts;
        List<Message> refusals;
        synchronized (lock) {
            holding = false;
            receipts = List.copyOf(held);
            held.clear();
            refusals = List.copyOf(heldRefusals);
            heldRefusals.clear();
            for (Message message : messages) {
                if (isUnderWay(message.way())) {
                    unsettled.add(message.number());
                }
            }
        }
        tellOfSettled();
        Set<Long> saidByLines = messages.stream()
                .filter(message -> message.way() == DeliveryState.REFUSED)
                .map(Message::number)
                .collect(Collectors.toSet());
        saidByLines.forEach(shell.client().outgoing()::acknowledge);
        refusals.stream()
                .filter(message -> !saidByLines.contains(message.number()))
                .forEach(message -> above(shell.style().warning(shell.views().refusedSentence(message))));
        receipts.stream().filter(receipt -> !receipt.isToldBy(messages)).forEach(this::tell);
    }

    private static boolean isUnderWay(DeliveryState way) {
        return way == DeliveryState.WAITING || way == DeliveryState.HANDED;
    }

    @Override
    public void receipt(ClientId from, boolean read) {
        var receipt = new Receipt(from, read);
        synchronized (lock) {
            if (holding) {
                held.add(receipt);
                return;
            }
        }
        tell(receipt);
    }

    private void tell(Receipt receipt) {
        ClientId from = receipt.from();
        @Nullable Address here = openChat;
        // In a chat only what belongs to it; at the prompt everybody's.
        boolean about = here == null
                || here.equals(from.asAddress())
                || shell.client()
                        .people()
                        .group(here.asGroup())
                        .filter(g -> g.members().contains(from))
                        .isPresent();
        if (about && !shell.client().people().isMuted(from.asAddress())) {
            String sign = receipt.read()
                    ? shell.style().read(shell.style().sign("✓✓", "vV"))
                    : shell.style().sign("✓✓", "vv");
            above("      " + sign + " "
                    + shell.style()
                            .dim(shell.texts()
                                    .say(
                                            receipt.read() ? "live.read" : "live.delivered",
                                            shell.views().name(from))));
        }
    }

    @Override
    public void unsure(int messages) {
        above(shell.style().warning(shell.texts().count("live.unsure", messages)));
    }

    @Override
    public void refused(Message message, Reason reason) {
        synchronized (lock) {
            if (holding) {
                heldRefusals.add(message);
                return;
            }
        }
        above(shell.style().warning(shell.views().refusedSentence(message)));
    }

    @Override
    public void groupRefused(PendingGroup group, Reason reason) {
        above(shell.style().warning(shell.views().refusedSentence(new RefusedGroup(group, reason))));
    }

    @Override
    public void groupReplaced(Group old, Group fresh) {
        @Nullable String name = fresh.name();
        above(shell.texts()
                .say("live.group-replaced", name == null ? fresh.id().toString() : name, old.id(), fresh.id()));
    }

    @Override
    public void history(HistoryEvent event) {
        above(shell.style().warning(shell.views().sentence(event)));
        if (event.kind() == Kind.UNSEEN && shell.client().settings().receipts()) {
            above(shell.style().warning(shell.texts().say("history.receipts-held")));
        }
    }

    @Override
    public void settled(int messages) {
        tellOfSettled();
    }

    private void tellOfSettled() {
        var settled = new ArrayList<String>();
        synchronized (lock) {
            for (long number : List.copyOf(unsettled)) {
                Optional<Message> message = shell.client().messages().find(number);
                if (message.filter(m -> isUnderWay(m.way())).isEmpty()) {
                    unsettled.remove(number);
                    // When it has gone further than that, a receipt says so.
                    message.filter(m -> m.way() == DeliveryState.AT_SERVER && m.delivered() == 0)
                            .ifPresent(m -> settled.add("#" + number));
                }
            }
        }
        if (!settled.isEmpty()) {
            above("      " + shell.style().sign("✓ ", "v ") + " "
                    + shell.style().dim(shell.texts().say("live.settled", String.join(", ", settled))));
        }
    }

    @Override
    public void group(Group group) {
        int likeIt = shell.client().blocks().groupsOfItsStranger(group.id().asAddress());
        if (likeIt > 1) {
            ClientId maker = group.members().getFirst();
            if (toldOfGroups.add(maker)) {
                above(shell.texts().say("live.groups-of-stranger", shell.views().name(maker), likeIt));
            }
            return;
        }
        String members = String.join(
                ", ", group.members().stream().map(shell.views()::name).toList());
        @Nullable String name = group.name();
        above(
                name != null
                        ? shell.texts().say("live.group", name, group.id(), members)
                        : shell.texts().say("live.group-unnamed", group.id(), members));
    }

    @Override
    public void left(Group group, ClientId person) {
        above(shell.texts()
                .say(
                        "live.left",
                        shell.views().name(person),
                        shell.views().name(group.id().asAddress())));
    }

    // ---------------------------------------------------------------------------------------------------------- the
    // prompt

    private void above(String lines) {
        @Nullable Screen to = screen;
        if (to != null) {
            to.above(lines);
        }
    }

    private void refresh() {
        @Nullable Screen to = screen;
        if (to != null) {
            to.refreshPrompt();
        }
    }

    /** How many messages are unread, how the connection is, and where we are. */
    String prompt() {
        return prompt("");
    }

    /**
     * How long a text has become, once it is nearly too long for one message; else nothing.
     *
     * @return characters of how many, and then how many messages it will be
     */
    String count(String text) {
        int length = MessageTexts.length(text.stripTrailing());
        if (length < WORTH_SAYING) {
            return "";
        }
        int messages = MessageTexts.split(text).size();
        return length + "/" + Body.MAX_CODE_POINTS
                + (messages > 1 ? " " + shell.texts().count("live.messages-count", messages) : "");
    }

    /**
     * The same, with a word about what is being typed.
     *
     * @param count as {@link #count} gave it
     */
    String prompt(String count) {
        ProfileClient client = shell.client();
        Style style = shell.style();
        @Nullable Address here = openChat;
        int unread = client.messages().unreadCount();
        String where = here == null ? "zap" : VisibleText.line(shell.views().name(here));
        return style.bold(where)
                + (unread > 0 ? " " + style.warning("(" + unread + ")") : "")
                + " " + connection(here != null)
                + (count.isEmpty() ? "" : " " + style.warning(count))
                + " " + style.bold(style.sign("❯", ">")) + " ";
    }

    private String connection(boolean brief) {
        Style style = shell.style();
        ServerConnection.@Nullable State state = lineState;
        String key = "prompt.offline";
        String sign = style.sign("○", "-");
        if (shell.client().self().isEmpty()) {
            key = "prompt.nobody";
        } else if (shell.client().moves().isRetired()) {
            key = "prompt.moved";
        } else if (state != null) {
            switch (state.phase()) {
                case ONLINE -> {
                    key = "prompt.online";
                    sign = style.good(style.sign("●", "+"));
                }
                case CONNECTING -> {
                    key = "prompt.connecting";
                    sign = style.warning(style.sign("◌", "~"));
                }
                case WAITING, OFF -> {}
            }
        }
        return brief && key.equals("prompt.online")
                ? sign
                : sign + " " + shell.texts().say(key);
    }
}
