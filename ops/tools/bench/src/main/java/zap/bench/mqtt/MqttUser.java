package zap.bench.mqtt;

import com.hivemq.client.mqtt.MqttClientExecutorConfig;
import com.hivemq.client.mqtt.MqttClientState;
import com.hivemq.client.mqtt.MqttGlobalPublishFilter;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.datatypes.MqttTopic;
import com.hivemq.client.mqtt.lifecycle.MqttDisconnectSource;
import com.hivemq.client.mqtt.mqtt3.Mqtt3AsyncClient;
import com.hivemq.client.mqtt.mqtt3.Mqtt3Client;
import com.hivemq.client.mqtt.mqtt3.message.publish.Mqtt3Publish;
import java.net.InetSocketAddress;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import zap.bench.traffic.FrameListener;
import zap.bench.traffic.Letter;
import zap.bench.traffic.MessageText;
import zap.bench.traffic.User;

/** One client of an MQTT broker, subscribed to the topic that is its address. */
final class MqttUser extends User {

    private static final int KEEP_ALIVE_SECONDS = 600;

    private final InetSocketAddress broker;
    private final MqttClientExecutorConfig executors;
    private final String topic;
    private final FrameListener inbox;
    private final AtomicLong acknowledged = new AtomicLong();
    private boolean subscribed;
    private volatile @Nullable Mqtt3AsyncClient client;

    MqttUser(
            InetSocketAddress broker,
            MqttClientExecutorConfig executors,
            String topic,
            int flow,
            int seat,
            FrameListener inbox) {
        super(flow, seat);
        this.broker = broker;
        this.executors = executors;
        this.topic = topic;
        this.inbox = inbox;
    }

    @Override
    public CompletableFuture<Void> connect() {
        // The session is the broker's; a client that comes back is a new one to the library, as after a restart.
        Mqtt3AsyncClient fresh = newClient();
        fresh.publishes(MqttGlobalPublishFilter.ALL, publish -> received(fresh, publish), Runnable::run);
        client = fresh;
        return fresh.connectWith()
                .cleanSession(false)
                .keepAlive(KEEP_ALIVE_SECONDS)
                .send()
                .thenCompose(_ -> subscribed ? CompletableFuture.<Void>completedFuture(null) : subscribe(topic))
                .thenRun(() -> subscribed = true);
    }

    private Mqtt3AsyncClient newClient() {
        return Mqtt3Client.builder()
                .identifier(topic.replace('/', '-'))
                .serverAddress(broker)
                .executorConfig(executors)
                .addDisconnectedListener(context -> {
                    if (context.getSource() != MqttDisconnectSource.USER && client != null) {
                        inbox.failed(this, context.getCause().toString());
                    }
                })
                .buildAsync();
    }

    CompletableFuture<Void> subscribe(String topic) {
        return client().subscribeWith()
                .topicFilter(topic)
                .qos(MqttQos.AT_LEAST_ONCE)
                .send()
                .thenApply(_ -> null);
    }

    private Mqtt3AsyncClient client() {
        return Objects.requireNonNull(client, "a user that is not connected");
    }

    /** Takes a message. One that an older client hears after it has hung up is not acknowledged, and so comes again. */
    private void received(Mqtt3AsyncClient by, Mqtt3Publish publish) {
        if (by.equals(client)) {
            byte[] text = publish.getPayloadAsBytes();
            inbox.received(this, text, 0, text.length);
        }
    }

    @Override
    public CompletableFuture<Void> disconnect() {
        Mqtt3AsyncClient open = client;
        client = null;
        return open == null || open.getState() == MqttClientState.DISCONNECTED
                ? CompletableFuture.completedFuture(null)
                : open.disconnect();
    }

    /** A session ends when its client asks for one that is not kept. */
    @Override
    public CompletableFuture<Void> leave() {
        return disconnect()
                .handle((_, _) -> newClient())
                .thenCompose(
                        last -> last.connectWith().cleanSession(true).send().thenCompose(_ -> last.disconnect()));
    }

    /** The library has no way to break off, so a client that is cut says goodbye; its session stays all the same. */
    @Override
    public void cut() {
        // Whoever cuts does not wait.
        var _ = disconnect();
    }

    @Override
    public String address() {
        return topic;
    }

    @Override
    public Letter letterTo(String address, MessageText text) {
        return new MqttLetter(MqttTopic.of(address), text);
    }

    @Override
    public void askAccepted() {
        // It is told without asking.
    }

    private final class MqttLetter implements Letter {

        private final MqttTopic to;
        private final byte[] template;

        MqttLetter(MqttTopic to, MessageText text) {
            this.to = to;
            this.template = text.bytes();
        }

        @Override
        public void send(long sequence, long nanos) {
            byte[] payload = template.clone();
            MessageText.number(payload, 0, sequence, nanos);
            var _ = client().publish(Mqtt3Publish.builder()
                            .topic(to)
                            .qos(MqttQos.AT_LEAST_ONCE)
                            .payload(payload)
                            .build())
                    .whenComplete((_, failure) -> {
                        if (failure == null) {
                            inbox.accepted(MqttUser.this, acknowledged.incrementAndGet());
                        } else {
                            inbox.failed(MqttUser.this, failure.toString());
                        }
                    });
        }
    }
}
