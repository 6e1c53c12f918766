package zap.shell.command.view;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import zap.protocol.Address;
import zap.protocol.Body;
import zap.protocol.ClientId;
import zap.protocol.Reason;
import zap.shell.chat.ClientListener;
import zap.shell.chat.ProfileClient;
import zap.shell.command.context.ShellContext;
import zap.shell.command.context.Style;
import zap.shell.command.terminal.Screen;
import zap.shell.command.terminal.TerminalScreen;
import zap.shell.connection.ServerConnection;
import zap.shell.connection.TlsFault;
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
 * The part of a session's screen that changes by itself, and the rule for when a message counts as read.
 *
 * <p>A message above the prompt is unread. A message in the open chat is read as soon as the user presses a key there,
 * or at once when the last key was pressed a moment ago.
 */
public final class LiveView implements ClientListener, TerminalScreen.Prompt {

    /** Time after a key press during which the user is assumed to look at the screen. */
    private static final Duration LOOKING = Duration.ofSeconds(20);

    /** Length of a text from which the prompt shows the number of characters. */
    private static final int WORTH_SAYING = Body.MAX_CODE_POINTS - 28;

    /** Maximum number of messages of the open chat to show at once; {@code read} shows the others, page by page. */
    public static final int MOST_AT_ONCE = 100;

    private final ShellContext shell;
    private final Object lock = new Object();
    private @Nullable Screen screen;
    private volatile @Nullable Address openChat;
    private final List<Long> shown = new ArrayList<>();
    private final Set<Long> onScreen = new HashSet<>();
    private final Set<Long> unsettled = new TreeSet<>();
    /** Strangers who have created more than one group. Their groups are announced once. */
    private final Set<ClientId> toldOfGroups = new HashSet<>();

    private final List<Receipt> held = new ArrayList<>();
    private final List<Message> heldRefusals = new ArrayList<>();
    private boolean holding;
    private boolean entering;
    private boolean cameMeanwhile;
    private Instant lastKey = Instant.EPOCH;
    /** Number of the last message of the open chat that was shown, or skipped because there were too many. */
    private long shownUpTo;

    private volatile ServerConnection.@Nullable State connectionState;
    /** Faults of the encryption that were announced since the last session. Several addresses may have one each. */
    private final Set<TlsFault> toldFaults = ConcurrentHashMap.newKeySet();

    private volatile boolean hasBeenEncrypted;

    public LiveView(ShellContext shell) {
        this.shell = shell;
    }

    public void screen(Screen to) {
        screen = to;
    }

    @Nullable
    public Screen screen() {
        return screen;
    }

    public void connectionState(ServerConnection.State state) {
        ServerConnection.@Nullable State before = connectionState;
        connectionState = state;
        ServerConnection.@Nullable ConnectionProblem trouble = state.trouble();
        if (state.phase() == ServerConnection.Phase.ONLINE || state.phase() == ServerConnection.Phase.OFF) {
            toldFaults.clear();
        }
        if (state.encryption() != null) {
            hasBeenEncrypted = true;
        }
        // A server or a balancer that stops hangs up on the TLS greeting, too. There was TLS on that port before.
        boolean isPassing = hasBeenEncrypted && state.fault() instanceof TlsFault.NoTls;
        if (state.fault() != null && !isPassing && toldFaults.add(state.fault())) {
            // It retries, but without success until the user or the operator acts.
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
            // It does not retry, which the prompt alone would not tell.
            above(shell.style().warning(ConnectionTexts.ended(shell, trouble)));
        }
        refresh();
    }

    /** Opens this chat. Its new messages are held back until {@link #entered}. */
    public void enter(Address chat) {
        synchronized (lock) {
            entering = true;
            cameMeanwhile = false;
            onScreen.clear();
        }
        openChat = chat;
        keyPressed();
    }

    /**
     * Notes that these messages of the opened chat are on the screen and marked as seen, and shows the messages that
     * arrived meanwhile.
     */
    public void entered(List<Message> messages) {
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

    /** Shows the new messages of the open chat; of very many only the newest. */
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

    /** Returns a line with the number of new messages of a chat that are not shown, and the command that shows them. */
    public String earlier(Address chat, int messages) {
        return shell.style()
                .warning(shell.texts()
                        .count("chat.earlier", messages, shell.views().name(chat)));
    }

    public void leave() {
        openChat = null;
        synchronized (lock) {
            shown.clear();
            entering = false;
        }
    }

    /** Returns whether the open chat is being shown, so that new messages follow a little later. */
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

    /** Notes that the user looks at the screen, and marks the messages of the open chat as seen. */
    @Override
    public void keyPressed() {
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

    /** Returns whether a message comes from a stranger for whom the hint about names was not shown yet. */
    private boolean isFirstOfStranger(Message message) {
        ClientId author = message.author();
        return !message.outgoing()
                && !shell.client().self().equals(Optional.of(author))
                && shell.client().addressBook().name(author.asAddress()).isEmpty()
                && shell.client().people().introduce(author);
    }

    /** Shows the messages that are not on the screen yet, each once. */
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

    /** A delivery receipt (07) or read receipt (09). */
    private record Receipt(ClientId from, boolean read) {

        /** Returns whether the lines of these messages show this receipt already. */
        boolean isToldBy(List<Message> messages) {
            return !messages.isEmpty()
                    && messages.stream()
                            .allMatch(message -> message.chat().equals(from.asAddress())
                                    && (read ? message.read() : message.delivered()) >= message.recipients());
        }
    }

    /** Holds receipts back, because the message that is being written is not on the screen yet. */
    public void holdReceipts() {
        synchronized (lock) {
            holding = true;
        }
    }

    /**
     * Notes that these messages are on the screen in this state. Later changes get lines of their own, because a
     * printed line does not change. A rejection that a line shows is acknowledged.
     */
    public void nowOnScreen(List<Message> messages) {
        List<Receipt> receipts;
        List<Message> refusals;
        synchronized (lock) {
            holding = false;
            receipts = List.copyOf(held);
            held.clear();
            refusals = List.copyOf(heldRefusals);
            heldRefusals.clear();
            for (Message message : messages) {
                if (isUnderWay(message.state())) {
                    unsettled.add(message.number());
                }
            }
        }
        tellOfSettled();
        Set<Long> saidByLines = messages.stream()
                .filter(message -> message.state() == DeliveryState.REFUSED)
                .map(Message::number)
                .collect(Collectors.toSet());
        saidByLines.forEach(shell.client().outgoing()::acknowledge);
        refusals.stream()
                .filter(message -> !saidByLines.contains(message.number()))
                .forEach(message -> above(shell.style().warning(shell.views().refusedSentence(message))));
        receipts.stream().filter(receipt -> !receipt.isToldBy(messages)).forEach(this::tell);
    }

    private static boolean isUnderWay(DeliveryState state) {
        return state == DeliveryState.WAITING || state == DeliveryState.HANDED;
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
        // In a chat only the receipts of that chat; at the prompt those of all chats.
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
                if (message.filter(m -> isUnderWay(m.state())).isEmpty()) {
                    unsettled.remove(number);
                    // Later states are reported by receipts.
                    message.filter(m -> m.state() == DeliveryState.AT_SERVER && m.delivered() == 0)
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

    /** Returns the prompt: the number of unread messages, the state of the connection, and the open chat. */
    String prompt() {
        return prompt("");
    }

    /**
     * Returns the length of a text that is nearly too long for one message; else an empty text.
     *
     * @return the characters and their maximum, and then the number of messages
     */
    @Override
    public String count(String text) {
        int length = MessageTexts.length(text.stripTrailing());
        if (length < WORTH_SAYING) {
            return "";
        }
        int messages = MessageTexts.split(text).size();
        return length + "/" + Body.MAX_CODE_POINTS
                + (messages > 1 ? " " + shell.texts().count("live.messages-count", messages) : "");
    }

    /**
     * Returns the prompt with the length of the typed text.
     *
     * @param count as {@link #count} returned it
     */
    @Override
    public String prompt(String count) {
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
        ServerConnection.@Nullable State state = connectionState;
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
