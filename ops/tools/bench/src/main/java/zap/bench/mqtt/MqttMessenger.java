package zap.bench.mqtt;

import com.hivemq.client.mqtt.MqttClientExecutorConfig;
import io.reactivex.Scheduler;
import io.reactivex.schedulers.Schedulers;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import zap.bench.traffic.FrameListener;
import zap.bench.traffic.Messenger;
import zap.bench.traffic.User;

/** An MQTT broker, version 3.1.1, which every broker speaks. */
public final class MqttMessenger implements Messenger {

    private static final Scheduler AT_ONCE = Schedulers.from(Runnable::run);

    private final InetSocketAddress broker;
    private final String prefix;
    private final MqttClientExecutorConfig executors;
    private final AtomicInteger names = new AtomicInteger();

    /**
     * @param name of this run: what topics and clients begin with, so that nothing of an earlier run is found again
     * @param threads how many threads serve its users
     */
    public MqttMessenger(InetSocketAddress broker, String name, int threads) {
        this.broker = broker;
        this.prefix = "zap-bench/" + name + "/";
        // What comes is handled on the thread that has read it: no hand-over, as with our own users.
        this.executors = MqttClientExecutorConfig.builder()
                .nettyThreads(threads)
                .applicationScheduler(AT_ONCE)
                .build();
    }

    @Override
    public User newUser(int flow, int seat, FrameListener inbox) {
        return new MqttUser(broker, executors, prefix + names.incrementAndGet(), flow, seat, inbox);
    }

    @Override
    public CompletableFuture<String> newGroup(User sender, List<User> members) {
        String topic = prefix + "group/" + names.incrementAndGet();
        CompletableFuture<?>[] all = members.stream()
                .map(member -> ((MqttUser) member).subscribe(topic))
                .toArray(CompletableFuture<?>[]::new);
        return CompletableFuture.allOf(all).thenApply(_ -> topic);
    }

    @Override
    public boolean isExactlyOnce() {
        return false;
    }

    @Override
    public boolean tellsAccepted() {
        return true;
    }

    @Override
    public void close() {
        // Its threads end by themselves when the last connection is closed.
    }
}
