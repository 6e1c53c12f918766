package zap.shell.command;

import java.io.PrintWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import zap.protocol.Address;
import zap.protocol.Reason;
import zap.shell.chat.ClientListener;
import zap.shell.chat.ProfileClient;
import zap.shell.store.Messages.Message;
import zap.shell.store.PendingGroups.PendingGroup;
import zap.shell.store.PendingGroups.RefusedGroup;

/**
 * The connection that a single command makes for itself, and what comes to light on it: mail, and refusals of what was written before.
 *
 * <p>It waits for as long as there is progress and says on standard error how much has come, because a mailbox may hold any number of
 * messages. The threads of the line report to it.
 */
final class OwnConnection implements ClientListener, AutoCloseable {

    /** How long there may be no progress: longer than every step of a handshake may take, so that a step that fails says why. */
    static final Duration STANDSTILL = Duration.ofSeconds(20);

    /** How long the read marks of a command that reads may take to go out. */
    private static final Duration TOLD_WITHIN = Duration.ofSeconds(2);

    private final ShellContext shell;
    private final ProfileClient client;
    private final ProgressLine progress;
    private final Map<Address, Integer> came = new LinkedHashMap<>();
    private final List<Message> refused = new ArrayList<>();
    private final List<RefusedGroup> refusedGroups = new ArrayList<>();
    private int unsure;
    private int settled;
    private boolean isClosed;
    private Optional<FailedSession> failure = Optional.empty();

    OwnConnection(ShellContext shell) {
        this.shell = shell;
        this.client = shell.client();
        this.progress = new ProgressLine(shell, client);
    }

    /** Connects, unless another process of this profile is connected. */
    ProfileClient.Opening open() {
        return client.open(this, state -> {});
    }

    /** Waits until all mail that has waited is here; false when no more comes. */
    boolean awaitMail() {
        await(client::isCaughtUp);
        return client.isCaughtUp();
    }

    /** Waits until everything that is to be sent has been dealt with by the server; false when nothing more goes out. */
    boolean awaitOutbox() {
        return await(() -> client.unsettled() == 0 && client.pendingGroupCount() == 0);
    }

    /** Waits until those whose messages were read have been told, if they are to be. */
    void awaitReadMarks() {
        if (client.settings().receipts()) {
            client.await(
                    TOLD_WITHIN,
                    () -> client.readMarks().due(client.clock().instant()).isEmpty());
        }
    }

    /** Waits for something for as long as there is progress and a connection. */
    boolean await(BooleanSupplier condition) {
        client.awaitWhileAdvancing(STANDSTILL, () -> condition.getAsBoolean() || client.hasFailed(), progress::update);
        progress.clear();
        return condition.getAsBoolean();
    }

    /** Ends the connection, and remembers how it was. */
    @Override
    public void close() {
        failure = present();
        isClosed = true;
        client.disconnect();
    }

    // --------------------------------------------------------------------------------------------------- what came of
    // it

    /** Returns why there is no session; empty while there is one, on which no more comes. */
    Optional<FailedSession> failed() {
        return isClosed ? failure : present();
    }

    private Optional<FailedSession> present() {
        return client.isOnline() ? Optional.empty() : Optional.of(FailedSession.of(client));
    }

    /**
     * Returns the refusal of a command that has waited in vain.
     *
     * @param failed the key of the sentence for a session that failed, see {@link FailedSession#refusal}
     * @param stalled the sentence for a server that is there and silent
     */
    RefusedCommandException refusal(String failed, String stalled) {
        RefusedCommandException refusal = failed().map(cause -> cause.refusal(shell, client.server(), failed))
                .orElseGet(() -> new RefusedCommandException(ExitCode.UNAVAILABLE, stalled));
        var lines = new ArrayList<>(news(List.of()));
        lines.add(String.valueOf(refusal.getMessage()));
        return new RefusedCommandException(refusal.exitCode(), String.join("\n", lines));
    }

    /** Returns how many messages came, by chat. */
    Map<Address, Integer> came() {
        synchronized (came) {
            return new LinkedHashMap<>(came);
        }
    }

    /** Returns the messages that were refused meanwhile, without those whose command tells it itself. */
    List<Message> refused(List<Long> toldOtherwise) {
        synchronized (came) {
            return refused.stream()
                    .filter(message -> !toldOtherwise.contains(message.number()))
                    .toList();
        }
    }

    /** Returns the groups that were refused meanwhile. */
    List<RefusedGroup> refusedGroups() {
        synchronized (came) {
            return List.copyOf(refusedGroups);
        }
    }

    /** Returns how many messages the server has taken meanwhile. */
    int settled() {
        synchronized (came) {
            return settled;
        }
    }

    /** Returns the sentences about what came to light of earlier commands, one for each message and group. */
    List<String> news(List<Long> toldOtherwise) {
        var lines = new ArrayList<String>();
        refused(toldOtherwise).forEach(message -> lines.add(shell.views().refusedSentence(message)));
        refusedGroups().forEach(group -> lines.add(shell.views().refusedSentence(group)));
        synchronized (came) {
            if (unsure > 0) {
                lines.add(shell.texts().count("live.unsure", unsure));
            }
        }
        return lines;
    }

    /**
     * Ends the command with the exit code of what came to light of earlier commands; does nothing when that is nothing. Where only older
     * refusals are left that their person has not acknowledged, a word about them is all.
     */
    void tellNews() {
        List<String> news = news(List.of());
        if (!news.isEmpty()) {
            throw new RefusedCommandException(newsCode(), String.join("\n", news));
        }
        mentionRefusals(shell);
    }

    /** Says on standard error that there are refusals which are not acknowledged, if there are. */
    static void mentionRefusals(ShellContext shell) {
        int refusals = shell.refusals();
        if (refusals > 0) {
            PrintWriter notices = shell.notices();
            notices.println(shell.texts().count("refused.mention", refusals));
            notices.flush();
        }
    }

    private ExitCode newsCode() {
        List<Message> messages = refused(List.of());
        if (!messages.isEmpty()) {
            return ExitCode.ofRefusal(messages.getFirst().refusal());
        }
        List<RefusedGroup> groups = refusedGroups();
        return groups.isEmpty()
                ? ExitCode.KEPT
                : ExitCode.ofRefusal(groups.getFirst().reason());
    }

    // ------------------------------------------------------------------------------------------- as the line reports
    // it

    @Override
    public void arrived(Message message) {
        synchronized (came) {
            came.merge(message.chat(), 1, Integer::sum);
        }
    }

    @Override
    public void caughtUp(Map<Address, Integer> arrived) {
        synchronized (came) {
            arrived.forEach((chat, count) -> came.merge(chat, count, Integer::sum));
        }
    }

    @Override
    public void settled(int messages) {
        synchronized (came) {
            settled += messages;
        }
    }

    @Override
    public void unsure(int messages) {
        synchronized (came) {
            unsure += messages;
        }
    }

    @Override
    public void refused(Message message, Reason reason) {
        synchronized (came) {
            refused.add(message);
        }
    }

    @Override
    public void groupRefused(PendingGroup group, Reason reason) {
        synchronized (came) {
            refusedGroups.add(new RefusedGroup(group, reason));
        }
    }
}
