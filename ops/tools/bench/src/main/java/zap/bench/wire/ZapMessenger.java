package zap.bench.wire;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import zap.bench.traffic.FrameListener;
import zap.bench.traffic.Messenger;
import zap.bench.traffic.User;
import zap.protocol.ClientId;

/** A zap server, or several nodes of one, over the main listener. */
public final class ZapMessenger implements Messenger {

    /** Which of the two protocols its users speak. */
    public enum Sessions {
        /** 01 to 11: what every client speaks. */
        BASE,
        /** 30 to 39: with a key, numbered frames and confirmed mail. */
        ASSURED
    }

    /** Decides which node a user connects to. */
    @FunctionalInterface
    public interface NodeChoice {

        /**
         * Returns the address of the user's node, each time it connects.
         *
         * @param flow the user's flow
         * @param seat the user's seat in it, as in {@link Messenger#newUser}
         */
        InetSocketAddress of(int flow, int seat);
    }

    /** An address lends its ports to some 28,000 connections; a few more addresses are enough for what files allow. */
    private static final int LOOPBACK_ADDRESSES = 8;

    private final NodeChoice choice;
    private final Sessions sessions;
    private final List<EventLoop> loops;
    private final AtomicInteger users = new AtomicInteger();

    /** @param threads how many threads serve its users */
    public ZapMessenger(InetSocketAddress server, Sessions sessions, int threads) {
        this((_, _) -> server, sessions, threads);
    }

    /** @param threads how many threads serve its users */
    public ZapMessenger(NodeChoice choice, Sessions sessions, int threads) {
        this.choice = choice;
        this.sessions = sessions;
        this.loops = EventLoop.start(threads);
    }

    @Override
    public User newUser(int flow, int seat, FrameListener inbox) {
        return new ZapUser(this, loops.get(flow % loops.size()), flow, seat, inbox);
    }

    @Override
    public CompletableFuture<String> newGroup(User sender, List<User> members) {
        List<ClientId> ids =
                members.stream().map(member -> ((ZapUser) member).id()).toList();
        var all = new ArrayList<CompletableFuture<String>>();
        for (User member : members) {
            all.add(((ZapUser) member).nextGroup());
        }
        CompletableFuture<String> own = ((ZapUser) sender).createGroup(ids);
        return CompletableFuture.allOf(all.toArray(CompletableFuture[]::new)).thenCompose(_ -> own);
    }

    @Override
    public boolean isExactlyOnce() {
        return sessions == Sessions.ASSURED;
    }

    @Override
    public boolean tellsAccepted() {
        return sessions == Sessions.ASSURED;
    }

    Sessions sessions() {
        return sessions;
    }

    void connect(EventLoop loop, User user, Connection.Handler handler) {
        InetSocketAddress server = choice.of(user.flow(), user.seat());
        loop.connect(from(server), server, handler);
    }

    private @Nullable InetSocketAddress from(InetSocketAddress server) {
        if (!server.getAddress().isLoopbackAddress() || server.getAddress().getAddress().length != 4) {
            return null;
        }
        try {
            int last = 1 + users.getAndIncrement() % LOOPBACK_ADDRESSES;
            return new InetSocketAddress(InetAddress.getByAddress(new byte[] {127, 0, 0, (byte) last}), 0);
        } catch (UnknownHostException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        EventLoop.stop(loops);
    }
}
