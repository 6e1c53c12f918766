package zap.bench.traffic;

import java.util.List;
import java.util.concurrent.CompletableFuture;

/** A way to have users on the measured server. */
public interface Messenger extends AutoCloseable {

    /**
     * A user that is not connected yet.
     *
     * @param flow which flow the user belongs to: users of one flow share a thread, where the messenger has several
     * @param seat which of the flow's recipients it is, from 0 on; {@link User#SENDER} is the one who writes
     * @param inbox hears what comes, on a thread of the messenger
     */
    User newUser(int flow, int seat, FrameListener inbox);

    /** Puts the sender and the members into one group. Completes with the group's address when all of them know. */
    CompletableFuture<String> newGroup(User sender, List<User> members);

    /** Tells whether a sender learns without asking that a message is stored. */
    boolean tellsAccepted();

    /** Tells whether messages arrive exactly once, also if connections are cut meanwhile. */
    boolean isExactlyOnce();

    @Override
    void close();
}
