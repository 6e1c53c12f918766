package zap.server.gateway.session;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import zap.protocol.ClientId;

/**
 * The session of each client, and the sessions that it has replaced and that have not ended yet.
 *
 * <p>A session first <em>claims</em> a client, waits until its predecessors have written their last, and <em>holds</em>
 * the client from then on. Which of two sessions gets the client does not depend on which thread runs first:
 *
 * <ul>
 *   <li>while several wait to take over, the one that was accepted last keeps the client;
 *   <li>once a session holds the client, a session that claims it afterwards replaces it.
 * </ul>
 *
 * <p>So a claim fails when its session was accepted before the current one, and the peer had sent its claim before the
 * current one held the client: then both were waiting at that moment, and only our threads run in another order. An
 * equal time counts as before.
 *
 * <p>Thread-safe. No method but {@link #inTurn} blocks.
 *
 * @param <S> the type of a session; tests have a simpler one
 */
final class ClientSessions<S extends ClientSessions.Claimant> {

    /** Locks for {@link #inTurn}. Two clients that share one wait for each other, which is rare and short. */
    private static final int TURNS = 64;

    private final ConcurrentHashMap<Long, Current<S>> current = new ConcurrentHashMap<>();
    private final ConcurrentHashMap<Long, List<S>> replaced = new ConcurrentHashMap<>();
    private final ReentrantLock[] turns = new ReentrantLock[TURNS];

    /** A session, as far as the decision needs it. */
    interface Claimant {
        /** Returns its place in the order in which sessions were accepted. */
        long number();

        /** Returns the listener that has accepted it. */
        String listener();

        /** Returns whether its peer has hung up, even if its thread does not know yet. */
        boolean hasHungUp();

        /** Returns whether it was closed, so that it can hold nothing any more. */
        boolean isClosed();
    }

    /** A submission to the mailbox. */
    interface Submission {
        /** Blocks while the writer's queue is full. */
        void submit() throws InterruptedException;
    }

    /**
     * The time since which a session has held the client.
     *
     * @param session the session
     * @param nanos {@link System#nanoTime()} when it began to hold the client; null while it waits to take over
     */
    private record Tenure<S extends Claimant>(
            S session, @Nullable Long nanos) {
        boolean excludes(Claimant claimant, long sentAtNanos) {
            return (nanos == null || sentAtNanos - nanos <= 0) && isLater(session, claimant);
        }
    }

    /**
     * Returns whether one session counts as accepted later than another one.
     *
     * <p>Each listener accepts in the order in which connections were made, but two listeners have a thread each. So
     * their numbers do not tell which of two connections was made first that were made within some milliseconds. Of
     * these one whose peer has hung up already, and so cannot be given anything, is not the newest.
     */
    private static boolean isLater(Claimant one, Claimant other) {
        if (!one.listener().equals(other.listener())) {
            boolean gone = one.hasHungUp();
            if (gone != other.hasHungUp()) {
                return !gone;
            }
        }
        return one.number() > other.number();
    }

    /**
     * The session that a client has, or is about to have.
     *
     * @param tenure the time since which it holds the client
     * @param latest the tenure of a session that was accepted later and that it has replaced; null when there is none.
     *     A claim from before that one must not come back to life because its successor was accepted earlier.
     */
    private record Current<S extends Claimant>(
            S session, Tenure<S> tenure, @Nullable Tenure<S> latest) {
        boolean excludes(S claimant, long sentAtNanos) {
            return tenure.excludes(claimant, sentAtNanos) || (latest != null && latest.excludes(claimant, sentAtNanos));
        }

        /** Returns the tenure of the session accepted last, this one included, if that was later than its successor. */
        @Nullable
        Tenure<S> latestFor(S successor) {
            Tenure<S> last = latest != null && isLater(latest.session, tenure.session) ? latest : tenure;
            return isLater(last.session, successor) ? last : null;
        }
    }

    ClientSessions() {
        for (int i = 0; i < TURNS; i++) {
            turns[i] = new ReentrantLock();
        }
    }

    /**
     * Claims a client for a session. When the claim succeeds, that session is notified of the client's mail from then
     * on.
     *
     * @param sentAtNanos {@link System#nanoTime()} when the peer sent its claim
     * @return the sessions to wait for, the oldest first; null when the session has lost the client to another one, or
     *     was closed
     */
    @Nullable
    List<S> claim(ClientId client, S session, long sentAtNanos) {
        var predecessors = new ArrayList<S>();
        Current<S> after = current.compute(client.value(), (id, before) -> {
            predecessors.clear();
            if (session.isClosed()) {
                return before;
            }
            @Nullable Tenure<S> latest = null;
            if (before != null && !before.session.equals(session)) {
                if (!before.session.isClosed() && before.excludes(session, sentAtNanos)) {
                    return before;
                }
                latest = before.latestFor(session);
                replaced.merge(id, List.of(before.session), ClientSessions::joined);
            }
            predecessors.addAll(replaced.getOrDefault(id, List.of()));
            return new Current<>(session, new Tenure<>(session, null), latest);
        });
        return after != null && after.session.equals(session) ? predecessors : null;
    }

    private static <S> List<S> joined(List<S> some, List<S> more) {
        var all = new ArrayList<>(some);
        more.stream().filter(one -> !all.contains(one)).forEach(all::add);
        return List.copyOf(all);
    }

    /**
     * Lets a session hold the client that it has claimed.
     *
     * @param nanos {@link System#nanoTime()}
     * @return false when it has lost the client to another session meanwhile, or was closed: then it must not get any
     * mail
     */
    boolean hold(ClientId client, S session, long nanos) {
        @Nullable
        Current<S> after = current.computeIfPresent(
                client.value(),
                (_, now) -> !now.session.equals(session) || session.isClosed()
                        ? now
                        : new Current<>(session, new Tenure<>(session, nanos), now.latest));
        return after != null && after.session.equals(session) && after.tenure.nanos != null;
    }

    /** Returns whether the client is this session's, or about to be. */
    boolean isCurrent(ClientId client, S session) {
        return session.equals(of(client.value()));
    }

    /**
     * Runs a submission for a session, unless the session has lost the client. A successor's submissions come after it.
     *
     * @return false when nothing was submitted
     */
    boolean inTurn(ClientId client, S session, Submission submission) throws InterruptedException {
        ReentrantLock turn = turns[Math.floorMod(Long.hashCode(client.value()), TURNS)];
        turn.lockInterruptibly();
        try {
            if (!isCurrent(client, session)) {
                return false;
            }
            submission.submit();
            return true;
        } finally {
            turn.unlock();
        }
    }

    /** Takes the client from a session that was closed. Its successors still wait for what it is writing. */
    void leave(ClientId client, S session) {
        current.computeIfPresent(client.value(), (_, now) -> now.session.equals(session) ? null : now);
    }

    /** Removes a session of a client. Nothing of it is under way any more, so its successors need not wait for it. */
    void ended(ClientId client, S session) {
        leave(client, session);
        replaced.computeIfPresent(client.value(), (_, sessions) -> {
            List<S> left = sessions.stream().filter(one -> !one.equals(session)).toList();
            return left.isEmpty() ? null : left;
        });
    }

    /** Returns the session that a client has or is about to have; null when there is none. */
    @Nullable
    S of(long client) {
        @Nullable Current<S> now = current.get(client);
        return now == null ? null : now.session;
    }

    /** Returns how many clients have a session. */
    int count() {
        return current.size();
    }

    /** Returns how many sessions were replaced and have not ended. For tests. */
    int countReplaced() {
        return replaced.values().stream().mapToInt(List::size).sum();
    }
}
