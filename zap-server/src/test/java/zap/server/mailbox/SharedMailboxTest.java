package zap.server.mailbox;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.LongConsumer;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.springframework.dao.DataAccessResourceFailureException;
import zap.protocol.Address;
import zap.protocol.Body;
import zap.protocol.ClientId;
import zap.protocol.Frame;
import zap.protocol.HistoryDigest;
import zap.protocol.PosixTime;
import zap.protocol.StreamId;
import zap.server.tracing.Tracing;

/**
 * Several nodes that share a database, in random order: clients go from node to node without notice, their earlier
 * sessions go on for a while, batches are decided before another node's are stored, answers to commits are lost, and
 * what nodes hand over comes late, twice, in another order, or never.
 */
class SharedMailboxTest {

    private static final int SEEDS = Integer.getInteger("zap.shared.seeds", 150);
    private static final int STEPS = 120;
    private static final int NODES = 3;
    private static final int CLIENTS = 4;
    private static final StreamId STREAM = new StreamId(7770000000007L);

    @Test
    void nothingIsLostDoubledReorderedOrPromisedFalsely() throws Exception {
        for (long seed = 1; seed <= SEEDS; seed++) {
            try {
                new Run(seed).play();
            } catch (AssertionError | RuntimeException e) {
                throw new AssertionError("seed " + seed, e);
            }
        }
    }

    /** A client's session on a node. An earlier one does not know that it has been replaced. */
    private record Session(ClientId client, int node, long number, ConfirmWrite confirmation, long[] sent) {}

    /** One node: a writer with caches of its own. */
    private static final class Node implements MailArrivals {

        private final MailboxWriter writer;

        private final SimpleMeterRegistry meters = new SimpleMeterRegistry();

        Node(InMemoryMailbox store, Duration disturbedFor, MailElsewhere links) {
            writer = new MailboxWriter(
                    store,
                    this,
                    store,
                    new WriterMeters(meters),
                    Tracing.OFF,
                    new MailboxProperties(Duration.ZERO, 100, 1000, 1000, 10, 1, Duration.ofMinutes(5)));
            writer.register();
            writer.share(links);
            writer.setDisturbedFor(disturbedFor);
        }

        private double batches(String form) {
            return meters.get("zap.writer.batches").tag("form", form).counter().count();
        }

        @Override
        public boolean isOnline(long client) {
            return true; // so that ledgers are kept, for clients of other nodes, too
        }

        @Override
        public void arrived(long client, List<MailboxItem> mail) {
            // The test reads the log.
        }

        @Override
        public void mayHaveArrived(long client, MailboxCursor cursor) {
            // The test reads the log.
        }

        @Override
        public void historyLost() {
            throw new AssertionError("Nothing is lost");
        }
    }

    @Test
    void theWaysInWhichBatchesAreStoredAreCounted() throws Exception {
        var store = new InMemoryMailbox();
        var one = new Node(store, Duration.ZERO, (_, _) -> {});
        var other = new Node(store, Duration.ZERO, (_, _) -> {});
        var ana = new ClientId(1_000_000_000_000L);
        var bob = new ClientId(1_000_000_000_001L);
        store.name(ana.value(), STREAM);
        store.name(bob.value(), STREAM);
        one.writer.store(List.of(new TakeOver(ana)));
        other.writer.store(List.of(new TakeOver(bob)));

        one.writer.store(List.of(new Message(ana, ana, 1, "to a client of this node")));
        one.writer.store(List.of(new Message(ana, bob, 2, "to a client of the other node")));
        other.writer.store(List.of(new Message(bob, ana, 3, "unknown to the first node")));
        one.writer.store(List.of(new Message(ana, ana, 4, "after the other node has interfered")));

        assertThat(one.batches("locked")).isOne();
        assertThat(one.batches("alone")).isEqualTo(2);
        assertThat(one.batches("shared")).isOne();
        assertThat(one.meters.get("zap.writer.locks").timer().count()).isOne();
        assertThat(one.meters
                        .get("zap.writer.retries")
                        .tag("cause", "disturbed")
                        .counter()
                        .count())
                .isOne();
        assertThat(one.writer.sessionsMovedHere()).isZero();
        one.writer.store(List.of(new TakeOver(bob)));
        assertThat(one.writer.sessionsMovedHere()).isOne();
    }

    private static final class Run {

        private final InMemoryMailbox store = new InMemoryMailbox();
        private final SplittableRandom random;
        private final List<Node> nodes = new ArrayList<>();
        private final List<ClientId> clients = new ArrayList<>();
        private final List<Session> sessions = new ArrayList<>();
        private final Map<ClientId, Session> current = new HashMap<>();
        /** The number of receipts in each log that were judged. */
        private final Map<ClientId, Integer> judged = new HashMap<>();

        /** Hand-overs that are under way. */
        private final List<Runnable> late = new ArrayList<>();

        private final Set<Integer> busy = new HashSet<>();
        private long second = 1000;

        Run(long seed) {
            random = new SplittableRandom(seed);
            for (int i = 0; i < NODES; i++) {
                // The first one believes again and again that it is undisturbed.
                nodes.add(new Node(store, i == 0 ? Duration.ZERO : Duration.ofHours(1), this::handOver));
            }
            for (int i = 0; i < CLIENTS; i++) {
                var client = new ClientId(1_000_000_000_000L + i);
                clients.add(client);
                store.name(client.value(), STREAM);
            }
        }

        void play() throws Exception {
            for (ClientId client : clients) {
                takeOver(client, random.nextInt(NODES));
            }
            for (int step = 0; step < STEPS; step++) {
                second += random.nextInt(3) == 0 ? 1 : 0;
                if (!late.isEmpty() && random.nextInt(3) == 0) {
                    late.remove(random.nextInt(late.size())).run();
                }
                if (random.nextInt(12) == 0) {
                    takeOver(clients.get(random.nextInt(CLIENTS)), random.nextInt(NODES));
                } else {
                    if (random.nextInt(4) == 0) {
                        store.beforeShared.add(this::someBatch);
                    }
                    if (random.nextInt(400) == 0) {
                        store.insteadOfCommit.add(this::loseTheAnswer);
                    }
                    someBatch();
                }
            }
            store.beforeShared.clear();
            store.insteadOfCommit.clear();
            comeToRest();
            judgeTheEnd();
        }

        /** A hand-over to another node: it may come at once, late, twice, or never. */
        private void handOver(long to, List<ClientMail> mail) {
            for (Node node : nodes) {
                if (node.writer.number() == to) {
                    for (ClientMail one : mail) {
                        Runnable arrival = () -> node.writer.learn(one.client(), one.mail());
                        switch (random.nextInt(8)) {
                            case 0 -> {}
                            case 1 -> late.add(arrival);
                            case 2 -> {
                                arrival.run();
                                late.add(arrival);
                            }
                            default -> arrival.run();
                        }
                    }
                }
            }
        }

        private void loseTheAnswer() {
            if (random.nextBoolean()) {
                store.reallyCommit();
            } else {
                store.abort();
            }
            throw new DataAccessResourceFailureException("the connection is lost");
        }

        private void takeOver(ClientId client, int node) throws Exception {
            var write = new TakeOver(client);
            nodes.get(node).writer.store(List.of(write));
            var session = new Session(
                    client, node, write.session, new ConfirmWrite(client, write.session), new long[] {write.accepted});
            sessions.add(session);
            current.put(client, session);
        }

        /** Some sessions of one node, the replaced ones among them, send and confirm. */
        private void someBatch() {
            int node = random.nextInt(NODES);
            if (busy.contains(node)) {
                return; // it has one writer, with a batch in the middle
            }
            List<Session> here =
                    sessions.stream().filter(session -> session.node == node).toList();
            var writes = new ArrayList<Write>();
            var reads = new ArrayList<Write>();
            for (int i = 1 + random.nextInt(5); i > 0 && !here.isEmpty(); i--) {
                Session session = here.get(random.nextInt(here.size()));
                if (random.nextInt(3) == 0) {
                    long given = store.givenOf(session.client.value());
                    long tail = store.tailOf(session.client.value());
                    if (session.confirmation.raise(given + random.nextLong(tail - given + 1), HistoryDigest.EMPTY)) {
                        session.confirmation.leaveQueue();
                        writes.add(session.confirmation);
                    }
                } else if (random.nextInt(4) == 0) {
                    read(session, reads);
                } else {
                    writes.add(message(session));
                }
            }
            // Last, because a message that comes behind a mark in the same batch is a later one.
            writes.addAll(reads);
            store(node, writes);
        }

        /** The client of the session has read one of the messages that it has confirmed. */
        private void read(Session session, List<Write> writes) {
            long given = store.givenOf(session.client.value());
            List<Frame.Deliver> messages = store.mailOf(session.client.value()).stream()
                    .filter(item -> item.position() <= given && item.frame() instanceof Frame.Deliver)
                    .map(item -> (Frame.Deliver) item.frame())
                    .toList();
            if (!messages.isEmpty()) {
                Frame.Deliver message = messages.get(random.nextInt(messages.size()));
                writes.add(new Read(session.client, message.src(), message.sentAt()));
            }
        }

        private Write message(Session session) {
            ClientId to = clients.get(random.nextInt(CLIENTS));
            long ordinal = ++session.sent[0];
            long at = second - (random.nextInt(8) == 0 ? random.nextInt(4) : 0);
            return new NumberedWrite(
                    new Message(session.client, to, at, session.client + " " + ordinal),
                    new NumberedWrite.Place(session.client, session.number, STREAM, ordinal, HistoryDigest.EMPTY),
                    (_, _, _) -> {});
        }

        private void store(int node, List<Write> writes) {
            try {
                busy.add(node);
                if (!writes.isEmpty()) {
                    nodes.get(node).writer.takeOverLearned();
                    nodes.get(node).writer.store(writes);
                }
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            } finally {
                busy.remove(node);
            }
            judgeNewReceipts();
        }

        private record Promise(ClientId recipient, PosixTime upTo) {}

        /** A receipt of either kind is true: no message that it covers waits. */
        private void judgeNewReceipts() {
            for (ClientId originator : clients) {
                List<Promise> receipts = store.mailOf(originator.value()).stream()
                        .flatMap(item -> switch (item.frame()) {
                            case Frame.Delivered(ClientId by, PosixTime upTo) -> Stream.of(new Promise(by, upTo));
                            case Frame.ReadReceipt(ClientId by, PosixTime upTo) -> Stream.of(new Promise(by, upTo));
                            default -> Stream.empty();
                        })
                        .toList();
                for (Promise receipt : receipts.subList(judged.getOrDefault(originator, 0), receipts.size())) {
                    ClientId recipient = receipt.recipient();
                    long given = store.givenOf(recipient.value());
                    assertThat(store.mailOf(recipient.value()))
                            .as("%s tells %s", receipt, originator)
                            .noneMatch(item -> item.position() > given
                                    && item.frame() instanceof Frame.Deliver(var src, var _, var sentAt, var _)
                                    && src.equals(originator)
                                    && sentAt.seconds() <= receipt.upTo().seconds());
                }
                judged.put(originator, receipts.size());
            }
        }

        private List<Frame.Delivered> receiptsIn(ClientId originator) {
            return store.mailOf(originator.value()).stream()
                    .map(MailboxItem::frame)
                    .filter(Frame.Delivered.class::isInstance)
                    .map(Frame.Delivered.class::cast)
                    .toList();
        }

        /** Everybody confirms all of its log, until nothing comes any more. */
        private void comeToRest() {
            for (int round = 0; round < 5; round++) {
                for (Session session : current.values()) {
                    session.confirmation.raise(store.tailOf(session.client.value()), HistoryDigest.EMPTY);
                    session.confirmation.leaveQueue();
                    store(session.node, List.of(session.confirmation));
                }
            }
        }

        private void judgeTheEnd() {
            for (ClientId client : clients) {
                List<MailboxItem> log = store.mailOf(client.value());
                assertThat(log.stream().map(MailboxItem::position).sorted())
                        .containsExactlyElementsOf(LongStream.rangeClosed(1, store.tailOf(client.value()))
                                .boxed()
                                .toList());
                assertThat(store.settledOf(client.value()))
                        .as("settled of %s", client)
                        .isEqualTo(store.tailOf(client.value()));
            }
            for (ClientId sender : clients) {
                judgeMessagesOf(sender);
            }
        }

        private void judgeMessagesOf(ClientId sender) {
            var ordinals = new ArrayList<Long>();
            for (ClientId recipient : clients) {
                var newest = new long[] {0, 0};
                store.mailOf(recipient.value()).stream()
                        .sorted((one, other) -> Long.compare(one.position(), other.position()))
                        .forEach(item -> {
                            if (item.frame() instanceof Frame.Deliver(var src, var _, var sentAt, var body)
                                    && src.equals(sender)) {
                                long ordinal = Long.parseLong(body.text().replaceFirst(".* ", ""));
                                assertThat(ordinal)
                                        .as("order from %s to %s", sender, recipient)
                                        .isGreaterThan(newest[0]);
                                newest[0] = ordinal;
                                newest[1] = Math.max(newest[1], sentAt.seconds());
                                ordinals.add(ordinal);
                            }
                        });
                if (newest[0] > 0) {
                    assertThat(receiptsIn(sender))
                            .as("%s knows of the newest message to %s", sender, recipient)
                            .contains(new Frame.Delivered(recipient, new PosixTime(newest[1])));
                }
            }
            assertThat(ordinals)
                    .as("accepted messages of %s", sender)
                    .containsExactlyInAnyOrderElementsOf(LongStream.rangeClosed(1, store.acceptedOf(sender.value()))
                            .boxed()
                            .toList());
        }
    }

    /** Begins a session, as a 33 does. */
    private static final class TakeOver implements Write {

        private final ClientId client;
        private long session;
        private long accepted;

        TakeOver(ClientId client) {
            this.client = client;
        }

        @Override
        public boolean needsTransaction() {
            return true;
        }

        @Override
        public void touch(LongConsumer clients) {
            clients.accept(client.value());
        }

        @Override
        public WriteOutcome apply(Batch batch) {
            session = batch.beginSession(client);
            accepted = batch.resume(client, STREAM, 0).accepted();
            return WriteOutcome.STORED;
        }

        @Override
        public void settled(WriteOutcome outcome) {
            // The test reads the fields.
        }
    }

    /** The write of an 08. */
    private record Read(ClientId reader, ClientId originator, PosixTime upTo) implements Write {

        @Override
        public boolean followsConfirmations() {
            return true;
        }

        @Override
        public void touch(LongConsumer clients) {
            clients.accept(reader.value());
            clients.accept(originator.value());
        }

        @Override
        public void readsLedgerOf(LongConsumer clients) {
            clients.accept(reader.value());
        }

        @Override
        public WriteOutcome apply(Batch batch) {
            long covered = Math.min(upTo.seconds(), batch.oldestWaiting(reader, originator, Long.MAX_VALUE) - 1);
            batch.append(originator, new Frame.ReadReceipt(reader, new PosixTime(covered)), MailboxItem.NOT_MEASURED);
            return WriteOutcome.STORED;
        }

        @Override
        public void settled(WriteOutcome outcome) {
            // The judge looks at the logs.
        }
    }

    private record Message(ClientId from, ClientId to, long second, String text) implements Write {

        @Override
        public void touch(LongConsumer clients) {
            clients.accept(to.value());
        }

        @Override
        public WriteOutcome apply(Batch batch) {
            batch.append(
                    to,
                    new Frame.Deliver(from, new Address(to.value()), new PosixTime(second), Body.of(text)),
                    MailboxItem.NOT_MEASURED);
            return WriteOutcome.STORED;
        }

        @Override
        public void settled(WriteOutcome outcome) {
            // The judge looks at the logs.
        }
    }
}
