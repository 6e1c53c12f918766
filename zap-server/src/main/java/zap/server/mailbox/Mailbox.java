package zap.server.mailbox;

import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Service;
import zap.protocol.ClientId;

/** The mailboxes: one ordered log for each client. */
@Service
public class Mailbox {

    /** The phase (SmartLifecycle) in which the mailbox starts; what needs it starts later and stops earlier. */
    public static final int PHASE = MailboxWriter.PHASE;

    private final MailboxRepository repository;
    private final MailboxWriter writer;
    private final OrphanedMail orphaned;
    private final Semaphore readers;
    private final int pageSize;

    Mailbox(MailboxRepository repository, MailboxWriter writer, OrphanedMail orphaned, MailboxProperties properties) {
        this.repository = repository;
        this.writer = writer;
        this.orphaned = orphaned;
        // Sessions that all reconnect at once must not take every database connection away from the writer.
        this.readers = new Semaphore(properties.maxReaders(), true);
        this.pageSize = properties.pageSize();
    }

    /**
     * Hands a write to the writer. Writes of one thread are applied in the order in which it submitted them. Blocks
     * while the queue is full, so that a slow database slows the senders down.
     *
     * @throws InterruptedException when the thread was interrupted while it waited; the write was not taken
     */
    public void submit(Write write) throws InterruptedException {
        writer.submit(write);
    }

    /**
     * Reads the next page of a client's log.
     *
     * @param after the last position that the caller already has
     * @return oldest first, without a gap; empty when there is nothing after that position
     * @throws org.springframework.dao.DataAccessException when the database does not answer
     * @throws InterruptedException when the thread was interrupted while it waited for its turn
     */
    public List<MailboxItem> page(ClientId client, long after) throws InterruptedException {
        List<MailboxItem> page;
        readers.acquire();
        try {
            page = repository.page(client.value(), after, pageSize);
        } finally {
            readers.release();
        }
        writer.learn(client.value(), page);
        return page;
    }

    /**
     * Takes over mail that another node has stored and handed over, so that a confirmation of it reads nothing. Call it
     * before the client can confirm the mail.
     */
    public void learn(ClientMail mail) {
        writer.learn(mail.client(), mail.mail());
    }

    /**
     * Waits until every write submitted before this call has been stored or refused, and the sessions have been told of
     * its mail.
     *
     * @return false when the time was over first
     */
    public boolean awaitStored(Duration timeout) throws InterruptedException {
        return writer.awaitStored(timeout);
    }

    /**
     * Returns the cursors of a client's mailbox; empty when the client does not exist.
     *
     * @throws org.springframework.dao.DataAccessException when the database does not answer
     */
    public Optional<MailboxCursor> cursorOf(ClientId client) {
        return Optional.ofNullable(cursorsOf(List.of(client)).get(client));
    }

    /**
     * Returns the cursors of these clients' mailboxes; those that do not exist are missing.
     *
     * @throws org.springframework.dao.DataAccessException when the database does not answer
     */
    public Map<ClientId, MailboxCursor> cursorsOf(Collection<ClientId> clients) {
        long[] ids = clients.stream().mapToLong(ClientId::value).toArray();
        return repository.read(ids).stream()
                .collect(Collectors.toMap(
                        counters -> new ClientId(counters.client),
                        counters ->
                                new MailboxCursor(counters.session, counters.given, counters.digest, counters.tail)));
    }

    /**
     * Returns the place of a client's current or last session; empty when the client does not exist.
     *
     * @throws org.springframework.dao.DataAccessException when the database does not answer
     */
    public Optional<SessionPlace> placeOf(ClientId client) {
        return repository.read(new long[] {client.value()}).stream()
                .findFirst()
                .map(counters -> new SessionPlace(counters.session, counters.node));
    }

    /**
     * Ends a session on another node, which does not answer: nothing that the session confirms counts from then on, nor
     * what an assured client sends in it. The node closes it when it looks at the client's row.
     *
     * @return false when the client has another session meanwhile, or does not exist
     */
    public boolean endSession(ClientId client, SessionPlace place) {
        return repository.endSession(client.value(), place.session(), place.node());
    }

    /** Returns how many sessions have begun here whose clients had their last session on another node. */
    public long sessionsMovedHere() {
        return writer.sessionsMovedHere();
    }

    /**
     * Returns the number of this server's writer, which is also the number of this node. A mailbox that starts again
     * has another.
     */
    public long node() {
        return writer.number();
    }

    /**
     * Sets the listener for mail of other nodes' clients. While there is one, the database gives each entry its
     * position. Otherwise the cached rows do, which costs less, and is found out where it is wrong.
     *
     * @param listener null while no other node stores in the same database
     */
    public void share(@Nullable MailElsewhere listener) {
        writer.share(listener);
    }

    /** Returns the number of waiting entries in all mailboxes together. Reads the rows of all clients. */
    public long waiting() {
        return repository.waiting();
    }

    /** Deletes the waiting entries of deleted clients. */
    public void clearForgotten() {
        orphaned.clear();
    }

    /** Describes for an operator why messages cannot be stored; null when they can. */
    public @Nullable String trouble() {
        return writer.trouble();
    }

    /** Describes for an operator what the database has lost since the start; null for nothing. */
    public @Nullable String loss() {
        return writer.loss();
    }
}
