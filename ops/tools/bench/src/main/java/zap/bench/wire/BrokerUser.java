package zap.bench.wire;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.net.InetSocketAddress;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import zap.bench.traffic.FrameListener;
import zap.bench.traffic.Letter;
import zap.bench.traffic.MessageText;
import zap.bench.traffic.User;

/**
 * One client of an MQTT broker: version 3.1.1, QoS 1, a persistent session, subscribed to the topic that is its
 * address.
 */
final class BrokerUser extends User implements Connection.Handler {

    // The first byte of each packet: its type, and for PUBLISH what follows from QoS 1.
    private static final int CONNECT = 0x10;
    private static final int CONNACK = 0x20;
    private static final int PUBLISH = 0x30;
    private static final int PUBLISH_QOS1 = 0x32;
    private static final int PUBACK = 0x40;
    private static final int SUBSCRIBE = 0x82;
    private static final int SUBACK = 0x90;
    private static final int DISCONNECT = 0xE0;
    private static final int TYPE = 0xF0;
    private static final int QOS = 0x06;

    private static final byte LEVEL_3_1_1 = 4;
    private static final byte CLEAN_SESSION = 2;
    private static final int ACCEPTED = 0;
    private static final int FAILURE = 0x80;
    private static final int LAST_PACKET_ID = 65_535;

    private final EventLoop loop;
    private final InetSocketAddress broker;
    private final String topic;
    private final FrameListener inbox;
    private final byte[] acknowledgement = {PUBACK, 2, 0, 0};
    private CompletableFuture<Void> ready = new CompletableFuture<>();
    private CompletableFuture<Void> subscribed = new CompletableFuture<>();
    private boolean hasSession;
    private boolean leaving;
    private volatile @Nullable Connection connection;
    private long acknowledged;

    BrokerUser(EventLoop loop, InetSocketAddress broker, String topic, int flow, int seat, FrameListener inbox) {
        super(flow, seat);
        this.loop = loop;
        this.broker = broker;
        this.topic = topic;
        this.inbox = inbox;
    }

    @Override
    public CompletableFuture<Void> connect() {
        return connect(false);
    }

    private CompletableFuture<Void> connect(boolean leaving) {
        var ready = new CompletableFuture<Void>();
        loop.execute(() -> {
            this.leaving = leaving;
            this.ready = ready;
            loop.connect(null, broker, this);
        });
        return ready;
    }

    @Override
    public CompletableFuture<Void> disconnect() {
        return hangUp(false);
    }

    @Override
    public void cut() {
        // Whoever cuts does not wait.
        var _ = hangUp(true);
    }

    /** A session ends when its client asks for one that is not kept. */
    @Override
    public CompletableFuture<Void> leave() {
        return hangUp(false).thenCompose(_ -> connect(true)).thenCompose(_ -> hangUp(false));
    }

    private CompletableFuture<Void> hangUp(boolean reset) {
        var done = new CompletableFuture<Void>();
        loop.execute(() -> {
            Connection open = connection;
            connection = null;
            if (open != null) {
                if (!reset) {
                    open.put(new byte[] {(byte) DISCONNECT, 0});
                    open.flush();
                }
                open.close(reset);
            }
            done.complete(null);
        });
        return done;
    }

    @Override
    public void connected(Connection connection) {
        this.connection = connection;
        var body = new ByteArrayOutputStream();
        body.writeBytes(string("MQTT"));
        body.write(LEVEL_3_1_1);
        body.write(leaving ? CLEAN_SESSION : 0);
        body.writeBytes(new byte[] {0, 0}); // no time limit for silence
        body.writeBytes(string(topic.replace('/', '-')));
        connection.put(packet(CONNECT, body.toByteArray()));
    }

    CompletableFuture<Void> subscribe(String topic) {
        var subscribed = new CompletableFuture<Void>();
        loop.execute(() -> {
            this.subscribed = subscribed;
            var body = new ByteArrayOutputStream();
            body.writeBytes(new byte[] {0, 1}); // a packet id: one subscription at a time
            body.writeBytes(string(topic));
            body.write(1); // QoS
            Connection open = connection;
            if (open != null) {
                open.put(packet(SUBSCRIBE, body.toByteArray()));
            }
        });
        return subscribed;
    }

    private static byte[] string(String text) {
        byte[] utf8 = text.getBytes(UTF_8);
        byte[] all = new byte[2 + utf8.length];
        all[0] = (byte) (utf8.length >> 8);
        all[1] = (byte) utf8.length;
        System.arraycopy(utf8, 0, all, 2, utf8.length);
        return all;
    }

    private static byte[] packet(int first, byte[] body) {
        var packet = new ByteArrayOutputStream();
        packet.write(first);
        int rest = body.length;
        do {
            packet.write(rest > 127 ? rest % 128 + 128 : rest);
            rest /= 128;
        } while (rest > 0);
        packet.writeBytes(body);
        return packet.toByteArray();
    }

    @Override
    public int received(Connection connection, byte[] bytes, int from, int to) {
        int at = from;
        while (to - at >= 2) {
            int body = at + 1;
            int length = 0;
            int shift = 0;
            do {
                if (body == to) {
                    return at;
                }
                length |= (bytes[body] & 0x7F) << shift;
                shift += 7;
            } while (bytes[body++] < 0);
            if (to - body < length) {
                return at;
            }
            packet(connection, bytes[at] & 0xFF, bytes, body, length);
            at = body + length;
        }
        return at;
    }

    private void packet(Connection connection, int first, byte[] bytes, int body, int length) {
        switch (first & TYPE) {
            case PUBLISH -> published(connection, first, bytes, body, length);
            case PUBACK -> inbox.accepted(this, ++acknowledged);
            case CONNACK -> welcomed(bytes[body + 1]);
            case SUBACK -> {
                if ((bytes[body + 2] & FAILURE) == 0) {
                    subscribed.complete(null);
                } else {
                    subscribed.completeExceptionally(new IllegalStateException("the broker refuses the subscription"));
                }
            }
            default -> inbox.failed(this, "an unexpected packet: " + Integer.toHexString(first));
        }
    }

    private void published(Connection connection, int first, byte[] bytes, int body, int length) {
        int text = body + 2 + (((bytes[body] & 0xFF) << 8) | (bytes[body + 1] & 0xFF));
        if ((first & QOS) != 0) {
            acknowledgement[2] = bytes[text];
            acknowledgement[3] = bytes[text + 1];
            text += 2;
            inbox.received(this, bytes, text, body + length - text);
            connection.put(acknowledgement);
        } else {
            inbox.received(this, bytes, text, body + length - text);
        }
    }

    private void welcomed(int code) {
        if (code != ACCEPTED) {
            ready.completeExceptionally(new IllegalStateException("the broker refuses the connection: " + code));
        } else if (hasSession || leaving) {
            ready.complete(null);
        } else {
            CompletableFuture<Void> waiting = ready;
            var _ = subscribe(topic).thenRun(() -> {
                hasSession = true;
                waiting.complete(null);
            });
        }
    }

    @Override
    public void caughtUp(Connection connection) {}

    @Override
    public void closed(Connection connection, String why) {
        this.connection = null;
        if (!ready.completeExceptionally(new IllegalStateException(why))) {
            inbox.failed(this, why);
        }
    }

    @Override
    public String address() {
        return topic;
    }

    @Override
    public Letter letterTo(String address, MessageText text) {
        return new Published(address, text);
    }

    @Override
    public void askAccepted() {
        // It is told without asking.
    }

    /** A PUBLISH that was encoded once; only its numbers are written anew. */
    private final class Published implements Letter {

        private final byte[] packet;
        private final int textAt;

        Published(String to, MessageText text) {
            var body = new ByteArrayOutputStream();
            body.writeBytes(string(to));
            body.writeBytes(new byte[] {0, 0});
            body.writeBytes(text.bytes());
            packet = packet(PUBLISH_QOS1, body.toByteArray());
            textAt = packet.length - text.length();
        }

        @Override
        public void send(long sequence, long nanos) {
            int packetId = (int) (1 + (sequence - 1) % LAST_PACKET_ID);
            packet[textAt - 2] = (byte) (packetId >> 8);
            packet[textAt - 1] = (byte) packetId;
            MessageText.number(packet, textAt, sequence, nanos);
            Connection open = connection;
            if (open != null) {
                open.put(packet);
            }
        }
    }
}
