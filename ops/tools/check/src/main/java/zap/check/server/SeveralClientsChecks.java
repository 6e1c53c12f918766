package zap.check.server;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import zap.check.wire.WireConnection;

/** Checks of several clients at the same time, and of clients that leave. */
final class SeveralClientsChecks {

    private SeveralClientsChecks() {}

    static Chapter chapter() {
        return new Chapter(Section.CLIENTS, "1.1", "3.1")
                .required(1, "threads", SeveralClientsChecks::twoPairs)
                .expected(2, "threads", SeveralClientsChecks::ring)
                .expected(3, "threads", SeveralClientsChecks::silentConnection)
                .expected(4, "threads", SeveralClientsChecks::manyIdle, "10.3")
                .expected(5, "shared-socket", SeveralClientsChecks::fiveToOne)
                .expected(6, "dead-connection", SeveralClientsChecks::recipientHasGone)
                .expected(7, "dead-connection", SeveralClientsChecks::bystanderLeaves)
                .robust(8, "threads", SeveralClientsChecks::halfAFrame, "10.3")
                .robust(9, "slow-reader", SeveralClientsChecks::doesNotRead, "10.3")
                .robust(10, "dead-connection", SeveralClientsChecks::comeAndGo);
    }

    private static void twoPairs(Stage stage) throws InterruptedException {
        Actor ana = stage.client("ana");
        Actor bob = stage.client("bob");
        Actor carla = stage.client("carla");
        Actor davi = stage.client("davi");
        ana.send(bob, stage.second(), "to bob");
        carla.send(davi, stage.second(), "to davi");
        bob.expectTexts(List.of("to bob"));
        davi.expectTexts(List.of("to davi"));
    }

    private static void ring(Stage stage) throws InterruptedException {
        var all = new ArrayList<Actor>();
        for (int i = 0; i < 10; i++) {
            all.add(stage.client("client " + i));
        }
        for (int i = 0; i < 10; i++) {
            all.get(i).send(all.get((i + 1) % 10), stage.second(), "from client " + i);
        }
        for (int i = 0; i < 10; i++) {
            all.get((i + 1) % 10).awaitText("from client " + i);
        }
    }

    private static void silentConnection(Stage stage) throws InterruptedException {
        stage.stranger("a silent connection");
        stage.stillServes();
    }

    private static void manyIdle(Stage stage) throws InterruptedException {
        for (int i = 1; i <= 30; i++) {
            stage.open("idle " + i, true);
        }
        stage.stillServes();
    }

    private static void fiveToOne(Stage stage) throws InterruptedException {
        Actor bob = stage.client("bob");
        var senders = new ArrayList<Actor>();
        for (int i = 1; i <= 5; i++) {
            senders.add(stage.client("sender " + i));
        }
        var texts = new ArrayList<String>();
        for (int message = 1; message <= 6; message++) {
            for (Actor sender : senders) {
                String text = sender.name() + ", message " + message;
                texts.add(text);
                sender.send(bob, stage.second(), text);
            }
        }
        for (String text : texts) {
            bob.awaitText(text);
        }
    }

    private static void recipientHasGone(Stage stage) throws InterruptedException {
        Actor ana = stage.client("ana");
        Actor bob = stage.client("bob");
        Actor carla = stage.client("carla");
        ana.send(bob, stage.second(), "before");
        bob.awaitText("before");
        bob.wire().breakOff();
        stage.settle();
        ana.send(bob, stage.second(), "to somebody who has gone");
        ana.send(bob, stage.second(), "once more");
        ana.send(carla, stage.second(), "my connection lives");
        carla.awaitText("my connection lives");
    }

    private static void bystanderLeaves(Stage stage) throws InterruptedException {
        Actor ana = stage.client("ana");
        Actor bob = stage.client("bob");
        for (int i = 1; i <= 5; i++) {
            Actor other = stage.client("bystander " + i);
            ana.send(bob, stage.second(), "message " + i);
            other.wire().breakOff();
        }
        for (int i = 1; i <= 5; i++) {
            bob.awaitText("message " + i);
        }
    }

    private static void halfAFrame(Stage stage) throws InterruptedException {
        Actor mallory = stage.client("mallory");
        mallory.wire().sendPart(("05" + mallory.id()).getBytes(StandardCharsets.UTF_8));
        stage.stillServes();
    }

    private static void doesNotRead(Stage stage) throws InterruptedException {
        Actor lazy = stage.offlineClient("lazy");
        lazy.connect(false).returns();
        Actor ana = stage.client("ana");
        int count = stage.dialect().paced() ? 10 : 400;
        for (int i = 1; i <= count; i++) {
            ana.send(lazy, stage.second(), "🦜".repeat(218));
        }
        Actor bob = stage.client("bob");
        ana.send(bob, stage.second(), "not behind lazy's mail");
        bob.awaitText("not behind lazy's mail");
    }

    private static void comeAndGo(Stage stage) throws InterruptedException {
        for (int i = 1; i <= 40; i++) {
            WireConnection connection = stage.open("visitor " + i, true);
            if (i % 2 == 0) {
                connection.breakOff();
            } else {
                connection.close();
            }
        }
        stage.settle();
        stage.stillServes();
    }
}
