package zap.shell.chat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import zap.protocol.Address;
import zap.protocol.Reason;
import zap.shell.connection.ServerConnection;
import zap.shell.store.Messages.Message;
import zap.shell.store.PendingGroups.PendingGroup;
import zap.shell.store.PendingGroups.RefusedGroup;

/**
 * The session of a single command: it opens, waits for one thing, and disconnects.
 *
 * <p>It waits as long as there is progress, because a mailbox may hold any number of messages. Meanwhile it notes the
 * messages that arrive, and the earlier writes that the server accepts or rejects. All methods belong to the command's
 * thread; the listener's methods are called from the connection's threads.
 */
public final class OneShot implements AutoCloseable {

    /**
     * Maximum time without progress. It is longer than each step of a handshake, so that a step that fails gives the
     * cause.
     */
    public static final Duration STANDSTILL = Duration.ofSeconds(20);

    /** Maximum time for the session of another process to do the work. */
    private static final Duration ELSEWHERE_WITHIN = Duration.ofSeconds(10);

    /** Maximum time for the read marks of a command that reads to be sent. */
    private static final Duration READ_MARKS_WITHIN = Duration.ofSeconds(2);

    /** The result of waiting. */
    public sealed interface Result {

        /** The server has done its part, here or through the session of another process. */
        record Done() implements Result {}

        /**
         * Another process has the session.
         *
         * @param report the state of that session; empty when it has ended meanwhile
         */
        record Elsewhere(Optional<SessionReport> report) implements Result {}

        /** The profile was exported and is retired. */
        record Retired() implements Result {}

        /** There is no session. */
        record Failed(SessionFailure failure) implements Result {}

        /** There is a session, without progress for {@link #STANDSTILL}. */
        record Stalled() implements Result {}
    }

    /** Reports to the user while a command waits. */
    public interface Progress {

        /** Is called a few times in a second. */
        void update();

        /** Is called at the end of waiting. */
        void clear();
    }

    private final ProfileClient client;
    private final Progress progress;
    private final Findings findings = new Findings();

    public OneShot(ProfileClient client, Progress progress) {
        this.client = client;
        this.progress = progress;
    }

    /**
     * Opens the session and waits until all waiting mail has arrived. The session stays open until {@link #close}.
     * Where another process has the session, that process fetches the mail, and this does not wait.
     */
    public Result fetch() {
        return switch (client.open(findings, state -> {})) {
            case ELSEWHERE -> new Result.Elsewhere(client.elsewhere());
            case RETIRED -> new Result.Retired();
            case OPENED, OPEN_ALREADY -> await(client::isCaughtUp);
        };
    }

    /** Opens the session and waits until the server has accepted or rejected these messages, as far as it tells. */
    public Result send(List<Long> numbers) {
        return openAndAwait(() -> client.awaitSent(numbers, Duration.ZERO));
    }

    /** Opens the session and waits until the server has answered the request for a group. */
    public Result request(long group) {
        return openAndAwait(() -> client.pendingGroups().find(group).isEmpty());
    }

    /** Waits until the server has dealt with everything in the outbox, or no more is sent. */
    public void awaitOutbox() {
        await(() -> client.unsettled() == 0 && client.pendingGroupCount() == 0);
    }

    /** Waits until the read receipts have been sent, if the user wants any. */
    public void awaitReadMarks() {
        if (client.settings().receipts()) {
            client.await(
                    READ_MARKS_WITHIN,
                    () -> client.readMarks().due(client.clock().instant()).isEmpty());
        }
    }

    private Result openAndAwait(BooleanSupplier condition) {
        return switch (client.open(findings, state -> {})) {
            case ELSEWHERE -> {
                client.await(ELSEWHERE_WITHIN, () -> condition.getAsBoolean() || hasEndedElsewhere());
                yield condition.getAsBoolean() ? new Result.Done() : new Result.Elsewhere(client.elsewhere());
            }
            case RETIRED -> new Result.Retired();
            case OPENED, OPEN_ALREADY -> await(condition);
        };
    }

    /** Waits as long as there is progress and a connection, and tells why it ended. */
    private Result await(BooleanSupplier condition) {
        client.awaitWhileAdvancing(STANDSTILL, () -> condition.getAsBoolean() || client.hasFailed(), progress::update);
        progress.clear();
        if (condition.getAsBoolean()) {
            return new Result.Done();
        }
        return client.isOnline() ? new Result.Stalled() : new Result.Failed(SessionFailure.of(client));
    }

    /** Returns whether another process has the session, and does not retry. */
    private boolean hasEndedElsewhere() {
        return client.elsewhere()
                .filter(report -> report.phase() == ServerConnection.Phase.OFF && report.trouble() != null)
                .isPresent();
    }

    /** Returns the number of messages that arrived, by chat. */
    public Map<Address, Integer> arrived() {
        return findings.arrived();
    }

    /** Returns the messages that the server rejected meanwhile, without those that the command reports itself. */
    public List<Message> refused(List<Long> reportedByTheCommand) {
        return findings.refused().stream()
                .filter(message -> !reportedByTheCommand.contains(message.number()))
                .toList();
    }

    /** Returns the groups that the server rejected meanwhile. */
    public List<RefusedGroup> refusedGroups() {
        return findings.refusedGroups();
    }

    /** Returns how many messages the server accepted meanwhile. */
    public int settled() {
        return findings.settled();
    }

    /** Returns how many messages were being sent when a connection was lost. */
    public int unsure() {
        return findings.unsure();
    }

    /** Disconnects, unless another process has the session. */
    @Override
    public void close() {
        client.disconnect();
    }

    /** Notes what the session reports. */
    private static final class Findings implements ClientListener {

        private final Map<Address, Integer> arrived = new LinkedHashMap<>();
        private final List<Message> refused = new ArrayList<>();
        private final List<RefusedGroup> refusedGroups = new ArrayList<>();
        private int unsure;
        private int settled;

        synchronized Map<Address, Integer> arrived() {
            return new LinkedHashMap<>(arrived);
        }

        synchronized List<Message> refused() {
            return List.copyOf(refused);
        }

        synchronized List<RefusedGroup> refusedGroups() {
            return List.copyOf(refusedGroups);
        }

        synchronized int unsure() {
            return unsure;
        }

        synchronized int settled() {
            return settled;
        }

        @Override
        public synchronized void arrived(Message message) {
            arrived.merge(message.chat(), 1, Integer::sum);
        }

        @Override
        public synchronized void caughtUp(Map<Address, Integer> byChat) {
            byChat.forEach((chat, count) -> arrived.merge(chat, count, Integer::sum));
        }

        @Override
        public synchronized void settled(int messages) {
            settled += messages;
        }

        @Override
        public synchronized void unsure(int messages) {
            unsure += messages;
        }

        @Override
        public synchronized void refused(Message message, Reason reason) {
            refused.add(message);
        }

        @Override
        public synchronized void groupRefused(PendingGroup group, Reason reason) {
            refusedGroups.add(new RefusedGroup(group, reason));
        }
    }
}
