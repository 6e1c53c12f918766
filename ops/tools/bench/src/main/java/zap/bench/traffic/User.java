package zap.bench.traffic;

import java.util.concurrent.CompletableFuture;

/** One user of what is measured, with at most one connection. */
public abstract class User {

    /** The seat of the one who writes. */
    public static final int SENDER = -1;

    private final int flow;
    private final int seat;

    protected User(int flow, int seat) {
        this.flow = flow;
        this.seat = seat;
    }

    /** Which flow this user belongs to. */
    public final int flow() {
        return flow;
    }

    /** Which of the flow's recipients it is, from 0 on, or {@link #SENDER}. */
    public final int seat() {
        return seat;
    }

    /**
     * Connects; the first time, it registers too. Completes when messages can be sent; what waited comes from then on.
     */
    public abstract CompletableFuture<Void> connect();

    /**
     * Says goodbye in the protocol's own way. Completes when the connection is closed, and, where the protocol has no
     * word for goodbye, the other side has closed it, too: what comes after that is for somebody who is away.
     */
    public abstract CompletableFuture<Void> disconnect();

    /** Is gone without a goodbye: the connection is reset. */
    public abstract void cut();

    /** Says goodbye for good: nothing needs to be kept for this user any more. */
    public CompletableFuture<Void> leave() {
        return disconnect();
    }

    /** Returns the address for messages to this user. Known once the user has been connected. */
    public abstract String address();

    /**
     * Prepares messages from this user. A user has one letter at a time: acceptance is counted over all it has sent.
     */
    public abstract Letter letterTo(String address, MessageText text);

    /**
     * Asks to be told, by {@link FrameListener#accepted}, when all that was sent so far is stored. Of use only where
     * {@link Messenger#tellsAccepted} is false: there it costs a message.
     */
    public abstract void askAccepted();
}
