package zap.bench.wire;

import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import zap.bench.traffic.FrameListener;
import zap.bench.traffic.Messenger;
import zap.bench.traffic.User;

/**
 * An MQTT broker, over the same loop and with the same patched bytes as our own server, so that the load generator
 * costs both of them the same: it shares the processors with what it measures.
 */
public final class BrokerMessenger implements Messenger {

    private final InetSocketAddress broker;
    private final String prefix;
    private final List<EventLoop> loops;
    private final AtomicInteger names = new AtomicInteger();

    /**
     * Makes a messenger without connections.
     *
     * @param name of this run: what topics and clients begin with, so that nothing of an earlier run is found again
     * @param threads how many threads serve its users
     */
    public BrokerMessenger(InetSocketAddress broker, String name, int threads) {
        this.broker = broker;
        this.prefix = "zap-bench/" + name + "/";
        this.loops = EventLoop.start(threads);
    }

    @Override
    public User newUser(int flow, int seat, FrameListener inbox) {
        EventLoop loop = loops.get(flow % loops.size());
        return new BrokerUser(loop, broker, prefix + names.incrementAndGet(), flow, seat, inbox);
    }

    @Override
    public CompletableFuture<String> newGroup(User sender, List<User> members) {
        String topic = prefix + "group/" + names.incrementAndGet();
        var all = new ArrayList<CompletableFuture<Void>>();
        for (User member : members) {
            all.add(((BrokerUser) member).subscribe(topic));
        }
        return CompletableFuture.allOf(all.toArray(CompletableFuture<?>[]::new)).thenApply(_ -> topic);
    }

    @Override
    public boolean tellsAccepted() {
        return true;
    }

    @Override
    public boolean isExactlyOnce() {
        return false;
    }

    @Override
    public void close() {
        EventLoop.stop(loops);
    }
}
