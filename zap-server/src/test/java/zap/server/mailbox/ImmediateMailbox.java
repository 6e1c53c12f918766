package zap.server.mailbox;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import zap.protocol.ClientId;
import zap.protocol.HistoryDigest;
import zap.protocol.StreamId;
import zap.server.tracing.Tracing;

/**
 * The mailbox as its neighbours see it, over a store in memory, and with the real writer: but whoever submits something does the writer's
 * work, so that it is stored, told and over when {@link #submit} returns. For tests of what stands on the mailbox.
 */
public final class ImmediateMailbox extends Mailbox {

    private final InMemoryMailbox store;
    private final MailboxWriter writer;
    private final Runnable stored;
    private final ReentrantLock lock = new ReentrantLock();
    private long writes;

    private ImmediateMailbox(
            InMemoryMailbox store, MailboxWriter writer, MailboxProperties properties, Runnable stored) {
        super(store, writer, new OrphanedMail(store, store), properties);
        this.store = store;
        this.writer = writer;
        this.stored = stored;
    }

    /**
     * @param maxWaiting how many entries may wait in one mailbox
     * @param stored called after each write, before the next can begin
     */
    public static ImmediateMailbox create(
            MailArrivals arrivals, MeterRegistry meters, long maxWaiting, int pageSize, Runnable stored) {
        var store = new InMemoryMailbox();
        var properties =
                new MailboxProperties(Duration.ZERO, 100, 1000, maxWaiting, pageSize, 4, Duration.ofMinutes(5));
        var writer = new MailboxWriter(store, arrivals, store, new WriterMeters(meters), Tracing.OFF, properties);
        return new ImmediateMailbox(store, writer, properties, stored);
    }

    /** One whose clients have no sessions: what comes waits in the log. */
    public static ImmediateMailbox withoutSessions(long maxWaiting) {
        var nobodyIsOnline = new MailArrivals() {
            @Override
            public boolean isOnline(long client) {
                return false;
            }

            @Override
            public void arrived(long client, List<MailboxItem> mail) {
                throw new AssertionError("Nobody is online");
            }
        };
        return create(nobodyIsOnline, new SimpleMeterRegistry(), maxWaiting, 100, () -> {});
    }

    @Override
    public void submit(Write write) throws InterruptedException {
        lock.lock();
        try {
            writes++;
            writer.store(List.of(write));
            stored.run();
        } finally {
            lock.unlock();
        }
    }

    /** Whatever was submitted is stored already. */
    @Override
    public boolean awaitStored(Duration most) {
        return true;
    }

    /** How many writes there were. */
    public long writes() {
        lock.lock();
        try {
            return writes;
        } finally {
            lock.unlock();
        }
    }

    /** There is such a client from now on, which sends from this stream if it has named one. */
    public void register(ClientId client, @Nullable StreamId stream) {
        if (stream == null) {
            store.register(client.value());
        } else {
            store.name(client.value(), stream);
        }
    }

    /** The client's log, from its first entry. */
    public List<MailboxItem> mailOf(ClientId client) {
        return store.mailOf(client.value());
    }

    /** The last position that the client confirmed. */
    public long givenOf(ClientId client) {
        return store.givenOf(client.value());
    }

    /** The last position that there is. */
    public long tailOf(ClientId client) {
        return store.tailOf(client.value());
    }

    /** The digest of the client's log at the position that it confirmed. */
    public HistoryDigest digestOf(ClientId client) {
        return store.digestOf(client.value());
    }

    /** How far the stream that the client sends from has come. */
    public StreamState streamOf(ClientId client) {
        return store.streamOf(client.value());
    }
}
