package zap.server.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.Test;
import org.springframework.context.support.StaticApplicationContext;
import zap.protocol.ClientId;
import zap.protocol.Frame;
import zap.protocol.HistoryDigest;
import zap.protocol.PosixTime;
import zap.server.gateway.outbox.Outbox;
import zap.server.gateway.outbox.OutboxFactories;
import zap.server.gateway.session.CloseReason;
import zap.server.gateway.session.ObservedSessions;
import zap.server.gateway.session.Session;
import zap.server.gateway.settings.Framing;
import zap.server.gateway.settings.GatewayMeters;
import zap.server.gateway.settings.GatewayProperties;
import zap.server.gateway.settings.PlainListeners;
import zap.server.gateway.tcp.ListenersOff;
import zap.server.gateway.tcp.MemoryConnection;
import zap.server.gateway.tcp.MemorySocket;
import zap.server.mailbox.ConfirmWrite;
import zap.server.mailbox.ImmediateMailbox;
import zap.server.mailbox.Mailbox;
import zap.server.mailbox.MailboxCursor;
import zap.server.mailbox.MailboxItem;
import zap.server.testing.RunningServer;

/** The order in which a stopping server ends its sessions. The writer stops as soon as the gateway has stopped. */
class StopTest {

    private static final ClientId ANA = new ClientId(1000000000017L);
    private static final ClientId BOB = new ClientId(1739250018846L);
    private static final GatewayProperties PROPERTIES = PlainListeners.properties(Duration.ofSeconds(20));

    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final GatewayMeters meters = new GatewayMeters(registry);
    private final AtomicInteger looks = new AtomicInteger();
    /** Actions to run before the server gets the list of sessions for the first, the second … time. */
    private final Map<Integer, Runnable> atLook = new HashMap<>();

    private final ObservedSessions sessions = new ObservedSessions(
            PROPERTIES,
            registry,
            () -> atLook.getOrDefault(looks.incrementAndGet(), () -> {}).run());
    private final Mailbox mailbox = ImmediateMailbox.create(sessions, registry, 100, 100, () -> {});
    /** The events so far, in order. */
    private final List<String> story = new CopyOnWriteArrayList<>();
    /** The log takes confirmations. */
    private final CountDownLatch logTakes = new CountDownLatch(1);
    /** Number of frames that the peer's TCP has acknowledged. */
    private volatile LongSupplier acknowledged = () -> 0;

    @Test
    void aSessionThatHasClosedIsWaitedForUntilItsLastConfirmationIsHandedIn() throws Exception {
        Session session = sessionOf(BOB);
        session.outbox().arrived(List.of(mail(1)));
        RunningServer.await("it is written", () -> story.contains("written 1"));
        acknowledged = () -> 1;
        session.close(CloseReason.PEER_LEFT);
        assertThat(sessions.isOnline(BOB.value())).isFalse();

        Thread stopping = stop();
        RunningServer.await("the server waits, or does not", () -> isWaitingOrOver(stopping));
        logTakes.countDown();
        stopping.join();
        assertThat(story).containsExactly("written 1", "confirmed 1", "stopped");
        RunningServer.await("nothing is left of it", () -> sessions.all().isEmpty());
    }

    @Test
    void whatIsWrittenAfterTheServerHasLookedIsAcknowledgedBeforeItsSessionIsClosed() throws Exception {
        logTakes.countDown();
        Session session = sessionOf(BOB);
        acknowledged = () -> 1;
        session.outbox().arrived(List.of(mail(1)));
        RunningServer.await("it is confirmed", () -> story.contains("confirmed 1"));

        // A frame that is being handled causes mail after the server has seen that nothing is due; its
        // acknowledgement takes a while.
        atLook.put(2, () -> {
            var asked = new AtomicInteger();
            acknowledged = () -> asked.incrementAndGet() > 3 ? 2 : 1;
            session.outbox().arrived(List.of(mail(2)));
            RunningServer.await("it is written", () -> story.contains("written 2"));
        });
        stop().join();
        assertThat(story).containsExactly("written 1", "confirmed 1", "written 2", "confirmed 2", "stopped");
    }

    @Test
    void whoIsNobodyYetWhenTheServerStopsIsGivenNoMail() throws Exception {
        logTakes.countDown();
        acknowledged = () -> Long.MAX_VALUE;
        Session early = session();
        sessions.stopReading();
        Session late = session();
        for (Session session : List.of(early, late)) {
            assertThat(ObservedSessions.isReadingStopped(session)).isTrue();
            session.outbox().open(ANA, standing(0, 1), false);
            session.outbox().arrived(List.of(mail(1)));
        }
        assertThat(early.outbox().awaitIdle(Duration.ofSeconds(20))).isTrue();
        assertThat(late.outbox().awaitIdle(Duration.ofSeconds(20))).isTrue();
        assertThat(story).isEmpty();
    }

    /** Ctrl-C may come while the server starts. */
    @Test
    void aStopClosesManySessionsOverItsTimeAndFewOfThemQuickly() {
        Duration most = Duration.ofSeconds(5);
        assertThat(Gateway.pauseOfStop(most, 5_000)).isEqualTo(Duration.ofMillis(1));
        assertThat(Gateway.pauseOfStop(most, 3)).isEqualTo(Duration.ofMillis(50));
    }

    @Test
    void aServerThatIsBeingStoppedIsNotSaidToBeReady() {
        var context = new StaticApplicationContext();
        context.refresh();
        var gateway =
                new Gateway(ListenersOff.create(sessions, meters), null, sessions, mailbox, PROPERTIES, null, context);
        gateway.start();
        gateway.unlessStopping(() -> story.add("ready"));
        gateway.stop();
        gateway.unlessStopping(() -> story.add("ready after the stop"));
        assertThat(story).containsExactly("ready");
    }

    private Thread stop() {
        // No listener is needed here.
        var gateway = new Gateway(null, null, sessions, mailbox, PROPERTIES, null, null);
        return Thread.ofPlatform().start(() -> {
            try {
                gateway.endSessions();
                story.add("stopped");
            } catch (InterruptedException e) {
                story.add("interrupted");
            }
        });
    }

    private static boolean isWaitingOrOver(Thread thread) {
        return thread.getState() == Thread.State.TIMED_WAITING || thread.getState() == Thread.State.TERMINATED;
    }

    private Session sessionOf(ClientId client) throws IOException {
        Session session = session();
        sessions.identify(session, client);
        session.outbox().open(client, standing(0, 0), false);
        return session;
    }

    private Session session() throws IOException {
        Outbox.Factory outboxes = OutboxFactories.over(new Peer(), new Log(), meters);
        return new MemoryConnection(
                        new MemorySocket(),
                        Framing.FULL_WIDTH,
                        PROPERTIES,
                        link -> sessions.open(link, outboxes, meters))
                .session();
    }

    private static MailboxItem mail(long position) {
        return new MailboxItem(position, new Frame.Delivered(ANA, new PosixTime(position)), MailboxItem.NOT_MEASURED);
    }

    /** A frame is a byte here. */
    private final class Peer implements Outbox.Peer {

        private volatile long written;

        @Override
        public void write(List<Frame> frames) {
            for (Frame frame : frames) {
                story.add("written " + ((Frame.Delivered) frame).upTo().seconds());
                written = written + 1;
            }
        }

        @Override
        public int lengthOf(Frame frame) {
            return 1;
        }

        @Override
        public long written() {
            return written;
        }

        @Override
        public long acknowledged() {
            return Math.min(written, acknowledged.getAsLong());
        }

        @Override
        public Duration deliveredAfter() {
            return null;
        }
    }

    private final class Log implements Outbox.Log {

        @Override
        public List<MailboxItem> page(ClientId client, long after) {
            throw new AssertionError("All mail is handed over here");
        }

        @Override
        public void confirm(ConfirmWrite confirmation) throws InterruptedException {
            logTakes.await();
            confirmation.leaveQueue(); // as the writer does when it takes it
            story.add("confirmed " + confirmation.upTo());
        }
    }

    private static MailboxCursor standing(long given, long tail) {
        return new MailboxCursor(0, given, HistoryDigest.EMPTY, tail);
    }
}
