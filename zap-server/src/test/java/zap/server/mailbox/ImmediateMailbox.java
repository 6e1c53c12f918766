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
 * The mailbox with a store in memory and the real writer. The submitting thread does the writer's work, so that a write
 * is stored and reported when {@link #submit} returns. For tests of the packages that use the mailbox.
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
     * @param maxWaiting maximum number of waiting entries in one mailbox
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

    /** Returns one whose clients have no sessions: all mail waits in the log. */
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

            @Override
            public void mayHaveArrived(long client, MailboxCursor cursor) {
                throw new AssertionError("Nobody is online");
            }

            @Override
            public void historyLost() {
                throw new AssertionError("Nothing is lost");
            }
        };
        return create(nobodyIsOnline, new SimpleMeterRegistry(), maxWaiting, 100, () -> {});
    }

    @Override
    public void submit(Write write) throws InterruptedException {
        submitTogether(List.of(write));
    }

    /** Submits writes that are stored in one batch. */
    public void submitTogether(List<Write> together) throws InterruptedException {
        lock.lock();
        try {
            writes += together.size();
            for (Write write : together) {
                if (write instanceof ConfirmWrite confirmation) {
                    confirmation.leaveQueue();
                }
            }
            writer.store(together);
            stored.run();
        } finally {
            lock.unlock();
        }
    }

    /** Returns at once, because every submitted write is stored already. */
    @Override
    public boolean awaitStored(Duration most) {
        return true;
    }

    /** Returns the number of writes so far. */
    public long writes() {
        lock.lock();
        try {
            return writes;
        } finally {
            lock.unlock();
        }
    }

    /** Registers a client, which sends from this stream if it has named one. */
    public void register(ClientId client, @Nullable StreamId stream) {
        if (stream == null) {
            store.register(client.value());
        } else {
            store.name(client.value(), stream);
        }
    }

    /** Returns the client's log, from its first entry. */
    public List<MailboxItem> mailOf(ClientId client) {
        return store.mailOf(client.value());
    }

    /** Returns the last position that the client confirmed. */
    public long givenOf(ClientId client) {
        return store.givenOf(client.value());
    }

    /** Returns the last position in the client's log. */
    public long tailOf(ClientId client) {
        return store.tailOf(client.value());
    }

    /** Returns the digest of the client's log at the position that it confirmed. */
    public HistoryDigest digestOf(ClientId client) {
        return store.digestOf(client.value());
    }

    /** Returns the state of the stream that the client sends from. */
    public StreamState streamOf(ClientId client) {
        return store.streamOf(client.value());
    }
}
