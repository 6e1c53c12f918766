package zap.server.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.opentelemetry.sdk.trace.SdkTracerProvider;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.NoSuchBeanDefinitionException;
import org.springframework.beans.factory.annotation.Autowired;
import zap.protocol.Body;
import zap.protocol.ClientId;
import zap.protocol.Frame;
import zap.protocol.Position;
import zap.protocol.PosixTime;
import zap.server.testing.AssuredPeer;
import zap.server.testing.FrameText;
import zap.server.testing.OtlpCollector;
import zap.server.testing.OtlpCollector.Span;
import zap.server.testing.RunningServer;
import zap.server.testing.TestedServer;
import zap.server.testing.WireClient;
import zap.server.testing.ZapServerTest;
import zap.server.tracing.Tracing;

/** The traces of real messages, as an OpenTelemetry collector receives them. */
@ZapServerTest
class TracingIT {

    private static final String SECRET = "the parrot sings at noon";
    private static final ClientId NOBODY = new ClientId(1_999_999_999_999L);

    private static OtlpCollector collector;
    private static RunningServer server;

    @Autowired
    private TestedServer usual;

    @BeforeAll
    static void start() {
        collector = new OtlpCollector();
        server = RunningServer.startNew(
                "zap.tracing.enabled=true", "zap.tracing.sample=1", "zap.tracing.endpoint=" + collector.endpoint());
    }

    @AfterAll
    static void stop() {
        server.close();
        collector.close();
    }

    @Test
    void aMessageOfAnAssuredSessionIsFollowedFromItsReceiptToItsConfirmation() {
        String ana;
        String bob;
        try (AssuredPeer anasPeer = AssuredPeer.on(server.connect("ana"));
                AssuredPeer bobsPeer = AssuredPeer.on(server.connect("bob"))) {
            ClientId anasId = anasPeer.register(AssuredPeer.newKey());
            ClientId bobsId = bobsPeer.register(AssuredPeer.newKey());
            ana = anasId.toString();
            bob = bobsId.toString();
            anasPeer.send(new Frame.Send(anasId, bobsId.asAddress(), new PosixTime(100), Body.of(SECRET)));
            assertThat(anasPeer.hear()).isEqualTo(new Frame.Accepted(1, new Position(0)));
            assertThat(bobsPeer.hear(Frame.Deliver.class).src()).isEqualTo(anasId);
            bobsPeer.send(new Frame.Received(new Position(1)));
            assertThat(anasPeer.hear()).isInstanceOf(Frame.Delivered.class);
        }

        List<Span> trace = traceOf(ana, "read", "commit", "deliver", "confirm");

        assertEachIsTheChildOfTheOneBefore(trace);
        Span read = trace.get(0);
        Span commit = trace.get(1);
        Span deliver = trace.get(2);
        Span confirm = trace.get(3);
        assertThat(read.attributes())
                .containsEntry("zap.client", ana)
                .containsEntry("zap.dst", bob)
                .containsEntry("zap.frame", "SEND")
                .containsEntry("zap.text.bytes", String.valueOf(SECRET.length()))
                .containsKey("zap.session");
        assertThat(commit.attributes())
                .containsEntry("zap.batch.size", "1")
                .containsEntry("zap.batch.attempts", "1")
                .containsEntry("zap.entries", "1");
        assertThat(commit.events()).containsExactly("transaction begins");
        assertThat(List.of(deliver, confirm))
                .allSatisfy(span -> assertThat(span.attributes())
                        .containsEntry("zap.client", bob)
                        .containsEntry("zap.position", "1")
                        .containsKey("zap.session"));
        assertThat(deliver.attributes().get("zap.session"))
                .isNotEqualTo(read.attributes().get("zap.session"));
        assertThat(read.service()).containsEntry("service.name", "zap").containsKey("service.version");
        assertThat(collector.hasHeard(bob)).isTrue();
        assertThat(collector.hasHeard(SECRET)).isFalse();
    }

    /** There, the recipient's TCP is what confirms. */
    @Test
    void aMessageToAGroupHasADeliveryForEachOfItsMembers() {
        String ana;
        String bob;
        String eva;
        try (WireClient anasPeer = server.connect("ana");
                WireClient bobsPeer = server.connect("bob");
                WireClient evasPeer = server.connect("eva")) {
            ana = anasPeer.register();
            bob = bobsPeer.register();
            eva = evasPeer.register();
            anasPeer.send(FrameText.createGroup(ana, 1, bob, eva));
            String group = anasPeer.readFrame().substring(2, 15);
            bobsPeer.readFrame();
            evasPeer.readFrame();
            anasPeer.send(FrameText.send(ana, group, 100, SECRET));
            bobsPeer.expectFrame(FrameText.deliver(ana, group, 100, SECRET));
            evasPeer.expectFrame(FrameText.deliver(ana, group, 100, SECRET));

            List<Span> trace = traceOf(
                    span -> isBeginning(span, ana)
                            && group.equals(span.attributes().get("zap.dst")),
                    "read",
                    "commit",
                    "deliver",
                    "deliver",
                    "confirm",
                    "confirm");
            for (String member : Set.of(bob, eva)) {
                assertEachIsTheChildOfTheOneBefore(trace.stream()
                        .filter(span -> Set.of("read", "commit").contains(span.name())
                                || member.equals(span.attributes().get("zap.client")))
                        .toList());
            }
        }
        assertThat(collector.hasHeard(SECRET)).isFalse();
    }

    /** Mail that is read from the log is followed like mail that is handed over in memory. */
    @Test
    void aMessageThatHasWaitedForItsRecipientIsFollowedAllTheSame() {
        String ana;
        String bob;
        try (WireClient bobsPeer = server.connect("bob")) {
            bob = bobsPeer.register();
        }
        RunningServer.await("bob has left", () -> server.isOffline(bob));
        try (WireClient anasPeer = server.connect("ana")) {
            ana = anasPeer.register();
            anasPeer.send(FrameText.send(ana, bob, 100, SECRET));
            RunningServer.await("it is stored", () -> !spansOf(ana, "commit").isEmpty());
            assertThat(spansOf(ana, "deliver")).isEmpty();
            try (WireClient bobsPeer = server.connectAs("bob", bob)) {
                bobsPeer.expectFrame(FrameText.deliver(ana, bob, 100, SECRET));
                anasPeer.expectFrame(FrameText.delivered(bob, 100));
            }
        }

        assertEachIsTheChildOfTheOneBefore(traceOf(ana, "read", "commit", "deliver", "confirm"));
    }

    @Test
    void theCommitSaysWithHowManyOthersItWasSharedAndHowLongItHadToWait() throws Exception {
        try (WireClient anasPeer = server.connect("ana")) {
            String ana = anasPeer.register();
            server.whileNothingIsStored(() -> {
                anasPeer.send(FrameText.send(ana, ana, 100, SECRET));
                // The first one is in a batch that waits; the rest gathers behind it, for the next.
                RunningServer.await("the writer is at it", TracingIT::writerWaits);
                anasPeer.send(FrameText.send(ana, ana, 101, SECRET)
                        + FrameText.send(ana, ana, 102, SECRET)
                        + FrameText.send(ana, ana, 103, SECRET));
                RunningServer.await("three wait", () -> server.gauge("zap.writer.queue") == 3);
            });
            for (int second = 100; second <= 103; second++) {
                anasPeer.expectFrame(FrameText.deliver(ana, ana, second, SECRET));
            }

            RunningServer.await("all are there", () -> spansOf(ana, "commit").size() == 4);
            assertThat(spansOf(ana, "commit").stream()
                            .sorted(Comparator.comparing(Span::start))
                            .skip(1)
                            .map(span -> Integer.parseInt(span.attributes().get("zap.batch.size"))))
                    .hasSize(3)
                    .allMatch(size -> size >= 3);
        }
    }

    private static boolean writerWaits() {
        try (Connection connection = server.database();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("""
                        select count(*) from pg_stat_activity
                        where wait_event_type = 'Lock' and datname = current_database()
                        """)) {
            rows.next();
            return rows.getInt(1) > 0;
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void aRefusalIsTheEndOfATrace() {
        try (WireClient anasPeer = server.connect("ana")) {
            String ana = anasPeer.register();
            anasPeer.send(FrameText.send(ana, NOBODY.toString(), 100, SECRET));
            List<Span> trace = traceOf(ana, "read", "commit");
            assertThat(trace.getLast().attributes()).containsEntry("zap.reason", "UNKNOWN_CLIENT");
        }
    }

    /** Traces without a collector are dropped; no message waits for them. */
    @Test
    void aCollectorThatRefusesKeepsNobodyWaiting() {
        collector.answersWith(503);
        try (WireClient anasPeer = server.connect("ana")) {
            String ana = anasPeer.register();
            for (int i = 0; i < 20; i++) {
                anasPeer.send(FrameText.send(ana, ana, 100, SECRET));
                anasPeer.expectFrame(FrameText.deliver(ana, ana, 100, SECRET));
                anasPeer.expectFrame(FrameText.delivered(ana, 100));
            }
            collector.answersWith(200);
            RunningServer.await("later ones come again", () -> {
                anasPeer.send(FrameText.send(ana, ana, 200, SECRET));
                anasPeer.expectFrame(FrameText.deliver(ana, ana, 200, SECRET));
                anasPeer.expectFrame(FrameText.delivered(ana, 200));
                return !spansOf(ana, "commit").isEmpty();
            });
        }
    }

    @Test
    void nothingIsThereUnlessAskedFor() {
        assertThat(usual.bean(Tracing.class)).isSameAs(Tracing.OFF);
        assertThatThrownBy(() -> usual.bean(SdkTracerProvider.class)).isInstanceOf(NoSuchBeanDefinitionException.class);
    }

    private static boolean isBeginning(Span span, String sender) {
        return span.parent().isEmpty() && sender.equals(span.attributes().get("zap.client"));
    }

    /** The spans of this stage in traces of messages that this client has sent. */
    private static List<Span> spansOf(String sender, String stage) {
        var traces = new HashSet<String>();
        collector.spans().stream()
                .filter(span -> isBeginning(span, sender))
                .map(Span::trace)
                .forEach(traces::add);
        return collector.spans().stream()
                .filter(span -> traces.contains(span.trace()) && span.name().equals(stage))
                .toList();
    }

    private static List<Span> traceOf(String sender, String... stages) {
        return traceOf(span -> isBeginning(span, sender), stages);
    }

    /**
     * The trace that begins like this, in the order in which its spans began, as soon as all of its stages have come.
     */
    private static List<Span> traceOf(Predicate<Span> beginning, String... stages) {
        RunningServer.await("the trace is whole", () -> named(spansBehind(beginning), stages));
        return spansBehind(beginning);
    }

    private static boolean named(List<Span> trace, String... stages) {
        return trace.stream().map(Span::name).toList().equals(List.of(stages));
    }

    private static List<Span> spansBehind(Predicate<Span> beginning) {
        List<String> order = List.of("read", "commit", "deliver", "confirm");
        String trace = collector.spans().stream()
                .filter(beginning)
                .map(Span::trace)
                .findFirst()
                .orElse("none yet");
        return collector.spans().stream()
                .filter(span -> Objects.equals(span.trace(), trace))
                .sorted(Comparator.comparing(span -> order.indexOf(span.name())))
                .toList();
    }

    private static void assertEachIsTheChildOfTheOneBefore(List<Span> trace) {
        assertThat(trace).extracting(Span::name).containsExactly("read", "commit", "deliver", "confirm");
        assertThat(trace.getFirst().parent()).isEmpty();
        // It was seen when it was written, and not only when it was confirmed.
        assertThat(trace.get(2).attributes()).containsKey("zap.session");
        assertThat(trace).allSatisfy(span -> assertThat(span.end()).isGreaterThanOrEqualTo(span.start()));
        for (int i = 1; i < trace.size(); i++) {
            assertThat(trace.get(i).trace()).isEqualTo(trace.getFirst().trace());
            assertThat(trace.get(i).parent()).isEqualTo(trace.get(i - 1).id());
            assertThat(trace.get(i).start()).isEqualTo(trace.get(i - 1).end());
        }
    }
}
