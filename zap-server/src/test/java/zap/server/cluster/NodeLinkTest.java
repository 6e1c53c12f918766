package zap.server.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.springframework.context.support.GenericApplicationContext;
import org.springframework.integration.context.IntegrationContextUtils;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.jdbc.datasource.DriverManagerDataSource;
import org.springframework.scheduling.concurrent.SimpleAsyncTaskScheduler;
import zap.protocol.Address;
import zap.protocol.Body;
import zap.protocol.ClientId;
import zap.protocol.Frame;
import zap.protocol.PosixTime;
import zap.server.mailbox.ClientMail;
import zap.server.mailbox.MailboxItem;
import zap.server.testing.ReservedPort;
import zap.server.testing.TestPostgres;

/** Links between two nodes: real sockets and TLS on this machine, and no database. */
class NodeLinkTest {

    private static final long ANA = 1000000000017L;
    private static final int SECONDS = 20;

    private static final GenericApplicationContext BEANS = new GenericApplicationContext();
    private static LinkIdentity sender;
    private static LinkIdentity receiver;
    private static LinkIdentity stranger;

    private final BlockingQueue<ClientMail> received = new LinkedBlockingQueue<>();
    private final Set<Long> untaken = new HashSet<>();
    private final List<AutoCloseable> open = new ArrayList<>();

    @BeforeAll
    static void makeKeys() throws Exception {
        BEANS.registerBean(IntegrationContextUtils.TASK_SCHEDULER_BEAN_NAME, SimpleAsyncTaskScheduler.class);
        BEANS.refresh();
        sender = LinkIdentity.create();
        receiver = LinkIdentity.create();
        stranger = LinkIdentity.create();
    }

    @AfterAll
    static void closeTheContext() {
        BEANS.close();
    }

    @AfterEach
    void closeAll() throws Exception {
        for (AutoCloseable one : open.reversed()) {
            one.close();
        }
    }

    private LinkEnd listen(int port, Predicate<String> trusted) throws Exception {
        var listener = new LinkListener("127.0.0.1", port, receiver.context(trusted), BEANS, received::addAll);
        open.add(listener);
        int number = listener.open();
        assertThat(number).isPositive();
        return new LinkEnd("127.0.0.1", number, receiver.fingerprint());
    }

    private NodeLink link(LinkEnd end, LinkIdentity mine) throws Exception {
        var link = new NodeLink(
                new Node(2, "the other one", end),
                end,
                mine.context(end.fingerprint()::equals),
                BEANS,
                new ClusterMeters(new SimpleMeterRegistry()),
                clients -> {
                    synchronized (untaken) {
                        untaken.addAll(clients);
                    }
                });
        open.add(link);
        return link;
    }

    /** The sender, at an address where nobody takes mail. */
    private static List<Node> others() {
        return List.of(new Node(2, "the other one", new LinkEnd("127.0.0.1", 1, sender.fingerprint())));
    }

    private Links links(ClusterProperties properties) {
        var meters = new ClusterMeters(new SimpleMeterRegistry());
        var unused = JdbcClient.create(new DriverManagerDataSource());
        var wakes = new Wakes(unused, new TestPostgres.Database("none"), properties, meters);
        var links = new Links(wakes, meters, properties, unused, BEANS);
        open.add(links);
        return links;
    }

    private static boolean isTheSenders(String fingerprint) {
        return fingerprint.equals(sender.fingerprint());
    }

    private static void await(BooleanSupplier condition) throws InterruptedException {
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime() - until).as("time that was left").isNegative();
            Thread.sleep(5); // the condition is asked again
        }
    }

    private static ClientMail mail(long position) {
        return new ClientMail(
                ANA,
                List.of(new MailboxItem(
                        position,
                        new Frame.Deliver(
                                new ClientId(ANA + 1),
                                new Address(ANA),
                                new PosixTime(1000),
                                Body.of("olá 🦜 " + position)),
                        MailboxItem.NOT_MEASURED)));
    }

    @Test
    void mailIsHandedOverAsItIsAndInItsOrder() throws Exception {
        NodeLink link = link(listen(0, NodeLinkTest::isTheSenders), sender);
        await(link::isConnected);
        for (long position = 1; position <= 500; position++) {
            assertThat(link.take(List.of(mail(position)))).isTrue();
        }
        for (long position = 1; position <= 500; position++) {
            assertThat(received.poll(SECONDS, TimeUnit.SECONDS)).isEqualTo(mail(position));
        }
        assertThat(untaken).isEmpty();
    }

    @Test
    void whoIsNoNodeInTheDatabaseGetsNothingIn() throws Exception {
        var seen = new CountDownLatch(2);
        LinkEnd end = listen(0, fingerprint -> {
            seen.countDown();
            return isTheSenders(fingerprint);
        });
        NodeLink link = link(end, stranger);
        // Twice, because the first attempt is over for certain when the second one begins.
        assertThat(seen.await(SECONDS, TimeUnit.SECONDS)).isTrue();

        assertThat(link.isConnected()).isFalse();
        assertThat(link.take(List.of(mail(1)))).isFalse();
        assertThat(received).isEmpty();
    }

    @Test
    void mailIsGivenToNoOneWithAnotherCertificate() throws Exception {
        LinkEnd end = listen(0, NodeLinkTest::isTheSenders);
        var seen = new CountDownLatch(2);
        var link = new NodeLink(
                new Node(2, "the other one", end),
                end,
                sender.context(_ -> {
                    seen.countDown();
                    return false;
                }),
                BEANS,
                new ClusterMeters(new SimpleMeterRegistry()),
                _ -> {});
        open.add(link);
        assertThat(seen.await(SECONDS, TimeUnit.SECONDS)).isTrue();

        assertThat(link.isConnected()).isFalse();
        assertThat(received).isEmpty();
    }

    @Test
    void aLinkThatBreaksTakesNothingUntilItWorksAgain() throws Exception {
        LinkEnd end = listen(0, NodeLinkTest::isTheSenders);
        NodeLink link = link(end, sender);
        await(link::isConnected);
        open.removeFirst().close();
        await(() -> !link.isConnected());
        assertThat(link.take(List.of(mail(1)))).isFalse();

        listen(end.port(), NodeLinkTest::isTheSenders);
        await(link::isConnected);
        assertThat(link.take(List.of(mail(2)))).isTrue();
        assertThat(received.poll(SECONDS, TimeUnit.SECONDS)).isEqualTo(mail(2));
    }

    /** As behind NAT: 192.0.2.1 is an address for documents, and no machine has it (RFC 5737). */
    @Test
    void aNodeTellsTheAddressThatOthersConnectToAndListensAtItsOwn() throws Exception {
        int own = ReservedPort.next();
        Duration second = Duration.ofSeconds(1);
        var properties = new ClusterProperties(second, second.multipliedBy(10), second, second, "192.0.2.1:4000", own);
        Links links = links(properties);
        links.follow(others());
        await(() -> links.end() != null);
        LinkEnd told = links.end();
        assertThat(told.host()).isEqualTo("192.0.2.1");
        assertThat(told.port()).isEqualTo(4000);

        NodeLink link = link(new LinkEnd("127.0.0.1", own, told.fingerprint()), sender);
        await(link::isConnected);
    }

    /** As when a server starts again while the one before it still ends. */
    @Test
    void aPortThatIsTakenAtTheStartIsOpenedOnceItIsFree() throws Exception {
        int port = ReservedPort.next();
        Duration second = Duration.ofSeconds(1);
        Links links = links(
                new ClusterProperties(second, second.multipliedBy(10), second, second, "127.0.0.1:" + port, port));
        try (var _ = new ServerSocket(port, 1, InetAddress.getByName("127.0.0.1"))) {
            links.follow(others());
            await(links::hasPortFailed);
            assertThat(links.end()).isNull();
        }
        await(() -> {
            links.follow(others());
            return links.end() != null;
        });

        NodeLink link = link(links.end(), sender);
        await(link::isConnected);
    }

    @Test
    void eachNodeHasAKeyOfItsOwn() {
        assertThat(sender.fingerprint()).matches("[0-9a-f]{64}").isNotEqualTo(receiver.fingerprint());
    }
}
